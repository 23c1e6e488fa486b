//! Trials over small charts made for them; those over published ones are in `tests/stories.rs`.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "tests read files and say what they skip")]

mod alone;
mod effects;
mod explained;
mod fixture;
mod pinned;
mod users;
