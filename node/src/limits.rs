//! Bounds that hold for this node's server and for a fork's endpoint alike.

/// Most bytes of an answer, single or batch, of this node or of a fork's endpoint.
pub(crate) const MAX_ANSWER: usize = 64 * 1024 * 1024;
