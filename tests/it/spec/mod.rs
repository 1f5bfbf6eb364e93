//! Specifications: lists of obligations that every variant must meet.

pub(crate) mod proxy;
mod subject;

/// What a row is made of.
pub(crate) mod kinds {
    pub(crate) use super::subject::{Code, On, Row};
    pub(crate) use stylus_upgrades_tests::proxies::Proxy;
}
