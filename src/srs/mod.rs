//! The Sender Rewriting Scheme: forwarded mail leaves with an envelope sender of this host, and bounces find their way home.
//!
//! SPF checks the envelope sender's domain against the host that delivers. Who forwards mail is not in the records of the
//! sender's domain, so [`Rewriter::forward`] makes `alice@example.com` into `SRS0=HHHH=TT=example.com=alice@alias`, an address
//! in a domain of this host, and [`Rewriter::reverse`] gives the original address back when a bounce comes to it. The hash
//! keeps strangers from sending mail through here, the timestamp lets addresses expire.
//!
//! No RFC describes SRS. The form is the one that PostSRSd, Mail::SRS, libsrs2 and pysrs have in common, octet for octet; an
//! address that any of them minted with the same secret is understood, and the other way round:
//!
//! - `SRS0{sep}HASH=TT=host=user@alias`. The hash is the first letters of the base64 of HMAC-SHA1 over timestamp, host and user,
//!   ASCII letters in lower case; the timestamp is days since 1970 modulo 1024 in two characters of base32.
//! - `SRS1{sep}HASH=host=rest@alias` for what another forwarder rewrote already: `host` is the first forwarder, `rest` what
//!   followed `SRS0` there. However long the chain, an address holds two hosts only.
//!
//! Two things differ where the family is wrong. A quoted local part stays one: `"john doe"@example.com` becomes
//! `"SRS0=HHHH=TT=example.com=john doe"@alias`. And there is a second form of hash, [`Mac::Strong`], which knows where one part
//! ends and the next begins: the common one takes `example.com` and `alice` for `example.co` and `malice`.
//!
//! Addresses are octets. A [`Rewriter`] never changes and can be shared by threads; the time is given.
//!
//! ```
//! use mailrep::clock::UnixTime;
//! use mailrep::srs::{Outcome, Rewriter, Secrets, Settings};
//! let secrets = Secrets::parse(b"club1-s3cret-key\n")?;
//! let rewriter = Rewriter::new(Settings::new("club1.fr", secrets))?;
//! let now = UnixTime(1_763_812_800);
//! let Outcome::Rewritten(there) = rewriter.forward(b"alice@example.com", now) else { panic!() };
//! assert_eq!(there.address, b"SRS0=IQfw=56=example.com=alice@club1.fr");
//! let Outcome::Rewritten(back) = rewriter.reverse(&there.address, now) else { panic!() };
//! assert_eq!(back.address, b"alice@example.com");
//! # Ok::<(), mailrep::Error>(())
//! ```

mod address;
mod domains;
mod keyed;
mod mac;
mod outcome;
mod rewrite;
mod secrets;
mod settings;

pub use address::MOST_OCTETS;
pub use outcome::{Outcome, Refusal, Rewriting, Rewritten, Unchanged};
pub use rewrite::Rewriter;
pub use secrets::{SecretFile, Secrets};
pub use settings::{Accept, LongLocalParts, Mac, Separator, Settings};
