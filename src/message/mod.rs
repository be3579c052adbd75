//! A message as octets: its header fields, and the place where its body begins.
//!
//! Octets are never converted here. Whoever reads a file or talks to a mail filter's protocol makes the line ends
//! CRLF first; a bare CR or LF that is still there is an ordinary octet.

pub(crate) mod fold;
mod header;
pub mod line_ends;
mod stream;

pub use header::{HeaderField, HeaderFields};
pub use stream::{Anomaly, Begun, Splitter};

#[cfg(test)]
mod tests;
