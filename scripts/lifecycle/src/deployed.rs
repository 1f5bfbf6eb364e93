//! Faults of code and instances as they are deployed, reported alike for the chain and for a copy of it: code that is a
//! proxy, an instance that runs other code than the registry recorded, an instance that stayed behind.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::{ChainError, Client};
use crate::governance::pause_stub;
use crate::model::{Definition, Instance, InstanceState, ListedInstance};
use crate::registry::{Registry, Waiting, implementation_of};
use crate::text::{count, shell_word};
use alloy::primitives::{Address, B256};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
use stylus_upgrades_interface::slots;

/// Beginning of an ERC-1167 minimal proxy.
const MINIMAL_PROXY: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];

/// The code of an account that should hold plain code.
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
    let id = FindingId::at(FindingKind::HiddenProxy, account);
    let next = format!("{next}; to accept it: {}", FindingId::flag([&id]));
    let finding = Finding::new(Part::Code, Severity::Danger, id, says);
    finding.with(expected, found, next)
}

/// Returns the code that an instance should run: the code of its version, or the pause stub while it is paused.
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
    let id = FindingId::at(FindingKind::InstanceWaits, *proxy);
    let says = format!("{proxy} is older than the current version of {name}");
    Finding::new(Part::Instances, Severity::Warning, id, says).with(
        format!("an instance at {current}"),
        reason.as_str(),
        format!("stylus-upgrades upgrade {}; {next}", shell_word(name)),
    )
}

/// Reports that `number` instances of a definition are older than the current version, and that no rollout has come to them.
pub fn unreached(definition: &Definition, number: usize) -> Option<Finding> {
    let (name, current) = (definition.title(), &definition.current);
    let says = format!(
        "{} of {name} at an older version than {current}, which is current",
        count(number, "instance")
    );
    let finding = Finding::named(
        Part::Instances,
        Severity::Warning,
        FindingKind::InstanceWaits,
        says,
    )
    .with(
        format!("instances at {current}"),
        "no rollout has reached them",
        format!(
            "stylus-upgrades upgrade {}, with any key that can pay",
            shell_word(&definition.name)
        ),
    );
    (number > 0).then_some(finding)
}

/// Reads the chain and checks as [`hidden_proxy`] does.
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

/// Reads the chain and checks a listed instance as [`other_code`] does.
///
/// # Errors
/// What the chain says.
pub async fn other_code_at(
    registry: Registry<'_>,
    listed: &ListedInstance,
    implementation: Address,
) -> Result<Option<Finding>, ChainError> {
    let runs = implementation_of(registry.client, listed).await?;
    let recorded = recorded(registry.address, &listed.instance, implementation);
    Ok(other_code(&listed.instance, (runs, recorded)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProxyKind;

    #[test]
    fn code_that_is_a_proxy_is_found_by_its_slots_and_by_its_bytes_and_named_by_its_account() {
        let account = Address::repeat_byte(7);
        let of = |code: &[u8], implementation: u8, beacon: u8| {
            let held = HeldCode {
                code,
                implementation: B256::repeat_byte(implementation),
                beacon: B256::repeat_byte(beacon),
            };
            hidden_proxy("the code of 2.0", account, &held)
        };
        assert_eq!(of(&[0x60, 0x80], 0, 0), None);
        let minimal = [&MINIMAL_PROXY[..], &[9; 20]].concat();
        let designator = [&DESIGNATOR_PREFIX[..], &[9; 20]].concat();
        for found in [
            of(&[], 9, 0),
            of(&[], 0, 9),
            of(&minimal, 0, 0),
            of(&designator, 0, 0),
        ] {
            let found = found.expect("a finding");
            assert_eq!(found.id, FindingId::at(FindingKind::HiddenProxy, account));
            assert!(found.id.is_acceptable());
            assert_eq!(found.severity, Severity::Danger);
        }
    }

    #[test]
    fn an_instance_runs_what_was_recorded_but_in_a_complex_migration() {
        let instance = |state| Instance {
            proxy: Address::repeat_byte(1),
            definition: "A".into(),
            version: "1.0".into(),
            kind: ProxyKind::Evm,
            state,
        };
        let [recorded, other] = [2, 3].map(Address::repeat_byte);
        let live = instance(InstanceState::Live);
        assert_eq!(other_code(&live, (recorded, recorded)), None);
        let found = other_code(&live, (other, recorded)).expect("a finding");
        assert_eq!(
            found.id,
            FindingId::at(FindingKind::HiddenProxy, live.proxy)
        );
        let migrating = instance(InstanceState::Migrating);
        assert_eq!(other_code(&migrating, (other, recorded)), None);
    }
}
