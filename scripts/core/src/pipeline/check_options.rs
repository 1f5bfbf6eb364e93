//! The options of the checks of a governed call: in which role, for whom, with which declarations.

use crate::assess::Role;
use crate::context::prelude::*;
use crate::options::ReviewArgs;
use std::path::Path;

/// The options of the checks of a governed call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CheckOptions<'a> {
    /// The role in which somebody asks.
    pub(crate) role: Role,
    /// The account that would send or sign the call, if it is known.
    pub(crate) who: Option<Address>,
    /// The layout of its version, for code that carries none: a compiler's JSON.
    pub(crate) layout: Option<&'a Path>,
    /// The layout of the code of a proxy that is adopted.
    pub(crate) runs_layout: Option<&'a Path>,
    /// The initializer as it was typed; empty if calldata was given.
    pub(crate) typed: &'a str,
    /// True if its code was built now from the given sources.
    pub(crate) code_is_built: bool,
    /// True if the program of its migration was built now.
    pub(crate) program_is_built: bool,
}

impl<'a> CheckOptions<'a> {
    /// The options of that role, with the defaults.
    pub(crate) fn of(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// The proposer of a call there.
    pub(crate) fn proposer(session: Session<'_>) -> Self {
        Self {
            who: session.registry.client.caller("propose").ok(),
            ..Self::of(Role::Proposer)
        }
    }

    /// An approver, with the options of the command.
    pub(crate) fn approver(args: &'a ReviewArgs, who: Option<Address>) -> Self {
        Self {
            who,
            layout: args.storage.layout.as_deref(),
            code_is_built: args.source.is_some(),
            program_is_built: args.script_source.is_some(),
            ..Self::of(Role::Approver)
        }
    }
}
