//! The README's Rust example is the one that the documentation of `transaction` compiles and runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[test]
fn the_example_in_the_readme_stands_in_the_documentation() {
    let readme = include_str!("../README.md");
    let example = readme.split("```rust\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let documentation: Vec<&str> = include_str!("../src/transaction/mod.rs")
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let mut at = 0;
    for line in example.lines().filter(|line| !line.is_empty()) {
        let found = documentation[at..].iter().position(|other| *other == line);
        at += 1 + found.unwrap_or_else(|| panic!("not in src/transaction, or out of order: {line}"));
    }
    assert!(at > 10);
}
