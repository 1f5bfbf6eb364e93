//! The initializers and migrations that a contract's code declares, from the custom section
//! [`STEPS`](stylus_upgrades_interface::sections::STEPS) of its module. `stylus_upgradeable::migratable::declare` writes it and
//! describes the bytes.
//!
//! A block without steps writes an entry that says so. Without the section the steps are unknown, not none.
//! `#[initializing]` functions are not among them: they have no selector, and nobody calls them.

use std::collections::BTreeSet;

use alloy_primitives::{Selector, keccak256};
use serde::{Deserialize, Serialize};
use stylus_upgrades_interface::sections::STEPS_FORMAT;

use crate::error::LayoutError;
use crate::input::Input;

/// Bytes of a section: many times what a large contract takes.
const SECTION_MAX: usize = 1 << 20;
/// Steps of a contract.
const STEPS_MAX: usize = 1_024;

/// The kind of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// `#[initializer]`: runs once, when an instance is created at the version.
    Initializer,
    /// `#[migration]`: runs once, when an instance goes from the one version to the other.
    Migration,
    /// A complex migration: many transactions.
    Complex,
}

/// A step that a contract's code declares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredStep {
    /// The kind of the step.
    pub kind: StepKind,
    /// The version it leaves; empty for an initializer.
    pub from: String,
    /// The version it reaches.
    pub to: String,
    /// The function's signature, `migrate(uint256)`.
    pub signature: String,
    /// The conditions that must hold after it, as its author wrote them: `nonzero(owner)`, `holds(Self::balanced)`.
    pub conditions: Vec<String>,
}

impl DeclaredStep {
    /// First four bytes of its calldata.
    pub fn selector(&self) -> Selector {
        let hash = keccak256(self.signature.as_bytes());
        Selector::from([hash[0], hash[1], hash[2], hash[3]])
    }

    /// Reads the custom section of a contract's module; `None` if it holds nothing, which is so
    /// where the code was built without our attributes, or by an older version of them.
    ///
    /// # Errors
    /// [`LayoutError::Section`] if the bytes are of another format, damaged, or hold the steps of
    /// several contracts.
    pub fn from_section(bytes: &[u8]) -> Result<Option<Vec<Self>>, LayoutError> {
        let mut input = Input::of("stylus-steps", bytes, SECTION_MAX)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let (mut package, mut steps) = (None::<String>, Vec::new());
        while !input.is_at_end() {
            let (of, declared) = input.entry(STEPS_FORMAT, block)?;
            match &package {
                Some(other) if *other != of => {
                    return Err(input.refused(format!("the steps of {other} and of {of}")));
                }
                _ => package = Some(of),
            }
            steps.extend(declared);
            if steps.len() > STEPS_MAX {
                return Err(input.refused(format!("more than {STEPS_MAX} steps")));
            }
        }
        // The compiler may leave the section of one impl block in the module twice.
        let steps: BTreeSet<Self> = steps.into_iter().collect();
        let labels = |step: &Self| (step.kind, step.from.clone(), step.to.clone());
        let different: BTreeSet<_> = steps.iter().map(labels).collect();
        if different.len() != steps.len() {
            return Err(input.refused("two steps between the same versions"));
        }
        Ok(Some(steps.into_iter().collect()))
    }
}

/// The crate of a contract, and what one of its impl blocks declares.
fn block(input: &mut Input<'_>) -> Result<(String, Vec<DeclaredStep>), LayoutError> {
    let package = input.text()?;
    let count = input.number()?;
    let mut steps = Vec::new();
    for _ in 0..count {
        steps.push(step(input)?);
    }
    Ok((package, steps))
}

fn step(input: &mut Input<'_>) -> Result<DeclaredStep, LayoutError> {
    let kind = match input.byte()? {
        0 => StepKind::Initializer,
        1 => StepKind::Migration,
        2 => StepKind::Complex,
        other => return Err(input.refused(format!("a kind of step with number {other}"))),
    };
    let (from, to, function) = (input.text()?, input.text()?, input.text()?);
    let arguments = list(input)?.join(",");
    Ok(DeclaredStep {
        kind,
        from,
        to,
        signature: format!("{function}({arguments})"),
        conditions: list(input)?,
    })
}

fn list(input: &mut Input<'_>) -> Result<Vec<String>, LayoutError> {
    let count = input.number()?;
    let mut list = Vec::new();
    for _ in 0..count {
        list.push(input.text()?);
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
