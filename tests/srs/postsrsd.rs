//! PostSRSd beside us: the same secret, the same addresses, over its tcp_table and in both directions. `MAILREP_POSTSRSD_CASES` asks
//! for more than 10,000 addresses a direction.

use crate::deviations::{DEVIATIONS, Way};
use mailrep::clock::UnixTime;
use mailrep::srs::{Outcome, Rewriter, Secrets, Settings};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/postsrsd";
pub(crate) const ALIAS: &str = "srs.example.org";
const EXCLUDED: [&str; 2] = ["excluded.example", ".below.example"];
const DAY: i64 = 24 * 60 * 60;
const PATIENCE: Duration = Duration::from_secs(30);

struct PostSrsd {
    process: Child,
    forward: Table,
    reverse: Table,
}

impl Drop for PostSrsd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl PostSrsd {
    /// Starts it on loopback, and waits until it answers.
    fn start(secret_file: &Path) -> PostSrsd {
        let ports = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let [forward, reverse] = ports.map(|socket| socket.local_addr().unwrap().port());
        let mut command = Command::new(PROGRAM);
        command.args(["-4", "-l", "127.0.0.1", "-d", ALIAS]);
        command.args(["-f", &forward.to_string(), "-r", &reverse.to_string()]);
        command.args(EXCLUDED.map(|domain| format!("-X{domain}")));
        let mut process = command
            .arg("-s")
            .arg(secret_file)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut connect = |port| loop {
            if let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                break Table {
                    port,
                    stream: BufReader::new(stream),
                };
            }
            assert!(matches!(process.try_wait(), Ok(None)), "PostSRSd ended");
            assert!(Instant::now() < deadline, "PostSRSd does not answer");
            std::thread::sleep(Duration::from_millis(10));
        };
        let (forward, reverse) = (connect(forward), connect(reverse));
        PostSrsd {
            process,
            forward,
            reverse,
        }
    }
}

/// tcp_table(5).
struct Table {
    port: u16,
    stream: BufReader<TcpStream>,
}

impl Table {
    /// The address that it gives for this one, if it is another.
    fn get(&mut self, address: &[u8]) -> Option<Vec<u8>> {
        let mut request = b"get ".to_vec();
        for &octet in address {
            match octet {
                b'!'..=b'~' if octet != b'%' => request.push(octet),
                _ => request.extend_from_slice(format!("%{octet:02X}").as_bytes()),
            }
        }
        request.push(b'\n');
        let mut reply = Vec::new();
        let asked = self.stream.get_mut().write_all(&request);
        if asked
            .and_then(|()| self.stream.read_until(b'\n', &mut reply))
            .is_err()
            || !reply.ends_with(b"\n")
        {
            reply.clear();
        }
        // It hangs up on what it does not like.
        if reply.is_empty() || reply.starts_with(b"500 Invalid request") {
            self.stream = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap());
            return None;
        }
        let shown = address.escape_ascii();
        if reply.starts_with(b"500 ") {
            return None;
        }
        let value = reply
            .strip_prefix(b"200 ")
            .unwrap_or_else(|| panic!("{shown}: {}", reply.escape_ascii()));
        let address_there = decoded(value.trim_ascii_end());
        (address_there != address).then_some(address_there)
    }
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        if octet == b'%' {
            let (pair, after) = rest.split_at(2);
            octets.push(u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
            rest = after;
        } else {
            octets.push(octet);
        }
    }
    octets
}

/// Numbers from a seed (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % most
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn word(&mut self, letters: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.one(letters)).collect()
    }

    fn host(&mut self) -> String {
        const LETTERS: [&str; 12] = ["a", "B", "c", "é", "0", "9", "x", "y", "Z", "ü", "m", "n"];
        match self.below(24) {
            0 => "[192.0.2.1]".to_owned(),
            1 => "[IPv6:2001:db8::1]".to_owned(),
            2 => EXCLUDED[0].to_owned(),
            3 => format!("{}{}", self.word(&LETTERS, 4), EXCLUDED[1]),
            4 => ALIAS.to_uppercase(),
            5 => format!("sub.{ALIAS}"),
            6 => format!("{}.", self.word(&LETTERS, 6)),
            7 => self
                .one(&["ex=mple.example", "a b.example", "", "a@b.example", "a:b"])
                .to_owned(),
            _ => format!(
                "{}.{}",
                self.word(&LETTERS, 8),
                self.one(&["example", "co.example", "TEST", "x-y.example"])
            ),
        }
    }

    fn local(&mut self) -> String {
        const LETTERS: [&str; 20] = [
            "a", "b", "C", "D", "1", "2", ".", "-", "_", "+", "=", "/", "!", "'", "#", "é", "用", "İ", "x",
            "%",
        ];
        const TEXT: [&str; 10] = ["a", "b", " ", "@", "\\\"", "\\\\", "=", "é", ".", "<"];
        match self.below(16) {
            0 => format!("\"{}\"", self.word(&TEXT, 8)),
            1 => format!("{} {}", self.word(&LETTERS, 4), self.word(&LETTERS, 4)),
            2 => self
                .one(&["", "a<b", "a\rb", "(c)d", "SRS", "SRS0", "srs1x", "\"", "a\"b"])
                .to_owned(),
            3 | 4 => {
                let (tag, separator) = (
                    self.one(&["SRS0", "srs0", "Srs0"]),
                    self.one(&["=", "+", "-", "x"]),
                );
                format!("{tag}{separator}HHHH=TT=orig.example={}", self.word(&LETTERS, 8))
            }
            5 | 6 => {
                let (tag, separator) = (self.one(&["SRS1", "srs1"]), self.one(&["=", "+", "-"]));
                let rest = self.one(&[
                    "=HHHH=TT=orig.example=u",
                    "+HHHH=TT=orig.example=u",
                    "",
                    "=",
                    "opaque",
                ]);
                let host = self.one(&["first.example", "first.example", "FIRST.example", ""]);
                format!("{tag}{separator}HHHH={host}={rest}")
            }
            7 => self
                .one(&["SRS1=H", "SRS1=", "SRS0=", "SRS0=a", "SRS1=a=b"])
                .to_owned(),
            8 => "a".repeat(1 + self.below(200)),
            _ => self.word(&LETTERS, 16),
        }
    }

    fn address(&mut self) -> Vec<u8> {
        if self.below(200) == 0 {
            return self.local().into_bytes();
        }
        format!("{}@{}", self.local(), self.host()).into_bytes()
    }

    /// What may happen to a rewritten address on its way.
    fn changed(&mut self, mut address: Vec<u8>) -> Vec<u8> {
        match self.below(14) {
            0 => address.make_ascii_uppercase(),
            1 => address.make_ascii_lowercase(),
            2 | 3 if address.len() > 6 => {
                let place = 4 + self.below(address.len() - 4);
                address[place] = self.one(&["a", "=", "B", "7", "@", "+", "/"]).as_bytes()[0];
            }
            4 if address.len() > 6 => {
                let place = 5 + self.below(address.len() - 5);
                address.remove(place);
            }
            // Letters more or less in the hash.
            5 if address.len() > 12 => {
                address.remove(8);
            }
            6 if address.len() > 12 => address.insert(9, b'A'),
            7 if address.len() > 6 => address[4] = self.one(&["=", "+", "-", "x"]).as_bytes()[0],
            8 => {
                let end = address
                    .iter()
                    .position(|&octet| octet == b'@')
                    .unwrap_or(address.len());
                address.truncate(end);
                address.extend_from_slice(b"@other.example");
            }
            9 => address = self.address(),
            _ => {}
        }
        address
    }
}

fn to_use(outcome: Outcome) -> Option<Vec<u8>> {
    match outcome {
        Outcome::Rewritten(rewritten) => Some(rewritten.address),
        _ => None,
    }
}

/// Collects differences; deviations that were seen are taken out.
struct Comparison<'a> {
    way: Way,
    seen: &'a mut BTreeSet<&'static str>,
    unexplained: Vec<String>,
    equal: usize,
}

impl Comparison<'_> {
    fn add(&mut self, input: &[u8], ours: Option<&[u8]>, theirs: Option<&[u8]>) {
        if ours == theirs {
            self.equal += 1;
            return;
        }
        let covers = DEVIATIONS
            .iter()
            .find(|deviation| deviation.way == self.way && (deviation.covers)(input, ours, theirs));
        match covers {
            Some(deviation) => {
                self.seen.insert(deviation.sentence);
            }
            None => {
                let shown = |octets: Option<&[u8]>| octets.map(|octets| octets.escape_ascii().to_string());
                self.unexplained.push(format!(
                    "{:?} {}: ours {:?}, theirs {:?}",
                    self.way,
                    input.escape_ascii(),
                    shown(ours),
                    shown(theirs)
                ));
            }
        }
    }

    #[track_caller]
    fn finish(self, cases: usize) {
        let most: Vec<_> = self.unexplained.iter().take(20).cloned().collect();
        assert!(
            most.is_empty(),
            "{} differences, such as\n{}",
            self.unexplained.len(),
            most.join("\n")
        );
        println!(
            "{:?}: {} of {cases} equal, the others as deviations.rs says",
            self.way, self.equal
        );
        assert!(self.equal * 10 > cases * 6, "most addresses are equal");
    }
}

#[test]
fn postsrsd_gives_the_same_octets_in_both_directions() {
    if !Path::new(PROGRAM).exists() {
        println!("skipped: PostSRSd as a peer for SRS (scripts/install-test-tools installs it)");
        return;
    }
    let cases = std::env::var("MAILREP_POSTSRSD_CASES").map_or(10_000, |text| text.parse().unwrap());
    // PostSRSd reads the clock. If midnight comes between, the other day is tried.
    let mut result = compare(cases);
    if result.is_none() {
        result = compare(cases);
    }
    let seen = result.expect("two days in a row do not end");
    let unseen: Vec<_> = DEVIATIONS
        .iter()
        .map(|deviation| deviation.sentence)
        .filter(|sentence| !seen.contains(sentence))
        .collect();
    assert!(unseen.is_empty(), "these deviations did not happen: {unseen:#?}");
}

/// None if the day ended meanwhile.
fn compare(cases: usize) -> Option<BTreeSet<&'static str>> {
    let place = tempfile::TempDir::new().unwrap();
    let file = place.path().join("secret");
    std::fs::write(&file, "a-secret-of-tests\nan-older-secret!!\n").unwrap();
    let mut peer = PostSrsd::start(&file);
    let now = UnixTime::now();
    let mut settings = Settings::new(ALIAS, Secrets::read(&file).unwrap().secrets);
    settings.excluded = EXCLUDED.map(str::to_owned).to_vec();
    let rewriter = Rewriter::new(settings.clone()).unwrap();
    settings.secrets = Secrets::new(["an-older-secret!!"]).unwrap();
    let older = Rewriter::new(settings).unwrap();

    let mut seen = BTreeSet::new();
    let mut random = Random(0x5eed);
    let mut comparison = Comparison {
        way: Way::Forward,
        seen: &mut seen,
        unexplained: Vec::new(),
        equal: 0,
    };
    let mut there = Vec::new();
    for _ in 0..cases {
        let address = random.address();
        let ours = to_use(rewriter.forward(&address, now));
        let theirs = peer.forward.get(&address);
        comparison.add(&address, ours.as_deref(), theirs.as_deref());
        there.extend(theirs.or(ours));
        if let Some(aged) =
            to_use(older.forward(&address, UnixTime(now.0 - DAY * (random.below(25) as i64 - 1))))
        {
            there.push(aged);
        }
        // Postfix asks again with what it was told.
        if let Some(again) = there.last() {
            let theirs = peer.forward.get(again);
            let ours = to_use(rewriter.forward(again, now));
            comparison.add(again, ours.as_deref(), theirs.as_deref());
        }
    }
    let forward = comparison.unexplained.len();
    comparison.finish(2 * cases);
    assert_eq!(forward, 0);

    let mut comparison = Comparison {
        way: Way::Reverse,
        seen: &mut seen,
        unexplained: Vec::new(),
        equal: 0,
    };
    for _ in 0..cases {
        let place = random.below(there.len());
        let address = random.changed(there[place].clone());
        let ours = to_use(rewriter.reverse(&address, now));
        let theirs = peer.reverse.get(&address);
        comparison.add(&address, ours.as_deref(), theirs.as_deref());
    }
    comparison.finish(cases);
    (UnixTime::now().0 / DAY == now.0 / DAY).then_some(seen)
}
