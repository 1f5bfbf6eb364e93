//! What is wrong with code and instances as they are deployed, told the same of the chain and of a copy of it: code that
//! is a proxy, an instance that runs other code than the registry recorded, an instance that stayed behind.

use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{ChainError, Client};
use crate::governance::pause_stub;
use crate::model::{Instance, InstanceState};
use crate::registry::{Registry, Waiting};
use crate::text::shell_word;
use alloy::primitives::{Address, B256};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
use stylus_upgrades_interface::slots;

/// Beginning of an ERC-1167 minimal proxy.
const MINIMAL_PROXY: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
/// The name of the finding that a proxy stands where plain code should, or that an instance runs other code.
pub const HIDDEN_PROXY: &str = "HiddenProxy";
/// The name of the finding that an instance is older than what is current.
pub const WAITS: &str = "InstanceWaits";

/// What an account holds that should hold plain code.
pub struct HeldCode<'a> {
    /// Its code.
    pub code: &'a [u8],
    /// The word in its ERC-1967 implementation slot.
    pub implementation: B256,
    /// The word in its ERC-1967 beacon slot.
    pub beacon: B256,
}

/// The finding that an account is a proxy, where `what` should hold plain code: it could be pointed elsewhere after
/// everybody has approved. The registry knows its own kinds and minimal proxies; it cannot read other accounts' slots.
pub fn hidden_proxy(what: &str, account: Address, held: &HeldCode<'_>) -> Option<Finding> {
    let points = |name, word| {
        let target = Address::from_word(word);
        format!("its ERC-1967 {name} slot holds {target}")
    };
    let how = match held {
        one if !one.implementation.is_zero() => points("implementation", one.implementation),
        one if !one.beacon.is_zero() => points("beacon", one.beacon),
        one if one.code.starts_with(&MINIMAL_PROXY) => "an ERC-1167 minimal proxy".into(),
        one if one.code.starts_with(&DESIGNATOR_PREFIX) => "an EIP-7702 designator".into(),
        _ => return None,
    };
    Some(found(
        account,
        format!("{what} {account} is a proxy that nobody registered"),
        [
            "code that is run as it is".into(),
            how,
            "register the code behind it, or find out who put it there".into(),
        ],
    ))
}

/// The finding that an instance runs other code than the registry recorded: somebody else can switch it, such as a
/// second admin of a proxy that was adopted. One in a complex migration runs the program of that.
pub fn other_code(instance: &Instance, (runs, recorded): (Address, Address)) -> Option<Finding> {
    let Instance { proxy, version, .. } = instance;
    (runs != recorded && !instance.state.is_migrating()).then(|| {
        found(
            *proxy,
            format!("instance {proxy} runs code that nobody registered"),
            [
                format!("{recorded} of version {version}"),
                runs.to_string(),
                "stop and find out who changed it".into(),
            ],
        )
    })
}

/// A finding about an account, which is accepted by its name and that account.
fn found(account: Address, says: String, [expected, found, next]: [String; 3]) -> Finding {
    let id = FindingId::at(HIDDEN_PROXY, account);
    let next = format!("{next}; to accept it: {}", FindingId::flag([&id]));
    let finding = Finding::new(Part::Code, Severity::Danger, id, says);
    finding.with(expected, found, next)
}

/// What an instance should run: the code of its version, or the pause stub while it is paused.
pub fn recorded(registry: Address, instance: &Instance, implementation: Address) -> Address {
    match instance.state {
        InstanceState::Paused => pause_stub(registry, instance.kind),
        _ => implementation,
    }
}

/// The finding that an instance of `name` stays behind the version `current`, and why.
pub fn waits(name: &str, current: &str, waiting: &Waiting) -> Finding {
    let Waiting {
        proxy,
        reason,
        next,
        ..
    } = waiting;
    let id = FindingId::at(WAITS, *proxy);
    let says = format!("{proxy} is older than the current version of {name}");
    Finding::new(Part::Instances, Severity::Warning, id, says).with(
        format!("an instance at {current}"),
        reason.as_str(),
        format!("stylus-upgrades upgrade {}; {next}", shell_word(name)),
    )
}

/// As [`hidden_proxy`], read on the chain.
///
/// # Errors
/// What the chain says.
pub async fn hidden_proxy_at(
    client: &Client,
    what: &str,
    account: Address,
) -> Result<Option<Finding>, ChainError> {
    let (code, implementation, beacon) = futures::try_join!(
        client.code(account),
        client.storage(account, slots::IMPLEMENTATION),
        client.storage(account, slots::BEACON)
    )?;
    let held = HeldCode {
        code: &code,
        implementation,
        beacon,
    };
    Ok(hidden_proxy(what, account, &held))
}

/// As [`other_code`], read on the chain.
///
/// # Errors
/// What the chain says.
pub async fn other_code_at(
    registry: Registry<'_>,
    instance: &Instance,
    implementation: Address,
) -> Result<Option<Finding>, ChainError> {
    let word = registry
        .client
        .storage(instance.proxy, slots::IMPLEMENTATION)
        .await?;
    let recorded = recorded(registry.address, instance, implementation);
    Ok(other_code(instance, (Address::from_word(word), recorded)))
}
