//! Questions that go out before their terms are reached: what they save, and that they change nothing else.

use super::*;
use futures_channel::oneshot;
use mailrep::clock::Moment;
use mailrep::dns::{Answer, Question, Resolver};
use mailrep::spf::{Environment, Records, RecordsOptions, verify};
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// Answers when it is told to: all that was asked by then is one wave.
struct Waves {
    table: Arc<Table>,
    asked: Mutex<Vec<(Question, oneshot::Sender<()>)>>,
}

impl Resolver for Waves {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        let (sender, told) = oneshot::channel();
        self.asked.lock().unwrap().push((question.clone(), sender));
        told.await.unwrap();
        self.table.lookup(question, deadline).await
    }
}

/// What is asked together, wave by wave, sorted.
type Asked = Vec<Vec<String>>;

fn run(
    table: &Arc<Table>,
    request: &Request,
    limits: &Limits,
    records: Option<&Records>,
    trace: &Tracer,
) -> (Verdict, Asked) {
    let resolver = Arc::new(Waves {
        table: Arc::clone(table),
        asked: Mutex::default(),
    });
    let session = Session::new(Arc::clone(&resolver), Clock::system(), limits);
    let mut environment = Environment::from(limits);
    if let Some(records) = records {
        environment = environment.with_records(records);
    }
    let mut future = pin!(verify(&session, request, environment, trace));
    let mut waves = Vec::new();
    for _ in 0..1_000 {
        if let Poll::Ready(verdict) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (verdict, waves);
        }
        let (asked, told): (Vec<_>, Vec<_>) = std::mem::take(&mut *resolver.asked.lock().unwrap())
            .into_iter()
            .unzip();
        assert!(!asked.is_empty(), "nothing is under way, and still it waits");
        let mut asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
        asked.sort();
        waves.push(asked);
        for tell in told {
            // Nobody waits for what is not needed any more.
            let _ = tell.send(());
        }
    }
    panic!("a thousand waves");
}

fn ahead(questions: u32) -> Limits {
    Limits {
        spf_questions_ahead: questions,
        ..Limits::default()
    }
}

/// The waves of a check of user@example.org with a setting.
fn waves(lines: &[&str], limits: &Limits) -> (Evaluation, Asked) {
    let request = request(CLIENT, "", "user@example.org");
    let (verdict, waves) = run(&zone(lines), &request, limits, None, &Tracer::off());
    (verdict.evaluation, waves)
}

fn count(lines: &[&str]) -> usize {
    let (with, asked) = waves(lines, &Limits::default());
    let (without, _) = waves(lines, &ahead(0));
    assert_eq!(with, without);
    asked.len()
}

const INCLUDES: [&str; 4] = [
    "example.org TXT v=spf1 include:one.example.org include:two.example.org include:three.example.org -all",
    "one.example.org TXT v=spf1 ip4:198.51.100.1 -all",
    "two.example.org TXT v=spf1 ip4:198.51.100.2 -all",
    "three.example.org TXT v=spf1 ip4:192.0.2.1 -all",
];

#[test]
fn three_includes_at_one_level_take_two_waves() {
    let (found, asked) = waves(&INCLUDES, &Limits::default());
    assert_eq!((found.result, found.dns_lookups), (SpfResult::Pass, 3));
    assert_eq!(
        asked,
        [
            &["example.org TXT"][..],
            &[
                "one.example.org TXT",
                "three.example.org TXT",
                "two.example.org TXT"
            ],
        ]
    );
}

#[test]
fn a_setting_turns_it_off() {
    let (found, asked) = waves(&INCLUDES, &ahead(0));
    assert_eq!((found.result, found.dns_lookups), (SpfResult::Pass, 3));
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|wave| wave.len() == 1));
}

#[test]
fn waves_are_the_records_on_the_longest_path_and_one_for_addresses_and_one_for_hosts() {
    // Two branches, of two and of three records, the latter with a redirect.
    let branches = [
        "example.org TXT v=spf1 include:a.example.org include:b.example.org include:c.example.org -all",
        "a.example.org TXT v=spf1 ip4:198.51.100.1 -all",
        "b.example.org TXT v=spf1 include:b1.example.org include:b2.example.org -all",
        "b1.example.org TXT v=spf1 ip4:198.51.100.1 -all",
        "b2.example.org TXT v=spf1 ip4:198.51.100.1 -all",
        "c.example.org TXT v=spf1 redirect=c1.example.org",
        "c1.example.org TXT v=spf1 ip4:192.0.2.1 -all",
    ];
    assert_eq!(count(&branches), 3);
    let addresses = [
        "example.org TXT v=spf1 a a:x.example.org exists:%{l}.%{d} include:b.example.org -all",
        "example.org A 192.0.2.9",
        "x.example.org A 192.0.2.9",
        "b.example.org TXT v=spf1 a:y.example.org a:z.example.org -all",
        "y.example.org A 192.0.2.9",
        "z.example.org A 192.0.2.1",
    ];
    assert_eq!(count(&addresses), 3);
    let hosts = [
        "example.org TXT v=spf1 mx mx:x.example.org mx:y.example.org -all",
        "example.org MX 10 one.example.org",
        "x.example.org MX 10 two.example.org",
        "y.example.org MX 20 three.example.org",
        "y.example.org MX 10 four.example.org",
        "one.example.org A 192.0.2.9",
        "two.example.org A 192.0.2.9",
        "three.example.org A 192.0.2.1",
        "four.example.org A 192.0.2.9",
    ];
    assert_eq!(count(&hosts), 3);
}

#[test]
fn nothing_is_asked_beyond_a_term_that_decides_without_the_dns() {
    for decisive in ["ip4:192.0.2.0/24", "all"] {
        let record = format!(
            "example.org TXT v=spf1 {decisive} include:a.example.org a:b.example.org redirect=c.example.org"
        );
        let (found, asked) = waves(&[&record], &Limits::default());
        assert_eq!(found.result, SpfResult::Pass);
        assert_eq!(asked, [["example.org TXT"]]);
    }
}

#[test]
fn answers_that_are_not_needed_count_for_nothing() {
    // The first include decides; the others fail, do not exist, and are broken.
    let lines = [
        "example.org TXT v=spf1 include:a.example.org include:b.example.org include:c.example.org mx:d.example.org a:e.example.org include:f.example.org -all",
        "a.example.org TXT v=spf1 +all",
        "b.example.org FAIL",
        "f.example.org TXT v=spf1 oops",
    ];
    let (found, asked) = waves(&lines, &Limits::default());
    assert_eq!(found.result, SpfResult::Pass);
    assert_eq!((found.dns_lookups, found.void_lookups), (1, 0));
    assert_eq!(asked.len(), 2);
    assert_eq!(found, waves(&lines, &ahead(0)).0);
}

#[test]
fn a_failure_matters_where_its_term_is_reached() {
    let lines = [
        "example.org TXT v=spf1 include:a.example.org include:b.example.org -all",
        "a.example.org TXT v=spf1 -all",
        "b.example.org FAIL",
    ];
    let (found, _) = waves(&lines, &Limits::default());
    assert_eq!(found.result, SpfResult::TempError);
    assert_eq!(found, waves(&lines, &ahead(0)).0);
}

#[test]
fn hostile_records_cannot_multiply_questions() {
    // Everything leads to more of the same; the first term decides.
    let names: Vec<String> = (0..60).map(|at| format!("n{at}.example.org")).collect();
    let mut lines = Vec::new();
    for owner in names.iter().map(String::as_str).chain(["example.org"]) {
        let terms: Vec<_> = names
            .iter()
            .flat_map(|name| [format!("include:{name}"), format!("mx:{name}")])
            .collect();
        lines.push(format!(
            "{owner} TXT v=spf1 a:first.example.org {}",
            terms.join(" ")
        ));
        lines.extend(names.iter().take(10).map(|name| format!("{owner} MX 10 {name}")));
    }
    lines.push("first.example.org A 192.0.2.1".into());
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    for most in [0, 1, 7, 20, 1_000] {
        let (found, asked) = waves(&lines, &ahead(most));
        assert_eq!((found.result, found.dns_lookups), (SpfResult::Pass, 1));
        // Ten terms may ask at all.
        let most = 2 + most.min(9) as usize;
        let asked: usize = asked.iter().map(Vec::len).sum();
        assert!(asked <= most, "{asked} of {most}");
    }
}

#[test]
fn a_question_asked_ahead_counts_against_the_budget_when_it_is_used() {
    let lines = [
        "example.org TXT v=spf1 a:x.example.org include:a.example.org include:b.example.org include:c.example.org -all",
        "x.example.org A 192.0.2.9",
        "a.example.org TXT v=spf1 ip4:192.0.2.9",
        "b.example.org TXT v=spf1 ip4:192.0.2.1",
    ];
    for (budget, wanted) in [(3, SpfResult::TempError), (4, SpfResult::Pass)] {
        for most in [0, 20] {
            let limits = Limits {
                dns_questions: budget,
                ..ahead(most)
            };
            assert_eq!(waves(&lines, &limits).0.result, wanted, "{budget}, {most}");
        }
    }
}

#[test]
fn the_trace_tells_what_was_asked_ahead_and_what_was_not_needed() {
    let lines = [
        "example.org TXT v=spf1 include:a.example.org a:b.example.org a:c.example.org -all",
        "a.example.org TXT v=spf1 -all",
        "b.example.org A 192.0.2.1",
        "c.example.org A 192.0.2.1",
    ];
    let trace = Tracer::on(100);
    let request = request(CLIENT, "", "user@example.org");
    run(&zone(&lines), &request, &Limits::default(), None, &trace);
    let steps = trace.steps();
    let told: Vec<_> = steps
        .iter()
        .filter(|step| step.kind == StepKind::Question)
        .map(|step| {
            let parent = &steps[step.parent.unwrap()];
            (parent.kind, step.subject.as_str(), step.outcome.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                StepKind::Check,
                "example.org TXT",
                "\"v=spf1 include:a.example.org a:b.example.org a:c.example.org -all\""
            ),
            (
                StepKind::Term,
                "a.example.org TXT, asked ahead",
                "\"v=spf1 -all\""
            ),
            (StepKind::Term, "b.example.org A, asked ahead", "192.0.2.1"),
            (
                StepKind::Check,
                "c.example.org A, asked ahead",
                "not needed: 192.0.2.1"
            ),
        ]
    );
}

#[test]
fn known_records_are_looked_through_at_once() {
    let records = Records::new(Clock::system(), RecordsOptions::default());
    let lines = [
        "example.org TXT v=spf1 include:a.example.org include:b.example.org -all",
        "a.example.org TXT v=spf1 a:x.example.org -all",
        "b.example.org TXT v=spf1 a:y.example.org -all",
        "x.example.org A 192.0.2.9",
        "y.example.org A 192.0.2.1",
    ];
    let run = || {
        let request = request(CLIENT, "", "user@example.org");
        run(
            &zone(&lines),
            &request,
            &Limits::default(),
            Some(&records),
            &Tracer::off(),
        )
    };
    let (first, asked) = run();
    assert_eq!(asked.len(), 3);
    let (second, asked) = run();
    assert_eq!(asked, [["x.example.org A", "y.example.org A"]]);
    assert_eq!(first, second);
}

const NAMES: [&str; 7] = [
    "a.org", "b.org", "c.org", "d.org", "e.org", "void.org", "fail.org",
];

/// Records of the first five names that lead to one another, to nothing, and to failures.
fn records() -> impl Strategy<Value = Vec<String>> {
    let term = "( [-~?]?(all|a|mx|ptr|(a|mx)(:([a-e]|void|fail)\\.org)?(/24)?|include:([a-e]|void|fail|%\\{l\\})\\.org|exists:(%\\{[lhoipd]r?\\}|x)\\.([a-e]|void)\\.org|a:%\\{d\\}|ip4:192\\.0\\.2\\.[0-9]))";
    let record = format!("v=spf1{term}{{0,7}}( redirect=([a-e]|void)\\.org)?( exp=[a-e]\\.org)?");
    prop::collection::vec(prop::string::string_regex(&record).unwrap(), 5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever is published: asking ahead changes neither verdict nor counters, takes no more waves, and asks no more than
    /// its bound beyond what is needed. The same with records that are known.
    #[test]
    fn asking_ahead_changes_nothing_but_time(
        records in records(),
        addresses in prop::collection::vec((0..5_usize, 0..7_usize, 0..10_u8), 0..20),
        helo in "[a-e]\\.org|",
        user in "[a-e]",
        most in 1..25_u32,
    ) {
        let mut lines = vec!["fail.org FAIL".to_owned(), "1.2.0.192.in-addr.arpa PTR a.org".into()];
        for (name, record) in NAMES.iter().zip(&records) {
            lines.push(format!("{name} TXT {record}"));
        }
        for (owner, host, last) in addresses {
            lines.push(format!("{} MX {last} {}", NAMES[owner], NAMES[host]));
            lines.push(format!("{} A 192.0.2.{last}", NAMES[owner]));
        }
        let table = zone(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let request = request(CLIENT, &helo, &format!("{user}@a.org"));
        let off = Tracer::off();
        let (plain, plain_waves) = run(&table, &request, &ahead(0), None, &off);
        let (found, waves) = run(&table, &request, &ahead(most), None, &off);
        prop_assert_eq!(&found, &plain);
        prop_assert!(waves.len() <= plain_waves.len());
        let total = |waves: &Asked| waves.iter().map(Vec::len).sum::<usize>();
        prop_assert!(total(&waves) <= total(&plain_waves) + 2 * most as usize);
        let kept = Records::new(Clock::system(), RecordsOptions::default());
        for _ in 0..2 {
            let (found, known_waves) = run(&table, &request, &ahead(most), Some(&kept), &off);
            prop_assert_eq!(&found, &plain);
            prop_assert!(known_waves.len() <= plain_waves.len());
        }
        // Answers that are there at once.
        prop_assert_eq!(&check(&table, &request, &ahead(most)), &plain);
    }
}
