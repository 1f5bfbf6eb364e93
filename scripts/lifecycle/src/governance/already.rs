//! Calls whose decision holds already: one answer for all of them, of the call and of the registry's present state. The
//! sender and the time do not matter.

use super::calls::Call;
use super::creation::creation;
use super::error::events_hidden;
use super::governed::GovernedCall;
use super::policy::current_policy;
use crate::client::ChainError;
use crate::error::Refusal;
use crate::manifest::is_same_policy;
use crate::migration::active::standing;
use crate::model::{DefinitionState, Instance, InstanceState, ROLES, RecordedCode, definition_id};
use crate::names::Names;
use crate::registry::{Left, Registry, decides, held_by, left, newest_of};
use crate::text::shell_word;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolEvent;
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};

/// Describes the decision that holds already; nothing if the call still changes something, or if only the registry can tell.
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
            let is_there = has_version(
                registry,
                &call.name,
                &call.version,
                (&call.code).into(),
                &call.step,
                call.step.from.is_empty(),
            );
            let says = format!("{} {} is activated already", call.name, call.version);
            Ok((is_current && is_there.await?).then_some(says))
        }
        Call::AddVersion(call) => {
            let is_there = has_version(
                registry,
                &call.name,
                &call.version,
                (&call.code).into(),
                &call.step,
                false,
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
        Call::SetHandler(call) => has_handler(registry, call, names).await,
        Call::AbortMigration(call) => aborted(registry, call, names).await,
        Call::Adopt(call) => {
            let version = call.version.as_str();
            arrived(registry, &call.name, call.proxy, version, names).await
        }
        Call::AcceptTransfer(call) => accepted(registry, call, names).await,
        Call::TransferProxy(call) => {
            let to = Some((call.to, call.definition.as_str()));
            let is_gone = has_left(registry, &call.name, call.proxy, to).await?;
            Ok(is_gone.then(|| format!("{} is transferred already", names.long(call.proxy))))
        }
        Call::RemoveInstance(call) => {
            let is_gone = has_left(registry, &call.name, call.proxy, None).await?;
            Ok(is_gone.then(|| format!("{} is removed already", names.long(call.proxy))))
        }
    }
}

/// The instance, if it is one of that definition.
async fn instance_of(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
) -> Result<Option<Instance>, ChainError> {
    let known = registry.known_instance(proxy).await?;
    Ok(known.filter(|known| known.definition == name))
}

/// Checks if the migration that the instance is in has this handler.
async fn has_handler(
    registry: Registry<'_>,
    call: &abi::setHandlerCall,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    let known = instance_of(registry, &call.name, call.proxy).await?;
    if !known.is_some_and(|known| known.state.is_migrating()) {
        return Ok(None);
    }
    let at = standing(registry.client, call.proxy).await?;
    let is_it = at.is_some_and(|at| at.handler == call.handler);
    let [handler, proxy] = [call.handler, call.proxy].map(|account| names.long(account));
    Ok(is_it.then(|| format!("{handler} is the handler of {proxy} already")))
}

/// Checks if the migration of the instance goes back, or has gone back since the last `migrate`.
async fn aborted(
    registry: Registry<'_>,
    call: &abi::abortMigrationCall,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    let known = instance_of(registry, &call.name, call.proxy).await?;
    let is_back = match known.map(|known| known.state) {
        Some(InstanceState::TurningBack) => true,
        Some(state) if !state.is_migrating() => registry.details(call.proxy).await?.held,
        _ => false,
    };
    let proxy = names.long(call.proxy);
    Ok(is_back.then(|| format!("the migration of {proxy} is aborted already")))
}

/// Checks if a proxy from elsewhere is an instance of the definition, at this version.
async fn arrived(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
    version: &str,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    let known = instance_of(registry, name, proxy).await?;
    let is_at = known.is_some_and(|known| known.version == version);
    let has_arrived = is_at && registry.details(proxy).await?.arrived;
    let proxy = names.long(proxy);
    Ok(has_arrived.then(|| format!("{proxy} is an instance of {name} {version} already")))
}

/// Checks if the definition has accepted this, or has it already. Nobody's acceptance holds after a withdrawal.
async fn accepted(
    registry: Registry<'_>,
    call: &abi::acceptTransferCall,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    let (name, proxy) = (call.name.as_str(), call.proxy);
    let found = registry.acceptance(name, proxy).await?;
    if call.registry.is_zero() {
        let says = format!("{name} accepts {} from nobody already", names.long(proxy));
        return Ok(found.registry.is_zero().then_some(says));
    }
    let wanted = (call.registry, call.version.as_str(), call.nonce);
    if (found.registry, found.version.as_str(), found.nonce) == wanted {
        let [proxy, from] = [proxy, call.registry].map(|account| names.long(account));
        return Ok(Some(format!(
            "{name} has accepted {proxy} from {from} already"
        )));
    }
    arrived(registry, name, proxy, &call.version, names).await
}

/// Returns true if the definition's instance left: to that account, which has it in that definition, or without a receiver.
async fn has_left(
    registry: Registry<'_>,
    name: &str,
    proxy: Address,
    to: Option<(Address, &str)>,
) -> Result<bool, ChainError> {
    let wanted = Left {
        definition: definition_id(name).0,
        to: to.map(|(account, _)| account),
    };
    if left(registry, proxy).await? != Some(wanted) {
        return Ok(false);
    }
    let Some((account, definition)) = to else {
        return Ok(true);
    };
    let is_there = match decides(registry.client, proxy).await {
        Ok(decides) => decides == account,
        Err(error) if error.is_no_answer() => false,
        Err(error) => return Err(error),
    };
    Ok(is_there && held_by(registry.client, account, proxy).await? == definition)
}

/// Returns true if a version is registered with exactly this code, and with this step or `any` step.
async fn has_version(
    registry: Registry<'_>,
    name: &str,
    version: &str,
    code: RecordedCode,
    step: &Step,
    any: bool,
) -> Result<bool, ChainError> {
    let known = registry.known_version(name, version).await?;
    Ok(known.is_some_and(|known| known.code == code && (any || known.steps.contains(step))))
}

/// Checks if the definition has exactly these policies, and none for a role that the call sets no policy for.
async fn defined(
    registry: Registry<'_>,
    governed: &GovernedCall,
    name: &str,
    names: &Names,
) -> Result<Option<String>, ChainError> {
    if registry.known_head(name).await?.is_none() {
        return Ok(None);
    }
    let policies = governed.call.policies();
    for role in ROLES {
        let typed = policies.iter().find(|(typed_role, _)| *typed_role == role);
        let found = current_policy(registry, name, role).await?;
        let (typed, next) = match (typed, &found) {
            (None, None) => continue,
            (Some((_, typed)), Some(found)) if is_same_policy(found, typed) => continue,
            (Some((_, typed)), _) => {
                let (typed, word) = (names.policy(typed), shell_word(name));
                let next = format!(
                    "stylus-upgrades policy update {word} --role {role} {} changes it; or choose another name",
                    shell_word(&typed)
                );
                (typed, next)
            }
            (None, Some(_)) => {
                let next = "leave it as it is: no call takes it away; or choose another name";
                (format!("no policy of {role}"), next.to_owned())
            }
        };
        let message = format!("{name} is defined already, with another policy of {role}");
        let found = found.map_or_else(|| "none".to_owned(), |found| names.policy(&found));
        let refusal = Refusal::new("DefinitionExists", message);
        return Err(refusal.with(typed, found, next).into());
    }
    Ok(Some(format!("{name} is defined already")))
}

/// Checks if this call created the instance.
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
    let created = newest_of(registry, &[abi::ProxyCreated::SIGNATURE_HASH], proxy).await?;
    let Some(tx) = created.and_then(|log| log.transaction_hash) else {
        return Ok(None);
    };
    let hidden = || events_hidden(registry, &format!("the call that created {proxy}"));
    let call = creation(registry, proxy, tx.into())
        .await?
        .ok_or_else(hidden)?;
    Ok(Some((call, registry.client.value_of(tx.into()).await?)))
}
