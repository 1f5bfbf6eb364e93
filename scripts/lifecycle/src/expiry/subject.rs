//! The subject of an examination.

use crate::build::Framework;
use crate::registry::Registry;

/// The subject of an examination.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// A registry.
    pub registry: Registry<'a>,
    /// The framework that is known here.
    pub framework: &'a Framework,
}
