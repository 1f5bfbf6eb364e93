//! May a version be reached by this way? What is known of the way ([`Way`]), and the checks of it by part: each a
//! function from facts to findings that asks nobody.
//!
//! ```text
//! subject ─→ facts (`commands/facts`: the chain, a build, files) ─→ CHECKS ─→ findings, coverage ─→ decide
//! ```

mod assessment;
mod code;
mod facts;
mod interface;
mod steps;
mod storage;
mod subject;
#[cfg(test)]
mod tests;

pub use assessment::Assessment;
pub use facts::{Built, Callers, Declared, Ending, Program, ReadAt, Runs, Stage, Way};
pub use subject::{Code, Subject, Version};

use crate::assess::{Coverage, Finding};
use crate::client::ChainError;
use crate::layout::Compared;

/// What the checks say of a way.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What was found.
    pub findings: Vec<Finding>,
    /// How much of each part was seen.
    pub coverage: Coverage,
    /// The comparison of both layouts, where there are two.
    pub compared: Option<Compared>,
}

/// Every check but that of the layouts, in the order in which a refusal names them.
const CHECKS: &[fn(&Way, &mut Found)] = &[
    storage::live,
    interface::callers,
    interface::expected,
    steps::complex,
    steps::step,
    steps::initializer,
    steps::creation,
    steps::label,
    interface::begin,
    code::constructor,
    interface::reserved,
    code::source,
    storage::document,
    code::size,
];

/// Makes every check of a way.
///
/// # Errors
/// Layouts that no compiler writes.
pub fn check(way: &Way) -> Result<Found, ChainError> {
    let mut found = Found::default();
    storage::layouts(way, &mut found)?;
    CHECKS.iter().for_each(|check| check(way, &mut found));
    Ok(found)
}
