//! What the webhook of Azure/azure-workload-identity makes of a pod, version by version (`pkg/webhook/webhook.go`, v0.1 to v1.6).
//!
//! ```text
//! account missing? ─▶ does the webhook see the pod? ─▶ inject ─▶ would Kubernetes take the result?
//! ```
//!
//! Not modelled, since no chart can know them: namespaces that the webhook leaves out, other webhooks, the custom token endpoint of v1.6.

mod admit;
mod inject;
mod pod;
#[cfg(test)]
mod tests;
mod version;

pub(super) use admit::outcome;
pub(super) use pod::Pod;
pub use version::{Selection, Version};
