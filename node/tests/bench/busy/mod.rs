//! Many clients at once, and what one more of them notices.

pub(crate) mod clients;
pub(crate) mod measure;
