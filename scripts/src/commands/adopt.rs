//! `adopt` and `hand-over`: proxies of others become instances, and instances go elsewhere.

use super::args::{AdoptArgs, StorageArgs};
use super::constructor::{has_constructor_at, require_constructed};
use super::context::Context;
use super::propose::propose;
use super::storage::{self, StorageChecks, StorageContext, Versions};
use crate::app_error::Error;
use crate::build::BuildError;
use crate::coverage::{Extent, Part};
use crate::governance::kind_in_words;
use crate::layout::Who;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Candidate, candidate};
use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What the version before is called where that is no version.
const BEFORE: &str = "what it runs";

/// Makes a proxy an instance at a version.
pub(super) async fn adopt(context: &Context, args: &AdoptArgs) -> Result<Outcome, Error> {
    let client = context.working_client("adopt").await?;
    let (registry, proxy) = (context.registry()?, context.manifest.address(&args.proxy)?);
    let found = candidate(&client, registry, wasm_proxy()?, proxy).await?;
    let mut outcome = Outcome::default();
    outcome.field("name", &args.name);
    outcome.field("version", &args.version);
    outcome.field("proxy", proxy);
    outcome.field("kind", kind_in_words(found.kind));
    outcome.field("runs", found.implementation);
    let kind = kind_in_words(found.kind);
    outcome.line(format!(
        "{proxy}  a {kind} that runs {}",
        found.implementation
    ));
    found.require_given(&client, registry).await?;
    if found.authority.is_none() {
        context
            .output
            .note("nobody but its code knows who may upgrade it: the call is tried first");
    }
    let place = StorageContext {
        context,
        client: &client,
        registry,
    };
    let (pair, said) = (
        (args.name.as_str(), args.version.as_str()),
        (&args.storage, args.runs_layout.as_deref()),
    );
    let checks = takes_over(place, pair, said, &found).await?;
    storage::report(&mut outcome, &checks);
    let call = abi::adoptCall {
        name: args.name.clone(),
        proxy,
        kind: found.kind,
        version: args.version.clone(),
    };
    let bytes = call.abi_encode().into();
    propose(context, &client, registry, &bytes, Vec::new(), outcome).await
}

/// Gives an instance to another registry, or back to who had it.
pub(super) async fn hand_over(context: &Context, proxy: &str, to: &str) -> Result<Outcome, Error> {
    let client = context.working_client("hand-over").await?;
    let registry = context.registry()?;
    let (proxy, to) = (
        context.manifest.address(proxy)?,
        context.manifest.address(to)?,
    );
    let instance = client
        .call(registry, &abi::instanceOfCall { proxy })
        .await?;
    let mut outcome = Outcome::default();
    outcome.field("name", &instance.name);
    outcome.field("proxy", proxy);
    outcome.field("kind", kind_in_words(instance.kind));
    outcome.field("to", to);
    if client.codehash(to).await?.is_none() {
        let line = format!("{to} has no code: whoever has its key decides alone from then on");
        context.output.note(&line);
    }
    let call = abi::handOverCall {
        name: instance.name,
        proxy,
        newRegistry: to,
    };
    let bytes = call.abi_encode().into();
    propose(context, &client, registry, &bytes, Vec::new(), outcome).await
}

/// keccak256 of the code of our WASM proxies.
fn wasm_proxy() -> Result<B256, Error> {
    let known = program(UPGRADEABILITY_PROXY).map_err(|error| BuildError::Pinned {
        reason: error.to_string(),
    })?;
    Ok(known.codehash)
}

/// What an approver of an adoption has checked.
pub(super) async fn check(
    place: StorageContext<'_>,
    call: &abi::adoptCall,
    args: &StorageArgs,
) -> Result<StorageChecks, Error> {
    let (client, registry) = (place.client, place.registry);
    let found = candidate(client, registry, wasm_proxy()?, call.proxy).await?;
    takes_over(place, (&call.name, &call.version), (args, None), &found).await
}

/// Checks that the version's code may take over the storage of what the proxy runs, and how much of
/// that could be checked. The layout of what it runs is that of the file, if there is one.
async fn takes_over(
    place: StorageContext<'_>,
    (name, version): (&str, &str),
    (args, runs_layout): (&StorageArgs, Option<&Path>),
    found: &Candidate,
) -> Result<StorageChecks, Error> {
    let StorageContext {
        context,
        client,
        registry,
    } = place;
    let query = abi::getVersionCall {
        name: name.into(),
        version: version.into(),
    };
    let code = client.call(registry, &query).await?.code;
    let (proxy, implementation) = (found.proxy, code.implementation);
    if has_constructor_at(client, implementation).await? {
        let code = implementation.to_string();
        require_constructed(client, (proxy, found.kind), code).await?;
    }
    let mut checks = StorageChecks::default();
    let runs = client
        .codehash(found.implementation)
        .await?
        .unwrap_or_default();
    if runs != code.codehash {
        let documents = context.documents(client, registry);
        let before = found.implementation.to_string();
        let given = args.layout.as_deref();
        let versions = Versions {
            name,
            from: BEFORE,
            to: version,
            old: storage::layout_of(&documents, &before, B256::ZERO, runs_layout).await?,
            codes: (runs, code.codehash),
            new: storage::layout_of(&documents, version, code.layoutHash, given).await?,
            runs_migration: false,
            goes_back: false,
            who: Who::Newcomer(found.proxy),
        };
        storage::require(place, versions, args, &mut checks).await?;
    }
    checks.require_all(args)?;
    if code.sourceHash.is_zero() {
        let why = "nobody recorded the hash of its sources";
        checks.coverage.lower(Part::Source, Extent::Absent, why);
    }
    checks.coverage.require(&args.allow_absent)?;
    Ok(checks)
}
