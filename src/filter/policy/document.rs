//! Reading a TOML document: each value by its key, all faults at once.

use super::fault::{Fault, Place};
use super::keys::{SECTIONS, Section};
use crate::error::printable;
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Likeness of two words from which one may be meant for the other.
const ALIKE: f64 = 0.72;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// The text of a document, and what was found to be wrong with it.
pub(super) struct Faults<'a> {
    text: &'a str,
    list: RefCell<Vec<Fault>>,
}

impl<'a> Faults<'a> {
    pub(super) fn of(text: &'a str) -> Faults<'a> {
        Faults {
            text,
            list: RefCell::default(),
        }
    }

    pub(super) fn add(&self, place: Place, message: impl Into<String>, fix: Option<String>) {
        let message = message.into();
        self.list.borrow_mut().push(Fault { place, message, fix });
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_begin = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: before.bytes().filter(|&octet| octet == b'\n').count() + 1,
            column: before.get(line_begin..).map_or(0, |line| line.chars().count()) + 1,
        }
    }

    pub(super) fn into_list(self) -> Vec<Fault> {
        self.list.into_inner()
    }
}

/// A table that is being read; [`Table::end`] complains about what nobody asked for.
pub(super) struct Table<'a> {
    section: &'static Section,
    faults: &'a Faults<'a>,
    entries: &'a DeTable<'a>,
    /// Where the table begins.
    pub(super) place: Place,
}

impl<'a> Table<'a> {
    pub(super) fn root(entries: &'a DeTable<'a>, faults: &'a Faults<'a>) -> Table<'a> {
        let place = Place { line: 1, column: 1 };
        let section = &SECTIONS[0];
        Table {
            section,
            faults,
            entries,
            place,
        }
    }

    pub(super) fn fault(&self, place: Place, message: impl Into<String>, fix: impl Into<String>) {
        self.faults.add(place, message, Some(fix.into()));
    }

    fn get(&self, key: &'static str) -> Option<(Place, &'a DeValue<'a>)> {
        debug_assert!(self.section.keys.contains(&key), "{key} is in the list of keys");
        let value = self.entries.get(key)?;
        Some((self.faults.place(&value.span()), value.get_ref()))
    }

    /// Where the key stands, if it is there.
    pub(super) fn place_of(&self, key: &'static str) -> Option<Place> {
        self.get(key).map(|(place, _)| place)
    }

    fn wrong(&self, key: &str, place: Place, takes: &str, value: &DeValue<'_>) {
        self.faults.add(
            place,
            format!("'{key}' is {}", kind(value)),
            Some(format!("it takes {takes}")),
        );
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Located<String>> {
        let (place, value) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(Located {
                value: text.clone().into_owned(),
                place,
            }),
            other => {
                self.wrong(key, place, "a text in quotes", other);
                None
            }
        }
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let (place, value) = self.get(key)?;
        match value {
            DeValue::Boolean(is) => Some(*is),
            other => {
                self.wrong(key, place, "true or false, without quotes", other);
                None
            }
        }
    }

    /// A number within bounds.
    pub(super) fn number(
        &self,
        key: &'static str,
        least: f64,
        most: f64,
        what: &str,
    ) -> Option<Located<f64>> {
        let (place, value) = self.get(key)?;
        let takes = format!("{what} from {least} to {most}");
        let number = match value {
            DeValue::Integer(number) => {
                let digits = number.as_str();
                i64::from_str_radix(digits, number.radix())
                    .ok()
                    .map(|number| number as f64)
            }
            DeValue::Float(number) => number.as_str().parse().ok(),
            other => {
                self.wrong(key, place, &takes, other);
                return None;
            }
        };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(value) => Some(Located { value, place }),
            None => {
                self.fault(
                    place,
                    format!("'{key}' is out of its range"),
                    format!("it takes {takes}"),
                );
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(
        &self,
        key: &'static str,
        least: usize,
        most: usize,
        what: &str,
    ) -> Option<Located<usize>> {
        let number = self.number(key, least as f64, most as f64, what)?;
        if number.value.fract() != 0.0 {
            let takes = format!("it takes {what} from {least} to {most}, without a fraction");
            self.fault(number.place, format!("'{key}' is no whole number"), takes);
            return None;
        }
        Some(Located {
            // Between two numbers of the type.
            value: number.value as usize,
            place: number.place,
        })
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<Located<T>> {
        let text = self.text(key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Located {
                value: *value,
                place: text.place,
            });
        }
        let shown = printable(text.value.as_bytes());
        let fix = match nearest(&text.value, words.iter().map(|(word, _)| *word)) {
            Some(near) => format!("did you mean \"{near}\"? It takes {}", either(words)),
            None => format!("it takes {}", either(words)),
        };
        self.fault(text.place, format!("'{key}' cannot be \"{shown}\""), fix);
        None
    }

    /// A list of texts; a single text is one, too.
    pub(super) fn texts(&self, key: &'static str) -> Option<Vec<Located<String>>> {
        let (place, value) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(vec![Located {
                value: text.clone().into_owned(),
                place,
            }]),
            DeValue::Array(list) => {
                let mut texts = Vec::with_capacity(list.len());
                for member in list.iter() {
                    let place = self.faults.place(&member.span());
                    match member.get_ref() {
                        DeValue::String(text) => texts.push(Located {
                            value: text.clone().into_owned(),
                            place,
                        }),
                        other => self.wrong(key, place, "texts in quotes", other),
                    }
                }
                Some(texts)
            }
            other => {
                self.wrong(key, place, "a list of texts, such as [\"one\", \"two\"]", other);
                None
            }
        }
    }

    /// As [`Table::texts`], each made into something; what cannot be is a fault, with what was to be written.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        make: impl Fn(&str) -> Result<T, String>,
        fix: &str,
    ) -> Option<Vec<T>> {
        let mut made = Vec::new();
        for text in self.texts(key)? {
            match make(&text.value) {
                Ok(value) => made.push(value),
                Err(why) => self.fault(text.place, why, fix),
            }
        }
        Some(made)
    }

    /// A text made into something.
    pub(super) fn made<T>(
        &self,
        key: &'static str,
        make: impl Fn(&str) -> Result<T, String>,
        fix: &str,
    ) -> Option<Located<T>> {
        let text = self.text(key)?;
        match make(&text.value) {
            Ok(value) => Some(Located {
                value,
                place: text.place,
            }),
            Err(why) => {
                self.fault(text.place, why, fix);
                None
            }
        }
    }

    /// The section of that name.
    pub(super) fn section(&self, key: &'static str) -> Option<Table<'a>> {
        let (place, value) = self.get(key)?;
        match value {
            DeValue::Table(entries) => Some(self.below(key, entries, place)),
            other => {
                let fix = format!("begin a section by a line [{}]", self.section.inner(key));
                self.fault(place, format!("'{key}' is {}", kind(other)), fix);
                None
            }
        }
    }

    /// The sections of that name, each begun by `[[name]]`, or tables within a list.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some((place, value)) = self.get(key) else {
            return Vec::new();
        };
        match value {
            DeValue::Array(list) => {
                let mut tables = Vec::new();
                for member in list.iter() {
                    let place = self.faults.place(&member.span());
                    match member.get_ref() {
                        DeValue::Table(entries) => tables.push(self.below(key, entries, place)),
                        other => self.wrong(key, place, "tables", other),
                    }
                }
                tables
            }
            DeValue::Table(_) => {
                let name = self.section.inner(key);
                self.fault(
                    place,
                    format!("[{name}] is there once only"),
                    format!("write [[{name}]]: there may be several"),
                );
                Vec::new()
            }
            other => {
                let fix = format!("begin each by a line [[{}]]", self.section.inner(key));
                self.fault(place, format!("'{key}' is {}", kind(other)), fix);
                Vec::new()
            }
        }
    }

    fn below(&self, key: &str, entries: &'a DeTable<'a>, place: Place) -> Table<'a> {
        let name = self.section.inner(key);
        let section = SECTIONS.iter().find(|section| section.name == name);
        debug_assert!(section.is_some(), "{name} is in the list of sections");
        Table {
            section: section.unwrap_or(&SECTIONS[0]),
            faults: self.faults,
            entries,
            place,
        }
    }

    /// The entries of a section whose keys are free, with their places.
    pub(super) fn entries(&self) -> impl Iterator<Item = (String, Place, &'a DeValue<'a>)> {
        self.entries.iter().map(|(key, value)| {
            let place = self.faults.place(&key.span());
            (key.get_ref().clone().into_owned(), place, value.get_ref())
        })
    }

    /// Complains about keys that are none.
    pub(super) fn end(self) {
        for (key, value) in self.entries.iter() {
            let name: &str = key.get_ref();
            if !self.section.keys.contains(&name) {
                self.unknown(key, name, matches!(value.get_ref(), DeValue::Table(_)));
            }
        }
    }

    fn unknown(&self, key: &Spanned<toml::de::DeString<'_>>, name: &str, is_section: bool) {
        let here = self.section;
        let shown = printable(name.as_bytes());
        let elsewhere = SECTIONS
            .iter()
            .find(|section| section.name != here.name && section.keys.contains(&name));
        let near = nearest(name, here.keys.iter().copied());
        let fix = match (near, elsewhere) {
            (_, Some(section)) if section.name.is_empty() => {
                "it belongs at the top of the file, before the first section".to_owned()
            }
            (_, Some(section)) => format!("it belongs in {}", section.heading()),
            (Some(near), None) => format!("did you mean '{near}'?"),
            (None, None) => format!("{} knows {}", here.heading(), here.keys.join(", ")),
        };
        let what = match (is_section, here.name) {
            (true, _) => format!("there is no section [{}]", here.inner(&shown)),
            (false, "") => format!("there is no key '{shown}' at the top of the file"),
            (false, _) => format!("there is no key '{shown}' in {}", here.heading()),
        };
        self.fault(self.faults.place(&key.span()), what, fix);
    }
}

/// The word that may be meant.
pub(super) fn nearest<'a>(word: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Long words are none of ours; the comparison is quadratic.
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let likeness = |other: &str| {
        let edits = strsim::normalized_damerau_levenshtein(&word, other);
        edits.max(strsim::jaro_winkler(&word, other) - 0.12)
    };
    words
        .map(|other| (likeness(other), other))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|(_, other)| other)
}

fn either<T>(words: &[(&str, T)]) -> String {
    let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
