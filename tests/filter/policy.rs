//! Policy files: what is wrong with them, where, and what mends it; and what is dangerous.

use super::case::data;
use mailrep::filter::policy::{Policy, PolicyError};
use mailrep::filter::{Explanation, Filter};
use std::path::Path;

fn refused(text: &str) -> PolicyError {
    match Policy::parse(text, "mailrep.toml", &data()) {
        Err(error) => error,
        Ok(_) => panic!("it is accepted:\n{text}"),
    }
}

fn loaded(text: &str) -> Result<Filter, PolicyError> {
    Policy::parse(text, "mailrep.toml", &data()).and_then(Filter::new)
}

#[test]
fn each_fault_is_told_with_its_line_and_what_mends_it() {
    let faults = [
        (
            "autserv_id = \"a\"",
            "1:1: there is no key 'autserv_id' at the top of the file; did you mean 'authserv_id'?",
        ),
        (
            "[dmark]\nhonour_policy = true",
            "1:2: there is no section [dmark]; did you mean 'dmarc'?",
        ),
        (
            "[dmarc]\nhonor_policy = true",
            "2:1: there is no key 'honor_policy' in [dmarc]; did you mean 'honour_policy'?",
        ),
        (
            "[srs]\nnameservers = [\"::1\"]\ndomain = \"a.example\"\nsecret_file = \"x\"\nforward = false",
            "2:1: there is no key 'nameservers' in [srs]; it belongs in [dns]",
        ),
        (
            "[dns]\nauthserv_id = \"a\"",
            "2:1: there is no key 'authserv_id' in [dns]; it belongs at the top of the file, before the first section",
        ),
        (
            "[verify]\nzzz = 1",
            "2:1: there is no key 'zzz' in [verify]; [verify] knows enabled, iprev, on_temperror, tag_field",
        ),
        (
            "[dmarc]\non_reject = \"rejct\"",
            "2:13: 'on_reject' cannot be \"rejct\"; did you mean \"reject\"? It takes \"accept\", \"tag\", \"hold\" or \"reject\"",
        ),
        (
            "[dmarc]\non_reject = true",
            "2:13: 'on_reject' is true or false; it takes a text in quotes",
        ),
        (
            "[verify]\nenabled = \"yes\"",
            "2:11: 'enabled' is a text; it takes true or false, without quotes",
        ),
        (
            "[dns]\ntimeout = 0",
            "2:11: 'timeout' is out of its range; it takes seconds from 0.1 to 120",
        ),
        (
            "[limits]\nrecipients = 1.5",
            "2:14: 'recipients' is no whole number; it takes recipients from 1 to 1000000, without a fraction",
        ),
        (
            "internal_networks = [\"192.0.2.0/24\",\n  \"192.0.2.0/33\"]",
            "2:3: '192.0.2.0/33' is no network: ",
        ),
        ("local_domains = [\"a..b\"]", "1:18: 'a..b' is no domain; "),
        ("authserv_id = \"a b\"", "1:15: 'a b' cannot be an authserv-id; "),
        (
            "[dns]\nnameservers = [\"ns.example.org\"]",
            "2:16: 'ns.example.org' is no address of a nameserver; ",
        ),
        (
            "[dns]\nnameservers = [\"::1\"]\nzone_files = [\"zone\"]",
            "2:15: there are both nameservers and zone files; ",
        ),
        (
            "[dmarc]\nhonour_policy = false\non_reject = \"hold\"",
            "3:13: honour_policy is false, and this honours it; ",
        ),
        (
            "[dmarc]\ntext = \"see {url}\"",
            "2:8: nothing is known to fill in for '{url}'; a text may have {reason}, {domain}, {account}, {client}, {queue_id}",
        ),
        (
            "[dmarc]\ntext = \"see {reason\"",
            "2:8: nothing is known to fill in for '{reason}'; ",
        ),
        (
            "[dmarc.exceptions]\n\"example.org\" = \"nothing\"",
            "2:1: the disposition of 'example.org' is none; write \"none\", \"quarantine\" or \"reject\"",
        ),
        (
            "[dmarc]\ntrusted_lists = [\"<dev>\", \"a..b\"]",
            "2:27: 'a..b' is no identifier of a mailing list: ",
        ),
        (
            "[sign]\ndomains = [\"example.org\"]",
            "1:1: [sign] is there once only; write [[sign]]: there may be several",
        ),
        (
            "[[sign]]\ndomains = [\"example.org\"]",
            "1:1: [[sign]] has no 'keys', and nobody knows what to sign with; ",
        ),
        (
            "[[sign]]\nkeys = [{ selector = \"a\" }]\ndomains = \"b.example\"",
            "2:9: the key has no 'file'; ",
        ),
        (
            "[[sign]]\nkeys = [{ selector = \"a\", file = \"b\", algorithm = \"rsa\" }]\ndomains = \"b.example\"",
            "2:39: there is no key 'algorithm' in [[sign.keys]]; ",
        ),
        (
            "[[sign]]\ndomains = \"b.example\"\nkeys = []\nsenders = [\"anyone\", \"ada\"]",
            "4:12: 'anyone' is no account among others; ",
        ),
        (
            "[srs]\nsecret_file = \"x\"\nforward = false",
            "1:1: [srs] has no 'domain'; ",
        ),
        (
            "[srs]\ndomain = \"srs.example.org\"\nsecret_file = \"x\"",
            "1:1: [srs] cannot tell what is forwarded: no domain is local; ",
        ),
        (
            "[outbound]\nwatch = [\"login\"]",
            "2:10: 'login' cannot be watched; ",
        ),
        (
            "[outbound.declared]\n\"news@example.org\" = \"many\"",
            "2:1: 'news@example.org' declares no number of recipients; ",
        ),
        (
            "[strip]\nfields = [\"From\"]",
            "2:11: without 'From' messages are broken or cannot be verified; ",
        ),
        (
            "[strip]\nfields = [\"X: Y\"]",
            "2:11: 'X: Y' is no name of a header field; ",
        ),
        (
            "[verify]\ntag_field = \"Subject\"",
            "2:13: 'Subject' does not begin with 'X-', ",
        ),
        ("[dns\ntimeout = 1", "1:5: this is no TOML: "),
        ("a = 1\na = 2", "2:1: this is no TOML: duplicate key"),
        (
            "[milter]\nlisten = { a = 1 }",
            "2:1: 'listen' is neither a value nor a list of values; ",
        ),
        ("x\u{1b}y = 1", "1:2: this is no TOML: "),
    ];
    for (text, told) in faults {
        let error = refused(text).to_string();
        let told = format!("mailrep.toml:{told}");
        assert!(
            error.lines().any(|line| line.starts_with(&told)),
            "{error}\nis not\n{told}"
        );
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = "zzz = 1\n[dns]\ntimeout = \"x\"\n[verify]\niprev = 1\n[outbound]\non_alarm = \"x\"\n";
    let lines: Vec<usize> = refused(text)
        .faults
        .iter()
        .map(|fault| fault.place.line)
        .collect();
    assert_eq!(lines, [1, 3, 5, 7]);
}

#[test]
fn columns_are_counted_in_characters() {
    let error = refused("internal_networks = [\"ä\", \"öö\"] # ü");
    let columns: Vec<usize> = error.faults.iter().map(|fault| fault.place.column).collect();
    assert_eq!(columns, [22, 27]);
}

#[test]
fn a_file_that_cannot_be_used_is_told_with_the_line_that_names_it() {
    let sign = "[[sign]]\ndomains = [\"example.org\"]\n";
    let faults = [
        (format!("{sign}keys = [{{ selector = \"a\", file = \"no-such\" }}]"), 3, "no-such: no such file or directory"),
        (format!("{sign}keys = [{{ selector = \"a\", file = \"zone\" }}]"), 3, "zone' cannot be used: it is no PEM file"),
        (format!("{sign}keys = [{{ selector = \"a b\", file = \"keys/rsa2048.pem\" }}]"), 3, "'a b' is no selector"),
        (format!("{sign}keys = [{{ selector = \"a\", file = \"keys/rsa1024.pem\" }}]"), 3, "has only 1024 bits"),
        ("[[sign]]\ndomains = [\"*\"]\nkeys = [{ selector = \"a\", file = \"keys/rsa2048.pem\" }]".to_owned(), 2, "nobody knows which domain signs"),
        ("[[sign]]\ndomains = [\"a.example\", \"A.example\"]\nkeys = [{ selector = \"a\", file = \"keys/rsa2048.pem\" }]".to_owned(), 2, "there is a rule for 'A.example' already"),
        ("[srs]\nforward = false\ndomain = \"srs.example.org\"\nsecret_file = \"no-such\"".to_owned(), 4, "no-such"),
        ("[srs]\nforward = false\ndomain = \"srs.example.org\"\nsecret_file = \"filter.secret\"\nhash_length = 4\nhash_minimum = 5".to_owned(), 3, "hash minimum"),
        ("[outbound]\nstate_file = \"zone\"".to_owned(), 2, "it is no snapshot of a monitor; put a copy of an older one in its place"),
        ("[outbound]\nkey_file = \"zone\"".to_owned(), 2, "it takes 32 hexadecimal digits; 'openssl rand -hex 16' prints a key"),
    ];
    for (text, line, told) in faults {
        let error = loaded(&text).expect_err(&text);
        assert!(error.to_string().contains(told), "{error}\nis not\n{told}");
        assert_eq!(error.faults[0].place.line, line, "{error}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_no_panic() {
    let error = Policy::read(Path::new("/no/such/policy")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read /no/such/policy: no such file or directory"
    );
    assert!(Policy::read(&data()).is_err(), "a folder");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy");
    std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
    assert!(
        Policy::read(&path)
            .unwrap_err()
            .to_string()
            .contains("line 2 is not UTF-8")
    );
}

fn findings(text: &str) -> Vec<&'static str> {
    let Explanation { findings, .. } = loaded(text).unwrap_or_else(|error| panic!("{error}")).explain();
    findings.iter().map(|finding| finding.code).collect()
}

/// Files that are checked out may be open to others.
fn dangers(text: &str) -> Vec<&'static str> {
    let mut found = findings(&format!("authserv_id = \"mx.example.org\"\n{text}"));
    found.retain(|code| *code != "file_open");
    found
}

#[test]
fn what_is_dangerous_is_told() {
    let key = "keys = [{ selector = \"s\", file = \"keys/rsa2048.pem\" }]\n";
    let own = format!("[[sign]]\ndomains = \"example.org\"\n{key}");
    let faults: Vec<(String, &[&str])> = vec![
        ("internal_networks = [\"0.0.0.0/0\"]".into(), &["internal_everybody"]),
        ("internal_networks = []".into(), &["internal_nobody"]),
        ("originating_daemons = [\"mx.example.org\"]".into(), &["daemon_everybody"]),
        ("[dns]\nzone_files = [\"zone\"]\n[dmarc]\nhonour_policy = true".into(), &["offline"]),
        ("[dns]\ntimeout = 60".into(), &["dns_timeout"]),
        ("[verify]\nenabled = false\n[dmarc]\nhonour_policy = true".into(), &["verify_off"]),
        ("[spf]\non_fail = \"reject\"".into(), &["spf_reject"]),
        ("[strip]\nfields = [\"Subject\"]".into(), &["strip_signed"]),
        ("[submission]\nunsigned = \"reject\"".into(), &["all_rejected"]),
        (own.clone(), &[]),
        (format!("{own}senders = \"anyone\""), &["anyone_signs"]),
        (format!("{own}senders = []\nwithout_login = false"), &["rule_unused"]),
        (format!("login_domain = \"example.org\"\n{own}senders = [\"ada\"]"), &["sender_never_matches"]),
        (format!("{own}expire_days = 1"), &["expires_soon"]),
        (format!("{own}signing_domain = \"example.com\""), &["unaligned"]),
        (format!("[[sign]]\ndomains = \"*\"\nsigning_domain = \"example.com\"\n{key}"), &["unaligned"]),
        (format!("[[sign]]\ndomains = \"*.example.org\"\nsigning_domain = \"mail.example.org\"\n{key}"), &[]),
        (own.replace("rsa2048", "ed25519"), &["only_ed25519"]),
        ("[outbound]".into(), &["state_forgotten"]),
        ("[outbound]\nwatch = []".into(), &["state_forgotten", "nobody_watched"]),
        ("local_domains = [\"example.net\"]\n[srs]\ndomain = \"srs.example.net\"\nsecret_file = \"filter.secret\"".into(), &["aliases_unseen"]),
    ];
    for (text, expected) in faults {
        assert_eq!(dangers(&text), expected, "{text}");
    }
}

#[test]
fn a_key_file_that_others_can_read_is_an_error_in_words() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    std::fs::copy(data().join("keys/rsa2048.pem"), &path).unwrap();
    let text = format!(
        "authserv_id = \"mx.example.org\"\n[[sign]]\ndomains = \"example.org\"\nkeys = [{{ selector = \"s\", file = \"{}\" }}]",
        path.display()
    );
    for (mode, expected) in [
        (0o600, &[][..]),
        (0o640, &[]),
        (0o644, &["file_open"]),
        (0o602, &["file_open"]),
    ] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(findings(&text), expected, "{mode:o}");
    }
}

#[test]
fn the_explanation_names_the_record_to_publish_and_the_files_that_are_read() {
    let filter = loaded("[[sign]]\ndomains = [\"example.org\", \"*.example.org\"]\nkeys = [{ selector = \"e2026\", file = \"keys/ed25519.pem\" }]").unwrap();
    let explanation = filter.explain();
    assert_eq!(
        explanation.records,
        [
            "e2026._domainkey.example.org. IN TXT \"v=DKIM1; k=ed25519; p=EmvrOswSm3drSkkyxNpW8d28+z73Z3QKd2VMtrsvCW8=\""
        ]
    );
    assert_eq!(explanation.files.len(), 1);
    assert!(explanation.files[0].ends_with("keys/ed25519.pem: a private key"));
}

#[test]
fn the_sample_is_a_policy_with_and_without_its_comments() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/mailrep.toml");
    Policy::read(&path).unwrap_or_else(|error| panic!("{error}"));
    let text = std::fs::read_to_string(&path).unwrap();
    let bare: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest)
                if rest.starts_with(|c: char| {
                    "[\"]".contains(c) || c.is_ascii_lowercase() || rest.starts_with("    {")
                }) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let policy = Policy::parse(&bare, "mailrep.toml", &data()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(policy.sign.len(), 1);
    assert!(policy.srs.is_some() && policy.outbound.is_some());
}

#[test]
fn a_section_of_the_program_that_loads_the_filter_is_kept_and_can_be_checked() {
    let text = "[milter]\nlisten = [\"inet:1@127.0.0.1\", \"unix:/x\"]\nthreads = 0x10\nquiet = true\n[log]\nlevel = \"info\"\n";
    let policy = Policy::parse(text, "mailrep.toml", &data()).unwrap();
    let value = |section, key| policy.setting(section, key).map(|setting| setting.value.as_str());
    assert_eq!(value("milter", "listen"), Some("inet:1@127.0.0.1\nunix:/x"));
    assert_eq!(value("milter", "threads"), Some("16"));
    assert_eq!(value("milter", "quiet"), Some("true"));
    assert_eq!(value("log", "level"), Some("info"));
    assert_eq!(value("log", "listen"), None);
    assert!(
        policy
            .check_section("milter", &["listen", "threads", "quiet"])
            .is_ok()
    );
    let error = policy
        .check_section("milter", &["listen", "threads", "quite"])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "mailrep.toml:4:1: there is no key 'quiet' in [milter]; did you mean 'quite'?"
    );
}
