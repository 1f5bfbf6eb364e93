//! `adopt`: proxies of OpenZeppelin become instances.

use super::args::{AdoptArgs, StorageArgs};
use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use super::storage;
use crate::app_error::Error;
use crate::assess::Role;
use crate::build::BuildError;
use crate::checks::{Assessment, Subject};
use crate::governance::kind_in_words;
use crate::ids::{CodeHash, LayoutHash};
use crate::names::Names;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Candidate, TransferError, candidate, given_to};
use crate::report::CommandReport;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::path::Path;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What the version before is called where that is no version.
pub(super) const BEFORE: &str = "what it runs";

/// Where the layout of what a proxy runs now is known from: a file, or the registry that recorded it and its hash.
pub(super) type RunsLayout<'a> = (Option<&'a Path>, Option<(Address, LayoutHash)>);

/// Makes a proxy an instance at a version.
pub(super) async fn adopt(context: &Context, args: &AdoptArgs) -> Result<Outcome, Error> {
    let client = context.working_client("adopt").await?;
    let registry = context.verified(&client, context.registry()?).await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let name = args.name.as_str();
    let found = candidate(&client, (registry, name), wasm_proxy()?, proxy).await?;
    if !found.kind.is_adopted() {
        return Err(TransferError::OfRegistry {
            proxy,
            registry: found.authority.unwrap_or_default(),
            name: name.into(),
        }
        .into());
    }
    let admin = given_to(registry, name);
    let report = AdoptionReport {
        name,
        version: &args.version,
        proxy,
        kind: kind_in_words(found.kind),
        runs: found.implementation,
        admin,
    };
    let mut outcome = Outcome::of(&report, &context.names());
    found.require_given(&client, registry, name).await?;
    if found.authority.is_none() {
        context.output.note(&format!(
            "nobody but its code knows who may upgrade it, which has to be {admin}, the admin of {name}: \
             the call is tried first"
        ));
    }
    let place = Place::of(context, &client, registry);
    let pair = (name, args.version.as_str());
    let runs_layout = (args.runs_layout.as_deref(), None);
    let said = ((&args.storage, Role::Proposer), runs_layout);
    let checks = takes_over(place, pair, said, &found).await?;
    storage::require(&checks)?;
    storage::report(&mut outcome, &checks);
    let call = abi::adoptCall {
        name: args.name.clone(),
        proxy,
        kind: found.kind.number(),
        version: args.version.clone(),
    };
    let bytes = call.abi_encode().into();
    propose(place, &bytes, Vec::new(), outcome).await
}

/// The proxy that becomes an instance.
#[derive(Serialize)]
struct AdoptionReport<'a> {
    name: &'a str,
    version: &'a str,
    proxy: Address,
    kind: String,
    /// The implementation that it runs now.
    runs: Address,
    /// Who has to be its admin: the definition's.
    admin: Address,
}

impl CommandReport for AdoptionReport<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self {
            proxy, kind, runs, ..
        } = self;
        vec![format!("{proxy}  a {kind} that runs {runs}")]
    }
}

/// keccak256 of the code of our WASM proxies.
fn wasm_proxy() -> Result<CodeHash, Error> {
    let known = program(UPGRADEABILITY_PROXY).map_err(|error| BuildError::Pinned {
        reason: error.to_string(),
    })?;
    Ok(known.codehash.into())
}

/// What an approver of an adoption has checked.
pub(super) async fn check(
    place: Place<'_>,
    call: &abi::adoptCall,
    said: (&StorageArgs, Role),
) -> Result<Assessment, Error> {
    let definition = (place.registry, call.name.as_str());
    let found = candidate(place.client, definition, wasm_proxy()?, call.proxy).await?;
    takes_over(
        place,
        (&call.name, &call.version),
        (said, (None, None)),
        &found,
    )
    .await
}

/// Checks whether the version's code may take over the storage of what the proxy runs.
pub(super) async fn takes_over(
    place: Place<'_>,
    (name, version): (&str, &str),
    ((args, role), runs_layout): ((&StorageArgs, Role), RunsLayout<'_>),
    found: &Candidate,
) -> Result<Assessment, Error> {
    let adoption = Subject::Adoption {
        found,
        name,
        version,
        runs_layout,
        layout: args.layout.as_deref(),
        said: &args.said(),
    };
    place.assess(adoption, role).await
}
