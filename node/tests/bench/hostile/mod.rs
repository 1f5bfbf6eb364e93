//! What attacks a node, and what is measured meanwhile.

pub(crate) mod attack;
pub(crate) mod endpoint;
pub(crate) mod measure;
mod page;
mod socket;
