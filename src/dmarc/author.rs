//! The author domains: what the From fields say (RFC 9989 section 5.3.1, RFC 5322 sections 3.4 and 4.4).
//!
//! A lenient address parser would be a way around policies, so this one reads the grammar, obsolete forms included,
//! and names what is outside it. Only what stands where an address stands counts: quoted and encoded display names
//! and comments never do, whatever they look like.

use crate::dns::{Name, NameError};
use crate::message::HeaderFields;
use std::sync::Arc;

/// Author domains that are judged (section 11.5 advises a bound). Beyond: [`AuthorProblem::TooManyDomains`].
pub const MOST_AUTHOR_DOMAINS: usize = 5;

/// The domains that claim to have written a message, and what is wrong with the claim. Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    domains: Arc<[Name]>,
    problem: Option<AuthorProblem>,
}

/// Why a message does not have the one well-formed From field that DMARC rests on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorProblem {
    /// There is no From field.
    #[error("the message has no From field, so nobody claims to have written it")]
    NoFrom,
    /// There is more than one From field.
    #[error("the message has {0} From fields where exactly one is allowed, so its author cannot be told")]
    SeveralFrom(usize),
    /// The From field holds no address.
    #[error("the From field holds no address")]
    NoAddress,
    /// The address ends in an IP address instead of a domain.
    #[error("the address in From has an IP address in place of a domain, which can have no DMARC policy")]
    AddressLiteral,
    /// The domain cannot be a domain name.
    #[error("the domain of an address in From cannot be used: {0}")]
    MalformedDomain(DomainError),
    /// The field's syntax is broken.
    #[error("the From field is malformed: {0}")]
    Malformed(&'static str),
    /// There are more domains than [`MOST_AUTHOR_DOMAINS`].
    #[error("the From field names {0} domains, more than are judged")]
    TooManyDomains(usize),
    /// Header fields are missing from what was kept, so From cannot be known.
    #[error("the header is longer than the limit, so its From field cannot be relied on")]
    HeaderIncomplete,
}

/// Why a domain in From cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainError {
    /// It is no domain name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It has an octet other than letters, digits, hyphens and underscores.
    #[error("it has a character that no domain of mail can have")]
    Character,
    /// There is nothing, or more than one word, where a domain should be.
    #[error("it is missing or broken by blanks")]
    Broken,
}

impl AuthorProblem {
    /// A stable code, such as `several_from`.
    pub fn code(&self) -> &'static str {
        match self {
            AuthorProblem::NoFrom => "no_from",
            AuthorProblem::SeveralFrom(_) => "several_from",
            AuthorProblem::NoAddress => "from_without_address",
            AuthorProblem::AddressLiteral => "from_address_literal",
            AuthorProblem::MalformedDomain(_) => "from_domain_malformed",
            AuthorProblem::Malformed(_) => "from_malformed",
            AuthorProblem::TooManyDomains(_) => "from_too_many_domains",
            AuthorProblem::HeaderIncomplete => "header_incomplete",
        }
    }
}

impl Author {
    /// An author whose domain is known, without a message.
    pub fn from_domain(domain: Name) -> Author {
        Author {
            domains: [domain].into(),
            problem: None,
        }
    }

    /// The same author with a problem that the header fields do not show, such as
    /// [`AuthorProblem::HeaderIncomplete`].
    #[must_use]
    pub fn with_problem(mut self, problem: AuthorProblem) -> Author {
        self.problem = Some(problem);
        self
    }

    /// The author domains in the order in which they stand, each once, at most [`MOST_AUTHOR_DOMAINS`].
    pub fn domains(&self) -> &[Name] {
        &self.domains
    }

    /// What is wrong. Domains may have been found nevertheless: they are judged, but nothing can pass.
    pub fn problem(&self) -> Option<&AuthorProblem> {
        self.problem.as_ref()
    }
}

/// Finds the author domains of a message. Work grows with the length of the From fields.
///
/// ```
/// let mut header = mailrep::message::HeaderFields::default();
/// header.push(b"From: \"ceo@bank.example\" <thief@Example.ORG>\r\n");
/// let author = mailrep::dmarc::author(&header);
/// assert_eq!(author.domains()[0].as_str(), "example.org");
/// assert_eq!(author.problem(), None);
/// ```
pub fn author(header: &HeaderFields) -> Author {
    let mut found = Finder::default();
    let mut fields = 0;
    for (_, field) in header.named("From") {
        fields += 1;
        found.field(field.value());
    }
    let problem = match fields {
        0 => Some(AuthorProblem::NoFrom),
        1 => found.problem,
        _ => Some(AuthorProblem::SeveralFrom(fields)),
    };
    let number = match found.total {
        0 => Some(AuthorProblem::NoAddress),
        total if total > MOST_AUTHOR_DOMAINS => Some(AuthorProblem::TooManyDomains(total)),
        _ => None,
    };
    let problem = problem.or(number);
    Author {
        domains: found.domains.into(),
        problem,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A run of octets that are neither blank nor special.
    Atom(&'a [u8]),
    /// A quoted string; what it says never matters here.
    Quoted,
    /// A domain literal.
    Literal,
    /// One of `<>,;:@.`
    Special(u8),
    /// The opening of a string, comment or literal that does not end. What follows is read as if it were not there:
    /// somebody may see an address in it.
    Unended(&'static str),
}

/// Splits a structured field's value into tokens; blanks, folds and comments separate them.
struct Tokens<'a> {
    rest: &'a [u8],
    /// Something did not end, so quotes, parentheses and brackets separate and mean nothing else any more.
    broken: bool,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, rest) = self.rest.split_first()?;
            match first {
                b' ' | b'\t' | b'\r' | b'\n' => self.rest = rest,
                b'(' | b')' | b'"' | b'[' | b']' if self.broken => self.rest = rest,
                b'(' => {
                    if !self.skip_comment() {
                        return Some(self.unended("a comment does not end"));
                    }
                }
                b'"' => {
                    let ended = self.skip_until(b'"');
                    return Some(match ended {
                        true => Token::Quoted,
                        false => self.unended("a quoted string does not end"),
                    });
                }
                b'[' => {
                    let ended = self.skip_until(b']');
                    return Some(match ended {
                        true => Token::Literal,
                        false => self.unended("an address literal does not end"),
                    });
                }
                b'<' | b'>' | b',' | b';' | b':' | b'@' | b'.' => {
                    self.rest = rest;
                    return Some(Token::Special(first));
                }
                _ => {
                    let ends = |octet: &u8| {
                        b" \t\r\n()\"[<>,;:@.".contains(octet) || (self.broken && *octet == b']')
                    };
                    // A ')' that begins a token is an atom of its own.
                    let end = self
                        .rest
                        .iter()
                        .position(ends)
                        .map_or(self.rest.len(), |end| end.max(1));
                    let (atom, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    return Some(Token::Atom(atom));
                }
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn new(value: &'a [u8]) -> Self {
        Tokens {
            rest: value,
            broken: false,
        }
    }

    /// Passes by the opening octet. This happens once at most, so that the work stays linear.
    fn unended(&mut self, why: &'static str) -> Token<'a> {
        self.broken = true;
        self.rest = self.rest.get(1..).unwrap_or_default();
        Token::Unended(why)
    }

    /// Moves behind the comment that begins here, if it ends. Comments nest (RFC 5322 section 3.2.2).
    fn skip_comment(&mut self) -> bool {
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(octet) = self.rest.get(at) {
            match octet {
                b'\\' => at += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 {
                self.rest = &self.rest[at..];
                return true;
            }
        }
        false
    }

    /// Moves behind the next `end` that no backslash precedes, if there is one; the first octet is the opening one.
    fn skip_until(&mut self, end: u8) -> bool {
        let mut at = 1;
        while let Some(&octet) = self.rest.get(at) {
            at += if octet == b'\\' { 2 } else { 1 };
            if octet == end {
                self.rest = &self.rest[at..];
                return true;
            }
        }
        false
    }
}

/// Where in an address list the reading stands.
#[derive(Default)]
struct Finder {
    domains: Vec<Name>,
    /// Distinct domains, those beyond the bound included as long as they are not repeated.
    total: usize,
    problem: Option<AuthorProblem>,
}

impl Finder {
    fn problem(&mut self, problem: AuthorProblem) {
        self.problem.get_or_insert(problem);
    }

    fn field(&mut self, value: &[u8]) {
        let mut tokens = Tokens::new(value);
        // The words before a '<', or an address without one.
        let mut outside: Vec<Token> = Vec::new();
        let mut angles = 0_usize;
        loop {
            let token = tokens.next();
            match token {
                Some(Token::Special(b'<')) => {
                    angles += 1;
                    if angles > 1 {
                        self.problem(AuthorProblem::Malformed(
                            "an address stands behind another without a comma",
                        ));
                    }
                    outside.clear();
                    self.angle_address(&mut tokens);
                }
                Some(Token::Special(b':')) => {
                    // RFC 5322 section 3.4: what stood before is the name of a group.
                    if angles > 0 || outside.contains(&Token::Special(b'@')) {
                        self.problem(AuthorProblem::Malformed(
                            "an address stands where the name of a group should",
                        ));
                        self.element(&outside, angles);
                    }
                    outside.clear();
                    angles = 0;
                }
                None | Some(Token::Special(b',' | b';') | Token::Unended(_)) => {
                    if let Some(Token::Unended(why)) = token {
                        self.problem(AuthorProblem::Malformed(why));
                    }
                    self.element(&outside, angles);
                    outside.clear();
                    angles = 0;
                    if token.is_none() {
                        return;
                    }
                }
                Some(Token::Special(b'>')) => {
                    self.problem(AuthorProblem::Malformed("a '>' stands without its '<'"));
                }
                Some(token) => outside.push(token),
            }
        }
    }

    /// The end of one member of the list: what stood outside angle brackets, and how many of those there were.
    fn element(&mut self, outside: &[Token], angles: usize) {
        match (outside.is_empty(), angles) {
            // RFC 5322 section 4.4: empty members of a list.
            (true, _) => {}
            (false, 0) => self.address(outside),
            (false, _) => {
                self.problem(AuthorProblem::Malformed(
                    "something stands behind an address in angle brackets",
                ));
                if outside.contains(&Token::Special(b'@')) {
                    self.address(outside);
                }
            }
        }
    }

    /// What stands between '<' and '>'.
    fn angle_address(&mut self, tokens: &mut Tokens) {
        let mut inside: Vec<Token> = Vec::new();
        loop {
            match tokens.next() {
                Some(Token::Special(b'>')) => break,
                Some(Token::Special(b':')) if inside.first() == Some(&Token::Special(b'@')) => {
                    // RFC 5322 section 4.4: obs-route names relays, not the author.
                    inside.clear();
                }
                Some(Token::Special(b'<')) => {
                    self.problem(AuthorProblem::Malformed("a '<' stands within angle brackets"));
                    self.address(&inside);
                    inside.clear();
                }
                Some(Token::Unended(why)) => {
                    self.problem(AuthorProblem::Malformed(why));
                    self.address(&inside);
                    inside.clear();
                }
                Some(token) => inside.push(token),
                None => {
                    self.problem(AuthorProblem::Malformed("a '<' stands without its '>'"));
                    break;
                }
            }
        }
        self.address(&inside);
    }

    /// An addr-spec. A malformed one gives all domains that it may be taken to have, and a problem.
    fn address(&mut self, tokens: &[Token]) {
        let mut parts = tokens.split(|token| *token == Token::Special(b'@'));
        let local = parts.next().unwrap_or_default();
        let mut domains = 0;
        for domain in parts {
            domains += 1;
            self.domain(domain);
        }
        match domains {
            // Words without an '@', such as those before the comma of an unquoted `Doe, John <j@example.org>`, name no
            // domain: they are no way around a policy, and if there is nothing else, there is no address.
            0 => return,
            1 => {}
            _ => self.problem(AuthorProblem::Malformed("an address has more than one '@'")),
        }
        // Words and dots in turn; RFC 5322 section 4.4 lets blanks and comments stand between them.
        let is_word = |token: &Token| matches!(token, Token::Atom(_) | Token::Quoted);
        if local.is_empty() {
            self.problem(AuthorProblem::Malformed("an address has nothing before its '@'"));
        } else if local
            .windows(2)
            .any(|pair| is_word(&pair[0]) && is_word(&pair[1]))
            || !local
                .iter()
                .all(|token| is_word(token) || *token == Token::Special(b'.'))
        {
            self.problem(AuthorProblem::Malformed(
                "the part before the '@' of an address is broken",
            ));
        }
    }

    fn domain(&mut self, tokens: &[Token]) {
        if tokens == [Token::Literal] {
            return self.problem(AuthorProblem::AddressLiteral);
        }
        let mut text = Vec::new();
        let mut after_word = false;
        for token in tokens {
            match token {
                Token::Atom(word) if !after_word => {
                    text.extend_from_slice(word);
                    after_word = true;
                }
                Token::Special(b'.') => {
                    text.push(b'.');
                    after_word = false;
                }
                _ => {
                    // What stands before the break is judged nevertheless.
                    self.problem(AuthorProblem::MalformedDomain(DomainError::Broken));
                    break;
                }
            }
        }
        if text.is_empty() {
            return self.problem(AuthorProblem::MalformedDomain(DomainError::Broken));
        }
        // Section 5.3.1: U-labels become A-labels.
        match Name::parse(&text) {
            Ok(name) if is_mail_domain(&name) => self.add(name),
            Ok(_) => self.problem(AuthorProblem::MalformedDomain(DomainError::Character)),
            Err(error) => self.problem(AuthorProblem::MalformedDomain(error.into())),
        }
    }

    fn add(&mut self, name: Name) {
        if self.domains.contains(&name) {
            return;
        }
        self.total += 1;
        if self.domains.len() < MOST_AUTHOR_DOMAINS {
            self.domains.push(name);
        }
    }
}

fn is_mail_domain(name: &Name) -> bool {
    name.as_str()
        .bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet))
}
