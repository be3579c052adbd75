//! XML of strangers made into what mail-auth's reader takes.
//!
//! That reader ends at the first element that it does not know at the top level, takes a truncated report for a whole one, passes
//! by CDATA, loses blanks beside references, and bounds nothing. So everything is gone through here first: what is passed on is well-formed, has only the
//! elements that reports have, without namespaces and attributes, each value clean and short, and as many as are
//! allowed. Entities that a document defines are never expanded.

use super::text;
use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};

/// What is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is no well-formed XML; at which octet, and why.
    Malformed(u64, String),
    /// It ends before its root element does.
    Truncated,
    /// Its root element is another one.
    OtherRoot(String),
    /// Elements lie one in another, deeper than any report has them.
    TooDeep,
    /// It has more records, results and reasons than are allowed.
    TooManyItems,
}

/// Elements that reports do not have, one in another, in extensions; the reader takes memory for each that is open.
const MOST_UNKNOWN: usize = 100;

/// An element that reports have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    /// It has others within.
    Branch(&'static [Child]),
    /// It has text.
    Text,
    /// It has one of the words that the standard names, or a number or an address.
    Word,
}

#[derive(Debug, PartialEq, Eq)]
struct Child {
    name: &'static str,
    element: Element,
    /// Whether there may be many, so that they are counted.
    many: bool,
}

const fn one(name: &'static str, element: Element) -> Child {
    Child {
        name,
        element,
        many: false,
    }
}

const fn many(name: &'static str, element: Element) -> Child {
    Child {
        name,
        element,
        many: true,
    }
}

// RFC 9990 section 3.1.1, and what RFC 7489 appendix C has besides.
use Element::{Branch, Text, Word};
const DATE_RANGE: &[Child] = &[one("begin", Word), one("end", Word)];
const METADATA: &[Child] = &[
    one("org_name", Text),
    one("email", Text),
    one("extra_contact_info", Text),
    one("report_id", Text),
    one("date_range", Branch(DATE_RANGE)),
    many("error", Text),
    one("generator", Text),
];
const POLICY: &[Child] = &[
    one("domain", Text),
    one("discovery_method", Word),
    one("p", Word),
    one("sp", Word),
    one("np", Word),
    one("adkim", Word),
    one("aspf", Word),
    one("testing", Word),
    one("fo", Text),
];
const REASON: &[Child] = &[one("type", Word), one("comment", Text)];
const EVALUATED: &[Child] = &[
    one("disposition", Word),
    one("dkim", Word),
    one("spf", Word),
    many("reason", Branch(REASON)),
];
const ROW: &[Child] = &[
    one("source_ip", Word),
    one("count", Word),
    one("policy_evaluated", Branch(EVALUATED)),
];
const IDENTIFIERS: &[Child] = &[
    one("envelope_to", Text),
    one("envelope_from", Text),
    one("header_from", Text),
];
const DKIM: &[Child] = &[
    one("domain", Text),
    one("selector", Text),
    one("result", Word),
    one("human_result", Text),
];
const SPF: &[Child] = &[
    one("domain", Text),
    one("scope", Word),
    one("result", Word),
    one("human_result", Text),
];
const AUTH_RESULTS: &[Child] = &[many("dkim", Branch(DKIM)), many("spf", Branch(SPF))];
const RECORD: &[Child] = &[
    one("row", Branch(ROW)),
    one("identifiers", Branch(IDENTIFIERS)),
    one("auth_results", Branch(AUTH_RESULTS)),
];
const FEEDBACK: &[Child] = &[
    one("version", Word),
    one("report_metadata", Branch(METADATA)),
    one("policy_published", Branch(POLICY)),
    many("record", Branch(RECORD)),
];
const DOCUMENT: &[Child] = &[one("feedback", Branch(FEEDBACK))];

/// The document as it is passed on. `items` is how many records, results and reasons may yet come; what comes is taken off.
pub(super) fn canonical(document: &str, items: &mut usize) -> Result<String, Fault> {
    let mut reader = Reader::from_str(document);
    // 'AT&T' in the name of an organization.
    reader.config_mut().allow_dangling_amp = true;
    let mut writer = Writer {
        out: String::with_capacity(document.len().min(1 << 20)),
        open: Vec::new(),
        text: String::new(),
        unknown: 0,
        items,
    };
    loop {
        let event = reader
            .read_event()
            .map_err(|why| Fault::Malformed(reader.error_position(), why.to_string()))?;
        match event {
            Event::Start(tag) => writer.start(tag.local_name().as_ref())?,
            Event::Empty(tag) => {
                writer.start(tag.local_name().as_ref())?;
                writer.end();
            }
            Event::End(_) => writer.end(),
            Event::Text(text) => writer.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => writer.text(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(c)) => writer.text(c.encode_utf8(&mut [0; 4])),
                _ => match quick_xml::escape::resolve_predefined_entity(&reference) {
                    Some(text) => writer.text(text),
                    // An entity that the document defines, or nobody: its name stands for it.
                    None => {
                        writer.text("&");
                        writer.text(&reference);
                        writer.text(";");
                    }
                },
            },
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => return Err(Fault::Truncated),
        }
        // What follows the root element is passed by.
        if writer.open.is_empty() && !writer.out.is_empty() {
            return Ok(writer.out);
        }
    }
}

struct Writer<'a> {
    out: String,
    /// The elements that are open, all of them known.
    open: Vec<&'static Child>,
    /// The text of the innermost, if it has text.
    text: String,
    /// How many elements are open within the innermost that it does not have.
    unknown: usize,
    items: &'a mut usize,
}

impl Writer<'_> {
    fn start(&mut self, name: &str) -> Result<(), Fault> {
        if self.unknown > 0 {
            self.unknown += 1;
            return match self.unknown {
                ..=MOST_UNKNOWN => Ok(()),
                _ => Err(Fault::TooDeep),
            };
        }
        let children = match self.open.last().map(|child| child.element) {
            None => DOCUMENT,
            Some(Branch(children)) => children,
            Some(Text | Word) => &[],
        };
        match children
            .iter()
            .find(|child| child.name.eq_ignore_ascii_case(name))
        {
            Some(child) => {
                if child.many {
                    *self.items = self.items.checked_sub(1).ok_or(Fault::TooManyItems)?;
                }
                self.out.push('<');
                self.out.push_str(child.name);
                self.out.push('>');
                self.open.push(child);
                self.text.clear();
            }
            None if self.open.is_empty() => return Err(Fault::OtherRoot(text::value(name))),
            None => self.unknown = 1,
        }
        Ok(())
    }

    /// Ends the innermost element; the reader has seen to it that there is one.
    fn end(&mut self) {
        if self.unknown > 0 {
            self.unknown -= 1;
            return;
        }
        let Some(child) = self.open.pop() else { return };
        if let Text | Word = child.element {
            let mut text = text::value(&self.text);
            if child.element == Word {
                // Microsoft and others have written 'Pass' and 'None'.
                text.make_ascii_lowercase();
            }
            self.escaped(&text);
            self.text.clear();
        }
        self.out.push_str("</");
        self.out.push_str(child.name);
        self.out.push('>');
    }

    /// mail-auth's reader trims the text on both sides of a reference, so that the blanks there are references too.
    fn escaped(&mut self, text: &str) {
        let has_references = text.contains(['&', '<', '>']);
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                ' ' if has_references => self.out.push_str("&#32;"),
                c => self.out.push(c),
            }
        }
    }

    fn text(&mut self, text: &str) {
        let has_text = self
            .open
            .last()
            .is_some_and(|child| matches!(child.element, Text | Word));
        // Values are clipped when they end; blanks before them may be many.
        if self.unknown == 0 && has_text && self.text.len() <= 4 * text::MOST_VALUE {
            let text = if self.text.is_empty() {
                text.trim_start()
            } else {
                text
            };
            let mut end = text.len().min(4 * text::MOST_VALUE);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            self.text.push_str(&text[..end]);
        }
    }
}
