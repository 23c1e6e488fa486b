//! What shifts under a Helm release when its chart is upgraded.
//!
//! The stages, each a folder, in the only order data flows:
//!
//! ```text
//! cli ─▶ fetch ─▶ chart ─▶ render ─▶ object ─▶ diff ─▶ classify ─▶ trial ─▶ report ─▶ publish
//!          └▶ bump         (template)     └─▶ identity ──▲
//!           value, version, quote, parallel, kept, error: below all of them
//! ```
//!
//! [`review::review`] is the pipeline between fetching and writing; [`cli::run`] is the program around it.

pub mod bump;
pub mod chart;
pub mod classify;
pub mod cli;
pub mod config;
pub mod diff;
pub mod error;
pub mod fetch;
pub mod identity;
mod kept;
pub mod object;
mod parallel;
pub mod publish;
mod quote;
pub mod render;
pub mod report;
pub mod review;
pub mod template;
pub mod trial;
pub mod value;
pub mod version;
