//! May a version be reached by this transition? What is known of it ([`Transition`]), and the checks of it by part:
//! each a function from facts to findings that asks nobody.
//!
//! ```text
//! subject ─→ facts (`pipeline/facts`: the chain, a build, files) ─→ CHECKS ─→ findings, coverage ─→ decide
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
pub use facts::{
    Built, Callers, Declared, Ending, LostPath, Program, ReadAt, Runs, Stage, Transition,
};
pub use subject::{BEFORE, Code, Subject, Version};

use crate::assess::{Coverage, Finding};
use crate::client::ChainError;
use crate::layout::Compared;

/// The result of the checks of a transition.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// All findings.
    pub findings: Vec<Finding>,
    /// The extent to which each part was seen.
    pub coverage: Coverage,
    /// The comparison of both layouts, where there are two.
    pub compared: Option<Compared>,
}

/// Every check but that of the layouts, in the order in which a refusal names them.
const CHECKS: &[fn(&Transition, &mut Found)] = &[
    storage::described,
    storage::older_sdk,
    storage::live,
    interface::callers,
    interface::expected,
    storage::fields,
    steps::complex,
    steps::step,
    steps::back,
    steps::bypassed,
    steps::lost_paths,
    steps::called,
    steps::initializer,
    steps::creation,
    steps::label,
    interface::begin,
    code::constructor,
    code::replacing,
    code::judgement,
    code::filled,
    code::emptied,
    interface::reserved,
    code::source,
    storage::document,
    code::size,
];

/// Makes every check of a transition.
///
/// # Errors
/// Layouts that no compiler writes.
pub fn check(transition: &Transition) -> Result<Found, ChainError> {
    let mut found = Found::default();
    storage::layouts(transition, &mut found)?;
    CHECKS
        .iter()
        .for_each(|check| check(transition, &mut found));
    Ok(found)
}
