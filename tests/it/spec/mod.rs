//! Behaviour stated once, as lists of obligations over every variant.

pub(crate) mod proxy;
mod subject;

pub(crate) use subject::probe;

/// What a row is made of.
pub(crate) mod kinds {
    pub(crate) use super::subject::{Code, On, Proxy, Row};
}
