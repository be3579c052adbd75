//! Line ends of files: turning them into those of mail.

/// Makes the lines of a file end in CRLF, in chunks.
///
/// The first line end decides: if it is LF, every bare LF becomes CRLF; if it is CRLF, the octets stay as they are.
///
/// ```
/// let mut converter = mailrep::message::line_ends::Converter::default();
/// let mut out = Vec::new();
/// converter.convert(b"a\nb\r", |octets| out.extend_from_slice(octets));
/// converter.convert(b"\nc\n", |octets| out.extend_from_slice(octets));
/// assert_eq!(out, b"a\r\nb\r\nc\r\n");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Converter {
    found: Option<Found>,
    after_cr: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Lf,
    CrLf,
}

impl Converter {
    /// Whether the first line end was a bare LF, so that line ends are converted.
    pub fn converts(&self) -> bool {
        self.found == Some(Found::Lf)
    }

    /// Passes the converted octets of `chunk` on, in one or more pieces, in order.
    pub fn convert(&mut self, chunk: &[u8], mut pass: impl FnMut(&[u8])) {
        let mut rest = chunk;
        while self.found != Some(Found::CrLf) {
            let Some(at) = memchr::memchr(b'\n', rest) else {
                break;
            };
            let after_cr = match at.checked_sub(1) {
                Some(before) => rest[before] == b'\r',
                None => self.after_cr,
            };
            let found = *self
                .found
                .get_or_insert(if after_cr { Found::CrLf } else { Found::Lf });
            if found == Found::CrLf {
                break;
            }
            if at > 0 {
                pass(&rest[..at]);
            }
            pass(if after_cr { b"\n" } else { b"\r\n" });
            rest = &rest[at + 1..];
            self.after_cr = false;
        }
        if let Some(&last) = rest.last() {
            pass(rest);
            self.after_cr = last == b'\r';
        }
    }
}
