//! What is to be done with a message.

use super::filter_session::KeptAnswer;
use super::guard;
use super::handle::{Handle, ManyThreads, borrow, take_back};
use super::status::{Code, MAILREP_ABSENT};
use super::text::{Octets, Text, keep};
use crate::filter::policy::Treatment;
use crate::filter::{self, Action};
use std::ffi::{CString, c_int};
use std::sync::OnceLock;

/// The message goes on its way.
pub const MAILREP_TREATMENT_ACCEPT: c_int = 0;
/// It goes on its way with a field that says why it is suspicious, which is among the actions.
pub const MAILREP_TREATMENT_TAG: c_int = 1;
/// It is held back for a person.
pub const MAILREP_TREATMENT_HOLD: c_int = 2;
/// The client is asked to try again.
pub const MAILREP_TREATMENT_DEFER: c_int = 3;
/// It is refused.
pub const MAILREP_TREATMENT_REJECT: c_int = 4;

/// Delete a header field: its name, and as number which one of that name, from 1. (smfi_chgheader() with the value NULL.)
pub const MAILREP_ACTION_DELETE_HEADER: c_int = 0;
/// Insert a header field: its name, its value, and as number its place, 0 being the top. (smfi_insheader().)
pub const MAILREP_ACTION_INSERT_HEADER: c_int = 1;
/// Another envelope sender, in value, without angle brackets. (smfi_chgfrom().)
pub const MAILREP_ACTION_CHANGE_SENDER: c_int = 2;
/// One recipient more, in value, without angle brackets. (smfi_addrcpt().)
pub const MAILREP_ACTION_ADD_RECIPIENT: c_int = 3;
/// Take the recipient in value out, without angle brackets. (smfi_delrcpt().)
pub const MAILREP_ACTION_DELETE_RECIPIENT: c_int = 4;
/// Hold the message back; the reason is line 0. (smfi_quarantine().)
pub const MAILREP_ACTION_HOLD: c_int = 5;
/// Ask the client to try again: code, enhanced status code, lines. (smfi_setmlreply() and SMFIS_TEMPFAIL.) It is the only action then.
pub const MAILREP_ACTION_DEFER: c_int = 6;
/// Refuse the message: code, enhanced status code, lines. (smfi_setmlreply() and SMFIS_REJECT.) It is the only action then.
pub const MAILREP_ACTION_REJECT: c_int = 7;

/// What is to be done with a message, and why. The actions are to be carried out in the order of their indices.
#[derive(Debug)]
pub struct Decision {
    decision: filter::Decision,
    actions: Vec<Kept>,
    cause: CString,
    reason: CString,
    alarm: Option<(CString, CString, CString)>,
    host_alarm: Option<CString>,
    notes: Vec<CString>,
    log: OnceLock<CString>,
    json: OnceLock<CString>,
}

/// An action in the shape that C reads.
#[derive(Debug)]
struct Kept {
    kind: c_int,
    name: Option<CString>,
    value: Option<CString>,
    number: c_int,
    answer: Option<KeptAnswer>,
    reason: Option<CString>,
}

impl Handle for Decision {
    const NAME: &'static str = "decision";
    type Shared = ManyThreads;
}

const _: () = {
    const fn many_threads<T: Send + Sync>() {}
    many_threads::<Decision>();
};

fn number(value: usize) -> c_int {
    c_int::try_from(value).unwrap_or(c_int::MAX)
}

/// Octets that a C string can hold: what an MTA hands over has no octet 0, nor has what is made of it.
fn octets(octets: &[u8]) -> CString {
    let without: Vec<u8> = octets.iter().copied().filter(|&octet| octet != 0).collect();
    CString::new(without).unwrap_or_default()
}

impl Kept {
    fn of(action: &Action) -> Kept {
        let mut kept = Kept {
            kind: MAILREP_ABSENT,
            name: None,
            value: None,
            number: MAILREP_ABSENT,
            answer: None,
            reason: None,
        };
        match action {
            Action::DeleteHeader { name, occurrence, .. } => {
                kept.kind = MAILREP_ACTION_DELETE_HEADER;
                kept.name = Some(octets(name));
                kept.number = number(*occurrence);
            }
            Action::InsertHeader { place, name, value } => {
                kept.kind = MAILREP_ACTION_INSERT_HEADER;
                kept.name = Some(keep(name.as_str()));
                kept.value = Some(octets(value));
                kept.number = number(*place);
            }
            Action::ChangeSender { address } => {
                kept.kind = MAILREP_ACTION_CHANGE_SENDER;
                kept.value = Some(octets(address));
            }
            Action::AddRecipient { address } => {
                kept.kind = MAILREP_ACTION_ADD_RECIPIENT;
                kept.value = Some(octets(address));
            }
            Action::DeleteRecipient { address } => {
                kept.kind = MAILREP_ACTION_DELETE_RECIPIENT;
                kept.value = Some(octets(address));
            }
            Action::Hold { reason } => {
                kept.kind = MAILREP_ACTION_HOLD;
                kept.reason = Some(keep(reason.as_str()));
            }
            Action::Defer(answer) => {
                kept.kind = MAILREP_ACTION_DEFER;
                kept.answer = Some(KeptAnswer::of(answer));
            }
            Action::Reject(answer) => {
                kept.kind = MAILREP_ACTION_REJECT;
                kept.answer = Some(KeptAnswer::of(answer));
            }
        }
        kept
    }
}

impl Decision {
    pub(super) fn decision(&self) -> &filter::Decision {
        &self.decision
    }

    pub(super) fn new(decision: filter::Decision) -> Decision {
        Decision {
            actions: decision.actions.iter().map(Kept::of).collect(),
            cause: keep(decision.cause),
            reason: keep(decision.reason.as_str()),
            alarm: decision.alarm.as_ref().map(|alarm| {
                (
                    octets(&alarm.account),
                    keep(alarm.cause),
                    keep(alarm.reason.as_str()),
                )
            }),
            host_alarm: decision.host_alarm.as_deref().map(keep),
            notes: decision
                .notes
                .iter()
                .map(|note| keep(note.text.as_str()))
                .collect(),
            log: OnceLock::new(),
            json: OnceLock::new(),
            decision,
        }
    }
}

/// Frees a decision, and with it all texts and octets that came from it.
///
/// @param decision  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_free(decision: *mut Decision) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(decision) }
    });
}

/// What becomes of the message, all in all.
///
/// @param decision  may be NULL
/// @return          MAILREP_TREATMENT_ACCEPT to MAILREP_TREATMENT_REJECT; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_treatment(decision: *const Decision) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        Code(unsafe { borrow(decision) }.map_or(
            MAILREP_ABSENT,
            |decision| match decision.decision.treatment {
                Treatment::Accept => MAILREP_TREATMENT_ACCEPT,
                Treatment::Tag => MAILREP_TREATMENT_TAG,
                Treatment::Hold => MAILREP_TREATMENT_HOLD,
                Treatment::Defer => MAILREP_TREATMENT_DEFER,
                Treatment::Reject => MAILREP_TREATMENT_REJECT,
            },
        ))
    })
    .0
}

/// Why, as a code that stays, such as "dmarc_reject"; "none" for a message that goes on its way.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_cause(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(decision.map(|decision| decision.cause.as_c_str()))
    })
}

/// Why, in a sentence.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_reason(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(decision.map(|decision| decision.reason.as_c_str()))
    })
}

/// One line for a log, without the time: printable ASCII, key=value with blanks between.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_log(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(decision.map(|decision| {
            decision
                .log
                .get_or_init(|| keep(decision.decision.summary()))
                .as_c_str()
        }))
    })
}

/// All of it as a JSON object, as "mailrep filter run --json" prints it.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_json(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(decision.map(|decision| {
            decision
                .json
                .get_or_init(|| keep(decision.decision.json().to_string()))
                .as_c_str()
        }))
    })
}

/// How many actions there are.
///
/// @param decision  may be NULL
/// @return          0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_count(decision: *const Decision) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(decision) }.map_or(0, |decision| decision.actions.len()))
}

/// What kind of action.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          MAILREP_ACTION_DELETE_HEADER to MAILREP_ACTION_REJECT; MAILREP_ABSENT beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_kind(decision: *const Decision, at: usize) -> c_int {
    // SAFETY: the header's rules.
    guard(|| Code(unsafe { action(decision, at) }.map_or(MAILREP_ABSENT, |kept| kept.kind))).0
}

/// The name of the header field to delete or insert.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          octets that live as long as the decision, closed by 0; absent for other actions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_name(decision: *const Decision, at: usize) -> Octets {
    // SAFETY: the header's rules.
    guard(|| Octets::of(unsafe { action(decision, at) }.and_then(|kept| kept.name.as_deref())))
}

/// The value of the header field to insert, as the session's glue wants it; or the address of a sender or recipient.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          octets that live as long as the decision, closed by 0; absent for other actions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_value(decision: *const Decision, at: usize) -> Octets {
    // SAFETY: the header's rules.
    guard(|| Octets::of(unsafe { action(decision, at) }.and_then(|kept| kept.value.as_deref())))
}

/// Which of the fields of a name is to be deleted, from 1, or the place at which to insert one, from 0.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          MAILREP_ABSENT for other actions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_number(decision: *const Decision, at: usize) -> c_int {
    // SAFETY: the header's rules.
    guard(|| Code(unsafe { action(decision, at) }.map_or(MAILREP_ABSENT, |kept| kept.number))).0
}

/// The code of a refusal, such as 550.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          MAILREP_ABSENT for other actions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_code(decision: *const Decision, at: usize) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        let answer = unsafe { action(decision, at) }.and_then(|kept| kept.answer.as_ref());
        Code(answer.map_or(MAILREP_ABSENT, |answer| answer.code))
    })
    .0
}

/// The enhanced status code of a refusal, such as "5.7.1".
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          text that lives as long as the decision; absent for other actions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_enhanced(decision: *const Decision, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let answer = unsafe { action(decision, at) }.and_then(|kept| kept.answer.as_ref());
        Text::of(answer.map(|answer| answer.enhanced.as_c_str()))
    })
}

/// How many lines of text an action has.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          1 to 8 of a refusal; 1 of a hold; 0 of others
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_line_count(decision: *const Decision, at: usize) -> usize {
    guard(|| {
        // SAFETY: the header's rules.
        unsafe { action(decision, at) }.map_or(0, |kept| match &kept.answer {
            Some(answer) => answer.lines.len(),
            None => usize::from(kept.reason.is_some()),
        })
    })
}

/// A line of text: of a refusal, without any code; of a hold, the reason. Printable ASCII without '%', at most 400 octets.
///
/// @param decision  may be NULL
/// @param at        the action, from 0
/// @param line      from 0
/// @return          text that lives as long as the decision; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_action_line(
    decision: *const Decision,
    at: usize,
    line: usize,
) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let text = unsafe { action(decision, at) }.and_then(|kept| match &kept.answer {
            Some(answer) => answer.lines.get(line),
            None => kept.reason.as_ref().filter(|_| line == 0),
        });
        Text::of(text.map(CString::as_c_str))
    })
}

/// How many things there are to know beside the decision, such as why a message was forwarded.
///
/// @param decision  may be NULL
/// @return          0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_note_count(decision: *const Decision) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(decision) }.map_or(0, |decision| decision.notes.len()))
}

/// Something to know beside the decision, in a sentence.
///
/// @param decision  may be NULL
/// @param at        from 0
/// @return          text that lives as long as the decision; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_note(decision: *const Decision, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(
            decision
                .and_then(|decision| decision.notes.get(at))
                .map(CString::as_c_str),
        )
    })
}

/// Whether this message raised an alarm of the account that sent it, so that it is time to tell somebody. While the alarm is open,
/// messages that follow have 0.
///
/// @param decision  may be NULL
/// @return          1, or 0; MAILREP_ABSENT if no alarm is open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_alarm_is_new(decision: *const Decision) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        let alarm = unsafe { borrow(decision) }
            .ok()
            .and_then(|decision| decision.decision.alarm.as_ref());
        Code(alarm.map_or(MAILREP_ABSENT, |alarm| alarm.is_new.into()))
    })
    .0
}

/// The account whose alarm is open: the login; for mail submitted on this host the user, or else the client's address.
///
/// @param decision  may be NULL
/// @return          octets that live as long as the decision, closed by 0; absent if no alarm is open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_alarm_account(decision: *const Decision) -> Octets {
    guard(|| {
        // SAFETY: the header's rules.
        let alarm = unsafe { borrow(decision) }
            .ok()
            .and_then(|decision| decision.alarm.as_ref());
        Octets::of(alarm.map(|(account, _, _)| account.as_c_str()))
    })
}

/// What the alarm rests on, as a code that stays, such as "new_slots_1s".
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent if no alarm is open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_alarm_cause(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let alarm = unsafe { borrow(decision) }
            .ok()
            .and_then(|decision| decision.alarm.as_ref());
        Text::of(alarm.map(|(_, cause, _)| cause.as_c_str()))
    })
}

/// What the alarm rests on, in a sentence for an administrator.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent if no alarm is open
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_alarm_reason(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let alarm = unsafe { borrow(decision) }
            .ok()
            .and_then(|decision| decision.alarm.as_ref());
        Text::of(alarm.map(|(_, _, reason)| reason.as_c_str()))
    })
}

/// Why this message raised an alarm for the whole host: many accounts have become unusual at once.
///
/// @param decision  may be NULL
/// @return          text that lives as long as the decision; absent if it raised none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_decision_host_alarm(decision: *const Decision) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let decision = unsafe { borrow(decision) }.ok();
        Text::of(decision.and_then(|decision| decision.host_alarm.as_deref()))
    })
}

/// # Safety
/// By the header's rules: `decision` is NULL or living during `'a`.
unsafe fn action<'a>(decision: *const Decision, at: usize) -> Option<&'a Kept> {
    // SAFETY: by the caller.
    unsafe { borrow(decision) }.ok()?.actions.get(at)
}
