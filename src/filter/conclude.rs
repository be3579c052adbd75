//! From all that is known of a message to what is done with it.

use super::Filter;
use super::action::{Action, Answer};
use super::decision::{Decision, Note, Signed};
use super::header::Why;
use super::message::{Content, Message};
use super::policy::{Filling, Template, Treatment};
use super::session::Glue;
use super::who::{Connection, Origin};
use crate::auth_results::{AuthenticationResults, FIELD_NAME, MethodResult};
use crate::dkim::SignatureField;
use crate::dmarc::{self, DmarcResult};
use crate::dns::Name;
use crate::error::printable;
use crate::spf::{SpfResult, with_a_labels};
use crate::srs::{Outcome, Unchanged};
use crate::transaction::Verdict;

/// Why a message is treated in a way.
struct Cause {
    treatment: Treatment,
    code: &'static str,
    /// The word in the tag.
    tag: &'static str,
    reason: String,
    answer: Answer,
}

/// All that goes into a decision.
struct Conclusion<'a> {
    filter: &'a Filter,
    glue: Glue,
    connection: &'a Connection,
    message: Message,
    queue_id: &'a [u8],
    causes: Vec<Cause>,
    /// Fields to insert at the top, the topmost last.
    fields: Vec<(String, Vec<u8>)>,
    from_domain: Option<Name>,
    signed: Vec<Signed>,
    unsigned: Option<Note>,
}

pub(super) fn conclude(
    filter: &Filter,
    glue: Glue,
    connection: &Connection,
    message: Message,
    queue_id: &[u8],
) -> Decision {
    let mut conclusion = Conclusion {
        filter,
        glue,
        connection,
        message,
        queue_id,
        causes: Vec::new(),
        fields: Vec::new(),
        from_domain: None,
        signed: Vec::new(),
        unsigned: None,
    };
    let content = conclusion.message.content.take();
    let verdict = match conclusion.message.origin {
        Origin::Outside => conclusion.outside(content.as_ref()),
        _ => {
            conclusion.submission(content);
            None
        }
    };
    conclusion.header_flood();
    let envelope = conclusion.envelope(verdict.as_ref());
    conclusion.decide(verdict, envelope)
}

impl Conclusion<'_> {
    fn cause(
        &mut self,
        treatment: Treatment,
        code: &'static str,
        tag: &'static str,
        reason: String,
        reply: (u16, &'static str, &Template),
    ) {
        let domain = self.from_domain.as_ref().map(Name::to_string).unwrap_or_default();
        let watched = self.message.watched.as_ref();
        let watched = watched.and_then(|watched| Some(watched.alarm.as_ref()?.account.as_slice()));
        // Of mail without a login, whoever stands for one.
        let account = self.message.login.as_deref().or(watched);
        let account = account.map(printable).unwrap_or_default();
        let client = self
            .connection
            .address
            .map(|address| address.to_string())
            .unwrap_or_default();
        let queue_id = printable(self.queue_id);
        let (status, enhanced, template) = reply;
        let text = template.fill(&Filling {
            reason: &reason,
            domain: &domain,
            account: &account,
            client: &client,
            queue_id: &queue_id,
        });
        self.causes.push(Cause {
            treatment,
            code,
            tag,
            answer: Answer::new(status, enhanced, &text),
            reason,
        });
    }

    /// Mail from elsewhere: results, and what follows from them.
    fn outside(&mut self, content: Option<&Content>) -> Option<Verdict> {
        let Some(transaction) = self.message.transaction.take() else {
            self.from_domain = content.and_then(|content| content.author.clone());
            return None;
        };
        let policy = &self.filter.policy;
        let verdict = match transaction.finish() {
            Ok(verdict) => verdict,
            Err(error) => {
                // A fault of this host stops no mail.
                let reason = format!("nothing could be verified: {error}");
                self.message.note("not_verified", reason.clone());
                let text = Template::built_in("{reason}");
                let treatment = policy.verify.on_temperror;
                self.cause(
                    treatment,
                    "not_verified",
                    "not-verified",
                    reason,
                    (451, "4.3.0", &text),
                );
                return None;
            }
        };
        self.from_domain = verdict.dmarc.from_domain.clone();
        let results = self.glue.given(&verdict.authentication_results);
        self.fields.push((FIELD_NAME.to_owned(), results));
        self.of_dmarc(&verdict);
        self.of_spf(&verdict);
        self.of_temperror(&verdict);
        Some(verdict)
    }

    fn of_dmarc(&mut self, verdict: &Verdict) {
        let rules = &self.filter.policy.dmarc;
        let (treatment, code, tag) = match verdict.dmarc.disposition {
            Some(dmarc::Policy::Reject) => (rules.on_reject, "dmarc_reject", "dmarc-reject"),
            Some(dmarc::Policy::Quarantine) => (rules.on_quarantine, "dmarc_quarantine", "dmarc-quarantine"),
            Some(dmarc::Policy::None) | None => return,
        };
        let reason = verdict.dmarc_reason();
        self.cause(treatment, code, tag, reason, (550, "5.7.1", &rules.text));
    }

    /// SPF alone says nothing of forwarded mail: a message whose author domain vouches for it is not refused for it, nor one that DMARC's
    /// exceptions let through.
    fn of_spf(&mut self, verdict: &Verdict) {
        let Some(spf) = &verdict.spf else { return };
        if spf.evaluation.result != SpfResult::Fail
            || verdict.dmarc.result == DmarcResult::Pass
            || verdict.dmarc.overridden.is_some()
        {
            return;
        }
        let rules = &self.filter.policy.spf;
        let reason = spf.evaluation.reason();
        // RFC 7372 section 3.2.
        self.cause(
            rules.on_fail,
            "spf_fail",
            "spf-fail",
            reason,
            (550, "5.7.23", &rules.text),
        );
    }

    fn of_temperror(&mut self, verdict: &Verdict) {
        let dmarc = &verdict.dmarc;
        let spf = verdict.spf.as_ref().map(|spf| &spf.evaluation);
        let reason = match (dmarc.result, spf) {
            (DmarcResult::TempError, _) => verdict.dmarc_reason(),
            (DmarcResult::Pass, _) => return,
            (_, Some(spf)) if spf.result == SpfResult::TempError => spf.reason(),
            _ => return,
        };
        let treatment = self.filter.policy.verify.on_temperror;
        let text = Template::built_in("{reason}");
        // RFC 3463 section 3.5: directory server failure.
        self.cause(treatment, "temperror", "temperror", reason, (451, "4.4.3", &text));
    }

    /// Mail that is submitted: signatures, the account's alarm.
    fn submission(&mut self, content: Option<Content>) {
        let policy = &self.filter.policy;
        self.from_domain = content.as_ref().and_then(|content| content.author.clone());
        if let Some(submission) = content.and_then(|content| content.submission) {
            match submission.finish(self.message.unix_time()) {
                Ok(fields) => {
                    // The first signer's field is to stand on top.
                    for (domain, selector, field) in fields.into_iter().rev() {
                        let value = self.glue.given(field.value());
                        self.fields.push((SignatureField::NAME.to_owned(), value));
                        self.signed.insert(0, Signed { domain, selector });
                    }
                }
                Err(why) => {
                    // Mail of this host that nobody signs goes on: it may be forwarded, and nobody could be told.
                    if self.message.origin != Origin::Local && policy.submission.unsigned == Treatment::Reject
                    {
                        let treatment = if why.ours {
                            Treatment::Defer
                        } else {
                            Treatment::Reject
                        };
                        let code = if why.ours { (451, "4.3.0") } else { (550, "5.7.1") };
                        let reply = (code.0, code.1, &policy.submission.text);
                        self.cause(treatment, "unsigned", "unsigned", why.reason.clone(), reply);
                    }
                    self.unsigned = Some(Note {
                        code: why.code,
                        text: why.reason,
                    });
                }
            }
        }
        if let (Some(login), true) = (&self.message.login, policy.submission.auth_results) {
            let account = match login.contains(&b'@') {
                true => with_a_labels(login),
                false => login.as_slice().into(),
            };
            let results = AuthenticationResults {
                authserv_id: self.filter.authserv_id.to_string(),
                // RFC 8601 section 2.7.4.
                results: vec![MethodResult::new("auth", "pass").property("smtp", "auth", account)],
            };
            self.fields
                .push((FIELD_NAME.to_owned(), self.glue.given(&results.value())));
        }
        let alarm = self
            .message
            .watched
            .as_ref()
            .and_then(|watched| watched.alarm.as_ref());
        if let (Some(alarm), Some(rules)) = (alarm, &policy.outbound) {
            let reason = format!("the account {}: {}", printable(&alarm.account), alarm.reason);
            let reply = match rules.on_alarm {
                Treatment::Defer => (451, "4.7.1", &rules.text),
                _ => (554, "5.7.1", &rules.text),
            };
            self.cause(rules.on_alarm, "outbound_alarm", "outbound-alarm", reason, reply);
        }
    }

    /// More fields claim to be ours than can be taken out: what is left would be believed.
    fn header_flood(&mut self) {
        let beyond = self.message.deletions.beyond;
        if beyond > 0 {
            let reason = format!("{beyond} header fields that have to be taken out are more than the limit");
            let text = Template::built_in("{reason}");
            self.cause(
                Treatment::Reject,
                "header_flood",
                "header-flood",
                reason,
                (554, "5.6.0", &text),
            );
        }
    }

    /// Recipients that come home, and the sender of what is forwarded.
    fn envelope(&mut self, verdict: Option<&Verdict>) -> Vec<Action> {
        let mut actions = Vec::new();
        let (Some(rewriter), Some(rules)) = (&self.filter.srs, &self.filter.policy.srs) else {
            return actions;
        };
        let mut forwarded = None;
        for recipient in &self.message.recipients {
            if let Some(original) = &recipient.original {
                actions.push(Action::DeleteRecipient {
                    address: recipient.address.clone(),
                });
                actions.push(Action::AddRecipient {
                    address: original.clone(),
                });
            }
            let address = recipient.original.as_deref().unwrap_or(&recipient.address);
            if forwarded.is_none() && self.goes_elsewhere(address) {
                forwarded = Some(printable(address));
            }
        }
        let sender = self.message.sender.clone();
        let Some(recipient) = forwarded.filter(|_| rules.forward && !sender.is_empty()) else {
            return actions;
        };
        let shown = printable(&sender);
        if self.message.origin == Origin::Login {
            // Who has logged in writes himself, and forwards nothing.
            return actions;
        }
        match rewriter.forward(&sender, self.message.unix_time()) {
            Outcome::Rewritten(rewritten) => {
                let new = printable(&rewritten.address);
                self.message.note(
                    "srs_forwarded",
                    format!("<{recipient}> is elsewhere and <{shown}> is not ours: it is forwarded, and leaves as <{new}>"),
                );
                if let Some(verdict) = verdict {
                    self.note_unaligned(verdict);
                }
                actions.push(Action::ChangeSender {
                    address: rewritten.address,
                });
            }
            Outcome::Refused(why) => self.message.note(
                "srs_not_forwarded",
                format!("the sender <{shown}> of forwarded mail stays as it is: {why}"),
            ),
            Outcome::Unchanged(
                Unchanged::NullSender
                | Unchanged::AlreadyRewritten
                | Unchanged::AliasDomain
                | Unchanged::LocalDomain
                | Unchanged::Excluded,
            ) => {}
        }
        actions
    }

    /// SRS repairs SPF alone: DMARC rests on the author's signature where the mail goes.
    fn note_unaligned(&mut self, verdict: &Verdict) {
        let dmarc = &verdict.dmarc;
        if let Some(domain) = dmarc.from_domain.as_ref().filter(|_| !dmarc.dkim_aligned) {
            let policy = match dmarc.policy {
                Some(policy) => format!("its policy is {policy}"),
                None => "it has no policy".to_owned(),
            };
            self.message.note(
                "forwarded_unaligned",
                format!(
                    "it is forwarded without a signature of {domain} that passes, so that DMARC cannot pass where it goes; {policy}"
                ),
            );
        }
    }

    fn goes_elsewhere(&self, address: &[u8]) -> bool {
        let policy = &self.filter.policy;
        let listed = policy
            .srs
            .as_ref()
            .is_some_and(|rules| rules.forwarded_recipients.contains(address));
        let Some(at) = memchr::memrchr(b'@', address) else {
            // A bare name is an account of this host.
            return listed;
        };
        let domain = Name::parse(&address[at + 1..]);
        let local = domain.is_ok_and(|domain| {
            let alias = policy.srs.as_ref().map(|rules| rules.domain.value.as_str());
            policy.local_domains.contains(&domain)
                || alias.is_some_and(|alias| domain.as_str().eq_ignore_ascii_case(alias))
        });
        listed || !local
    }

    fn decide(mut self, verdict: Option<Verdict>, envelope: Vec<Action>) -> Decision {
        self.soften();
        let origin = self.message.origin;
        // Of equals the first counts.
        let mut decisive: Option<&Cause> = None;
        for cause in &self.causes {
            if decisive.is_none_or(|so_far| cause.treatment > so_far.treatment) {
                decisive = Some(cause);
            }
        }
        let decisive = decisive.filter(|cause| cause.treatment > Treatment::Accept);
        let treatment = decisive.map_or(Treatment::Accept, |cause| cause.treatment);
        let mut actions = Vec::new();
        match (treatment, decisive) {
            (Treatment::Reject, Some(cause)) => actions.push(Action::Reject(cause.answer.clone())),
            (Treatment::Defer, Some(cause)) => actions.push(Action::Defer(cause.answer.clone())),
            _ => {
                let tags: Vec<&str> = self
                    .causes
                    .iter()
                    .filter(|cause| cause.treatment > Treatment::Accept)
                    .map(|cause| cause.tag)
                    .collect();
                if !tags.is_empty() {
                    let name = self.filter.policy.verify.tag_field.clone();
                    self.fields.insert(0, (name, self.glue.given(&tags.join(", "))));
                }
                actions.extend(self.message.deletions.actions(origin));
                actions.extend(self.fields.into_iter().map(|(name, value)| Action::InsertHeader {
                    place: 0,
                    name,
                    value,
                }));
                actions.extend(envelope);
                if let (Treatment::Hold, Some(cause)) = (treatment, decisive) {
                    let reason = format!("{}: {}", cause.code, cause.reason);
                    let lines = Answer::new(0, "", &reason);
                    actions.push(Action::Hold {
                        reason: lines.lines().first().cloned().unwrap_or_default(),
                    });
                }
            }
        }
        let forged = self.message.deletions.count(Why::Forged, origin);
        if forged > 0 {
            self.message.notes.push(Note {
                code: "forged_results",
                text: format!(
                    "{forged} Authentication-Results fields claim to come from {} and do not",
                    self.filter.authserv_id
                ),
            });
        }
        let watched = self.message.watched.unwrap_or_default();
        Decision {
            treatment,
            cause: decisive.map_or("none", |cause| cause.code),
            reason: match (decisive, &verdict) {
                (Some(cause), _) => cause.reason.clone(),
                (None, Some(verdict)) => verdict.dmarc_reason(),
                (None, None) => "nothing is to be done".to_owned(),
            },
            actions,
            origin,
            queue_id: self.queue_id.to_vec(),
            client: self.connection.address,
            login: self.message.login,
            sender: self.message.sender,
            from_domain: self.from_domain,
            recipients: self.message.recipients.len() + self.message.more,
            verdict: verdict.map(Box::new),
            signed: self.signed,
            unsigned: self.unsigned,
            alarm: watched.alarm,
            host_alarm: watched.host_alarm,
            notes: self.message.notes,
        }
    }

    /// Bounces of our own always go; what was submitted on this host is held where another message would be refused, since nobody is
    /// there to try again.
    fn soften(&mut self) {
        let own_bounce = self.message.is_own_bounce();
        let local = self.message.origin == Origin::Local;
        let mut notes = Vec::new();
        for cause in &mut self.causes {
            let strict = cause.treatment;
            if own_bounce && cause.code == "header_flood" {
                // What is left would be believed.
                cause.treatment = strict.min(Treatment::Hold);
            } else if own_bounce {
                cause.treatment = Treatment::Accept;
            } else if local {
                cause.treatment = strict.min(Treatment::Hold);
            }
            if cause.treatment != strict {
                let who = if own_bounce {
                    "a bounce of our own"
                } else {
                    "mail submitted on this host"
                };
                notes.push(Note {
                    code: "softened",
                    text: format!(
                        "{who} is not to be met with {strict}, but with {}: {}",
                        cause.treatment, cause.reason
                    ),
                });
            }
        }
        self.message.notes.append(&mut notes);
    }
}
