//! The checks of an adoption and of an acceptance: whether the code of the version may take over the storage of the proxy.

use super::check_options::CheckOptions;
use super::transfer::first_contact;
use crate::assess::{Finding, FindingId, FindingKind, Part, Role, Severity};
use crate::build::{BuildError, Framework, evm};
use crate::checks::{Assessment, Subject};
use crate::context::prelude::*;
use crate::error::Exit;
use crate::governance::{Call, kind_in_words};
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::layout::Initializers;
use crate::model::{Instance, ProxyKind};
use crate::plan::{AdoptionRequest, TriedAdoption, try_adoption};
use crate::proxy_code::foreign_parts;
use crate::registry::{Candidate, HandOver, RecordedCode, candidate, not_there, require_there};
use std::path::Path;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::slots;

/// keccak256 of the code of the framework's WASM proxies.
pub(crate) fn wasm_proxy() -> Result<CodeHash> {
    let known = program(UPGRADEABILITY_PROXY).map_err(BuildError::pinned)?;
    Ok(known.codehash.into())
}

/// The checks of an adoption: whether the version's code may take over the storage of the proxy.
pub(crate) async fn check(
    session: Session<'_>,
    call: &abi::adoptCall,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    let definition = (session.registry.address, call.name.as_str());
    let found = candidate(
        session.registry.client,
        definition,
        wasm_proxy()?,
        call.proxy,
    )
    .await?;
    require_same_kind(call, &found)?;
    // From then on nobody else changes what it runs, so what is compared now is what is adopted.
    if options.role != Role::Reader {
        require_given(session, call, &found, options).await?;
    }
    let version = (call.name.as_str(), call.version.as_str());
    takes_over(session, version, (options, None), &found).await
}

/// Refuses an adoption as another kind than the proxy's: its admin would order it in words that it does not obey for
/// good.
fn require_same_kind(call: &abi::adoptCall, found: &Candidate) -> Result<()> {
    let named = ProxyKind::from(call.kind);
    if named == found.kind {
        return Ok(());
    }
    let [named, kind] = [named, found.kind].map(kind_in_words);
    let message = format!(
        "{} is a {kind}, and would be adopted as another kind",
        call.proxy
    );
    let refusal = Refusal::new("KindDiffers", message).with(
        kind,
        named,
        "nothing was sent; stylus-upgrades adopt finds the kind: refuse this action (stylus-upgrades revoke), and propose \
         it again",
    );
    Err(refusal.into())
}

/// Refuses a proxy whose upgrades another account decides. What gives it away is told only after all of it went through
/// on a copy.
///
/// # Errors
/// `NotGiven`, `AdoptionFails`, `NotTried`.
pub(crate) async fn require_given(
    session: Session<'_>,
    call: &abi::adoptCall,
    found: &Candidate,
    options: CheckOptions<'_>,
) -> Result<()> {
    let (registry, proxy) = (session.registry, call.proxy);
    let Some(give) = found.hand_over(registry, &call.name).await? else {
        return Ok(());
    };
    let refusal = |name, message: String| Refusal::new(name, message).exiting(Exit::NotReady);
    let expected = format!("{}, the admin of {}", give.given_to, call.name);
    let tried = match tried(session, call, (found, Some(give.clone())), options).await {
        Ok(tried) => tried,
        Err(error) => {
            let message = format!(
                "{proxy} is upgraded by {}, and its adoption could not be tried",
                give.from
            );
            let next = "nothing was sent; do not give it away: what could not be tried may not come back. Try again \
                        with an endpoint that the state can be copied from";
            return Err(refusal("NotTried", message)
                .with(expected, error.to_string(), next)
                .into());
        }
    };
    if let Some(problem) = tried.problem {
        let message = format!(
            "{proxy} cannot be adopted: tried on a copy of block {}, {}",
            tried.block, problem.message
        );
        let found = problem.found.unwrap_or_else(|| problem.id.to_string());
        let next = format!(
            "nothing was sent; do not give it away: {} could not give it back",
            call.name
        );
        return Err(refusal("AdoptionFails", message)
            .with("a proxy that can be handed over and upgraded", found, next)
            .into());
    }
    // Whoever gives it away learns first who else has it.
    let open = tried.open.into_iter();
    let mut open = open.filter(|one| one.severity == Severity::Danger);
    if let Some(open) = open.find(|one| !session.context.accepted().contains(&one.id)) {
        return Err(Error::Unconfirmed {
            message: open.message,
            id: open.id,
        });
    }
    if give.is_from_proxy_admin {
        let message = format!(
            "{proxy} is upgraded by {}, a ProxyAdmin, which upgrades proxies and calls nothing else: nobody can hand it over",
            give.from
        );
        let next = "nothing was sent; a proxy whose owner is a ProxyAdmin can be neither upgraded nor adopted: create \
                    another one";
        return Err(refusal("NotGiven", message)
            .with(expected, give.from.to_string(), next)
            .into());
    }
    let order = if give.is_from_contract {
        format!(
            "first have the contract {} send to {} the call {} with the calldata {}",
            give.from, give.to, give.signature, give.input
        )
    } else {
        format!("first send from {}: {}", give.from, give.command)
    };
    let message = format!(
        "{proxy} is upgraded by {}, not by {}",
        give.from, give.given_to
    );
    let given = tried.given.words();
    let given = given.map_or_else(String::new, |words| format!(" ({words})"));
    let next = format!(
        "nothing was sent. Once it is given away, only {} can give it back (stylus-upgrades transfer). Hand-over and \
         adoption went through on a copy of block {}{given}; {order}",
        call.name, tried.block
    );
    Err(refusal("NotGiven", message)
        .with(expected, give.from.to_string(), next)
        .into())
}

/// Finds who can control a proxy that is to be adopted, now and after its adoption.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn find_control(
    session: Session<'_>,
    call: &abi::adoptCall,
    options: CheckOptions<'_>,
) -> Result<Vec<Finding>> {
    let definition = (session.registry.address, call.name.as_str());
    let client = session.registry.client;
    let found = candidate(client, definition, wasm_proxy()?, call.proxy).await?;
    let tried = match tried(session, call, (&found, None), options).await {
        Ok(tried) => tried,
        // Others can take it, and nothing shows whether: that is for somebody to accept.
        Err(error) => {
            let message = format!("who can control {} was not tried", call.proxy);
            let id = FindingId::absent(Part::Simulation);
            let next = format!(
                "try again with an endpoint that the state can be copied from; to accept it: {}",
                FindingId::flag([&id])
            );
            let finding = Finding::new(Part::Simulation, Severity::Danger, id, message);
            let finding = finding.with(
                "an adoption that was tried on a copy",
                error.to_string(),
                next,
            );
            return Ok(vec![finding]);
        }
    };
    if let Some(problem) = &tried.problem {
        let message = &problem.message;
        let note = format!("? not checked: who can control it once it is adopted: {message}");
        session.context.note(note);
    }
    if let Some(given) = tried.given.words() {
        session.context.note(format!("· {given}"));
    }
    let (dangers, others): (Vec<Finding>, Vec<Finding>) = tried
        .open
        .into_iter()
        .partition(|one| one.severity == Severity::Danger);
    for one in others {
        session.context.note(one.line());
    }
    Ok(dangers)
}

/// Tries an adoption on a copy.
async fn tried(
    session: Session<'_>,
    call: &abi::adoptCall,
    (found, hand_over): (&Candidate, Option<HandOver>),
    options: CheckOptions<'_>,
) -> Result<TriedAdoption> {
    let registry = session.registry;
    let code = registry.code(&call.name, &call.version).await?;
    let then = initializers(session, (&call.version, &code), options.layout).await?;
    let codehash = registry.client.codehash(found.implementation).await?;
    let codehash = codehash.unwrap_or_default();
    let runs = if codehash == code.codehash {
        then.clone()
    } else {
        let what = found.implementation.to_string();
        let code = RecordedCode {
            implementation: found.implementation,
            codehash,
            layout: LayoutHash::ZERO,
            source: SourceHash::ZERO,
        };
        initializers(session, (&what, &code), options.runs_layout).await?
    };
    let document = session.documents().get(code.layout).await?.into_value();
    let role = Call::Adopt(call.clone()).role();
    let request = AdoptionRequest {
        registry: registry.address,
        call: call.clone(),
        policy: (role.into(), registry.policy(&call.name, role).await?),
        found: *found,
        hand_over,
        document,
        initializers: [runs, then],
        names: session.context.names(),
    };
    let mut tried = try_adoption(registry.client, request).await?;
    let code = registry.client.code(found.proxy).await?;
    tried.open.extend(own_code(found.proxy, &code));
    Ok(tried)
}

/// The finding that a proxy does more by its own code than those of OpenZeppelin.
fn own_code(proxy: Address, code: &[u8]) -> Option<Finding> {
    let parts = match foreign_parts(code) {
        Ok(parts) if parts.is_empty() => return None,
        Ok(parts) => parts.join("; "),
        Err(why) => format!("its code could not be compared: {why}"),
    };
    let id = FindingId::at(FindingKind::UnknownProxyCode, proxy);
    let message =
        format!("the code of the proxy {proxy} itself is not that of OpenZeppelin: {parts}");
    let next = format!(
        "read the sources of the proxy: no upgrade changes its own code; to accept it: {}",
        FindingId::flag([&id])
    );
    let finding = Finding::new(Part::Code, Severity::Danger, id, message);
    Some(finding.with(
        "a proxy whose own code forwards calls, and touches the words of ERC-1967 alone",
        parts,
        next,
    ))
}

/// Returns what the initializers of code leave behind, as a file shows them. Messages call the code `what`.
async fn initializers(
    session: Session<'_>,
    (what, code): (&str, &RecordedCode),
    file: Option<&Path>,
) -> Result<Initializers> {
    let Some(file) = file else {
        return Ok(Initializers::default());
    };
    let known = session.layout(what, code, Some(file)).await?;
    let audit = known.audit.into_value();
    Ok(audit.map(|shown| shown.initializers).unwrap_or_default())
}

/// The checks of [`check`], for any proxy. Another registry may have `recorded` the layout of its code.
async fn takes_over(
    session: Session<'_>,
    (name, version): (&str, &str),
    (options, recorded): (CheckOptions<'_>, Option<(Address, LayoutHash)>),
    found: &Candidate,
) -> Result<Assessment> {
    let adoption = Subject::Adoption {
        found,
        name,
        version,
        runs_layout: (options.runs_layout, recorded),
        layout: options.layout,
    };
    session.assess(adoption, options.role).await
}

/// The checks of an acceptance: whether the version may take over the storage of the instance. Its layout comes from a
/// file, or from the registry that transfers it.
pub(crate) async fn check_acceptance(
    session: Session<'_>,
    call: &abi::acceptTransferCall,
    options: CheckOptions<'_>,
) -> Result<Assessment> {
    if call.registry.is_zero() {
        return Ok(Assessment::default());
    }
    let instance = found(session, call).await?;
    let there = session.registry.client.registry(call.registry);
    let code = there.code(&instance.definition, &instance.version).await?;
    let runs = session
        .registry
        .client
        .storage(call.proxy, slots::IMPLEMENTATION);
    let candidate = Candidate {
        proxy: call.proxy,
        kind: instance.kind,
        implementation: Address::from_word(runs.await?),
        authority: Some(call.registry),
        through: call.proxy,
    };
    let version = (call.name.as_str(), call.version.as_str());
    let said = (options, Some((call.registry, code.layout)));
    takes_over(session, version, said, &candidate).await
}

/// The instance at the registry that is to transfer it. An adopted one is not transferred to a registry.
pub(crate) async fn found(
    session: Session<'_>,
    call: &abi::acceptTransferCall,
) -> Result<Instance> {
    let proxy = call.proxy;
    let from = first_contact(session.context, session.registry.client, call.registry).await?;
    let instance = require_there(from, proxy).await?;
    if instance.kind.is_adopted() {
        let found = "an adopted proxy, which goes to an account and is adopted from there";
        return Err(not_there(proxy, from.address, found).into());
    }
    // The proxy's own admin slot decides: a registry can list a proxy that has another admin.
    let obeyed = Address::from_word(session.registry.client.storage(proxy, slots::ADMIN).await?);
    if obeyed != from.address {
        let found = format!("a proxy whose ERC-1967 admin slot names {obeyed}");
        return Err(not_there(proxy, from.address, found).into());
    }
    require_of_set(session, proxy, instance.kind).await?;
    Ok(instance)
}

/// Refuses a proxy of another set: one with the code of an earlier release, whose orders a registry passed on.
async fn require_of_set(session: Session<'_>, proxy: Address, kind: ProxyKind) -> Result<()> {
    let client = session.registry.client;
    let expected = Framework::pinned()?
        .proxy_codehash(kind)
        .unwrap_or_default();
    let found = client.codehash(proxy).await?.unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    let earlier = match evm::caller_in_proxy(&client.code(proxy).await?) {
        Some(relay) => format!(", in which orders come from {relay}"),
        None => String::new(),
    };
    let refusal = Refusal::new(
        "NotSupported",
        format!(
            "{proxy} has the code of another release{earlier}: this registry does not receive it"
        ),
    );
    let refusal = refusal.with(
        format!("a proxy with the code hash {expected}"),
        found.to_string(),
        "nothing was sent; it stays at its registry, which can upgrade it on",
    );
    Err(refusal.into())
}
