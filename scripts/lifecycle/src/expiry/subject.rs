//! What is examined.

use crate::build::Framework;
use crate::registry::Registry;

/// What is examined.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// A registry.
    pub registry: Registry<'a>,
    /// The framework that is known here.
    pub framework: &'a Framework,
}
