//! What shifts under a Helm release when its chart is upgraded.
//!
//! The stages, each a folder, in the only order data flows:
//!
//! ```text
//! cli ─▶ fetch ─▶ chart ─▶ (template ─▶ render) ─▶ diff ─▶ classify ─▶ report
//!           value, version, error: below all of them
//! ```

pub mod chart;
pub mod classify;
pub mod diff;
pub mod error;
pub mod fetch;
pub mod render;
pub mod report;
pub mod template;
pub mod value;
pub mod version;
