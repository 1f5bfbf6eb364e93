//! Specifications: lists of obligations that every variant must meet.

pub(crate) mod proxy;
pub(crate) mod subject;
