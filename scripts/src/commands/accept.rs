//! `adopt --from`: a definition accepts an instance that another registry transfers to it, or takes that back.

use super::adopt::{RunsLayout, takes_over};
use super::args::{AdoptArgs, StorageArgs};
use super::context::Context;
use super::facts::Place;
use super::propose::propose;
use super::storage;
use super::transfer::first_contact;
use crate::app_error::Error;
use crate::assess::Role;
use crate::build::evm;
use crate::checks::Assessment;
use crate::governance::kind_in_words;
use crate::model::Instance;
use crate::output::Outcome;
use crate::registry::{Candidate, TransferError, require_there};
use crate::text::shell_word;
use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// Accepts a proxy, or takes an acceptance back.
pub(super) async fn accept(context: &Context, args: &AdoptArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("adopt").await?;
    let place = Place::of(context, &client, registry);
    let proxy = context.manifest.address(&args.proxy)?;
    let (name, version) = (args.name.clone(), args.version.clone());
    let mut outcome = Outcome::default();
    outcome.fields(&Acceptance {
        name: &name,
        version: &version,
        proxy,
    });
    let mut call = abi::acceptTransferCall {
        name,
        proxy,
        kind: 0,
        version,
        registry: Address::ZERO,
    };
    if let Some(from) = &args.from {
        call.registry = context.manifest.address(from)?;
        let instance = found(place, &call).await?;
        call.kind = instance.kind.number();
        let kind = kind_in_words(call.kind);
        outcome.fields(&Arrives {
            from: call.registry,
            kind: &kind,
        });
        outcome.line(format!(
            "{proxy}  {kind} of {} {} of {}",
            instance.definition,
            instance.version,
            context.names().long(call.registry)
        ));
        let (_, recorded) = recorded(place, &call, &instance).await?;
        let runs = (args.runs_layout.as_deref(), recorded);
        let said = ((&args.storage, Role::Proposer), runs);
        let candidate = candidate(place, &call).await?;
        let pair = (call.name.as_str(), call.version.as_str());
        let checks = takes_over(place, pair, said, &candidate).await?;
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
            return Err(TransferError::NothingAccepted {
                proxy,
                name: call.name,
            }
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

/// What is accepted, or not any more.
#[derive(Serialize)]
struct Acceptance<'a> {
    name: &'a str,
    version: &'a str,
    proxy: Address,
}

/// Where it comes from, and what it is.
#[derive(Serialize)]
struct Arrives<'a> {
    from: Address,
    kind: &'a str,
}

/// What an approver of an acceptance has checked.
pub(super) async fn check(
    place: Place<'_>,
    call: &abi::acceptTransferCall,
    said: (&StorageArgs, Role),
) -> Result<Assessment, Error> {
    if call.registry.is_zero() {
        return Ok(Assessment::default());
    }
    let instance = found(place, call).await?;
    let candidate = candidate(place, call).await?;
    let said = (said, recorded(place, call, &instance).await?);
    takes_over(place, (&call.name, &call.version), said, &candidate).await
}

/// The layout of what the instance runs, as the registry recorded it that is to transfer it.
async fn recorded(
    place: Place<'_>,
    call: &abi::acceptTransferCall,
    instance: &Instance,
) -> Result<RunsLayout<'static>, Error> {
    let there = place.client.registry(call.registry);
    let code = there.code(&instance.definition, &instance.version).await?;
    Ok((None, Some((call.registry, code.layout))))
}

/// The instance at the registry that is to transfer it. An adopted one is not transferred to a registry.
async fn found(place: Place<'_>, call: &abi::acceptTransferCall) -> Result<Instance, Error> {
    let from = first_contact(place.context, place.client, call.registry).await?;
    let instance = require_there(place.client, from, call.proxy).await?;
    // What the proxy obeys stands in its own slot: a registry can have a proxy on record that obeys another.
    let obeyed = place.client.storage(call.proxy, slots::ADMIN).await?;
    let obeyed = Address::from_word(obeyed);
    if !instance.kind.is_adopted() && obeyed != from {
        return Err(TransferError::NotThere {
            proxy: call.proxy,
            from,
            found: format!("a proxy whose ERC-1967 admin slot names {obeyed}"),
        }
        .into());
    }
    // The registry in an EVM proxy's code could order it anything, whoever it obeys.
    let code = place.client.code(call.proxy).await?;
    if let Some(relay) = evm::registry_in_code(&code)
        && relay != place.registry
    {
        first_contact(place.context, place.client, relay).await?;
    }
    match instance.kind.is_adopted() {
        false => Ok(instance),
        true => Err(TransferError::NotThere {
            proxy: call.proxy,
            from,
            found: "an adopted proxy, which goes to an account and is adopted from there".into(),
        }
        .into()),
    }
}

/// The proxy as it is now.
async fn candidate(place: Place<'_>, call: &abi::acceptTransferCall) -> Result<Candidate, Error> {
    let runs = place.client.storage(call.proxy, slots::IMPLEMENTATION);
    Ok(Candidate {
        proxy: call.proxy,
        kind: call.kind.into(),
        implementation: Address::from_word(runs.await?),
        authority: Some(call.registry),
        through: call.proxy,
    })
}
