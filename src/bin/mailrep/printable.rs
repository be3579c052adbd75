//! What strangers wrote, made fit for a terminal.

use std::borrow::Cow;

/// Text in which nothing moves the cursor, changes colours or turns the direction of writing: such characters
/// become `\u{..}`.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escape(text, |c, out| out.extend(c.escape_unicode()))
}

/// A JSON text in which such characters are escaped; they only ever stand within strings.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    escape(text, |c, out| {
        // All of them lie in the basic plane, so that four digits do.
        out.push_str(&format!("\\u{:04x}", u32::from(c)));
    })
}

fn escape(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            write(c, &mut out)
        } else {
            out.push(c)
        }
    }
    Cow::Owned(out)
}

/// C0 and C1 controls, separators of lines and paragraphs, and the controls of direction (UAX #9).
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_of_a_terminal_are_shown_and_not_sent() {
        assert_eq!(
            line("a\u{1b}[31mb\nc\u{9b}d\u{202e}"),
            r"a\u{1b}[31mb\u{a}c\u{9b}d\u{202e}"
        );
        assert_eq!(line("Zoë"), "Zoë");
        assert_eq!(json("\"a\u{7f}\u{9b}\""), r#""a\u007f\u009b""#);
    }
}
