//! Blanks of a body under the relaxed canonicalization (RFC 6376 section 3.4.4), as fast as a digest needs them.

use super::canonical::{Lines, is_blank};

/// Octets gathered before they go to the digest in one piece.
const STAGE: usize = 4 * 1024;
/// A piece of this size goes to the digest without a copy.
const DIRECT: usize = 2 * 1024;
/// Octets looked at together.
const BLOCK: usize = 64;
/// After so many blocks in a row in which nothing changes the next blank is searched for: base64 has none at all. If there is
/// one soon, it is plain text, and the next search waits for twice as many.
const QUIET: usize = 8;

/// Joins blanks, and leaves them out at the ends of lines: the first half of "relaxed".
#[derive(Debug, Clone, Default)]
pub(super) struct Blanks {
    /// Blanks were seen, and what follows them decides.
    pending: bool,
    /// And after those a CR, with nothing known of what follows.
    cr: bool,
    /// What waits for the digest; at most [`STAGE`] octets.
    stage: Vec<u8>,
}

impl Blanks {
    pub(super) fn update(&mut self, chunk: &[u8], lines: &mut Lines, pass: &mut impl FnMut(&[u8])) {
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            if self.pending && self.cr {
                self.pending = false;
                self.cr = false;
                if first == b'\n' {
                    self.put(b"\r\n", lines, pass);
                    rest = &rest[1..];
                } else {
                    self.put(b" \r", lines, pass);
                }
                continue;
            }
            if self.pending {
                let blanks = rest.iter().take_while(|&&octet| is_blank(octet)).count();
                rest = &rest[blanks..];
                match rest {
                    [] => return,
                    [b'\r'] => {
                        self.cr = true;
                        return;
                    }
                    [b'\r', b'\n', ..] => {}
                    _ => self.put(b" ", lines, pass),
                }
                self.pending = false;
            }
            let done = self.blocks(rest, lines, pass);
            rest = &rest[done..];
            let plain = (0..rest.len())
                .find(|&at| changes(rest, at))
                .unwrap_or(rest.len());
            self.put(&rest[..plain], lines, pass);
            rest = &rest[plain..];
            if !rest.is_empty() {
                self.pending = true;
                rest = &rest[1..];
            }
        }
    }

    /// Takes whole blocks from the beginning of `octets`, which no blanks precede. Returns how many octets were taken;
    /// what follows them is as if it were the beginning.
    fn blocks(&mut self, octets: &[u8], lines: &mut Lines, pass: &mut impl FnMut(&[u8])) -> usize {
        let mut at = 0;
        // What was taken but not put yet.
        let mut begin = 0;
        let (mut quiet, mut patience) = (0, QUIET);
        // Two octets more, so that what follows a run of blanks is known.
        while let Some(window) = octets
            .get(at..)
            .and_then(|rest| rest.first_chunk::<{ BLOCK + 2 }>())
        {
            let mut left = changing(window);
            if left == 0 {
                at += BLOCK;
                quiet += 1;
                if quiet == patience {
                    let rest = octets.get(at..).unwrap_or_default();
                    let jump = memchr::memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
                    at += jump;
                    quiet = 0;
                    if jump < BLOCK * QUIET {
                        patience *= 2;
                    }
                }
                continue;
            }
            quiet = 0;
            while left != 0 {
                let start = left.trailing_zeros();
                let sum = left.wrapping_add(1 << start);
                let end = sum.trailing_zeros();
                left &= sum;
                let (start, end) = (at + start as usize, at + end as usize);
                self.put_span(octets, begin, start, lines, pass);
                begin = end;
                match (octets[end], octets[end + 1]) {
                    // A run goes on, or ends in the blank that stays.
                    (b' ' | b'\t', _) => {}
                    // RFC 6376 section 3.4.4: blanks at the end of a line are left out,
                    (b'\r', b'\n') => {}
                    // and others become a single space.
                    _ => self.put(b" ", lines, pass),
                }
            }
            at += BLOCK;
            self.put_span(octets, begin, at, lines, pass);
            begin = at;
        }
        let taken = at.min(octets.len());
        self.put(&octets[begin..taken], lines, pass);
        taken
    }

    /// Puts `octets[begin..end]`, mostly short, so that a copy of fixed size is the fastest.
    fn put_span(
        &mut self,
        octets: &[u8],
        begin: usize,
        end: usize,
        lines: &mut Lines,
        pass: &mut impl FnMut(&[u8]),
    ) {
        let length = end - begin;
        if length <= BLOCK
            && self.stage.len() + BLOCK <= self.stage.capacity()
            && let Some(from) = octets.get(begin..).and_then(|rest| rest.first_chunk::<BLOCK>())
        {
            let staged = self.stage.len();
            self.stage.extend_from_slice(from);
            self.stage.truncate(staged + length);
        } else {
            self.put(&octets[begin..end], lines, pass);
        }
    }

    fn put(&mut self, octets: &[u8], lines: &mut Lines, pass: &mut impl FnMut(&[u8])) {
        let direct = octets.len() >= DIRECT;
        if direct || self.stage.len() + octets.len() > STAGE {
            lines.update(&self.stage, pass);
            self.stage.clear();
        }
        if direct {
            lines.update(octets, pass);
        } else {
            if self.stage.capacity() == 0 {
                self.stage.reserve_exact(STAGE);
            }
            self.stage.extend_from_slice(octets);
        }
    }

    pub(super) fn finish(&mut self, lines: &mut Lines, pass: &mut impl FnMut(&[u8])) {
        // Blanks that end the body end a line and vanish; a bare CR after them is an octet like any other.
        if self.cr {
            self.put(b" \r", lines, pass);
        }
        lines.update(&self.stage, pass);
        self.stage.clear();
    }

    /// Octets that are kept at this moment.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.stage.capacity()
    }
}

/// Whether the blank at `at` may not stay as it is: a tab, or a space before a blank, a CR or another control character, or
/// the end of what is known.
fn changes(octets: &[u8], at: usize) -> bool {
    match octets[at] {
        b'\t' => true,
        b' ' => octets.get(at + 1).is_none_or(|&next| next <= b' '),
        _ => false,
    }
}

/// The same for all octets of a block at once, a bit for each; written without a branch, so that compilers use vector
/// instructions.
fn changing(window: &[u8; BLOCK + 2]) -> u64 {
    let (block, after): (&[u8; BLOCK], &[u8; BLOCK]) = match (window.first_chunk(), window[1..].first_chunk())
    {
        (Some(block), Some(after)) => (block, after),
        _ => return 0,
    };
    let mut flags = [0_u8; BLOCK];
    let mut any = 0;
    for ((flag, &octet), &next) in flags.iter_mut().zip(block).zip(after) {
        *flag = u8::from(octet == b'\t') | (u8::from(octet == b' ') & u8::from(next <= b' '));
        any |= *flag;
    }
    if any == 0 {
        return 0;
    }
    // Eight flags of 0 or 1 become the eight bits of an octet by one multiplication.
    let (eights, _) = flags.as_chunks::<8>();
    let mut bits = 0;
    for (at, &eight) in eights.iter().enumerate() {
        let octet = u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= octet << (8 * at);
    }
    bits
}
