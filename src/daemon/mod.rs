//! What a mail filter does beside filtering: tells somebody of an alarm, answers the administrator on a control socket, serves SRS to the
//! MTA, keeps what is known. Whoever loads a [`Filter`] starts a [`Daemon`] beside it, and tells it of every decision.

mod announce;
mod book;
mod control;
mod settings;

pub use control::{Answer, ControlError, OpenAlarm, Request, ask};
pub use settings::check_settings;

use crate::filter::policy::{ServeRules, Treatment};
use crate::filter::{Decision, Filter};
use crate::srs::server::{Background, Options};
use crate::{Error, Severity};
use announce::{Announcement, Announcer};
use book::Book;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Is told what belongs into the log: how grave it is, and a sentence.
pub type Notify = Arc<dyn Fn(Severity, &str) + Send + Sync>;

/// What runs beside a filter, until it is dropped.
pub struct Daemon {
    shared: Arc<Shared>,
    announcer: Announcer,
    control: Option<control::Listener>,
    srs: Mutex<Option<Serving>>,
}

struct Serving {
    rules: ServeRules,
    server: Background,
}

/// What the threads share.
pub(crate) struct Shared {
    filter: RwLock<Arc<Filter>>,
    book: Mutex<Book>,
    notify: Notify,
}

impl Shared {
    fn filter(&self) -> Arc<Filter> {
        Arc::clone(&self.filter.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Daemon {
    /// Starts what the policy of the filter asks for: a thread that tells of alarms, the control socket (`control` in `[milter]`), the SRS
    /// servers (`serve` in `[srs]`).
    ///
    /// # Errors
    /// [`Error`]: an address or a socket that cannot be listened on, or the system refuses a thread.
    pub fn start(filter: &Arc<Filter>, notify: Notify) -> Result<Daemon, Error> {
        let (book, fault) = Book::read(book_path(filter));
        if let Some(fault) = fault {
            notify(Severity::Warning, &fault);
        }
        let shared = Arc::new(Shared {
            filter: RwLock::new(Arc::clone(filter)),
            book: Mutex::new(book),
            notify: Arc::clone(&notify),
        });
        {
            let book = shared.book();
            filter.take_effect_with(book.allowed());
            book.apply(filter);
        }
        let daemon = Daemon {
            announcer: Announcer::start(Arc::clone(&shared))?,
            control: match control_socket(filter) {
                Some((path, mode)) => Some(control::Listener::start(path, mode, Arc::clone(&shared))?),
                None => None,
            },
            srs: Mutex::new(None),
            shared,
        };
        daemon.serve(filter)?;
        Ok(daemon)
    }

    /// Goes on with another filter. What cannot be changed without a restart is told. What was learned is written first, to where the policy
    /// before wants it.
    pub fn exchange(&self, filter: &Arc<Filter>) {
        let warn = |text: &str| (self.shared.notify)(Severity::Warning, text);
        if let Err(why) = self.save() {
            warn(&why);
        }
        let moved = {
            let mut book = self.shared.book();
            let moved = book.moved(book_path(filter));
            filter.take_effect_with(book.allowed());
            // For the case that a session has begun with it already.
            book.apply(filter);
            moved
        };
        if let Some(fault) = moved {
            warn(&fault);
        }
        *self.shared.filter.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(filter);
        let control = control_socket(filter);
        let present = self
            .control
            .as_ref()
            .map(|listener| (listener.path().to_owned(), listener.mode()));
        if control != present {
            warn("another control socket needs a restart");
        }
        if let Err(error) = self.serve(filter) {
            (self.shared.notify)(
                Severity::Error,
                &format!("SRS is not served as the policy says: {error}"),
            );
        }
    }

    /// Takes notice of a decision: an alarm that is new is announced, mail that is held for one is remembered.
    pub fn told(&self, decision: &Decision) {
        if let Some(why) = &decision.host_alarm {
            self.announcer.tell(Announcement::host(decision, why));
        }
        let Some(alarm) = &decision.alarm else { return };
        let stopped = decision.cause == "outbound_alarm";
        let held = stopped && decision.treatment == Treatment::Hold;
        self.shared
            .book()
            .note(alarm, held.then_some(&*decision.queue_id), stopped);
        if alarm.is_new {
            self.announcer.tell(Announcement::account(decision, alarm));
        }
    }

    /// Writes what is known of accounts, and which of them have alarms.
    ///
    /// # Errors
    /// In words; what was written before is kept.
    pub fn save(&self) -> Result<(), String> {
        let filter = self.shared.filter();
        let state = filter.save_state().map_err(|error| error.to_string());
        let book = self.shared.book().save(&filter);
        state.and(book)
    }

    /// Serves SRS by the policy; what is served where it was before goes on without a pause.
    fn serve(&self, filter: &Filter) -> Result<(), Error> {
        let mut srs = self.srs.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = filter.policy().srs.as_ref().map(|rules| rules.serve.clone());
        let (Some(rules), Some(rewriter)) =
            (rules.filter(|rules| !rules.listen.is_empty()), filter.rewriter())
        else {
            *srs = None;
            return Ok(());
        };
        match &*srs {
            Some(serving) if serving.rules == rules => serving.server.exchange(rewriter),
            _ => {
                *srs = None;
                let options = Options {
                    listen: rules.listen.clone(),
                    socket_mode: rules.socket_mode,
                    ..Options::default()
                };
                *srs = Some(Serving {
                    server: Background::start(rewriter, options)?,
                    rules,
                });
            }
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.control = None;
        self.announcer.end();
    }
}

/// Which file has the alarms: beside the state of accounts.
fn book_path(filter: &Filter) -> Option<PathBuf> {
    let file = filter.policy().outbound.as_ref()?.state_file.as_ref()?;
    let mut name = file.value.clone().into_os_string();
    name.push(".alarms");
    Some(name.into())
}

fn control_socket(filter: &Filter) -> Option<(PathBuf, u32)> {
    let control = &filter.policy().control;
    Some((control.socket.as_ref()?.clone(), control.mode))
}
