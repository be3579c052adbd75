//! Who signs for what.

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap()
}

/// A signer known by its selector.
fn called(selector: &str) -> Vec<Arc<Signer>> {
    let signer = Signer::new(
        "example.org",
        selector,
        signing_key(NewKey::Ed25519),
        SignerOptions::default(),
    );
    vec![Arc::new(signer.unwrap())]
}

fn chosen(table: &SigningTable, author: &str, account: Option<&str>) -> Result<String, &'static str> {
    match table.signers(&name(author), account) {
        Ok(signers) => Ok(signers[0].selector().to_string()),
        Err(why) => Err(why.code()),
    }
}

#[test]
fn the_most_specific_rule_counts_and_only_that_one() {
    let mut table = SigningTable::default();
    assert!(table.is_empty());
    assert_eq!(chosen(&table, "example.org", None), Err("no_rule"));
    table
        .add("example.org", called("exact"), Senders::Anyone)
        .unwrap();
    table
        .add("*.example.org", called("below"), Senders::Anyone)
        .unwrap();
    table
        .add("*.deep.example.org", called("deep"), Senders::OwnDomain)
        .unwrap();
    assert_eq!(chosen(&table, "example.net", None), Err("no_rule"));
    table.add("*", called("any"), Senders::Anyone).unwrap();
    assert_eq!(table.len(), 4);
    for (author, selector) in [
        ("EXAMPLE.org", "exact"),
        ("a.example.org", "below"),
        ("a.b.example.org", "below"),
        ("deep.example.org", "below"),
        ("notexample.org", "any"),
        ("org", "any"),
    ] {
        assert_eq!(chosen(&table, author, None).as_deref(), Ok(selector), "{author}");
    }
    // The rule below it would allow this, but is not asked.
    assert_eq!(chosen(&table, "a.deep.example.org", None), Err("not_allowed"));
}

#[test]
fn an_account_signs_for_its_own_domain_only() {
    let mut table = SigningTable::default();
    table.add("*", called("own"), Senders::OwnDomain).unwrap();
    for (author, account, allowed) in [
        ("example.org", Some("ada@example.org"), true),
        ("news.example.org", Some("ada@EXAMPLE.org"), true),
        ("b\u{fc}cher.example", Some("ada@xn--bcher-kva.example"), true),
        ("example.org", Some("ada@news.example.org"), false),
        ("example.org", Some("ada@notexample.org"), false),
        ("example.org", Some("ada"), false),
        ("example.org", Some("ada@"), false),
        ("example.org", Some("ada@example.org@example.net"), false),
        ("example.org", None, false),
    ] {
        assert_eq!(
            chosen(&table, author, account).is_ok(),
            allowed,
            "{author} {account:?}"
        );
    }
}

#[test]
fn accounts_can_be_named() {
    let mut table = SigningTable::default();
    let accounts = ["ada@example.org", "@example.net", "backup"]
        .map(str::to_owned)
        .to_vec();
    table
        .add("example.org", called("named"), Senders::Accounts(accounts))
        .unwrap();
    for (account, allowed) in [
        (Some("ada@example.org"), true),
        (Some("Ada@Example.ORG"), true),
        (Some("backup"), true),
        (Some("anyone@example.net"), true),
        (Some("@example.net"), true),
        (Some("eve@example.org"), false),
        (Some("x@sub.example.net"), false),
        (Some("xbackup"), false),
        (Some("\u{e9}"), false),
        (Some(""), false),
        (None, false),
    ] {
        assert_eq!(
            chosen(&table, "example.org", account).is_ok(),
            allowed,
            "{account:?}"
        );
    }
    let refused = table.signers(&name("example.org"), Some("eve\n")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the account 'eve\\x0a' may not sign for example.org"
    );
}

#[test]
fn a_table_is_not_changed_by_what_cannot_be_a_rule() {
    let mut table = SigningTable::default();
    for pattern in [
        "",
        "**",
        "*.",
        "*example.org",
        "a.*.org",
        "a b",
        "@example.org",
        ".",
    ] {
        let refused = table.add(pattern, called("s"), Senders::Anyone);
        assert!(matches!(refused, Err(TableError::Pattern(_))), "{pattern}");
    }
    for pattern in ["example.org", "*.example.org", "*"] {
        table.add(pattern, called("first"), Senders::Anyone).unwrap();
        let refused = table.add(pattern, called("second"), Senders::Anyone);
        assert!(matches!(refused, Err(TableError::Twice(_))), "{pattern}");
    }
    assert_eq!(table.len(), 3);
    assert_eq!(chosen(&table, "example.org", None).as_deref(), Ok("first"));
}
