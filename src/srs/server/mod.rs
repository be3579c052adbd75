//! Maps for Postfix.

pub mod protocol;
pub mod socketmap;
pub mod tcp_table;
#[cfg(test)]
mod tests;
