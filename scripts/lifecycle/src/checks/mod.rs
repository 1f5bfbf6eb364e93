//! May a version be reached by this way? What is known of the way ([`Way`]), and one file for each check of it: a
//! function from facts to findings that asks nobody.
//!
//! ```text
//! subject ─→ facts (`commands/facts`: the chain, a build, files) ─→ CHECKS ─→ findings, coverage ─→ decide
//! ```

mod assessment;
mod begin;
mod callers;
mod complex;
mod constructor;
mod creation;
mod document;
mod expected;
mod facts;
mod label;
mod layout;
mod live;
mod reserved;
mod size;
mod source;
mod steps;
mod subject;
#[cfg(test)]
mod tests;

pub use assessment::Assessment;
pub use facts::{Built, Callers, Declared, Ending, Program, ReadAt, Runs, Stage, Way};
pub use subject::{Code, Subject, Version};

use crate::assess::{Coverage, Finding};
use crate::layout::{Compared, LayoutError};

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

/// A check of a way.
type Check = fn(&Way, &mut Found) -> Result<(), LayoutError>;

/// Every check, in the order in which a refusal names them.
const CHECKS: &[Check] = &[
    layout::check,
    live::check,
    callers::check,
    expected::check,
    complex::check,
    steps::check,
    steps::initializer,
    creation::check,
    label::check,
    begin::check,
    constructor::check,
    reserved::check,
    source::check,
    document::check,
    size::check,
];

/// Makes every check of a way.
///
/// # Errors
/// Layouts that no compiler writes.
pub fn check(way: &Way) -> Result<Found, LayoutError> {
    let mut found = Found::default();
    CHECKS.iter().try_for_each(|check| check(way, &mut found))?;
    Ok(found)
}
