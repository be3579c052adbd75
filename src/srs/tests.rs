//! Sentences about SRS, each proved.
#![allow(clippy::unwrap_used)]
