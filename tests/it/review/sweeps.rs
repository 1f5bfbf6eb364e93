//! `sweep` is open to anybody, so no argument of it may do harm.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use stylus_upgrades_interface::lazy::ILazy;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::abi::ILedger;
use stylus_upgrades_tests::calls;

use super::fixture::data;
use crate::registry::fixture::{Fixture, Reverted, account, initial_step, is, step};

const GAS: u64 = 30_000_000;
const STRANGER: usize = 6;

struct Scenario {
    fixture: Fixture,
    proxy: Address,
}

fn holder(n: u8) -> Address {
    Address::repeat_byte(n)
}

impl Scenario {
    /// A ledger at 1.0 with three accounts of 250 cents, and 2.0, whose migration is given a smaller number.
    fn new() -> Self {
        let admin = account(0);
        let mut fixture = Fixture::new(&is(admin));
        fixture.define(&is(admin)).expect("defined");
        let [first, second] = ["ledger-v1", "ledger-v2"].map(|name| fixture.deploy(name));
        let migrate = step("1.0", 1, data(&ILedger::migrateCall { accounts: 1 }));
        for (version, code, step) in [("1.0", first, initial_step()), ("2.0", second, migrate)] {
            let call = calls::add_version("A", version, &code, step);
            fixture.send(admin, &call).expect("added");
        }
        let create = calls::create_proxy(
            "A",
            "1.0",
            0,
            B256::ZERO,
            data(&ILedger::initializeCall { fee: 3 }),
        );
        let proxy = fixture.send(admin, &create).expect("born").returned.proxy;
        let mut scenario = Self { fixture, proxy };
        let write = ILedger::writeCall {
            accounts: [1, 2, 3].map(holder).into(),
            cents: 250,
        };
        scenario.send(data(&write)).expect("written");
        scenario
    }

    fn send(&mut self, input: Bytes) -> Result<Bytes, Reverted> {
        let sent = self
            .fixture
            .raw(account(STRANGER), self.proxy, input, U256::ZERO, GAS);
        sent.map(|done| done.returned)
    }

    fn sweep(&mut self, map: &str, keys: Vec<B256>) -> Result<u64, Reverted> {
        let map = map.into();
        let answer = self.send(data(&ILazy::sweepCall { map, keys }))?;
        Ok(U256::abi_decode(&answer).expect("a number").to())
    }

    fn upgrade(&mut self) {
        let version = "2.0".into();
        let call = Proxy::upgradeToCall { version };
        let upgraded = self.fixture.pay(account(0), self.proxy, &call, U256::ZERO);
        upgraded.expect("upgraded");
    }

    fn ask<C: SolCall>(&self, call: &C) -> C::Return {
        self.fixture.ask(self.proxy, call).expect("an answer")
    }

    fn remaining(&self) -> U256 {
        let map = "accounts".into();
        self.ask(&ILazy::remainingCall { map })
    }
}

#[test]
fn a_sweep_of_anything_that_is_no_key_changes_nothing() {
    let mut scenario = Scenario::new();
    let early = scenario.sweep("accounts", vec![holder(1).into_word()]);
    assert_eq!(
        early,
        Err(Reverted(Bytes::new())),
        "1.0 has nothing to sweep"
    );
    scenario.upgrade();
    let before = scenario.fixture.slots_of(scenario.proxy);
    let mut dirty = holder(1).into_word();
    dirty[0] = 1; // the SDK's own maps would never look there
    let root = keccak256([[0; 32], slots::LAZY.0].concat());
    let nothing = [
        dirty,
        B256::ZERO,
        B256::repeat_byte(0xff),
        slots::LAZY,
        slots::IMPLEMENTATION,
        root,
        U256::from_be_bytes(root.0).wrapping_add(U256::ONE).into(),
    ];
    let slots: Vec<B256> = before.keys().copied().collect();
    for keys in [nothing.to_vec(), slots, vec![]] {
        assert_eq!(scenario.sweep("accounts", keys), Ok(0));
        assert_eq!(scenario.fixture.slots_of(scenario.proxy), before);
    }
    for name in ["", "account", "accounts ", "supply", "state.accounts"] {
        let map = name.into();
        let unknown = ILazy::UnknownMap { map };
        let unknown = alloy::sol_types::SolError::abi_encode(&unknown);
        let swept = scenario.sweep(name, vec![holder(1).into_word()]);
        assert_eq!(swept, Err(Reverted(unknown.into())));
    }
}

#[test]
fn a_sweep_whose_arguments_are_cut_or_lie_is_refused_whole() {
    let mut scenario = Scenario::new();
    scenario.upgrade();
    let call = ILazy::sweepCall {
        map: "accounts".into(),
        keys: [1, 2].map(|n| holder(n).into_word()).into(),
    };
    let whole = call.abi_encode();
    let before = scenario.fixture.slots_of(scenario.proxy);
    for length in [4, 35, 36, 68, 100, 132, 164, 195, 227] {
        let cut = Bytes::copy_from_slice(&whole[..length]);
        assert_eq!(scenario.send(cut), Err(Reverted(Bytes::new())), "{length}");
    }
    for (word, number) in [
        (1, U256::from(u64::MAX)), // where the keys are
        (1, U256::MAX),
        (1, U256::ONE << 255),
        (4, U256::from(3)),          // how many there are
        (4, U256::from(1u64 << 59)), // times 32 this wraps around
        (4, U256::from(1u64 << 27)), // and this does in 32 bits
        (4, U256::MAX),
    ] {
        let mut lie = whole.clone();
        lie[4 + 32 * word..36 + 32 * word].copy_from_slice(&number.to_be_bytes::<32>());
        assert_eq!(
            scenario.send(lie.into()),
            Err(Reverted(Bytes::new())),
            "{number}"
        );
    }
    assert_eq!(scenario.fixture.slots_of(scenario.proxy), before);
}

#[test]
fn a_sweep_counts_each_entry_once_and_never_below_zero() {
    let mut scenario = Scenario::new();
    scenario.upgrade();
    assert_eq!(scenario.remaining(), U256::ONE, "as was told, wrongly");
    let keys = |numbers: &[u8]| numbers.iter().map(|n| holder(*n).into_word()).collect();
    assert_eq!(scenario.sweep("accounts", keys(&[1, 2, 1, 1, 9])), Ok(2));
    assert_eq!(scenario.remaining(), U256::ZERO);
    assert_eq!(scenario.sweep("accounts", keys(&[1, 2, 3, 3])), Ok(1));
    assert_eq!(scenario.remaining(), U256::ZERO);
    let account = holder(2);
    assert_eq!(scenario.ask(&ILedger::accountCall { account })._0, 25_000);

    // what was deleted stays deleted, whatever is swept
    scenario
        .send(data(&ILedger::closeCall { account }))
        .expect("closed");
    assert_eq!(scenario.sweep("accounts", keys(&[2, 2])), Ok(0));
    assert_eq!(scenario.ask(&ILedger::accountCall { account })._0, 0);
    assert!(scenario.ask(&ILedger::isConvertedCall { account }));
    assert_eq!(scenario.sweep("fee", keys(&[1, 2, 3])), Ok(1));
    assert_eq!(scenario.sweep("fee", vec![]), Ok(0));
    assert_eq!(scenario.ask(&ILedger::feeCall {})._0, 300);
}
