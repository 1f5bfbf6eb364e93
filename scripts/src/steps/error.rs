//! Why a command does not run what the code declares.

use crate::assess::FindingId;
use crate::error::Explain;
use crate::text::shell_word;
use alloy::primitives::Address;
use stylus_layout::{DeclaredStep, StepKind};
use thiserror::Error;

/// A command that does not run what the code declares.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
pub enum StepsError {
    /// The code declares a migration and the command runs none.
    #[error(
        "{name} {to} declares a migration that would not run, and never could again: {}",
        listed(declared)
    )]
    #[explain(
        expected = expected_migration(from, to, declared),
        found = "no call of it",
        next = format!(
            "{}; if the data really stays as it is, or something else migrates it: {}",
            call_to("--call", Some(from), to, declared)
                .unwrap_or_else(|| "give a --script that migrates it".into()),
            FindingId::flag([&FindingId::MIGRATION_OMITTED])
        )
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
    #[explain(
        expected = expected_initializer(version, declared, elsewhere.as_deref()),
        found = "no --init",
        next = format!(
            "{}; if the instance is meant to stay uninitialised: {}",
            initialised(name, version, declared, elsewhere.as_deref()),
            FindingId::flag([&FindingId::INITIALIZER_OMITTED])
        )
    )]
    InitializerOmitted {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// The initializers that it declares.
        declared: Vec<DeclaredStep>,
        /// That of a registered version, where none is of this one.
        elsewhere: Option<Box<DeclaredStep>>,
    },
    /// The first version's code declares initializers, and none of them for this label.
    #[error(
        "no instance could ever be initialised at {name} {version}: the code declares {}",
        listed(declared)
    )]
    #[explain(
        expected = "an #[initializer({version:?})]: what is created at a version runs its own",
        found = listed(declared),
        next = format!(
            "{}, or write #[initializer({version:?})] in the code: a label stays for good. If no \
             instance is to be initialised at it: {}",
            declared.first().map_or_else(String::new, |one| format!("register it as {}", one.to)),
            FindingId::flag([&FindingId::INITIALIZER_OF_OTHER])
        )
    )]
    InitializerOfOther {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// The initializers that the code declares.
        declared: Vec<DeclaredStep>,
    },
    /// Calldata of something that is no migration between these versions.
    #[error("{found} is no migration {from} → {to} that the code of {name} {to} declares")]
    #[explain(
        expected = expected_migration(from, to, declared),
        found = found.trim_end_matches(',').to_owned(),
        next = call_to("--call", Some(from), to, declared).unwrap_or_else(|| {
            "declare #[migration(from, to)] in the code, or give a --script".into()
        })
    )]
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
    #[explain(
        expected = expected_initializer(version, declared, elsewhere.as_deref()),
        found = found.trim_end_matches(',').to_owned(),
        next = match declared.is_empty() {
            true => "leave --init out".to_owned(),
            false => initialised(name, version, declared, elsewhere.as_deref()),
        }
    )]
    InitializerUndeclared {
        /// The definition.
        name: String,
        /// The version.
        version: String,
        /// What the calldata is.
        found: String,
        /// The initializers that the code declares.
        declared: Vec<DeclaredStep>,
        /// That of a registered version, where none is of this one.
        elsewhere: Option<Box<DeclaredStep>>,
    },
    /// Calldata of a declared function without its arguments.
    #[error("the calldata does not hold the arguments of {}: {reason}", step.signature)]
    #[explain(
        name = "StepArguments",
        expected = format!("the arguments of {}", step.signature),
        found = "{size} bytes behind the selector: {reason}",
        next = match step.kind {
            StepKind::Initializer => call("--init", step),
            StepKind::Migration | StepKind::Complex => call("--call", step),
        }
    )]
    Arguments {
        /// The initializer or migration.
        step: Box<DeclaredStep>,
        /// Bytes behind the selector.
        size: usize,
        /// What is wrong with them.
        reason: String,
    },
    /// The code that ends a complex migration is not on the chain.
    #[error("the complex migration could not end: UpgradeabilityStorage is not on this chain")]
    #[explain(
        expected = "code at {storage}, which its program was linked to",
        found = "an account without code",
        next = "stylus-upgrades registry deploy puts it there; or build the program with the framework \
                of this registry (--framework-from)"
    )]
    ProgramCannotEnd {
        /// The account that the program calls at its end.
        storage: Address,
    },
    /// The program of a complex migration was linked to code that this program does not know.
    #[error(
        "the program of the complex migration was not linked to this framework: nobody knows how it ends"
    )]
    #[explain(
        expected = "a program that names UpgradeabilityStorage at {storage}",
        found = "no such address in its code",
        next = "build it with this program; if it belongs to another framework: --framework-from"
    )]
    ProgramOfOtherFramework {
        /// The account that programs of this framework call at their end.
        storage: Address,
    },
    /// The program of a complex migration leads from or to another version.
    #[error("the program does not migrate {name} {from} → {to}")]
    #[explain(
        expected = "a complex migration {from} → {to}",
        found = listed(declared),
        next = "give the program for these versions, or name the versions as it does"
    )]
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

impl StepsError {
    /// What `--accept` takes for it; nothing where it cannot be accepted.
    pub fn id(&self) -> Option<FindingId> {
        match self {
            Self::MigrationOmitted { .. } => Some(FindingId::MIGRATION_OMITTED),
            Self::InitializerOmitted { .. } => Some(FindingId::INITIALIZER_OMITTED),
            Self::InitializerOfOther { .. } => Some(FindingId::INITIALIZER_OF_OTHER),
            _ => None,
        }
    }
}

/// A step in words.
pub(super) fn described(step: &DeclaredStep) -> String {
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

fn expected_migration(from: &str, to: &str, declared: &[DeclaredStep]) -> String {
    let mut own = declared.iter();
    match own.find(|one| one.from == from && one.to == to) {
        Some(own) => own.signature.clone(),
        None => format!(
            "a migration {from} → {to}; the code declares: {}",
            listed(declared)
        ),
    }
}

fn expected_initializer(
    version: &str,
    declared: &[DeclaredStep],
    elsewhere: Option<&DeclaredStep>,
) -> String {
    match (declared, elsewhere) {
        ([], _) => "no initializer: the code declares none".into(),
        (_, Some(other)) => format!(
            "an instance created at {}: {} runs there and at no other version",
            other.to, other.signature
        ),
        (declared, None) if declared.iter().any(|one| one.to == version) => listed(declared),
        (declared, None) => format!(
            "an initializer of {version}; the code declares only: {}",
            listed(declared)
        ),
    }
}

/// How an instance comes to `version` initialised.
fn initialised(
    name: &str,
    version: &str,
    declared: &[DeclaredStep],
    elsewhere: Option<&DeclaredStep>,
) -> String {
    let own = call_to("--init", None, version, declared);
    match (own, elsewhere) {
        (Some(own), _) => own,
        (None, Some(other)) => {
            let (name, init) = (shell_word(name), call("--init", other));
            let at = shell_word(&other.to);
            format!(
                "stylus-upgrades create-proxy {name} {at} {init}, then stylus-upgrades upgrade {name}"
            )
        }
        (None, None) => format!(
            "add a version whose code declares #[initializer(…)] for its own label, and create at that: {version} has none"
        ),
    }
}

/// The call of the declared step that leads to `to`, and leaves `from` if that is given.
fn call_to(flag: &str, from: Option<&str>, to: &str, declared: &[DeclaredStep]) -> Option<String> {
    let is_own = |one: &&DeclaredStep| one.to == to && from.is_none_or(|from| one.from == from);
    declared.iter().find(is_own).map(|one| call(flag, one))
}
