//! `adopt`: proxies of OpenZeppelin become instances.

use super::args::{AdoptArgs, StorageArgs};
use super::constructor::{may_have_constructor, require_constructed};
use super::context::Context;
use super::propose::propose;
use super::storage::{self, StorageChecks, StorageContext, Versions};
use super::work::interfaces;
use crate::app_error::Error;
use crate::assess::{Coverage, Evidence, Origin, Part, Role};
use crate::build::BuildError;
use crate::governance::kind_in_words;
use crate::ids::{CodeHash, LayoutHash};
use crate::layout::Who;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Candidate, TransferError, candidate, given_to};
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What the version before is called where that is no version.
const BEFORE: &str = "what it runs";

/// Where the layout of what a proxy runs now is known from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RunsLayout<'a> {
    /// A file.
    pub(super) file: Option<&'a Path>,
    /// The registry that recorded it, and its hash.
    pub(super) recorded: Option<(Address, LayoutHash)>,
}

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
    let mut outcome = Outcome::default();
    outcome.field("name", &args.name);
    outcome.field("version", &args.version);
    outcome.field("proxy", proxy);
    outcome.field("kind", kind_in_words(found.kind));
    outcome.field("runs", found.implementation);
    outcome.field("admin", admin);
    let kind = kind_in_words(found.kind);
    outcome.line(format!(
        "{proxy}  a {kind} that runs {}",
        found.implementation
    ));
    found.require_given(&client, registry, name).await?;
    if found.authority.is_none() {
        context.output.note(&format!(
            "nobody but its code knows who may upgrade it, which has to be {admin}, the admin of {name}: \
             the call is tried first"
        ));
    }
    let place = StorageContext {
        context,
        client: &client,
        registry,
    };
    let (pair, said) = (
        (args.name.as_str(), args.version.as_str()),
        (
            (&args.storage, Role::Proposer),
            RunsLayout {
                file: args.runs_layout.as_deref(),
                recorded: None,
            },
        ),
    );
    let checks = takes_over(place, pair, said, &found).await?;
    storage::report(&mut outcome, &checks);
    let call = abi::adoptCall {
        name: args.name.clone(),
        proxy,
        kind: found.kind.number(),
        version: args.version.clone(),
    };
    let bytes = call.abi_encode().into();
    propose(context, &client, registry, &bytes, Vec::new(), outcome).await
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
    place: StorageContext<'_>,
    call: &abi::adoptCall,
    said: (&StorageArgs, Role),
) -> Result<StorageChecks, Error> {
    let (client, registry) = (place.client, place.registry);
    let definition = (registry, call.name.as_str());
    let found = candidate(client, definition, wasm_proxy()?, call.proxy).await?;
    let said = (said, RunsLayout::default());
    takes_over(place, (&call.name, &call.version), said, &found).await
}

/// Checks that the version's code may take over the storage of what the proxy runs, and how much of
/// that could be checked. The layout of what it runs is that of the file, if there is one.
pub(super) async fn takes_over(
    place: StorageContext<'_>,
    (name, version): (&str, &str),
    ((args, role), runs_layout): ((&StorageArgs, Role), RunsLayout<'_>),
    found: &Candidate,
) -> Result<StorageChecks, Error> {
    let StorageContext {
        context,
        client,
        registry,
    } = place;
    let code = client.registry(registry).code(name, version).await?;
    let (proxy, implementation) = (found.proxy, code.implementation);
    if may_have_constructor(client, implementation).await? {
        let code = implementation.to_string();
        require_constructed(client, (proxy, found.kind), code).await?;
    }
    let accepted = context.accepted();
    let mut checks = StorageChecks::asked_by(role);
    let runs = client
        .codehash(found.implementation)
        .await?
        .unwrap_or_default();
    if runs != code.codehash {
        let documents = context.documents(client, registry);
        let (of, hash) = runs_layout.recorded.unwrap_or((registry, LayoutHash::ZERO));
        let before = found.implementation.to_string();
        let old = context.documents(client, of);
        let given = args.layout.as_deref();
        let versions = Versions {
            name,
            from: BEFORE,
            to: version,
            old: storage::layout_of(&old, &before, hash, runs_layout.file).await?,
            new: storage::layout_of(&documents, version, code.layout, given).await?,
            runs_migration: false,
            goes_back: false,
            who: Who::Newcomer(found.proxy),
        };
        storage::require(place, versions, (args, &accepted), &mut checks).await?;
        let pair = [(BEFORE, runs), (version, code.codehash)];
        compare_callers(place, name, pair, &mut checks.coverage).await?;
    }
    checks.require_all(&accepted)?;
    checks.coverage.add(storage::source(version, code.source));
    checks.require_coverage(&accepted)?;
    Ok(checks)
}

/// Compares what callers of the proxy can use with what the version has. What they lose, and what is
/// not known, was not checked: whoever means it names the part.
async fn compare_callers(
    place: StorageContext<'_>,
    name: &str,
    pair: [(&str, CodeHash); 2],
    coverage: &mut Coverage,
) -> Result<(), Error> {
    let chain = (place.client, place.registry);
    let mut absent = |why| coverage.add(Evidence::whole(Part::Interface, Origin::NotKnown, why));
    match interfaces(place.context, chain, name, pair, None).await? {
        Ok(Some(both)) => {
            let lost: Vec<_> = both.lost().iter().map(|one| one.id().to_string()).collect();
            if !lost.is_empty() {
                absent(format!("callers of the proxy lose {}", lost.join(", ")));
            }
            both.note(coverage, Origin::Change);
        }
        Ok(None) => coverage.seen(Part::Interface, Origin::Chain),
        Err(why) => absent(why),
    }
    Ok(())
}
