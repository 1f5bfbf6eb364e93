//! Which requests may leave this machine.

use crate::error::Refusal;

/// Decides about every request before it is sent to an endpoint.
pub trait RequestCheck: Send + Sync {
    /// Why that request must not be sent: it carries what is, or may be, a private key.
    fn withheld(&self, request: &str) -> Option<Refusal>;
}
