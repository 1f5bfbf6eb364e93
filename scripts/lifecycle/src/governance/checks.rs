//! Checks after an upgrade, made on the chain: pause, migration, version, code, resume.

use crate::build::evm;
use crate::client::{ChainError, Client};
use crate::error::Explain;
use crate::model::{ProxyKind, RecordedCode, StepKind};
use crate::registry::{Registry, ask, runs};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{Log, TransactionRequest};
use futures::try_join;
use serde::Serialize;
use stylus_upgrades_interface::migratable::IMigratable::Migrated;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// A call that no contract answers: what comes back says who is asked.
const NOBODYS_CALL: [u8; 4] = [0xff, 0xff, 0xff, 0xff];

/// Something that has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The instance.
    pub proxy: Address,
    /// `pause` (where the endpoint takes calls with other state), `migration` (`mark` where none ran), `version`, `code`
    /// or `resume`.
    pub name: &'static str,
    /// True if it holds.
    pub ok: bool,
    /// The state that was found.
    pub found: String,
}

impl Check {
    /// A line for people.
    pub fn line(&self) -> String {
        let mark = if self.ok { "✓" } else { "✗" };
        format!("{mark} {:<10} {}", self.name, self.found)
    }
}

/// Checks one instance that is said to have been upgraded to `version` with `code`. `logs` are
/// those of the transaction that did it.
///
/// # Errors
/// What the chain says to the questions; a check that fails is no error.
pub async fn after_upgrade(
    registry: Registry<'_>,
    proxy: Address,
    version: &str,
    code: &RecordedCode,
    logs: &[Log],
) -> Result<Vec<Check>, ChainError> {
    let check = |name, ok, found: String| Check {
        proxy,
        name,
        ok,
        found,
    };
    let instance = registry.instance(proxy).await?;
    let is_adopted = instance.kind.is_adopted();
    let stub = pause_stub(registry.address, instance.kind);

    let client = registry.client;
    let recorded = instance.version;
    let answered = async {
        if is_adopted {
            return Ok(recorded.clone()); // no proxy of others knows its version
        }
        ask(registry, proxy, &proxy_abi::implementationVersionCall {}).await
    };
    let (paused, resumed, mark, word, answered) = try_join!(
        answer_while_paused(client, proxy, stub),
        answer(client, proxy),
        client.storage(proxy, slots::migrated(version)),
        client.storage(proxy, slots::IMPLEMENTATION),
        answered,
    )?;
    let from = logs.iter().find_map(|log| {
        let event = log.log_decode::<abi::InstanceUpgraded>().ok()?.inner.data;
        (event.proxy == proxy && event.to == version).then_some(event.from)
    });
    let own: Vec<&Log> = logs.iter().filter(|log| log.address() == proxy).collect();
    // Steps without a migration: the data stayed as it was.
    let (mut bare, mut has_migrated) = (Vec::new(), false);
    for step in own
        .iter()
        .filter_map(|log| log.log_decode::<Migrated>().ok())
    {
        let Migrated { from, to, .. } = step.inner.data;
        let ways = registry.version(&instance.definition, &to).await?.steps;
        let way = ways.iter().find(|way| way.from == from);
        if way.is_some_and(|way| runs(way) == StepKind::None) {
            bare.push(format!("{from} → {to}"))
        } else {
            has_migrated = true
        }
    }
    let is_bare = !bare.is_empty() && !has_migrated;
    let implementation = Address::from_word(word);
    let hash = client.codehash(implementation).await?.unwrap_or_default();
    let announced = own.iter();
    let announced = announced.filter_map(|log| log.log_decode::<proxy_abi::Upgraded>().ok());
    let announced: Vec<Address> = announced.map(|log| log.inner.data.implementation).collect();

    let way = from.as_ref().map(|from| format!("{from} → {version}"));
    let times = if is_adopted { "last" } else { "once" };
    let paused = paused.map(|paused| {
        let is_refused = paused == UPGRADE_IN_PROGRESS;
        let found = format!("while paused (stub {stub}), every call reverts with {paused}");
        check("pause", is_refused, found)
    });
    let others = [
        check(
            if is_bare { "mark" } else { "migration" },
            (is_adopted || mark == slots::SET) && from.is_some(),
            match way {
                None => format!("no upgrade to {version} in this transaction"),
                Some(way) if is_adopted => format!("{way}; the proxy keeps no marks"),
                Some(way) if is_bare => {
                    format!("{way}: no migration ran, the version is marked")
                }
                Some(way) if bare.is_empty() => format!("{way}, marked once"),
                Some(way) => {
                    format!("{way}, marked once; no migration ran {}", bare.join(", "))
                }
            },
        ),
        check(
            "version",
            answered == version && recorded == version,
            if is_adopted {
                format!("registry says {recorded}")
            } else {
                format!("proxy says {answered}, registry says {recorded}")
            },
        ),
        check(
            "code",
            implementation == code.implementation && hash == code.codehash,
            format!("{implementation} {hash}"),
        ),
        check(
            "resume",
            announced.last() == Some(&code.implementation)
                && (is_adopted || announced.len() == 1)
                && implementation != stub
                && resumed != UPGRADE_IN_PROGRESS,
            format!("Upgraded({implementation}) {times}; calls reach the new code"),
        ),
    ];
    Ok(paused.into_iter().chain(others).collect())
}

/// Returns the code that an instance of that kind runs while it is paused.
pub fn pause_stub(registry: Address, kind: ProxyKind) -> Address {
    match kind {
        ProxyKind::Uups => evm::uups_stub_address(registry),
        _ => evm::create2_address(&evm::creation_code(&evm::stub_code())),
    }
}

/// The error of a paused proxy.
const UPGRADE_IN_PROGRESS: &str = "UpgradeInProgress";

/// The error name of an unknown call. Nothing where the endpoint takes no call with another implementation in the slot.
async fn answer_while_paused(
    client: &Client,
    proxy: Address,
    stub: Address,
) -> Result<Option<String>, ChainError> {
    let slot = (slots::IMPLEMENTATION, stub.into_word());
    let changed = AccountOverride::default().with_state_diff([slot]);
    let overrides = StateOverride::from_iter([(proxy, changed)]);
    let answer = client.read("a call", async |block| {
        let query = client.provider().call(nobodys_call(proxy)).block(block);
        query.overrides(overrides.clone()).await
    });
    match error_name(answer.await) {
        Err(ChainError::Rpc(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// The error name of an unknown call.
async fn answer(client: &Client, proxy: Address) -> Result<String, ChainError> {
    let answer = client.read("a call", async |block| {
        client
            .provider()
            .call(nobodys_call(proxy))
            .block(block)
            .await
    });
    error_name(answer.await)
}

fn nobodys_call(proxy: Address) -> TransactionRequest {
    TransactionRequest::default()
        .with_to(proxy)
        .with_input(Bytes::from_static(&NOBODYS_CALL))
}

fn error_name(answer: Result<Bytes, ChainError>) -> Result<String, ChainError> {
    match answer {
        Ok(_) => Ok("an answer".into()),
        Err(error) => match error.revert() {
            Some(revert) => Ok(revert.name()),
            None => Err(error),
        },
    }
}
