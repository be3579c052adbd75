//! Lines of any octets and any length, in bounded memory.

use std::io::{self, BufRead};

/// Octets of a line that are kept. No address is nearly as long, so that what is cut is refused for its length.
const MOST: usize = 1 << 20;

/// Reads a line without its end, LF or CRLF, into `line`. False at the end of the input.
pub(super) fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut some = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
            chunk => chunk?,
        };
        if chunk.is_empty() {
            return Ok(some);
        }
        some = true;
        let end = chunk.iter().position(|&octet| octet == b'\n');
        let taken = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&taken[..taken.len().min(MOST - line.len())]);
        let used = taken.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(input: &[u8], capacity: usize) -> Vec<Vec<u8>> {
        let mut input = io::BufReader::with_capacity(capacity, input);
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        while next(&mut input, &mut line).unwrap() {
            lines.push(line.clone());
        }
        lines
    }

    #[test]
    fn lines_end_in_lf_or_crlf_wherever_they_are_cut() {
        for capacity in 1..12 {
            assert_eq!(all(b"a\r\n\nb\rc\nd", capacity), [&b"a"[..], b"", b"b\rc", b"d"]);
        }
        assert_eq!(all(b"", 8), Vec::<Vec<u8>>::new());
        assert_eq!(all(b"\n", 8), [b""]);
    }

    #[test]
    fn a_line_without_end_takes_bounded_memory() {
        let mut input = vec![b'a'; 3 * MOST];
        input.extend_from_slice(b"\nb");
        let lines = all(&input, 8_000);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), MOST);
        assert_eq!(lines[1], b"b");
    }
}
