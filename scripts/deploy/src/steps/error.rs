//! Why a command does not run what the code declares.

use crate::assess::FindingId;
use crate::error::Explain;
use crate::text::shell_word;
use alloy::primitives::Address;
use stylus_layout::{DeclaredStep, StepKind};
use thiserror::Error;

/// A way between two versions of a definition, and what the code of the new one declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The definition.
    pub name: String,
    /// The version before.
    pub from: String,
    /// The new version.
    pub to: String,
    /// The steps that are meant.
    pub declared: Vec<DeclaredStep>,
}

/// A version that instances are created at, and the initializers that its code declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The definition.
    pub name: String,
    /// The version.
    pub version: String,
    /// The initializers.
    pub declared: Vec<DeclaredStep>,
    /// That of a registered version, where none is of this one.
    pub elsewhere: Option<Box<DeclaredStep>>,
}

/// A command that does not run what the code declares.
#[derive(Debug, Clone, PartialEq, Eq, Error, Explain)]
pub enum StepsError {
    /// The code declares a migration and the command runs none.
    #[error(
        "{} {} declares a migration that would not run, and never could again: {}",
        .0.name, .0.to, listed(&.0.declared)
    )]
    #[explain(
        expected = _0.expected(),
        found = "no call of it",
        next = format!(
            "{}; if the data really stays as it is, or something else migrates it: {}",
            _0.call().unwrap_or_else(|| "give a --script that migrates it".into()),
            FindingId::flag([&FindingId::MIGRATION_OMITTED])
        )
    )]
    MigrationOmitted(Migrated),
    /// Calldata of something that is no migration between these versions.
    #[error(
        "{found} is no migration {} → {} that the code of {} {} declares",
        of.from, of.to, of.name, of.to
    )]
    #[explain(
        expected = of.expected(),
        found = found.trim_end_matches(',').to_owned(),
        next = of.call().unwrap_or_else(|| {
            "declare #[migration(from, to)] in the code, or give a --script".into()
        })
    )]
    MigrationUndeclared {
        /// What the calldata is.
        found: String,
        /// The way.
        of: Migrated,
    },
    /// The program of a complex migration leads from or to another version.
    #[error("the program does not migrate {} {} → {}", .0.name, .0.from, .0.to)]
    #[explain(
        expected = format!("a complex migration {} → {}", _0.from, _0.to),
        found = listed(&_0.declared),
        next = "give the program for these versions, or name the versions as it does"
    )]
    ProgramForOthers(Migrated),
    /// The code declares an initializer and the command runs none.
    #[error(
        "{} {} declares an initializer that would not run, and never could on this instance: {}",
        .0.name, .0.version, listed(&.0.declared)
    )]
    #[explain(
        expected = _0.expected(),
        found = "no --init",
        next = format!(
            "{}; if the instance is meant to stay uninitialized: {}",
            _0.initialized(),
            FindingId::flag([&FindingId::INITIALIZER_OMITTED])
        )
    )]
    InitializerOmitted(Created),
    /// Calldata of something that is no initializer of the version.
    #[error(
        "{found} is no initializer of {} that the code of {} {} declares",
        of.version, of.name, of.version
    )]
    #[explain(
        expected = of.expected(),
        found = found.trim_end_matches(',').to_owned(),
        next = match of.declared.is_empty() {
            true => "leave --init out".to_owned(),
            false => of.initialized(),
        }
    )]
    InitializerUndeclared {
        /// What the calldata is.
        found: String,
        /// The version.
        of: Created,
    },
    /// The first version's code declares initializers, and none of them for this label.
    #[error(
        "no instance could ever be initialized at {} {}: the code declares {}",
        .0.name, .0.version, listed(&.0.declared)
    )]
    #[explain(
        expected = format!(
            "an #[initializer({:?})]: what is created at a version runs its own", _0.version
        ),
        found = listed(&_0.declared),
        next = format!(
            "{}, or write #[initializer({:?})] in the code: a label stays for good. If no \
             instance is to be initialized at it: {}",
            _0.declared.first().map_or_else(String::new, |one| format!("register it as {}", one.to)),
            _0.version,
            FindingId::flag([&FindingId::INITIALIZER_OF_OTHER])
        )
    )]
    InitializerOfOther(Created),
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
}

impl StepsError {
    /// What `--accept` takes for it; nothing where it cannot be accepted.
    pub fn id(&self) -> Option<FindingId> {
        match self {
            Self::MigrationOmitted(_) => Some(FindingId::MIGRATION_OMITTED),
            Self::InitializerOmitted(_) => Some(FindingId::INITIALIZER_OMITTED),
            Self::InitializerOfOther(_) => Some(FindingId::INITIALIZER_OF_OTHER),
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

impl Migrated {
    fn own(&self) -> Option<&DeclaredStep> {
        let mut own = self.declared.iter();
        own.find(|one| one.from == self.from && one.to == self.to)
    }

    fn expected(&self) -> String {
        match self.own() {
            Some(own) => own.signature.clone(),
            None => format!(
                "a migration {} → {}; the code declares: {}",
                self.from,
                self.to,
                listed(&self.declared)
            ),
        }
    }

    /// The call of the declared migration.
    fn call(&self) -> Option<String> {
        self.own().map(|one| call("--call", one))
    }
}

impl Created {
    fn own(&self) -> Option<&DeclaredStep> {
        self.declared.iter().find(|one| one.to == self.version)
    }

    fn expected(&self) -> String {
        match (&self.elsewhere, listed(&self.declared)) {
            _ if self.declared.is_empty() => "no initializer: the code declares none".into(),
            (Some(other), _) => format!(
                "an instance created at {}: {} runs there and at no other version",
                other.to, other.signature
            ),
            (None, listed) if self.own().is_some() => listed,
            (None, listed) => format!(
                "an initializer of {}; the code declares only: {listed}",
                self.version
            ),
        }
    }

    /// How an instance comes to the version initialized.
    fn initialized(&self) -> String {
        match (self.own(), &self.elsewhere) {
            (Some(own), _) => call("--init", own),
            (None, Some(other)) => {
                let (name, init) = (shell_word(&self.name), call("--init", other));
                let at = shell_word(&other.to);
                format!(
                    "stylus-upgrades create-proxy {name} {at} {init}, then stylus-upgrades upgrade {name}, with each \
                     --accept that the steps after {at} were registered with"
                )
            }
            (None, None) => format!(
                "add a version whose code declares #[initializer(…)] for its own label, and create at that: {} has none",
                self.version
            ),
        }
    }
}
