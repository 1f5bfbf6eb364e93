//! What commands on versions do about storage before they send anything: find both layouts, judge,
//! tell, log what was allowed.

use super::args::StorageArgs;
use super::context::Context;
use crate::client::Client;
use crate::error::Error;
use crate::layout::{
    Allowed, AllowedLog, Judgement, Known, LayoutError, Pair, Said, judge, read_file,
};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::labels;
use alloy::primitives::{Address, B256};
use std::path::Path;
use stylus_layout::Layout;
use stylus_upgrades_interface::registry::Code;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Two versions of a definition, as a command has them.
pub(super) struct Versions<'a> {
    pub(super) name: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    /// What the registry recorded of the version before.
    pub(super) old: B256,
    pub(super) new: Known,
    /// Findings that the author declares to be the migration's business.
    pub(super) migrates: Vec<String>,
    pub(super) runs_migration: bool,
    pub(super) goes_back: bool,
}

/// Judges the pair, tells what came of it, and logs what was declared or allowed. Errors if the
/// new version must not take over the storage.
pub(super) fn require(
    context: &Context,
    versions: Versions<'_>,
    args: &StorageArgs,
) -> Result<Judgement, Error> {
    let (old, log) = (
        known(context, versions.old)?,
        AllowedLog::of(&context.store()),
    );
    let pair = Pair {
        name: versions.name,
        from: versions.from,
        to: versions.to,
        old,
        new: versions.new,
        runs_migration: versions.runs_migration,
        goes_back: versions.goes_back,
    };
    let before = match (&pair.old, &pair.new) {
        (Known::Layout(old), Known::Layout(new)) => {
            log.of_step((pair.name, pair.from, pair.to), old.hash(), new.hash())
        }
        _ => Vec::new(),
    };
    let said = Said {
        renames: args.rename.clone(),
        retypes: args.retype.clone(),
        allowed: args.allow_layout.clone(),
        migrates: versions.migrates,
        before,
    };
    let judgement = judge(&pair, &said)?;
    if let (true, Some(old), Some(new)) = (said.is_worth_noting(), judgement.old, judgement.new) {
        log.add(&Allowed {
            definition: pair.name.into(),
            from: pair.from.into(),
            to: pair.to.into(),
            old,
            new,
            renames: said.renames,
            retypes: said.retypes,
            allowed: said.allowed,
        })?;
    }
    for line in judgement.lines() {
        context.output.note(&line);
    }
    Ok(judgement)
}

/// The layout of a registered version: that of the file that was given for it, else the kept one.
pub(super) fn layout_of(
    context: &Context,
    version: &str,
    code: &Code,
    file: Option<&Path>,
) -> Result<Known, LayoutError> {
    match file {
        Some(file) => given(context, version, file, code.layoutHash).map(Known::Layout),
        None => known(context, code.layoutHash),
    }
}

/// The findings that its author declares to be its migration's business, as far as a build of
/// that code is kept here.
pub(super) fn declared(context: &Context, codehash: B256) -> Result<Vec<String>, LayoutError> {
    let build = context.store().build(codehash)?;
    Ok(build.map(|build| build.build.migrates).unwrap_or_default())
}

/// The layout with a hash that the registry recorded.
pub(super) fn known(context: &Context, hash: B256) -> Result<Known, LayoutError> {
    if hash.is_zero() {
        return Ok(Known::Not("the registry has no layout of it"));
    }
    Ok(match context.store().layout(hash)? {
        Some(layout) => Known::Layout(layout),
        None => Known::Not(
            "its layout is not kept here; `stylus-upgrades layout show --keep <its crate>` keeps it",
        ),
    })
}

/// The layout in a file that was given for code with the hash `recorded` (zero if nobody knows).
pub(super) fn given(
    context: &Context,
    what: &str,
    file: &Path,
    recorded: B256,
) -> Result<Layout, LayoutError> {
    let layout = read_file(file, None)?.layout;
    let hash = context.store().keep_layout(&layout)?;
    if !recorded.is_zero() && hash != recorded {
        return Err(LayoutError::Differs {
            what: what.into(),
            has: recorded,
            given: hash,
        });
    }
    Ok(layout)
}

/// What the registry recorded for the first version with that code, and its label.
pub(super) async fn recorded(
    client: &Client,
    registry: Address,
    name: &str,
    codehash: B256,
) -> Result<Option<(String, Code)>, Error> {
    for version in labels(client, registry, name).await? {
        let call = abi::getVersionCall {
            name: name.into(),
            version: version.clone(),
        };
        let code = client.call(registry, &call).await?.code;
        if code.codehash == codehash {
            return Ok(Some((version, code)));
        }
    }
    Ok(None)
}

/// The judgements as fields, and as lines where somebody has to know: nothing was compared, or
/// somebody allowed what is dangerous.
pub(super) fn report(outcome: &mut Outcome, judgements: &[Judgement]) {
    if judgements.is_empty() {
        return;
    }
    outcome.field("storage", judgements);
    for judgement in judgements {
        let is_allowed = |because: &str| because.starts_with("allowed");
        let mut accepted = judgement.accepted.iter();
        if judgement.unknown.is_some() || accepted.any(|one| is_allowed(&one.because)) {
            outcome.lines.extend(judgement.lines());
        }
    }
}
