//! The two ways to wire SRS into Postfix, and the host that they are wired into.

use crate::support::postfix::port;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// The domain of the host, of its system users, and of rewritten addresses.
pub const MAIN: &str = "example.org";
/// A domain for which the host has addresses, which lead elsewhere.
pub const HOSTED: &str = "example.net";

/// A domain whose senders are not rewritten, as the servers are told.
pub const EXCLUDED: &str = "excluded.example";

/// What is added to main.cf and master.cf.
pub struct Wiring {
    pub main: String,
    pub master: String,
}

/// The host without SRS: all mail that leaves it goes to `sink`.
fn host(sink: SocketAddr) -> String {
    format!(
        "myhostname = mx.{MAIN}\n\
         mydestination = {MAIN}\n\
         virtual_alias_domains = {HOSTED}\n\
         virtual_alias_maps = inline:{{\n\
         \x20   {{ forward@{HOSTED} = bob@far.example }}\n\
         \x20   {{ lost@{HOSTED} = refused@far.example }} }}\n\
         relayhost = [127.0.0.1]:{}\n",
        sink.port()
    )
}

/// The wiring that hosts have from PostSRSd's own instructions.
pub fn seed(sink: SocketAddr, forward: u16, reverse: u16) -> Wiring {
    let ours = |text: String| {
        text.replace("10001", &forward.to_string())
            .replace("10002", &reverse.to_string())
    };
    Wiring {
        main: host(sink) + &ours(block("seed.cf")),
        master: String::new(),
    }
}

/// The wiring that rewrites forwarded mail only. `folder` is for the file of regular expressions.
pub fn forwarded_only(sink: SocketAddr, folder: &Path, forward: &str, reverse: &str) -> Wiring {
    let regexp = folder.join("srs.regexp");
    fs::write(&regexp, block("regexp")).unwrap();
    let through = port().to_string();
    let ours = |text: String| {
        text.replace("tcp:127.0.0.1:10001", forward)
            .replace("tcp:127.0.0.1:10002", reverse)
            .replace("10003", &through)
            .replace("/etc/postfix/srs.regexp", regexp.to_str().unwrap())
    };
    Wiring {
        main: host(sink) + &ours(block("main.cf")),
        master: ours(block("master.cf")),
    }
}

/// The block of the guide that is marked so.
fn block(mark: &str) -> String {
    let guide = include_str!("../../docs/from-postsrsd.md");
    let begin = format!("\n```{mark}\n");
    let block = guide.split(&begin).nth(1).unwrap().split("```").next().unwrap();
    block.to_owned()
}
