//! The initializers and migrations that a version's code declares, against what a command runs.
//! The registry cannot compare them: a step without calldata marks the version as migrated all the
//! same, and the author's migration then never runs.

mod error;

pub use error::{Created, Migrated, StepsError};

use alloy::dyn_abi::JsonAbiExt;
use alloy::json_abi::Function;
use alloy::primitives::{Bytes, Selector};
use error::described;
use stylus_layout::{DeclaredStep, StepKind};
use stylus_upgrades_interface::reasons::step;

/// Why the steps of a complex migration are checked in part only.
pub const PROGRAM_UNKNOWN: &str =
    "code on the chain does not say between which versions its complex migration leads";

/// A way into a version, as a command or an action describes it.
#[derive(Debug, Clone)]
pub struct PlannedStep<'a> {
    /// The definition.
    pub name: &'a str,
    /// The version it leaves.
    pub from: &'a str,
    /// The versions that have the code of `from`, itself among them.
    pub same_code: &'a [String],
    /// The version it reaches.
    pub to: &'a str,
    /// Every version of the definition. A migration to none of them is meant for the new one, under
    /// another label.
    pub labels: &'a [String],
    /// One of [`step`].
    pub kind: u8,
    /// Its calldata.
    pub data: &'a Bytes,
    /// The function as it was typed; empty where calldata were given.
    pub typed: &'a str,
    /// What the program of a complex migration declares, if that is known.
    pub program: Option<&'a [DeclaredStep]>,
}

/// Whether a way into a version runs what its code declares.
///
/// # Errors
/// [`StepsError`].
pub fn check_step(steps: &[DeclaredStep], way: &PlannedStep<'_>) -> Result<(), StepsError> {
    let migrations = || steps.iter().filter(|one| one.kind == StepKind::Migration);
    let own = migrations().find(|one| one.from == way.from && one.to == way.to);
    let of = |declared: Vec<DeclaredStep>| Migrated {
        name: way.name.into(),
        from: way.from.into(),
        to: way.to.into(),
        declared,
    };
    if way.kind == step::CALL {
        let selector = selector_of(way.data);
        if let Some(own) = own.filter(|own| Some(own.selector()) == selector) {
            return require_arguments(own, way.data);
        }
        return Err(StepsError::MigrationUndeclared {
            found: names_of(steps, selector, way.typed),
            of: of(migrations().cloned().collect()),
        });
    }
    if let (step::COMPLEX, Some(program)) = (way.kind, way.program)
        && !program
            .iter()
            .any(|one| one.kind == StepKind::Complex && one.from == way.from && one.to == way.to)
    {
        return Err(StepsError::ProgramForOthers(of(program.to_vec())));
    }
    // A script or a complex program is a migration, but not the one that the code declares.
    let declared: Vec<DeclaredStep> = match own {
        Some(own) => vec![own.clone()],
        None if way.kind == step::NONE => migrations()
            .filter(|one| {
                one.to == way.to
                    || way.same_code.contains(&one.from)
                    || !way.labels.contains(&one.to)
            })
            .cloned()
            .collect(),
        None => Vec::new(),
    };
    match declared.is_empty() {
        true => Ok(()),
        false => Err(StepsError::MigrationOmitted(of(declared))),
    }
}

/// Whether code declares initializers, and none of them is that of `version`.
pub fn is_initialized_elsewhere(steps: &[DeclaredStep], version: &str) -> bool {
    let declared: Vec<&DeclaredStep> = initializers(steps).collect();
    !declared.is_empty() && declared.iter().all(|one| one.to != version)
}

/// Whether instances can be initialized at a version that no other one leads to.
///
/// # Errors
/// [`StepsError::InitializerOfOther`].
pub fn check_first(
    steps: &[DeclaredStep],
    (name, version): (&str, &str),
) -> Result<(), StepsError> {
    match !is_initialized_elsewhere(steps, version) {
        true => Ok(()),
        false => Err(StepsError::InitializerOfOther(Created {
            name: name.to_owned(),
            version: version.to_owned(),
            declared: initializers(steps).cloned().collect(),
            elsewhere: None,
        })),
    }
}

/// What instances lose that are created at `to` where its code is `new` and that before it `old`:
/// the initializer, and its name.
pub fn lost_initializer(
    old: &[DeclaredStep],
    new: &[DeclaredStep],
    to: &str,
) -> Option<(String, String)> {
    let old = initializers(old).next()?;
    let message = match initializers(new).next() {
        None => format!(
            "{} initialized instances, and the new code declares no initializer: those that are created at it begin empty",
            old.signature
        ),
        Some(new) if new.to == old.to && new.to != to => format!(
            "{} is still the initializer of {}: instances that are created at {to} cannot be initialized",
            new.signature, new.to
        ),
        Some(_) => return None,
    };
    let name = old.signature.split('(').next().unwrap_or_default();
    Some((message, name.to_owned()))
}

fn initializers(steps: &[DeclaredStep]) -> impl Iterator<Item = &DeclaredStep> {
    let is_it = |one: &&DeclaredStep| one.kind == StepKind::Initializer;
    steps.iter().filter(is_it)
}

/// Whether the creation of an instance runs the initializer that the version's code declares.
/// `typed` is its function as it was typed, empty where calldata were given; `labels` are the
/// versions that an instance could be created at instead.
///
/// # Errors
/// [`StepsError`].
pub fn check_creation(
    steps: &[DeclaredStep],
    (name, version): (&str, &str),
    (data, typed): (&Bytes, &str),
    labels: &[String],
) -> Result<(), StepsError> {
    let declared: Vec<DeclaredStep> = initializers(steps).cloned().collect();
    let elsewhere = declared
        .iter()
        .find(|one| is_initialized_elsewhere(steps, version) && labels.contains(&one.to));
    let of = Created {
        name: name.to_owned(),
        version: version.to_owned(),
        elsewhere: elsewhere.cloned().map(Box::new),
        declared,
    };
    if data.is_empty() {
        return match of.declared.is_empty() {
            true => Ok(()),
            false => Err(StepsError::InitializerOmitted(of)),
        };
    }
    let selector = selector_of(data);
    let mut own = initializers(steps).filter(|one| one.to == version);
    if let Some(own) = own.find(|own| Some(own.selector()) == selector) {
        return require_arguments(own, data);
    }
    let found = names_of(steps, selector, typed);
    Err(StepsError::InitializerUndeclared { found, of })
}

/// Whether calldata holds the arguments of a step's function, and nothing else. What is recorded with
/// a version stays, and would make every upgrade to it fail.
fn require_arguments(step: &DeclaredStep, data: &Bytes) -> Result<(), StepsError> {
    let arguments = data.get(4..).unwrap_or_default();
    let decoded = Function::parse(&step.signature)
        .map_err(|error| error.to_string())
        .and_then(|function| {
            let values = function.abi_decode_input(arguments);
            let values = values.map_err(|error| error.to_string())?;
            let again = function.abi_encode_input_raw(&values);
            again.map_err(|error| error.to_string())
        });
    let reason = match decoded {
        Ok(again) if again == arguments => return Ok(()),
        Ok(_) => "there are bytes in it that are no argument".into(),
        Err(reason) => reason,
    };
    Err(StepsError::Arguments {
        step: Box::new(step.clone()),
        size: arguments.len(),
        reason,
    })
}

fn selector_of(data: &Bytes) -> Option<Selector> {
    data.first_chunk::<4>().map(|bytes| Selector::from(*bytes))
}

/// What calldata is, as far as the code declares it.
fn names_of(steps: &[DeclaredStep], selector: Option<Selector>, typed: &str) -> String {
    let Some(selector) = selector else {
        return "calldata of less than four bytes".into();
    };
    match steps.iter().find(|one| one.selector() == selector) {
        Some(known) => described(known),
        None if typed.is_empty() => format!("the function {selector}"),
        None => format!("the function {typed} (selector {selector})"),
    }
}

#[cfg(test)]
mod tests;
