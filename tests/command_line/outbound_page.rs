//! The page of `mailrep outbound replay --html`, as text and as a browser draws it.

use super::Place;
use super::outbound::{BEGIN, DAY, line, quiet, theft};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_page_has_a_chart_of_the_host_and_of_each_account_with_an_alarm() {
    let place = Place::new();
    let hostile = "<script>alert(1)</script>&\\u202e";
    place.file(
        "log",
        quiet(0..40) + &theft(BEGIN + 40 * DAY, "user1", 30) + &theft(BEGIN + 41 * DAY, hostile, 30),
    );
    place
        .run("outbound replay --html page.html log")
        .shows(&["2 alarms of accounts"]);
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    assert_eq!(page.matches("<svg ").count(), 3);
    assert_eq!(page.matches("<h2>").count(), 3);
    assert!(page.contains("<h2>user1</h2>") && page.contains("prefers-color-scheme:dark"));
    assert!(
        page.contains("<h2>&lt;script&gt;alert(1)&lt;/script&gt;&amp;\\u{202e}</h2>"),
        "{page}"
    );
    for outside in ["<script", "http", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    // Elements that are opened are closed.
    for element in ["html", "body", "svg", "g", "title", "text", "p", "h2", "circle"] {
        let open =
            page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
        assert_eq!(open, page.matches(&format!("</{element}>")).count(), "{element}");
    }
    let done = place.run("outbound replay --html none/page.html log");
    assert_eq!(done.status, Some(1));
    assert!(done.err.contains("cannot write none/page.html"), "{}", done.err);
}

#[test]
fn the_chart_of_an_account_has_what_was_usual_and_the_limit() {
    let place = Place::new();
    let spray = format!(
        "{{\"time\":{},\"account\":\"user1\",\"recipients\":500,\"new_recipients\":500}}\n",
        BEGIN + 65 * DAY
    );
    let lines = [
        quiet(0..60),
        theft(BEGIN + 60 * DAY, "user1", 30),
        spray,
        line(BEGIN + 70 * DAY, "user1", 0),
    ];
    place.file("log", lines.concat());
    place
        .run("outbound replay --html page.html log")
        .shows(&["2 alarms of accounts"]);
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    let (host, own) = page.split_once("<h2>user1</h2>").unwrap();
    assert!(!host.contains("<polyline"), "the host has no counters");
    // Two alarms of different counters, so that each has a row with two lines.
    assert_eq!(own.matches("<polyline class=\"usual\"").count(), 2);
    assert_eq!(own.matches("<polyline class=\"limit\"").count(), 2);
    assert!(
        own.contains(">messages to new recipients in different seconds</text>"),
        "{own}"
    );
    assert!(own.contains(">new recipients within 60 minutes</text>"));
    // Sixty days, those of the alarms, and the last one; two of them are above the limit of one row or the other.
    assert_eq!(own.matches("<circle ").count(), 2 * 63);
    let above: Vec<&str> = own
        .lines()
        .filter(|line| line.contains("<circle class=\"stopped\""))
        .collect();
    assert!((2..=4).contains(&above.len()), "{above:?}");
    let spray = above
        .iter()
        .find(|line| line.contains("<title>2024-01-18: 500."))
        .unwrap();
    assert!(
        spray.contains(" at most; usual: ") && spray.contains(", an alarm above "),
        "{spray}"
    );
    let numbers = own
        .split('"')
        .filter(|text| text.starts_with("NaN") || text.contains("inf"));
    assert_eq!(numbers.count(), 0);
}

/// What a browser without a window writes of a page: on its standard output, and on its console.
fn browser(folder: &Path, page: &str, arguments: &[&str]) -> (String, Vec<String>) {
    let output = Command::new("timeout")
        .args([
            "--kill-after=5",
            "60",
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", folder.join("browser").display()))
        .args(arguments)
        .arg(format!("file://{}", folder.join(page).display()))
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let console = told.lines().filter(|line| line.contains("CONSOLE"));
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        console.map(str::to_owned).collect(),
    )
}

/// The colour of the first pixel of a PNG: what filter its line has does not matter for it.
fn first_pixel(png: &[u8]) -> [u8; 3] {
    let mut packed = Vec::new();
    let mut rest = &png[8..];
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        if &after[..4] == b"IDAT" {
            packed.extend_from_slice(&after[4..4 + length]);
        }
        rest = &after[4 + length + 4..];
    }
    let mut pixel = [0; 4];
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .read_exact(&mut pixel)
        .unwrap();
    [pixel[1], pixel[2], pixel[3]]
}

#[test]
fn a_browser_draws_the_page_without_a_complaint_on_light_and_on_dark_paper() {
    let found = Command::new("chromium").arg("--version").output();
    if !found.is_ok_and(|output| output.status.success()) {
        println!("skipped: the page in a browser (no chromium)");
        return;
    }
    let place = Place::new();
    let folder = place.path("");
    place.file(
        "log",
        quiet(0..60) + &theft(BEGIN + 60 * DAY, "<b>user1</b>", 30) + &theft(BEGIN + 61 * DAY, "user2", 300),
    );
    place
        .run("outbound replay --html page.html log")
        .shows(&["2 alarms of accounts"]);
    // What is said on the console would be seen.
    place.file(
        "bad.html",
        "<link rel=icon href=data:,><script>console.error('seen')</script>",
    );
    let (_, console) = browser(&folder, "bad.html", &["--dump-dom"]);
    assert_eq!(console.len(), 1, "{console:?}");

    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    let (drawn, console) = browser(&folder, "page.html", &["--dump-dom"]);
    assert_eq!(console, [""; 0]);
    // The browser's tree has what the text has: nothing was mended or dropped, and no name became an element.
    for element in [
        "svg", "polyline", "rect", "circle", "line", "text", "title", "h2", "p", "b",
    ] {
        let count = |text: &str| {
            text.matches(&format!("<{element} ")).count() + text.matches(&format!("<{element}>")).count()
        };
        assert_eq!(count(&drawn), count(&page), "{element}");
    }
    for (scheme, paper) in [("1", [0xff, 0xff, 0xff]), ("0", [0x16, 0x18, 0x1c])] {
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let arguments = [&*scheme, "--screenshot=page.png", "--window-size=900,900"];
        let (_, console) = browser(&folder, "page.html", &arguments);
        assert_eq!(console, [""; 0]);
        let png = std::fs::read(place.path("page.png")).unwrap();
        assert_eq!(first_pixel(&png), paper);
        assert!(png.len() > 10_000, "{} octets: nothing is drawn", png.len());
        std::fs::remove_file(place.path("page.png")).unwrap();
    }
}
