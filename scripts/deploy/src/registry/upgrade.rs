//! One instance to one version, for who alone may migrate: by the proxy itself, or by the registry where the proxy
//! takes no orders of others or a check is to be asked. Everybody else takes it along by `rollout`.

use super::Registry;
use super::instance::registry_of;
use super::rollout::begun_by;
use super::{Named, named};
use crate::client::{ChainError, Client, Sent};
use crate::model::ProxyKind;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use serde::Serialize;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// By which way an upgrade went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// `upgradeTo` on the proxy.
    Direct,
    /// `upgradeInstance` on the registry.
    Registry,
}

/// An upgrade.
#[derive(Debug, Clone)]
pub struct Upgraded {
    /// The version before.
    pub from: String,
    /// The version asked for.
    pub to: String,
    /// The complex step that it stands in now, from where and to where.
    pub paused: Option<(String, String)>,
    /// The way it went.
    pub route: Route,
    /// The transaction.
    pub sent: Sent,
}

/// Upgrades `proxy` to `version`: by the proxy itself, or by the registry where only that can. `data` is the calldata
/// of the last step, or runs on the new code.
///
/// # Errors
/// `UpgradeNotAuthorized` for who does not alone satisfy the policy.
pub async fn upgrade(
    client: &Client,
    proxy: Address,
    version: &str,
    data: Bytes,
) -> Result<Upgraded, ChainError> {
    let registry = registry_of(client, proxy).await?;
    let instance = registry.instance(proxy).await?;
    let is_direct =
        instance.kind == ProxyKind::Wasm && !has_check(registry, proxy, version).await?;
    let route = if is_direct {
        Route::Direct
    } else {
        Route::Registry
    };
    let (to, call) = lone_call(route, (registry.address, proxy), version, data);
    let request = TransactionRequest::default().with_to(to).with_input(call);
    let what = format!("upgrade {proxy} from {} to {version}", instance.version);
    let sent = client.transact(&what, request).await?;
    Ok(Upgraded::alone(
        route,
        (registry.address, proxy),
        instance.version,
        version,
        sent,
    ))
}

/// Returns true if a step on the instance's path has a check, which only the registry asks. What upgrades refuses a
/// path that does not exist.
async fn has_check(
    registry: Registry<'_>,
    proxy: Address,
    version: &str,
) -> Result<bool, ChainError> {
    match registry.path(proxy, version).await {
        Ok(path) => Ok(path
            .iter()
            .any(|one| matches!(named(&one.step), Named::Check(_)))),
        Err(error) if error.revert().is_some() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns the call that upgrades one instance of `registry` alone by that route, and the account that it is sent to.
pub fn lone_call(
    route: Route,
    (registry, proxy): (Address, Address),
    version: &str,
    data: Bytes,
) -> (Address, Bytes) {
    let version = version.to_owned();
    match route {
        Route::Direct if data.is_empty() => {
            let call = proxy_abi::upgradeToCall { version };
            (proxy, call.abi_encode().into())
        }
        Route::Direct => {
            let call = proxy_abi::upgradeToAndCallCall { version, data };
            (proxy, call.abi_encode().into())
        }
        Route::Registry => {
            let call = abi::upgradeInstanceCall {
                proxy,
                version,
                data,
            };
            (registry, call.abi_encode().into())
        }
    }
}

impl Upgraded {
    /// Reads what a transaction did that upgraded the instance alone.
    pub fn alone(
        route: Route,
        (registry, proxy): (Address, Address),
        from: String,
        version: &str,
        sent: Sent,
    ) -> Self {
        let paused = paused_by(&sent, registry, proxy);
        Self {
            from,
            to: version.into(),
            paused,
            route,
            sent,
        }
    }
}

fn paused_by(sent: &Sent, registry: Address, proxy: Address) -> Option<(String, String)> {
    let mut begun = begun_by(sent, registry).into_iter();
    begun
        .find(|(paused, ..)| *paused == proxy)
        .map(|(_, from, to)| (from, to))
}
