//! `adopt`: proxies of OpenZeppelin become instances.

use super::args::AdoptArgs;
use super::check_options::CheckOptions;
use super::effects::Governed;
use super::judge::check_and_send;
use super::prelude::*;
use super::transfer::first_contact;
use crate::build::{BuildError, evm};
use crate::checks::{Assessment, Subject};
use crate::governance::{GovernedCall, kind_in_words};
use crate::ids::{CodeHash, LayoutHash};
use crate::model::Instance;
use crate::registry::{Candidate, candidate, given_to, not_there, require_there};
use crate::text::shell_word;
use stylus_upgrades_framework::{UPGRADEABILITY_PROXY, program};
use stylus_upgrades_interface::slots;

/// The name of the version before, if that is not a version.
pub(super) const BEFORE: &str = "what it runs";

/// Makes a proxy an instance at a version.
pub(super) async fn adopt(context: &Context, args: &AdoptArgs) -> Result<Outcome> {
    let session = Session::sending(context, "adopt").await?;
    let registry = session.registry;
    let proxy = context.manifest.address(&args.proxy)?;
    let name = args.name.as_str();
    let found = candidate(
        registry.client,
        (registry.address, name),
        wasm_proxy()?,
        proxy,
    )
    .await?;
    if !found.kind.is_adopted() {
        let from = found.authority.unwrap_or_default();
        let message = format!("{proxy} is already managed by the registry {from}");
        let next = format!(
            "nothing was sent; run stylus-upgrades adopt {} {proxy} {} --from {from} to accept it, then have that \
             registry transfer it",
            shell_word(name),
            shell_word(&args.version)
        );
        let expected = "--from with the registry that transfers it";
        return Err(Refusal::new("OfRegistry", message)
            .with(expected, "no --from", next)
            .into());
    }
    let admin = given_to(registry.address, name);
    let adoption = Adoption {
        name: args.name.clone(),
        version: args.version.clone(),
        proxy,
        kind: kind_in_words(found.kind),
        runs: found.implementation,
        admin,
    };
    found.require_given(registry, name).await?;
    if found.authority.is_none() {
        context.note(format!(
            "the proxy does not expose its admin. It must be {admin} (the admin of {name}); a simulated call \
             tests this first"
        ));
    }
    let call = abi::adoptCall {
        name: args.name.clone(),
        proxy,
        kind: found.kind.number(),
        version: args.version.clone(),
    };
    decided(session, args, call.abi_encode().into(), adoption).await
}

/// A proxy that is adopted.
#[derive(Serialize)]
pub(super) struct Adoption {
    /// The definition.
    name: String,
    /// The version that the instance starts at.
    version: String,
    /// The proxy.
    proxy: Address,
    /// Its kind.
    kind: String,
    /// The implementation that it runs now.
    runs: Address,
    /// The required admin: the account of the definition.
    admin: Address,
}

impl CommandReport for Adoption {
    fn lines(&self, _: &Names) -> Vec<String> {
        let Self {
            proxy, kind, runs, ..
        } = self;
        vec![format!("{proxy}  a {kind} that runs {runs}")]
    }
}

/// Proposes one of the calls, with the given layouts.
async fn decided(
    session: Session<'_>,
    args: &AdoptArgs,
    call: Bytes,
    subject: impl CommandReport,
) -> Result<Outcome> {
    let governed = GovernedCall::decode(session.registry.address, call, U256::ZERO)?;
    let options = CheckOptions {
        layout: args.storage.layout.as_deref(),
        runs_layout: args.runs_layout.as_deref(),
        ..CheckOptions::proposer(session)
    };
    let effects = check_and_send(session, governed, options).await?;
    Ok(session.context.outcome(&Governed { subject, effects }))
}

/// keccak256 of the code of the framework's WASM proxies.
fn wasm_proxy() -> Result<CodeHash> {
    let known = program(UPGRADEABILITY_PROXY).map_err(BuildError::pinned)?;
    Ok(known.codehash.into())
}

/// The checks of an adoption: whether the version's code may take over the storage of the proxy.
pub(super) async fn check(
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
    let version = (call.name.as_str(), call.version.as_str());
    takes_over(session, version, (options, None), &found).await
}

/// As [`check`], of any proxy. Another registry may have `recorded` the layout of its code.
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

/// Accepts a proxy, or withdraws an acceptance.
pub(super) async fn accept(context: &Context, args: &AdoptArgs) -> Result<Outcome> {
    let session = Session::sending(context, "adopt").await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let mut call = abi::acceptTransferCall {
        name: args.name.clone(),
        proxy,
        kind: 0,
        version: args.version.clone(),
        registry: Address::ZERO,
    };
    let mut acceptance = Acceptance {
        name: args.name.clone(),
        version: args.version.clone(),
        proxy,
        from: None,
        kind: None,
        says: String::new(),
    };
    if let Some(from) = &args.from {
        call.registry = context.manifest.address(from)?;
        let instance = found(session, &call).await?;
        call.kind = instance.kind.number();
        let kind = kind_in_words(call.kind);
        acceptance.says = format!(
            "{kind} of {} {} of {}",
            instance.definition,
            instance.version,
            context.names().long(call.registry)
        );
        (acceptance.from, acceptance.kind) = (Some(call.registry), Some(kind));
    } else {
        let accepted = session.registry.acceptance(&call.name, proxy).await?;
        (call.kind, call.version) = (accepted.kind.number(), accepted.version);
        if accepted.registry.is_zero() {
            let message = format!("{} has not accepted {proxy} from anybody", call.name);
            let refusal = Refusal::new("NothingAccepted", message);
            let next = "nothing to do; no transaction was sent";
            return Err(refusal
                .with("an acceptance to withdraw", "none", next)
                .into());
        }
        let from = context.names().long(accepted.registry);
        acceptance.says = format!("is not accepted from {from} any more");
    }
    let mut outcome = decided(session, args, call.abi_encode().into(), acceptance).await?;
    if !call.registry.is_zero() {
        outcome.line(format!(
            "next, once it is accepted: stylus-upgrades transfer {proxy} {} {} --registry {}",
            session.registry,
            shell_word(&call.name),
            call.registry
        ));
    }
    Ok(outcome)
}

/// A proxy that is accepted from another registry, or whose acceptance is taken back.
#[derive(Serialize)]
pub(super) struct Acceptance {
    /// The definition.
    name: String,
    /// The version that the instance starts at.
    version: String,
    /// The proxy.
    proxy: Address,
    /// The registry that transfers it; absent if an acceptance is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Address>,
    /// Its kind; absent if an acceptance is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The text after the proxy.
    #[serde(skip)]
    says: String,
}

impl CommandReport for Acceptance {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("{}  {}", self.proxy, self.says)]
    }
}

/// The checks of an acceptance: whether the version may take over the storage of the instance. Its layout comes from a
/// file, or from the registry that transfers it.
pub(super) async fn check_acceptance(
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
        kind: call.kind.into(),
        implementation: Address::from_word(runs.await?),
        authority: Some(call.registry),
        through: call.proxy,
    };
    let version = (call.name.as_str(), call.version.as_str());
    let said = (options, Some((call.registry, code.layout)));
    takes_over(session, version, said, &candidate).await
}

/// The instance at the registry that is to transfer it. An adopted one is not transferred to a registry.
async fn found(session: Session<'_>, call: &abi::acceptTransferCall) -> Result<Instance> {
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
    // The registry in an EVM proxy's code can call it as its admin, whatever its slots say.
    let code = session.registry.client.code(proxy).await?;
    if let Some(relay) = evm::registry_in_code(&code)
        && relay != session.registry.address
    {
        first_contact(session.context, session.registry.client, relay).await?;
    }
    Ok(instance)
}
