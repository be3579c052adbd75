//! Messages that are odd, each in one way.

pub(crate) struct Message {
    /// What is odd about it.
    pub(crate) name: &'static str,
    pub(crate) octets: Vec<u8>,
}

/// Without the empty line that ends it.
const HEADER: &[u8] = b"From: Ada <ada@example.org>\r\n\
    To: Bea <bea@example.net>\r\n\
    Subject: the orchard\r\n\
    Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
    Message-ID: <orchard@example.org>\r\n";

const BODY: &[u8] = b"The pears are ripe.\r\nCome on Sunday.\r\n";

fn with_body(name: &'static str, body: &[u8]) -> Message {
    Message {
        name,
        octets: [HEADER, b"\r\n", body].concat(),
    }
}

/// With fields of its own below the usual ones.
fn with_fields(name: &'static str, fields: &[u8]) -> Message {
    Message {
        name,
        octets: [HEADER, fields, b"\r\n", BODY].concat(),
    }
}

/// Nothing is odd about it.
pub(crate) fn plain() -> Message {
    with_body("nothing odd", BODY)
}

pub(crate) fn odd() -> Vec<Message> {
    let long_line = [&b"pear ".repeat(4_000)[..], b"\r\n"].concat();
    let megabyte = b"All  the pears\tof the orchard, one by one. \r\n\r\n".repeat(1 << 20 >> 5);
    vec![
        with_body("an empty body", b""),
        with_body("a body of one empty line", b"\r\n"),
        with_body("a body of empty lines only", b"\r\n\r\n\r\n"),
        with_body("empty lines at the end", b"Pears.\r\n\r\n\r\n"),
        with_body("empty lines at the beginning", b"\r\n\r\nPears.\r\n"),
        with_body("lines of blanks at the end", b"Pears.\r\n \t \r\n\t\r\n"),
        with_body("a body of lines of blanks only", b" \t\r\n  \r\n"),
        with_body("no CRLF at the end", b"Pears.\r\nPlums."),
        with_body("blanks and no CRLF at the end", b"Pears.\r\nPlums. \t"),
        with_body("a line of blanks and no CRLF at the end", b"Pears.\r\n \t"),
        with_body("tabs and runs of blanks in the body", b"Pears \t and\t\tplums  \r\n\tCherries \r\n"),
        with_body("bare CRs in the body", b"Pears\rand\r\rplums \r.\r\n"),
        with_body("a bare CR at the end", b"Pears.\r\nPlums.\r"),
        with_body("CR CR LF", b"Pears.\r\r\nPlums.\r\r\n\r\r\n"),
        with_body("bare LFs in the body", b"Pears\nand\n\nplums \n.\r\n"),
        with_body("a bare LF at the end", b"Pears.\r\nPlums.\n"),
        with_body("NULs in the body", b"Pears\0 \0and plums\0\r\n\0\r\n"),
        with_body("VT and FF in the body", b"Pears\x0b \x0cand\x0b\r\n\x0c\r\n\x0b \r\n"),
        with_body(
            "eight-bit octets in the body",
            b"Birnen und \xc3\x84pfel, \xc4pfel, \xa0 \xff\r\n\xa0\r\n",
        ),
        with_body("a line of 20,000 octets", &long_line),
        with_body("dots at the beginnings of lines", b".\r\n..\r\n.pears\r\n. \r\n.\r\n"),
        with_body("a body that looks like a header", b"Subject: pears\r\n folded\r\n\r\nPlums.\r\n"),
        with_body("a body of 1.5 MB", &megabyte),
        Message {
            name: "a header and nothing else",
            octets: HEADER.to_vec(),
        },
        with_fields(
            "folded values",
            b"X-Odd: pears\r\n and\r\n\t\tplums\r\n  \t and cherries\r\nReferences:\r\n <a@example.org>\r\n <b@example.org>\r\n",
        ),
        with_fields("a value with a line of blanks", b"X-Odd: pears\r\n \t\r\n and plums\r\n  \r\n"),
        with_fields("empty values", b"X-Odd:\r\nX-Odder: \r\nComments:\r\n \r\nX-Oddest: \t \r\n"),
        with_fields(
            "spaces before the colon",
            b"X-Odd : pears\r\nIn-Reply-To  : <a@example.org>\r\n",
        ),
        with_fields("tabs before the colon", b"X-Odd\t: pears\r\nComments \t : plums\r\n"),
        with_fields("no blank after the colon", b"X-Odd:pears\r\nComments:plums\r\n"),
        with_fields(
            "tabs and runs of blanks in values",
            b"X-Odd:\t  pears \t and\t\tplums\r\nComments:   pears\r\n",
        ),
        with_fields("blanks at the ends of values", b"X-Odd: pears \r\nComments: plums\t \t\r\n"),
        with_fields(
            "several fields of one name",
            b"X-Odd: pears\r\nKeywords: a\r\nx-odd: plums\r\nX-ODD: cherries\r\nSubject: another\r\n",
        ),
        with_fields("300 fields of one name", &b"X-Odd: pears\r\n".repeat(300)),
        with_fields("120 fields of a long name", &b"X-Names-Of-All-The-Pears: pears\r\n".repeat(120)),
        with_fields("names in upper and lower case", b"X-ODD: PEARS\r\ncomments: plums\r\ncC: cEA@example.net\r\n"),
        with_fields(
            "eight-bit octets in values",
            b"X-Odd: \xc3\x84pfel \xc4pfel \xa0\xff \xa0\r\nComments:\xa0plums\r\n",
        ),
        with_fields(
            "encoded words",
            b"X-Odd: =?utf-8?q?=C3=84pfel_und?=\r\n =?iso-8859-1?b?xHBmZWw=?=  =?utf-8?q?Birnen?=\r\n",
        ),
        with_fields("names of odd signs", b"X-$!#%&'*+-./?@[]^_`{|}~: pears\r\nX_1: plums\r\n"),
        with_fields("colons and semicolons in values", b"X-Odd: a: b; c=d :: e\r\nComments::;\r\n"),
        with_fields("bare CRs in values", b"X-Odd: pears\rand\r \rplums\r\r\n"),
        with_fields("bare LFs in values", b"X-Odd: pears\nand\n plums\n\r\n"),
        with_fields("NULs in values", b"X-Odd: pears\0 and\0plums\0\r\n"),
        with_fields("VT and FF before values", b"X-Odd:\x0bpears\r\nComments: \x0c\x0b plums\r\n"),
        with_fields("VT and FF within values", b"X-Odd: pears\x0b \x0c\x0band\x0cplums\r\n"),
        with_fields("VT and FF after values", b"X-Odd: pears\x0b\r\nComments: plums \x0c\x0b\r\n"),
        with_fields(
            "a value of 5,000 octets",
            &[b"X-Odd:", &b" pears and plums".repeat(312)[..], b"\r\n"].concat(),
        ),
        with_fields(
            "a broken signature of the same domain",
            b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=from;\r\n bh=AAAA; b=AAAA\r\n",
        ),
    ]
}

/// Blanks, folds and empty lines in every order; nothing that a peer is known to read otherwise.
pub(crate) fn generated(count: usize) -> Vec<Message> {
    const OF_VALUES: &[&[u8]] = &[
        b" ", b"\t", b"\r\n ", b"\r\n\t", b"Pears", b":", b";", b"=", b"\xc4",
    ];
    const OF_BODIES: &[&[u8]] = &[
        b" ",
        b"\t",
        b"\r\n",
        b"\r\n\r\n",
        b"Pears",
        b".",
        b":",
        b"=\r\n",
        b"\xc4",
    ];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut messages = Vec::with_capacity(count);
    for _ in 0..count {
        let mut octets = HEADER.to_vec();
        for _ in 0..random.below(4) {
            octets.extend_from_slice([&b"X-Odd:"[..], b"x-odd:", b"Comments:"][random.below(3)]);
            octets.extend(random.pieces(OF_VALUES));
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        octets.extend(random.pieces(OF_BODIES));
        octets.extend_from_slice(b"\r\n");
        messages.push(Message {
            name: "a generated message",
            octets,
        });
    }
    messages
}

/// xorshift64: the same messages every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn pieces(&mut self, of: &[&[u8]]) -> Vec<u8> {
        let count = self.below(12);
        (0..count)
            .flat_map(|_| of[self.below(of.len())].to_vec())
            .collect()
    }
}
