//! Writing a header field's value so that nothing within it can break out: its lines, comments and quoted strings.

/// Columns of a line where it can be folded (RFC 5322 section 2.1.1).
const COLUMNS: usize = 78;
/// What begins a line that continues the field.
const FOLD: &str = "\r\n    ";
/// Octets that a value may have as written, so that no line exceeds 998 octets (RFC 5322 section 2.1.1).
pub(crate) const MOST_WORD: usize = 800;

/// Words set into lines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    text: String,
    column: usize,
    unfolded: bool,
    /// Nothing stands on the present line yet.
    fresh: bool,
    /// The next word begins a line.
    wants_fold: bool,
}

impl Lines {
    /// The value of a field of that name, folded.
    pub(crate) fn of(field_name: &str) -> Lines {
        Lines {
            column: field_name.len() + 2,
            fresh: true,
            ..Lines::default()
        }
    }

    /// All on one line.
    pub(crate) fn unfolded() -> Lines {
        Lines {
            unfolded: true,
            ..Lines::of("")
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn text(self) -> String {
        self.text
    }

    pub(crate) fn fold(&mut self) {
        self.wants_fold = !self.fresh;
    }

    /// A word that is never folded, with a blank or a fold before it.
    pub(crate) fn word(&mut self, word: &str) {
        // One column is left for the semicolon that may follow.
        let fits = self.column + 1 + word.len() < COLUMNS;
        if self.fresh {
        } else if !self.unfolded && (self.wants_fold || !fits) {
            self.text.push_str(FOLD);
            self.column = FOLD.len() - 2;
        } else {
            self.append(" ");
        }
        self.wants_fold = false;
        self.append(word);
    }

    /// A piece that goes on without a blank where the one before it ended, or on a line of its own if it does not fit there.
    pub(crate) fn piece(&mut self, piece: &str) {
        if !self.unfolded && !self.fresh && self.column + piece.len() >= COLUMNS {
            self.text.push_str(FOLD);
            self.column = FOLD.len() - 2;
        }
        self.append(piece);
    }

    /// A text without blanks that may be broken anywhere.
    pub(crate) fn breakable(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let room = COLUMNS.saturating_sub(1 + self.column);
            let room = if self.unfolded { rest.len() } else { room };
            let at = (0..=room.min(rest.len()))
                .rev()
                .find(|&at| rest.is_char_boundary(at));
            let (here, after) = rest.split_at(at.unwrap_or(0));
            self.append(here);
            rest = after;
            if !rest.is_empty() {
                self.text.push_str(FOLD);
                self.column = FOLD.len() - 2;
            }
        }
    }

    pub(crate) fn append(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.len();
        self.fresh = false;
    }

    /// A comment (RFC 5322 section 3.2.2), which may be folded wherever it has a blank.
    pub(crate) fn comment(&mut self, text: &str) {
        let text: String = printable(text).collect();
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            let mut written = String::new();
            if at == 0 {
                written.push('(');
            }
            for character in word.chars() {
                if written.len() + 2 > MOST_WORD {
                    written.push_str("...");
                    break;
                }
                if matches!(character, '(' | ')' | '\\') {
                    written.push('\\');
                }
                written.push(character);
            }
            if at + 1 == words.len() {
                written.push(')');
            }
            self.word(&written);
        }
    }
}

/// What of a text can be written: printable ASCII, the rest as `?`, a tab as a blank.
fn printable(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|character| match character {
        '\t' => ' ',
        ' '..='~' => character,
        _ => '?',
    })
}

/// RFC 5322 section 3.2.4. Of a text that would be longer than [`MOST_WORD`] the beginning, and `...`.
pub(crate) fn quoted_string(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in printable(text) {
        if quoted.len() + 2 > MOST_WORD {
            quoted.push_str("...");
            break;
        }
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// RFC 5322 section 3.2.3.
pub(crate) fn is_dot_atom(text: &str) -> bool {
    let is_atext = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    text.split('.')
        .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}
