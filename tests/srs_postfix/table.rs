//! The guide's table of what each wiring does. `MAILREP_BLESS=1` writes it anew.

use crate::scenarios::Row;
use std::path::Path;

const BEGIN: &str = "<!-- tests/srs_postfix writes this table from what it sees -->\n";
const END: &str = "<!-- end -->\n";

/// The table in Markdown.
pub fn render(seed: &[Row], forwarded_only: &[Row]) -> String {
    let mut table = String::from("| | as with PostSRSd | only what is forwarded |\n|---|---|---|\n");
    assert_eq!(seed.len(), forwarded_only.len());
    for (seed, other) in seed.iter().zip(forwarded_only) {
        assert_eq!(seed.what, other.what);
        table.push_str(&format!(
            "| {} | {} | {} |\n",
            seed.what, seed.becomes, other.becomes
        ));
    }
    table
}

/// Holds the guide to it.
pub fn compare(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/from-postsrsd.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(BEGIN).unwrap();
    let (present, after) = rest.split_once(END).unwrap();
    if std::env::var_os("MAILREP_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(
            present, table,
            "MAILREP_BLESS=1 writes the table of docs/from-postsrsd.md anew"
        );
    }
}
