//! Bounds that several parts of the node keep.

/// Most bytes of an answer, single or batch, of this node or of a fork's endpoint.
pub(crate) const MAX_ANSWER: usize = 64 * 1024 * 1024;
