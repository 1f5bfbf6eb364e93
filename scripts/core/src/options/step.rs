//! The step into a version, and what is said about its storage.

use crate::error::Refusal;
use crate::expect::Expectations;
use clap::Args;
use std::path::PathBuf;
use stylus_upgrades_interface::reasons::step;

/// The step into a version: no migration, a call, a script or a complex migration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Migration")]
pub struct StepArgs {
    /// The migration: a function of the version's code, by its name or signature (of --script, by its signature),
    /// with its arguments; or calldata
    #[arg(long, num_args = 1.., value_name = "CALL", allow_negative_numbers = true)]
    pub call: Vec<String>,
    /// The migration script: a crate, a .wasm file, a contract's name, or an address
    #[arg(long, value_name = "SOURCE", requires = "call")]
    pub script: Option<String>,
    /// The program of a complex migration: many transactions, during which the contract is paused
    #[arg(long, value_name = "SOURCE", requires = "handler", conflicts_with_all = ["call", "script"])]
    pub complex: Option<String>,
    /// Who sends the batches of the complex migration, see run-migration
    #[arg(long, value_name = "ADDRESS", requires = "complex")]
    pub handler: Option<String>,
    /// --call is a function of code without the Upgradeable mixin
    #[arg(long, requires = "call", conflicts_with = "script")]
    pub foreign: bool,
    /// A check: a contract that the registry calls before and after it upgrades each instance by
    /// this step, and that can stop the upgrade; an address, a crate, a .wasm file, or a contract's
    /// name
    #[arg(long, value_name = "ADDRESS|SOURCE", conflicts_with_all = ["script", "complex"])]
    pub check: Option<String>,
    /// A file of what must hold for each instance after the upgrade (plan --write-expect writes one): it becomes a
    /// check of the step, and an instance that fails it is not upgraded
    #[arg(long, value_name = "FILE")]
    pub expect: Option<PathBuf>,
}

impl StepArgs {
    /// Returns true if a migration runs in the step.
    pub fn runs_migration(&self) -> bool {
        !self.call.is_empty() || self.complex.is_some()
    }

    /// Returns the kind of the step: what runs in it.
    pub fn kind(&self) -> u8 {
        match self {
            Self {
                complex: Some(_), ..
            } => step::COMPLEX,
            Self {
                script: Some(_), ..
            } => step::SCRIPT,
            Self { call, .. } if call.is_empty() => step::NONE,
            Self { foreign: true, .. } => step::FOREIGN_CALL,
            _ => step::CALL,
        }
    }

    /// Reads the expectations that must hold after the upgrade.
    ///
    /// # Errors
    /// Also where the step cannot have such a check.
    pub fn expectations(&self) -> Result<Option<Expectations>, Refusal> {
        let Some(file) = &self.expect else {
            return Ok(None);
        };
        let other = match (&self.complex, &self.script, &self.check) {
            (Some(_), ..) => "a complex migration",
            (_, Some(_), _) => "a script",
            (.., Some(_)) => "another check",
            _ => return Expectations::read(file).map(Some),
        };
        Err(Refusal::new(
            "ExpectationsOfStep",
            format!("a step with {other} cannot have expectations"),
        )
        .with(
            "a step that runs nothing, or --call of the version's own code",
            other,
            "leave --expect out; use a #[post_condition] of the migration, or check the \
             outcome with plan",
        )
        .usage())
    }

    /// Returns true if no argument was given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Arguments about the storage of a version and of the one before. Before anything is sent the two layouts are
/// compared: the new one, and that of the version before by the hash that the registry recorded. A pair that would
/// corrupt data is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Storage layout (compared before anything is sent)")]
pub struct StorageArgs {
    /// The new version's layout, for code that carries none: a compiler's JSON, or the folder of the crate that builds
    /// to it
    #[arg(long, value_name = "FILE")]
    pub layout: Option<PathBuf>,
}
