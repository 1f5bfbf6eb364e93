//! Why a call is not written to a file.

use crate::client::ChainError;
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::FixedBytes;
use std::path::PathBuf;
use thiserror::Error;

/// Why a call is not written to a file.
#[derive(Debug, Error, Explain)]
pub enum ExportError {
    /// The chain refused or is in trouble.
    #[error(transparent)]
    #[explain(of = _0)]
    Chain(#[from] ChainError),
    /// The file cannot be written.
    #[error(transparent)]
    #[explain(of = _0)]
    File(#[from] FileError),
    /// Something else is there.
    #[error("{} is there, and no call that was exported", path.display())]
    #[explain(
        name = "ExportExists",
        expected = "no file, or one that --export wrote",
        found = "another file",
        next = "nothing was written; choose another name, or remove the file",
        exit = Exit::Usage
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Something is about another chain than the registry's.
    #[error("{of} names the chain {found}, and the registry is on the chain {expected}")]
    #[explain(
        name = "ExportChainId",
        expected = "{expected}",
        found = "{found}",
        next = "nothing was written; give the endpoint and the account of one chain"
    )]
    ChainId {
        /// The registry's chain.
        expected: String,
        /// The other one.
        found: String,
        /// What names it.
        of: &'static str,
    },
    /// A chain's short name that is not known here.
    #[error("{name} is no chain's short name that is known here")]
    #[explain(
        name = "ExportChainName",
        expected = "arb1, arb-nova, arb-sep, or eip155:CHAINID",
        found = "{name}",
        next = "give the address alone, or as eip155:CHAINID:0x…",
        exit = Exit::Usage
    )]
    ChainName {
        /// The text before the address.
        name: String,
    },
    /// Only one of `--as` and `--export` was given.
    #[error("{given} was given without {missing}")]
    #[explain(
        name = "ExportIncomplete",
        expected = "--as ADDRESS and --export FILE together",
        found = "{given} alone",
        next = "add {missing}",
        exit = Exit::Usage
    )]
    Incomplete {
        /// What was given.
        given: &'static str,
        /// What is missing.
        missing: &'static str,
    },
    /// The command makes no call for approvers.
    #[error("this command makes no call that approvers send")]
    #[explain(
        name = "ExportNotGoverned",
        expected = "define, register, create-proxy, migrate, rollback, run-migration --handler or --abort, adopt, transfer, pause, resume, policy update, approve, revoke or cancel",
        found = "--export with another command",
        next = "leave --as and --export out",
        exit = Exit::Usage
    )]
    NotGoverned,
    /// Nothing is left to be decided.
    #[error("{what}: there is no call to export")]
    #[explain(
        name = "ExportNothing",
        expected = "something to decide",
        found = "{what}",
        next = "nothing: it is done"
    )]
    Nothing {
        /// Why.
        what: String,
    },
    /// The instance does not exist before the call was sent.
    #[error("--save with --export: the instance does not exist yet")]
    #[explain(
        name = "ExportSave",
        expected = "create-proxy --export without --save",
        found = "--save",
        next = "leave it out, and write the alias into the manifest when the instance is created",
        exit = Exit::Usage
    )]
    Save,
    /// The call is of a function without a table of its arguments.
    #[error("the arguments of {selector} have no names here")]
    #[explain(
        name = "ExportUnknown",
        expected = "a call that approvers send to a registry",
        found = "{selector}",
        next = "report it: this program has a fault; --export-format json needs no names"
    )]
    Unknown {
        /// The first four bytes.
        selector: FixedBytes<4>,
    },
}
