//! The options of the checks of a governed call: in which role, for whom, with which declarations.

use super::args::ReviewArgs;
use super::prelude::*;
use crate::assess::Role;
use std::path::Path;

/// The options of the checks of a governed call.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CheckOptions<'a> {
    /// The role in which somebody asks.
    pub(super) role: Role,
    /// Who would send or sign it, if that is known.
    pub(super) who: Option<Address>,
    /// The layout of its version, for code that carries none: a compiler's JSON.
    pub(super) layout: Option<&'a Path>,
    /// The layout of the code of a proxy that is adopted.
    pub(super) runs_layout: Option<&'a Path>,
    /// The initializer as it was typed; empty if calldata was given.
    pub(super) typed: &'a str,
    /// Whether its code was built now from the given sources.
    pub(super) code_is_built: bool,
    /// Whether the program of its migration was.
    pub(super) program_is_built: bool,
}

impl<'a> CheckOptions<'a> {
    /// That role, without options.
    pub(super) fn of(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// The proposer of a call there.
    pub(super) fn proposer(session: Session<'_>) -> Self {
        Self {
            who: session.registry.client.caller("propose").ok(),
            ..Self::of(Role::Proposer)
        }
    }

    /// An approver, with the options of the command.
    pub(super) fn approver(args: &'a ReviewArgs, who: Option<Address>) -> Self {
        Self {
            who,
            layout: args.storage.layout.as_deref(),
            code_is_built: args.source.is_some(),
            program_is_built: args.script_source.is_some(),
            ..Self::of(Role::Approver)
        }
    }
}
