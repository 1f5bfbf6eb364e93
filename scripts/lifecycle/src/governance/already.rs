//! Whether what a governed call decides holds already: one answer for all of them, of the call and of what the registry
//! has now. Who sent it, and when, does not matter.

use super::calls::Call;
use super::creation::creation;
use super::error::events_hidden;
use super::governed::GovernedCall;
use super::policy::current_policy;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::manifest::is_same_policy;
use crate::model::{DefinitionState, RecordedCode};
use crate::names::Names;
use crate::registry::{Registry, newest_of};
use crate::text::shell_word;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};

/// What holds already, in words; nothing if the call still changes something, or if only the registry can tell.
///
/// # Errors
/// What the call would create is there and differs: `DefinitionExists`, `ProxyExists`. What the chain says.
pub async fn already(
    registry: Registry<'_>,
    governed: &GovernedCall,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    match &governed.call {
        Call::CreateDefinition(call) => defined(registry, governed, &call.name, names).await,
        Call::SetPolicy(call) => {
            let (role, wanted) = (call.role.as_str(), call.expression.as_str());
            let was = current_policy(registry, &call.name, role).await?;
            let is_same = was.is_some_and(|was| is_same_policy(&was, wanted));
            Ok(is_same.then(|| format!("unchanged: {role} already has this policy")))
        }
        Call::CreateProxy(call) => created(registry, call, governed.value).await,
        Call::Migrate(call) => {
            let is_current = registry.head(&call.name).await?.current == call.version;
            let way = (&call.step, call.step.from.is_empty());
            let is_there = has_version(
                registry,
                (&call.name, &call.version),
                (&call.code).into(),
                way,
            );
            let says = format!("{} {} is activated already", call.name, call.version);
            Ok((is_current && is_there.await?).then_some(says))
        }
        Call::AddVersion(call) => {
            let way = (&call.step, false);
            let is_there = has_version(
                registry,
                (&call.name, &call.version),
                (&call.code).into(),
                way,
            );
            let says = format!("{} {} is registered already", call.name, call.version);
            Ok(is_there.await?.then_some(says))
        }
        Call::AddStep(call) => {
            let known = registry.known_version(&call.name, &call.version).await?;
            let is_there = known.is_some_and(|known| known.steps.contains(&call.step));
            let (from, to) = (&call.step.from, &call.version);
            let says = || {
                format!(
                    "the step of {} from {from} to {to} is registered already",
                    call.name
                )
            };
            Ok(is_there.then(says))
        }
        Call::Pause(_) | Call::Resume(_) => {
            let wanted = matches!(governed.call, Call::Pause(_));
            let name = governed.call.definition();
            let state = registry.head(name).await?.state;
            let holds = (state == DefinitionState::Paused) == wanted;
            Ok(holds.then(|| format!("{name} is {state} already")))
        }
        // Each of these ends with another state of its instance, and names the state before.
        Call::SetHandler(_)
        | Call::AbortMigration(_)
        | Call::Adopt(_)
        | Call::AcceptTransfer(_)
        | Call::TransferProxy(_)
        | Call::RemoveInstance(_) => Ok(None),
    }
}

/// Whether a version is registered with exactly this code, and with this step or `any` step.
async fn has_version(
    registry: Registry<'_>,
    (name, version): (&str, &str),
    code: RecordedCode,
    (step, any): (&Step, bool),
) -> Result<bool, ChainError> {
    let known = registry.known_version(name, version).await?;
    Ok(known.is_some_and(|known| known.code == code && (any || known.steps.contains(step))))
}

/// Whether the definition has exactly these policies.
async fn defined(
    registry: Registry<'_>,
    governed: &GovernedCall,
    name: &str,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    if registry.known_head(name).await?.is_none() {
        return Ok(None);
    }
    for (role, expression) in governed.call.policies() {
        let found = registry.policy(name, role).await?;
        if !is_same_policy(&found, expression) {
            let message = format!("{name} is defined already, with another policy of {role}");
            let (typed, word) = (names.policy(expression), shell_word(name));
            let next = format!(
                "stylus-upgrades policy update {word} --role {role} {} changes it; or choose another name",
                shell_word(&typed)
            );
            let refusal = Refusal::new("DefinitionExists", message);
            return Err(refusal.with(typed, names.policy(&found), next).into());
        }
    }
    Ok(Some(format!("{name} is defined already")))
}

/// Whether this call created the instance.
async fn created(
    registry: Registry<'_>,
    call: &abi::createProxyCall,
    value: U256,
) -> Result<Option<String>, ChainError> {
    let name = call.name.as_str();
    let proxy = registry
        .proxy_address(name, call.kind.into(), call.salt)
        .await?;
    let Some(found) = created_by(registry, name, proxy).await? else {
        return Ok(None); // the registry says why it is refused
    };
    let [typed, found] = [(call, value), (&found.0, found.1)].map(|(call, value)| {
        let init = &call.initData;
        format!("version {}, --init {init}, --value {value}", call.version)
    });
    if typed == found {
        let says = format!("{proxy} is created already; another --salt makes another instance");
        return Ok(Some(says));
    }
    let message =
        format!("{name} has an instance with this salt or alias, {proxy}, of another call");
    let next = "choose another --salt or --save, or type the arguments of that instance";
    let refusal = Refusal::new("ProxyExists", message);
    Err(refusal.with(typed, found, next).into())
}

/// The call that created an instance of the definition, and the wei that it sent; nothing if it is no instance of it, or
/// was not created here.
///
/// # Errors
/// `EventsHidden`; what the chain says.
pub async fn created_by(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
) -> Result<Option<(abi::createProxyCall, U256)>, ChainError> {
    let instance = registry.known_instance(proxy).await?;
    if instance.is_none_or(|instance| instance.definition != name) {
        return Ok(None);
    }
    let created = newest_of(registry, abi::ProxyCreated::SIGNATURE_HASH, proxy).await?;
    let Some(tx) = created.and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let hidden = || events_hidden(registry, &format!("the call that created {proxy}"));
    let call = creation(registry, proxy, tx.into())
        .await?
        .ok_or_else(hidden)?;
    Ok(Some((call, registry.client.value_of(tx.into()).await?)))
}
