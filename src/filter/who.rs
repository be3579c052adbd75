//! Whose message it is: one that comes from outside, or one that is submitted here.

use super::policy::Policy;
use std::fmt;
use std::net::IpAddr;

/// Where a message comes from. All but the first are submissions: they are signed and not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// From elsewhere: verified.
    Outside,
    /// From a client that has logged in.
    Login,
    /// Submitted on this host: by `sendmail`, by a program at 127.0.0.1, a bounce of the MTA's own.
    Local,
    /// From an internal network.
    Internal,
    /// Through a daemon that takes submissions only.
    Originating,
}

impl Origin {
    /// A stable word, such as `outside`.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Outside => "outside",
            Origin::Login => "login",
            Origin::Local => "local",
            Origin::Internal => "internal",
            Origin::Originating => "originating",
        }
    }

    /// Whether the message is submitted here.
    pub fn is_submission(self) -> bool {
        self != Origin::Outside
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Connection {
    pub(super) address: Option<IpAddr>,
    pub(super) daemon: Vec<u8>,
    /// The glue says that this is no SMTP client.
    pub(super) local: bool,
    /// The user who submitted, for local submissions.
    pub(super) user: Vec<u8>,
    pub(super) helo: Vec<u8>,
}

impl Connection {
    /// Whether recipients must not be refused: MTAs tell filters of local submissions as if they came from 127.0.0.1, and cannot refuse
    /// one recipient of them.
    pub(super) fn is_this_host(&self) -> bool {
        self.local
            || self
                .address
                .is_some_and(|address| address.to_canonical().is_loopback())
    }

    pub(super) fn origin(&self, logged_in: bool, policy: &Policy) -> Origin {
        let internal = self.address.is_some_and(|address| {
            policy
                .internal_networks
                .iter()
                .any(|network| network.contains(address))
        });
        let originating = || {
            policy
                .originating_daemons
                .iter()
                .any(|daemon| daemon.as_bytes() == self.daemon)
        };
        match () {
            () if logged_in => Origin::Login,
            () if self.local || (internal && self.is_this_host()) => Origin::Local,
            () if originating() => Origin::Originating,
            () if internal => Origin::Internal,
            () => Origin::Outside,
        }
    }
}
