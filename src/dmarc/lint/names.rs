//! The names that the linter looks at: those of discovery, with the texts that stand there.

use crate::dmarc::OrganizationalDomains;
use crate::dmarc::discover::{read, record_step, texts};
use crate::dmarc::walk::{Names, Walk};
use crate::dns::{Answer, Name, Resolver, Session, Txt};
use crate::trace::Tracer;
use futures_util::future::join_all;
use std::collections::HashMap;
use std::sync::Arc;

const HOW: OrganizationalDomains = OrganizationalDomains::TreeWalk;

/// The walks of a domain and of those that its reports go to.
pub(super) struct Looked {
    pub(super) names: Names,
    /// The texts at `_dmarc` of a name, where there are any.
    texts: HashMap<Name, Arc<[Txt]>>,
}

impl Looked {
    pub(super) fn new() -> Looked {
        Looked {
            names: Names::with_capacity(8),
            texts: HashMap::new(),
        }
    }

    /// Looks at all names of the walks from `starts`, each name once, all at once; unlike discovery at those above a stop, too, of
    /// which there is something to tell.
    pub(super) async fn look<R: Resolver>(&mut self, session: &Session<R>, starts: &[&Name], trace: &Tracer) {
        for start in starts {
            self.names.begin(start, HOW, None);
        }
        let mut wanted: Vec<usize> = Vec::new();
        for place in self.names.unknown(HOW) {
            if !wanted.contains(&place) {
                wanted.push(place);
            }
        }
        let names = &self.names;
        let answers = join_all(wanted.iter().map(|&place| async move {
            let step = record_step(names.at(place), trace);
            let answer = texts(session, names.at(place), &step).await;
            let found = match &answer {
                Answer::Records { records, .. } => Some(Arc::clone(records)),
                _ => None,
            };
            (read(answer, &step).found, found)
        }))
        .await;
        for (place, (found, texts)) in wanted.into_iter().zip(answers) {
            self.texts
                .extend(texts.map(|texts| (self.names.at(place).clone(), texts)));
            self.names.learn(place, found);
        }
        self.names.judge(HOW);
    }

    /// The walk that began there.
    pub(super) fn walk(&self, start: &Name) -> Option<Walk<'_>> {
        self.names.walk(start)
    }

    pub(super) fn texts(&self, name: &Name) -> Option<&Arc<[Txt]>> {
        self.texts.get(name)
    }
}
