//! Who asks about a governed call, and what he says of it.

use super::args::ReviewArgs;
use super::prelude::*;
use crate::assess::Role;
use std::path::Path;

/// Who asks about a governed call, and what he says of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asker<'a> {
    pub(super) role: Role,
    /// Who would send or sign it, where that is known.
    pub(super) who: Option<Address>,
    /// The layout of its version, for code that carries none: a compiler's JSON.
    pub(super) layout: Option<&'a Path>,
    /// The same of what a proxy runs that becomes an instance.
    pub(super) runs_layout: Option<&'a Path>,
    /// The initializer as it was typed; empty where calldata were given.
    pub(super) typed: &'a str,
    /// Whether its code was built now, and is that of these sources.
    pub(super) code_is_built: bool,
    /// The same of the program of its migration.
    pub(super) program_is_built: bool,
}

impl<'a> Asker<'a> {
    /// Somebody who says nothing of it.
    pub(super) fn of(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }

    /// Who proposes a call there.
    pub(super) fn proposer(place: Place<'_>) -> Self {
        Self {
            who: place.registry.client.caller("propose").ok(),
            ..Self::of(Role::Proposer)
        }
    }

    /// Who approves it, and has built what he names.
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
