//! What to do with a message: from a policy and the events of a mail transaction to actions.
//!
//! A [`Policy`] is what an administrator decides, read from a TOML file (`docs/filter.md` explains every key). A [`Filter`] is made of it: keys,
//! secrets and the state of accounts are loaded, and any number of threads share it. A [`Session`] is a connection: it is told what the
//! client says, message after message, and [`Session::end`] gives a [`Decision`], whose [`Action`]s the MTA carries out. No socket and no MTA is
//! needed for that: a Postfix milter is one caller, and glue for another MTA another.
//!
//! What goes wrong within never stops mail unless the policy says so: without DNS results are `temperror`, a key that fails leaves a message
//! unsigned, an account that cannot be watched may send; each is told in the decision's notes.
//!
//! ```
//! use mailrep::filter::{Client, Filter, Glue, Policy, Session};
//! use mailrep::dns::zone::Zone;
//! use mailrep::driver::Source;
//! use std::sync::Arc;
//! let text = "authserv_id = \"mx.example.net\"\n[dmarc]\nhonour_policy = true\n";
//! let policy = Policy::parse(text, "mailrep.toml", "/etc/mailrep".as_ref())?;
//! let zone = Zone::parse(b"_dmarc.example.org. TXT \"v=DMARC1; p=reject\"", "zone")?;
//! let filter = Arc::new(Filter::with_source(policy, Source::Zone(zone))?);
//!
//! let mut session = Session::new(&filter, Glue::default());
//! session.connect(Client::from(std::net::IpAddr::from([192, 0, 2, 66])))?;
//! session.helo(b"mail.example.com")?;
//! session.mail_from(b"<eve@example.com>", None)?;
//! session.rcpt(b"<ada@example.net>")?;
//! session.header(b"From", b" ceo@example.org")?;
//! session.end_of_headers()?;
//! session.body(b"Pay at once.\r\n")?;
//! let decision = session.end(b"4XyZ")?;
//! assert_eq!(decision.actions[0].kind(), "reject");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod conclude;
mod decision;
mod explain;
mod header;
mod load;
mod message;
mod outbound;
pub mod policy;
mod session;
mod signing;
mod who;

pub use action::{Action, Answer};
pub use decision::{Alarm, Decision, Note, Signed};
pub use explain::{Explanation, Finding};
pub use load::Filter;
pub use outbound::StateError;
pub use policy::{Policy, PolicyError};
pub use session::{Client, Glue, Reply, Session};
pub use who::Origin;
