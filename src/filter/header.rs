//! Header fields that go, noted as they come.

use super::action::Action;
use super::policy::Policy;
use super::who::Origin;
use crate::auth_results;

/// Why a field goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It claims to be an Authentication-Results field of ours.
    Forged,
    /// It claims to be our tag.
    Tag,
    /// The policy has it taken out.
    Stripped,
    /// The policy has it taken out of submissions.
    OfSubmission,
}

#[derive(Debug)]
struct Deletion {
    name: Vec<u8>,
    occurrence: usize,
    place: usize,
    why: Why,
}

/// Fields that are taken out of a message at most. An MTA looks through the header for each of them: 16,000 cost Postfix's cleanup(8) minutes.
const MOST_DELETED: usize = 2_000;

/// Counts the fields of each name that may have to go. It rests on no other bound of the header, so that a forged field cannot hide behind
/// fields that were not kept.
#[derive(Debug)]
pub(super) struct Deletions {
    /// Names, how many fields have had them, and why they go.
    watched: Vec<(String, usize, Why)>,
    place: usize,
    list: Vec<Deletion>,
    most: usize,
    /// Fields to delete that are not in the list.
    pub(super) beyond: usize,
}

impl Deletions {
    pub(super) fn new(policy: &Policy) -> Deletions {
        let mut watched = vec![
            (auth_results::FIELD_NAME.to_owned(), 0, Why::Forged),
            (policy.verify.tag_field.clone(), 0, Why::Tag),
        ];
        let lists = [
            (&policy.strip.fields, Why::Stripped),
            (&policy.strip.of_submissions, Why::OfSubmission),
        ];
        for (names, why) in lists {
            for name in names {
                if !watched
                    .iter()
                    .any(|(known, _, _)| known.eq_ignore_ascii_case(name))
                {
                    watched.push((name.clone(), 0, why));
                } else if let Some(known) = watched
                    .iter_mut()
                    .find(|(known, _, _)| known.eq_ignore_ascii_case(name))
                    && known.2 == Why::Forged
                {
                    // All of these fields are to go, and not only those that claim to be ours.
                    known.2 = why;
                }
            }
        }
        Deletions {
            watched,
            place: 0,
            list: Vec::new(),
            most: policy.limits.header_fields.min(MOST_DELETED),
            beyond: 0,
        }
    }

    pub(super) fn note(&mut self, name: &[u8], value: &[u8], authserv_id: &str) {
        let place = self.place;
        self.place += 1;
        let name = name.trim_ascii_end();
        let found = self
            .watched
            .iter_mut()
            .find(|(watched, _, _)| name.eq_ignore_ascii_case(watched.as_bytes()));
        let Some((watched, seen, mut why)) = found.map(|(watched, seen, why)| (watched, seen, *why)) else {
            return;
        };
        *seen += 1;
        if watched.eq_ignore_ascii_case(auth_results::FIELD_NAME) {
            let ours = auth_results::claims(value, authserv_id);
            match why {
                Why::Forged if !ours => return,
                // A forged field goes whoever sends it.
                _ if ours => why = Why::Forged,
                _ => {}
            }
        }
        if self.list.len() == self.most {
            // What only submissions lose is taken for nobody's, and left.
            self.beyond += usize::from(why != Why::OfSubmission);
            return;
        }
        self.list.push(Deletion {
            name: name.to_vec(),
            occurrence: *seen,
            place,
            why,
        });
    }

    fn applies(deletion: &Deletion, origin: Origin) -> bool {
        deletion.why != Why::OfSubmission || origin.is_submission()
    }

    /// Whether the field at a place goes.
    pub(super) fn goes(&self, place: usize, origin: Origin) -> bool {
        self.list
            .binary_search_by_key(&place, |deletion| deletion.place)
            .is_ok_and(|at| Self::applies(&self.list[at], origin))
    }

    /// How many go for a reason.
    pub(super) fn count(&self, why: Why, origin: Origin) -> usize {
        self.list
            .iter()
            .filter(|deletion| deletion.why == why && Self::applies(deletion, origin))
            .count()
    }

    /// Deletions, the last field first: MTAs number the rest anew after each.
    pub(super) fn actions(&self, origin: Origin) -> impl Iterator<Item = Action> {
        self.list
            .iter()
            .rev()
            .filter(move |deletion| Self::applies(deletion, origin))
            .map(|deletion| Action::DeleteHeader {
                name: deletion.name.clone(),
                occurrence: deletion.occurrence,
                place: deletion.place,
            })
    }
}
