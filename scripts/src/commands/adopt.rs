//! `adopt`: proxies of OpenZeppelin become instances.

use super::args::{AdoptArgs, StorageArgs};
use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use super::storage;
use super::transfer::first_contact;
use crate::app_error::Error;
use crate::assess::Role;
use crate::build::{BuildError, evm};
use crate::checks::{Assessment, Subject};
use crate::error::Refusal;
use crate::governance::kind_in_words;
use crate::ids::{CodeHash, LayoutHash};
use crate::model::Instance;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{Candidate, candidate, given_to, not_there, require_there};
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// What the version before is called where that is no version.
pub(super) const BEFORE: &str = "what it runs";

/// Where the layout of what a proxy runs now is known from: a file, or the registry that recorded it and its hash.
pub(super) type RunsLayout<'a> = (Option<&'a Path>, Option<(Address, LayoutHash)>);

/// Makes a proxy an instance at a version.
pub(super) async fn adopt(context: &Context, args: &AdoptArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("adopt").await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let name = args.name.as_str();
    let found = candidate(&client, (registry, name), wasm_proxy()?, proxy).await?;
    if !found.kind.is_adopted() {
        let from = found.authority.unwrap_or_default();
        let message = format!("{proxy} is a proxy of this framework, of the registry {from}");
        let next = format!(
            "nothing was sent; stylus-upgrades adopt {} {proxy} VERSION --from {from} accepts it, then that registry \
             transfers it",
            shell_word(name)
        );
        let expected = "the registry that transfers it";
        return Err(Refusal::new("OfRegistry", message)
            .with(expected, "no --from", next)
            .into());
    }
    let admin = given_to(registry, name);
    let kind = kind_in_words(found.kind);
    let runs = found.implementation;
    let mut outcome = Outcome::default();
    outcome.line(format!("{proxy}  a {kind} that runs {runs}"));
    outcome.field("name", name);
    outcome.field("version", &args.version);
    outcome.field("proxy", proxy);
    outcome.field("kind", kind);
    outcome.field("runs", runs);
    outcome.field("admin", admin);
    found.require_given(&client, registry, name).await?;
    if found.authority.is_none() {
        context.output.note(&format!(
            "nobody but its code knows who may upgrade it, which has to be {admin}, the admin of {name}: \
             the call is tried first"
        ));
    }
    let place = Place::of(context, &client, registry);
    let said = (&args.storage, Role::Proposer);
    let said = (said, (args.runs_layout.as_deref(), None));
    let checks = takes_over(place, (name, &args.version), said, &found).await?;
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

/// keccak256 of the code of our WASM proxies.
fn wasm_proxy() -> Result<CodeHash, Error> {
    let known = program(UPGRADEABILITY_PROXY).map_err(BuildError::pinned)?;
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
    let said = (said, (None, None));
    takes_over(place, (&call.name, &call.version), said, &found).await
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
    };
    place.assess(adoption, role).await
}

/// Accepts a proxy, or takes an acceptance back.
pub(super) async fn accept(context: &Context, args: &AdoptArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("adopt").await?;
    let place = Place::of(context, &client, registry);
    let proxy = context.manifest.address(&args.proxy)?;
    let mut call = abi::acceptTransferCall {
        name: args.name.clone(),
        proxy,
        kind: 0,
        version: args.version.clone(),
        registry: Address::ZERO,
    };
    let mut outcome = Outcome::default();
    outcome.field("name", &call.name);
    outcome.field("version", &call.version);
    outcome.field("proxy", proxy);
    if let Some(from) = &args.from {
        call.registry = context.manifest.address(from)?;
        let instance = found(place, &call).await?;
        call.kind = instance.kind.number();
        let kind = kind_in_words(call.kind);
        outcome.field("from", call.registry);
        outcome.field("kind", &kind);
        outcome.line(format!(
            "{proxy}  {kind} of {} {} of {}",
            instance.definition,
            instance.version,
            context.names().long(call.registry)
        ));
        let said = (&args.storage, Role::Proposer);
        let file = args.runs_layout.as_deref();
        let checks = arrives(place, &call, &instance, file, said).await?;
        storage::require(&checks)?;
        storage::report(&mut outcome, &checks);
        outcome.line(format!(
            "next, once it is accepted: stylus-upgrades transfer {proxy} {registry} {} --registry {}",
            shell_word(&call.name),
            call.registry
        ));
    } else {
        let accepted = place.reader().acceptance(&call.name, proxy).await?;
        (call.kind, call.version) = (accepted.kind.number(), accepted.version);
        if accepted.registry.is_zero() {
            let message = format!("{} has not accepted {proxy} from anybody", call.name);
            let refusal = Refusal::new("NothingAccepted", message);
            let next = "nothing: nothing was sent";
            return Err(refusal
                .with("an acceptance to take back", "none", next)
                .into());
        }
        outcome.line(format!(
            "{proxy}  is not accepted from {} any more",
            context.names().long(accepted.registry)
        ));
    }
    let bytes = call.abi_encode().into();
    propose(place, &bytes, Vec::new(), outcome).await
}

/// What an approver of an acceptance has checked.
pub(super) async fn check_acceptance(
    place: Place<'_>,
    call: &abi::acceptTransferCall,
    said: (&StorageArgs, Role),
) -> Result<Assessment, Error> {
    if call.registry.is_zero() {
        return Ok(Assessment::default());
    }
    let instance = found(place, call).await?;
    arrives(place, call, &instance, None, said).await
}

/// Whether the version may take over the storage of an instance. Its layout is that of a file, or as the registry
/// recorded it that is to transfer it.
async fn arrives(
    place: Place<'_>,
    call: &abi::acceptTransferCall,
    instance: &Instance,
    file: Option<&Path>,
    said: (&StorageArgs, Role),
) -> Result<Assessment, Error> {
    let there = place.client.registry(call.registry);
    let code = there.code(&instance.definition, &instance.version).await?;
    let runs = place.client.storage(call.proxy, slots::IMPLEMENTATION);
    let candidate = Candidate {
        proxy: call.proxy,
        kind: call.kind.into(),
        implementation: Address::from_word(runs.await?),
        authority: Some(call.registry),
        through: call.proxy,
    };
    let said = (said, (file, Some((call.registry, code.layout))));
    takes_over(place, (&call.name, &call.version), said, &candidate).await
}

/// The instance at the registry that is to transfer it. An adopted one is not transferred to a registry.
async fn found(place: Place<'_>, call: &abi::acceptTransferCall) -> Result<Instance, Error> {
    let proxy = call.proxy;
    let from = first_contact(place.context, place.client, call.registry).await?;
    let instance = require_there(place.client, from, proxy).await?;
    if instance.kind.is_adopted() {
        let found = "an adopted proxy, which goes to an account and is adopted from there";
        return Err(not_there(proxy, from, found).into());
    }
    // What the proxy obeys stands in its own slot: a registry can have a proxy on record that obeys another.
    let obeyed = Address::from_word(place.client.storage(proxy, slots::ADMIN).await?);
    if obeyed != from {
        let found = format!("a proxy whose ERC-1967 admin slot names {obeyed}");
        return Err(not_there(proxy, from, found).into());
    }
    // The registry in an EVM proxy's code could order it anything, whoever it obeys.
    let code = place.client.code(proxy).await?;
    if let Some(relay) = evm::registry_in_code(&code)
        && relay != place.registry
    {
        first_contact(place.context, place.client, relay).await?;
    }
    Ok(instance)
}
