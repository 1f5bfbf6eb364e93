//! Post-conditions. A step whose declared condition does not hold is reverted as a whole.
//! `tests/contracts/vault` breaks the conditions on request.

use crate::prelude::*;
use stylus_upgrades_interface::migratable::IMigratable::{Migrated, PostConditionFailed};
use stylus_upgrades_tests::abi::vault::IVault::{self, WrongSteward};

use crate::registry::fixture::{
    Done, Fixture, Reverted, account, initial_step, plain, refused, step,
};

const GAS: u64 = 30_000_000;
/// The sum of the deposits.
const TOTAL: u64 = 60;

/// A vault at 1.0, and the versions to go to.
struct Scenario {
    fixture: Fixture,
    vault: Code,
    proxy: Address,
}

impl Scenario {
    fn new() -> Self {
        let mut fixture = Fixture::of_one();
        let vault = fixture.deploy("vault");
        let mut scenario = Self {
            fixture,
            vault,
            proxy: Address::ZERO,
        };
        scenario.add("1.0", initial_step());
        let created = scenario.created(account(1), "Ada", TOTAL).expect("born");
        scenario.proxy = created;
        scenario
    }

    fn add(&mut self, version: &str, step: Step) {
        self.fixture
            .accepted(0, &calls::add_version("A", version, &self.vault, step));
    }

    fn created(&mut self, steward: Address, name: &str, total: u64) -> Result<Address, Reverted> {
        let initialize = IVault::initializeCall {
            steward,
            name: name.into(),
            deposits: [10, 20, 30].map(U256::from).into(),
            total: U256::from(total),
        };
        let create = calls::create_proxy(
            "A",
            "1.0",
            proxy_kind::WASM,
            B256::with_last_byte(self.proxy[19]),
            initialize.abi_encode(),
        );
        let done = self.fixture.send(account(0), &create)?;
        Ok(done.returned.proxy)
    }

    fn upgrade(&mut self, version: &str, data: Bytes) -> Result<Done<Bytes>, Reverted> {
        let version = version.into();
        let call = Proxy::upgradeToAndCallCall { version, data };
        let data = call.abi_encode().into();
        self.fixture
            .raw(account(0), self.proxy, data, U256::ZERO, GAS)
    }

    fn version(&self) -> String {
        let version = self
            .fixture
            .ask(self.proxy, &Proxy::implementationVersionCall {});
        version.expect("a version")
    }

    /// Asserts that an upgrade reverts with that condition and leaves everything as it was.
    fn refuses(&mut self, version: &str, data: Bytes, condition: &str) {
        let before = self.fixture.slots_of(self.proxy);
        let condition = condition.into();
        let sent = self.upgrade(version, data);
        refused(sent, PostConditionFailed { condition });
        assert_eq!(self.fixture.slots_of(self.proxy), before);
        assert_eq!(self.version(), "1.0");
    }
}

fn migrate(rate: u64, steward: Address, total: u64) -> Bytes {
    let call = IVault::migrateCall {
        rate: U256::from(rate),
        steward,
        total: U256::from(total),
    };
    call.abi_encode().into()
}

#[test]
fn a_migration_that_leaves_a_declared_field_zero_is_none() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 1, Bytes::new()));
    let steward = account(2);
    scenario.refuses("2.0", migrate(0, steward, TOTAL), "nonzero(rate)");
    let nobody = migrate(5, Address::ZERO, TOTAL);
    scenario.refuses("2.0", nobody, "nonzero(keeper.steward)");
    // the first that fails, in the order in which they are declared
    scenario.refuses("2.0", migrate(0, Address::ZERO, 1), "nonzero(rate)");
}

#[test]
fn a_migration_that_breaks_a_declared_invariant_is_none() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 1, Bytes::new()));
    let steward = account(2);
    let unbalanced = migrate(5, steward, TOTAL + 1);
    scenario.refuses("2.0", unbalanced, "holds(Self::is_balanced)");
    scenario.refuses("2.0", migrate(100, steward, TOTAL), "holds(is_small)");
}

#[test]
fn a_migration_after_which_everything_declared_holds_is_done() {
    let mut scenario = Scenario::new();
    scenario.add("2.0", step("1.0", 1, migrate(5, account(2), TOTAL)));
    let done = scenario.upgrade("2.0", Bytes::new()).expect("done");
    let (from, to) = ("1.0".into(), "2.0".into());
    assert_eq!(done.events::<Migrated>(), [Migrated { from, to }]);
    assert_eq!(scenario.version(), "2.0");
    let slots = scenario.fixture.slots_of(scenario.proxy);
    assert_eq!(slots[&B256::ZERO], B256::with_last_byte(5));
}

#[test]
fn a_condition_that_fails_in_the_middle_of_a_path_undoes_the_path() {
    let mut scenario = Scenario::new();
    scenario.add("1.5", plain("1.0"));
    let repair = repair(&scenario.vault, "1.5", 0, TOTAL);
    scenario.add("2.5", repair);
    scenario.add("3.0", plain("2.5"));
    scenario.refuses("3.0", Bytes::new(), "nonzero(rate)");
}

/// The vault's own code as a migration script.
fn repair(script: &Code, from: &str, rate: u64, total: u64) -> Step {
    let call = IVault::repairCall {
        rate: U256::from(rate),
        total: U256::from(total),
    };
    Step {
        script: script.implementation,
        scriptCodehash: script.codehash,
        ..step(from, 2, call.abi_encode().into())
    }
}

#[test]
fn a_script_that_leaves_a_declared_condition_broken_is_none() {
    let mut scenario = Scenario::new();
    let script = scenario.fixture.deploy("vault");
    for (version, rate, total) in [("2.0", 0, TOTAL), ("2.1", 5, 1), ("2.2", 5, TOTAL)] {
        scenario.add(version, repair(&script, "1.0", rate, total));
    }
    scenario.refuses("2.0", Bytes::new(), "nonzero(rate)");
    scenario.refuses("2.1", Bytes::new(), "holds(Self::is_balanced)");
    scenario.upgrade("2.2", Bytes::new()).expect("done");
    assert_eq!(scenario.version(), "2.2");
}

#[test]
fn an_initializer_that_leaves_a_declared_condition_broken_gives_no_creation() {
    let mut scenario = Scenario::new();
    let count = |scenario: &Scenario| {
        let definition = IRegistry::definitionCall { name: "A".into() };
        scenario.fixture.view(&definition).expect("A").instances
    };
    let before = count(&scenario);
    // the body of 2 returns early
    for (steward, name, total, condition) in [
        (Address::ZERO, "Ada", TOTAL, "nonzero(keeper.steward)"),
        (account(1), "", TOTAL, "nonzero(keeper.name)"),
        (account(1), "Ada", 0, "holds(Self::is_balanced)"),
        (
            Address::with_last_byte(2),
            "",
            TOTAL,
            "nonzero(keeper.name)",
        ),
    ] {
        let condition = condition.into();
        let created = scenario.created(steward, name, total);
        refused(created, PostConditionFailed { condition });
    }
    // what the body itself refuses comes first
    let wrong = Address::with_last_byte(1);
    refused(scenario.created(wrong, "", 0), WrongSteward {});
    assert_eq!(count(&scenario), before);
    scenario
        .created(Address::with_last_byte(3), "Bob", TOTAL)
        .expect("born");
}

#[test]
fn what_foreign_code_wrote_past_the_cache_is_seen() {
    let mut scenario = Scenario::new();
    let hostile = scenario.fixture.deploy("hostile").implementation;
    let data = |value: u8| {
        let write = IHostile::writeSlotCall {
            slot: B256::ZERO,
            value: B256::with_last_byte(value),
        };
        let migrate = IVault::migrateWithCall {
            rate: U256::from(5),
            meddler: hostile,
            data: write.abi_encode().into(),
        };
        Bytes::from(migrate.abi_encode())
    };
    scenario.add("2.1", step("1.0", 1, Bytes::new()));
    scenario.refuses("2.1", data(0), "nonzero(rate)");
    scenario.upgrade("2.1", data(9)).expect("done");
    let rate = scenario
        .fixture
        .chain
        .storage(scenario.proxy, U256::ZERO, BlockId::latest());
    assert_eq!(rate.expect("a slot"), B256::with_last_byte(9));
}
