//! Trials over small charts made for them, and over published ones when the corpus is there.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests read files and say what they skip")]

mod effects;
mod explained;
mod fixture;
mod pinned;
mod stories;
mod users;
