//! One instance to one version, by the way that is open to the caller: on the proxy itself for
//! who alone may migrate, through the registry for everybody else.

use super::governed::{Governed, NewVersion, RolledOut, migrate, rollout};
use crate::client::{ChainError, Client, Sent};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Progress;

/// How many instances one rollout transaction takes on.
const ROLLOUT_BATCH: u16 = 8;

/// By which way an upgrade went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `upgradeTo` on the proxy.
    Direct,
    /// `migrate` on the registry; the action's progress.
    Migrate(Progress),
    /// `rollout` on the registry, to what is current already.
    Rollout,
}

/// An upgrade, or an approval of it.
#[derive(Debug, Clone)]
pub struct Upgraded {
    /// The version before.
    pub from: String,
    /// The version asked for.
    pub to: String,
    /// Whether the instance is at it now.
    pub done: bool,
    /// The complex step that it stands in now, from where and to where.
    pub paused: Option<(String, String)>,
    /// The way it went.
    pub route: Route,
    /// The transaction.
    pub sent: Sent,
}

/// Upgrades `proxy` to `version`. With `data`, only directly: it is the calldata of the last step
/// or runs on the new code.
pub async fn upgrade(
    client: &Client,
    proxy: Address,
    version: &str,
    data: Bytes,
) -> Result<Upgraded, ChainError> {
    let refused = match upgrade_directly(client, proxy, version, data.clone()).await {
        Err(error) if is_refused_as(&error, "UpgradeNotAuthorized") && data.is_empty() => error,
        outcome => return outcome,
    };
    match upgrade_by_registry(client, proxy, version).await {
        Err(error) if is_refused_as(&error, "NotAnApprover") => Err(refused),
        outcome => outcome,
    }
}

/// `upgradeTo` or `upgradeToAndCall` on the proxy itself.
pub async fn upgrade_directly(
    client: &Client,
    proxy: Address,
    version: &str,
    data: Bytes,
) -> Result<Upgraded, ChainError> {
    let from = client
        .call(proxy, &proxy_abi::implementationVersionCall {})
        .await?;
    let request = TransactionRequest::default()
        .with_to(proxy)
        .with_input(direct_call(version, data));
    let what = upgrade_words(proxy, &from, version);
    let sent = client.transact(&what, request).await?;
    Ok(Upgraded::directly(proxy, from, version, sent))
}

/// What [`upgrade_directly`] sends to the proxy.
pub fn direct_call(version: &str, data: Bytes) -> Bytes {
    let version = version.to_owned();
    match data.is_empty() {
        true => proxy_abi::upgradeToCall { version }.abi_encode().into(),
        false => proxy_abi::upgradeToAndCallCall { version, data }
            .abi_encode()
            .into(),
    }
}

/// The words with which [`upgrade_directly`] sends it.
pub fn upgrade_words(proxy: Address, from: &str, version: &str) -> String {
    format!("upgrade {proxy} from {from} to {version}")
}

impl Upgraded {
    /// What a transaction did that was sent to the proxy itself.
    pub fn directly(proxy: Address, from: String, version: &str, sent: Sent) -> Self {
        let paused = paused_by(&sent, proxy);
        Self {
            from,
            to: version.into(),
            done: paused.is_none(),
            paused,
            route: Route::Direct,
            sent,
        }
    }
}

/// `rollout` if the version is current, else `migrate` with the code and step registered for it.
async fn upgrade_by_registry(
    client: &Client,
    proxy: Address,
    version: &str,
) -> Result<Upgraded, ChainError> {
    let registry = client.call(proxy, &proxy_abi::registryCall {}).await?;
    let instance = client
        .call(registry, &abi::instanceOfCall { proxy })
        .await?;
    let name = instance.name;
    let current = client
        .call(registry, &abi::definitionCall { name: name.clone() })
        .await?
        .current;
    let (route, sent) = if current == version {
        let RolledOut { sent, .. } = rollout(client, registry, &name, ROLLOUT_BATCH).await?;
        (Route::Rollout, sent)
    } else {
        let Governed { sent, progress } = migrate(
            client,
            registry,
            registered(client, registry, &name, version).await?,
        )
        .await?;
        (Route::Migrate(progress), sent)
    };
    let now = client
        .call(proxy, &proxy_abi::implementationVersionCall {})
        .await?;
    let done = now == version;
    Ok(Upgraded {
        from: instance.version,
        to: version.into(),
        done,
        paused: paused_by(&sent, proxy),
        route,
        sent,
    })
}

/// The complex steps that a transaction began: the instance, from where and to where.
pub fn begun_by(sent: &Sent) -> Vec<(Address, String, String)> {
    let logs = sent.receipt.logs().iter();
    logs.filter_map(|log| log.log_decode::<abi::MigrationStarted>().ok())
        .map(|log| log.inner.data)
        .map(|started| (started.proxy, started.from, started.to))
        .collect()
}

fn paused_by(sent: &Sent, proxy: Address) -> Option<(String, String)> {
    let mut begun = begun_by(sent).into_iter();
    begun
        .find(|(paused, ..)| *paused == proxy)
        .map(|(_, from, to)| (from, to))
}

/// A version as it is registered, with its step from what is current.
async fn registered(
    client: &Client,
    registry: Address,
    name: &str,
    version: &str,
) -> Result<NewVersion, ChainError> {
    let definition = client
        .call(registry, &abi::definitionCall { name: name.into() })
        .await?;
    let call = abi::getVersionCall {
        name: name.into(),
        version: version.into(),
    };
    let found = client.call(registry, &call).await?;
    let step = found
        .steps
        .iter()
        .find(|step| step.from == definition.current);
    let step = step
        .or(found.steps.first())
        .cloned()
        .unwrap_or_else(super::born);
    Ok(NewVersion {
        name: name.into(),
        version: version.into(),
        code: found.code,
        step,
    })
}

fn is_refused_as(error: &ChainError, name: &str) -> bool {
    error.revert().is_some_and(|revert| revert.name == name)
}
