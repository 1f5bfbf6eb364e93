//! The initializers and migrations that a version's code declares, against what a command runs.
//! The registry cannot tell: a step without calldata marks the version all the same, and what the
//! author's migration was to do is then never done.

use crate::error::{Exit, Explain};
use alloy::dyn_abi::JsonAbiExt;
use alloy::json_abi::Function;
use alloy::primitives::{Bytes, Selector};
use stylus_layout::{DeclaredStep, StepKind};
use stylus_upgrades_interface::reasons::step;
use thiserror::Error;

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
    /// What the program of a complex migration declares, if that is known.
    pub program: Option<&'a [DeclaredStep]>,
}

/// A command that does not run what the code declares.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StepsError {
    /// The code declares a migration and the command runs none.
    #[error(
        "{name} {to} declares a migration that would not run, and never could again: {}",
        listed(declared)
    )]
    MigrationOmitted {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// The migrations that are meant.
        declared: Vec<DeclaredStep>,
    },
    /// The code declares an initializer and the command runs none.
    #[error(
        "{name} {version} declares an initializer that would not run, and never could on this instance: {}",
        listed(declared)
    )]
    InitializerOmitted {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// The initializers that it declares.
        declared: Vec<DeclaredStep>,
    },
    /// Calldata of something that is no migration between these versions.
    #[error("{found} is no migration {from} → {to} that the code of {name} {to} declares")]
    MigrationUndeclared {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// What the calldata is.
        found: String,
        /// What the code declares.
        declared: Vec<DeclaredStep>,
    },
    /// Calldata of something that is no initializer of the version.
    #[error("{found} is no initializer of {version} that the code of {name} {version} declares")]
    InitializerUndeclared {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// What the calldata is.
        found: String,
        /// What the code declares.
        declared: Vec<DeclaredStep>,
    },
    /// Calldata of a declared function without its arguments.
    #[error("the calldata does not hold the arguments of {}: {reason}", step.signature)]
    Arguments {
        /// The initializer or migration.
        step: Box<DeclaredStep>,
        /// Bytes behind the selector.
        size: usize,
        /// What is wrong with them.
        reason: String,
    },
    /// The program of a complex migration leads from or to another version.
    #[error("the program does not migrate {name} {from} → {to}")]
    ProgramForOthers {
        /// The definition.
        name: String,
        /// The version before.
        from: String,
        /// The new version.
        to: String,
        /// What the program declares.
        declared: Vec<DeclaredStep>,
    },
}

/// Whether a way into a version runs what its code declares. `omitted` is said on purpose
/// (`--no-migration`): the code's own migration does not run.
///
/// # Errors
/// [`StepsError`].
pub fn check_step(
    steps: &[DeclaredStep],
    way: &PlannedStep<'_>,
    omitted: bool,
) -> Result<(), StepsError> {
    let migrations = || steps.iter().filter(|one| one.kind == StepKind::Migration);
    let own = migrations().find(|one| one.from == way.from && one.to == way.to);
    let (name, from, to) = (way.name.into(), way.from.into(), way.to.into());
    if way.kind == step::CALL {
        let selector = selector_of(way.data);
        if let Some(own) = own.filter(|own| Some(own.selector()) == selector) {
            return require_arguments(own, way.data);
        }
        return Err(StepsError::MigrationUndeclared {
            name,
            from,
            to,
            found: names_of(steps, selector),
            declared: migrations().cloned().collect(),
        });
    }
    if let (step::COMPLEX, Some(program)) = (way.kind, way.program)
        && !program
            .iter()
            .any(|one| one.kind == StepKind::Complex && one.from == way.from && one.to == way.to)
    {
        return Err(StepsError::ProgramForOthers {
            name,
            from,
            to,
            declared: program.to_vec(),
        });
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
    match declared.is_empty() || omitted {
        true => Ok(()),
        false => Err(StepsError::MigrationOmitted {
            name,
            from,
            to,
            declared,
        }),
    }
}

/// Whether the creation of an instance runs the initializer that the version's code declares.
/// `omitted` is said on purpose (`--no-init`).
///
/// # Errors
/// [`StepsError`].
pub fn check_creation(
    steps: &[DeclaredStep],
    (name, version): (&str, &str),
    data: &Bytes,
    omitted: bool,
) -> Result<(), StepsError> {
    let initializers = || steps.iter().filter(|one| one.kind == StepKind::Initializer);
    let declared: Vec<DeclaredStep> = initializers().cloned().collect();
    let (name, version) = (name.to_owned(), version.to_owned());
    if data.is_empty() {
        return match declared.is_empty() || omitted {
            true => Ok(()),
            false => Err(StepsError::InitializerOmitted {
                name,
                version,
                declared,
            }),
        };
    }
    let selector = selector_of(data);
    let mut own = initializers().filter(|one| one.to == version);
    if let Some(own) = own.find(|own| Some(own.selector()) == selector) {
        return require_arguments(own, data);
    }
    Err(StepsError::InitializerUndeclared {
        found: names_of(steps, selector),
        name,
        version,
        declared,
    })
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
fn names_of(steps: &[DeclaredStep], selector: Option<Selector>) -> String {
    let Some(selector) = selector else {
        return "calldata of less than four bytes".into();
    };
    match steps.iter().find(|one| one.selector() == selector) {
        Some(known) => described(known),
        None => format!("the function {selector}"),
    }
}

/// A step in words.
fn described(step: &DeclaredStep) -> String {
    let DeclaredStep {
        from,
        to,
        signature,
        ..
    } = step;
    match step.kind {
        StepKind::Initializer => format!("{signature}, the initializer of {to},"),
        StepKind::Migration => format!("{signature}, the migration {from} → {to},"),
        StepKind::Complex => format!("the complex migration {from} → {to}"),
    }
}

fn listed(steps: &[DeclaredStep]) -> String {
    let words = steps.iter().map(|step| {
        let words = described(step);
        words.trim_end_matches(',').to_owned()
    });
    match words.collect::<Vec<_>>().join("; ") {
        none if none.is_empty() => "none".into(),
        words => words,
    }
}

/// A call as the command line takes it, with the types of the arguments in their places.
fn call(flag: &str, step: &DeclaredStep) -> String {
    let signature = &step.signature;
    let arguments = signature.split_once('(').map_or("", |(_, rest)| rest);
    let arguments = arguments.trim_end_matches(')');
    match arguments.is_empty() {
        true => format!("{flag} '{signature}'"),
        false => format!("{flag} '{signature}' <{}>", arguments.replace(',', "> <")),
    }
}

impl StepsError {
    fn declared(&self) -> &[DeclaredStep] {
        match self {
            Self::MigrationOmitted { declared, .. }
            | Self::InitializerOmitted { declared, .. }
            | Self::MigrationUndeclared { declared, .. }
            | Self::InitializerUndeclared { declared, .. }
            | Self::ProgramForOthers { declared, .. } => declared,
            Self::Arguments { step, .. } => std::slice::from_ref(step),
        }
    }
}

impl Explain for StepsError {
    fn name(&self) -> String {
        match self {
            Self::MigrationOmitted { .. } => "MigrationOmitted",
            Self::InitializerOmitted { .. } => "InitializerOmitted",
            Self::MigrationUndeclared { .. } => "MigrationUndeclared",
            Self::InitializerUndeclared { .. } => "InitializerUndeclared",
            Self::ProgramForOthers { .. } => "ProgramForOthers",
            Self::Arguments { .. } => "StepArguments",
        }
        .into()
    }

    fn expected(&self) -> Option<String> {
        let (from, to) = match self {
            Self::MigrationOmitted { from, to, .. }
            | Self::MigrationUndeclared { from, to, .. } => (from, to),
            Self::InitializerOmitted { .. } | Self::InitializerUndeclared { .. } => {
                return Some(match self.declared() {
                    [] => "no initializer: the code declares none".into(),
                    declared => listed(declared),
                });
            }
            Self::Arguments { step, .. } => {
                return Some(format!("the arguments of {}", step.signature));
            }
            Self::ProgramForOthers { from, to, .. } => {
                return Some(format!("a complex migration {from} → {to}"));
            }
        };
        let mut own = self.declared().iter();
        Some(match own.find(|one| one.from == *from && one.to == *to) {
            Some(own) => own.signature.clone(),
            None => format!(
                "a migration {from} → {to}; the code declares: {}",
                listed(self.declared())
            ),
        })
    }

    fn found(&self) -> Option<String> {
        Some(match self {
            Self::MigrationOmitted { .. } => "no call of it".into(),
            Self::InitializerOmitted { .. } => "no --init".into(),
            Self::MigrationUndeclared { found, .. } | Self::InitializerUndeclared { found, .. } => {
                found.trim_end_matches(',').to_owned()
            }
            Self::ProgramForOthers { declared, .. } => listed(declared),
            Self::Arguments { size, reason, .. } => {
                format!("{size} bytes behind the selector: {reason}")
            }
        })
    }

    fn next(&self) -> Option<String> {
        let first = |flag, of: &dyn Fn(&DeclaredStep) -> bool| {
            let mut declared = self.declared().iter();
            declared.find(|one| of(one)).map(|one| call(flag, one))
        };
        Some(match self {
            Self::MigrationOmitted { from, to, .. } => {
                let own = first("--call", &|one| one.from == *from && one.to == *to);
                format!(
                    "{}; if the data really stays as it is, or something else migrates it: --no-migration",
                    own.unwrap_or_else(|| "give a --script that migrates it".into())
                )
            }
            Self::MigrationUndeclared { from, to, .. } => {
                first("--call", &|one| one.from == *from && one.to == *to).unwrap_or_else(|| {
                    "declare #[migration(from, to)] in the code, or give a --script".into()
                })
            }
            Self::InitializerOmitted { version, .. } => {
                let own = first("--init", &|one| one.to == *version);
                let bare = "if the instance is meant to stay uninitialised: --no-init";
                own.map_or_else(|| bare.to_owned(), |own| format!("{own}; {bare}"))
            }
            Self::InitializerUndeclared { version, .. } => {
                first("--init", &|one| one.to == *version).unwrap_or_else(|| {
                    "leave --init out, or create the instance at the version that the initializer is for".into()
                })
            }
            Self::Arguments { step, .. } => match step.kind {
                StepKind::Initializer => call("--init", step),
                _ => call("--call", step),
            },
            Self::ProgramForOthers { .. } => {
                "give the program for these versions, or name the versions as it does".into()
            }
        })
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

#[cfg(test)]
mod tests;
