//! A lazy migration of random writes: the census counts what is left in the old form.

use crate::prelude::*;
use std::fmt::Write;

use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use stylus_upgrades_interface::lazy::ILazy::{remainingCall, sweepCall};
use stylus_upgrades_tests::abi::{ILedger, ILedger2};

use super::fixture::{Fixture, counts};

/// Accounts of the ledger before its migration.
const OLD: u64 = 40;
/// Accounts that are written at all.
const ALL: u64 = 60;

fn account(n: u64) -> Address {
    Address::left_padding_from(&(0x1000 + n).to_be_bytes())
}

/// The accounts in the old form, and in the new one.
#[derive(Default)]
struct Model {
    old: BTreeSet<u64>,
    new: BTreeSet<u64>,
}

impl Model {
    /// A call of that number, and what it does.
    fn call(&mut self, number: u64) -> Vec<u8> {
        let random = U256::from_be_bytes(keccak256(number.to_be_bytes()).0);
        let [of_kind, n, ..] = random.into_limbs();
        let n = n % ALL;
        let mut convert = |n: u64| {
            if self.old.remove(&n) {
                self.new.insert(n);
            }
        };
        match of_kind % 10 {
            0..5 => {
                convert(n);
                self.new.insert(n);
                let (account, hundredths) = (account(n), u128::from(of_kind % 3));
                ILedger2::writeCall {
                    account,
                    hundredths,
                }
                .abi_encode()
            }
            5..7 => {
                self.old.remove(&n);
                self.new.remove(&n);
                let account = account(n);
                ILedger::closeCall { account }.abi_encode()
            }
            _ => {
                // Some of them, one twice, and one that nobody ever wrote.
                let some = [n, (n + 7) % ALL, n, ALL + 1];
                some.into_iter().for_each(&mut convert);
                let keys = some.map(|n| account(n).into_word()).to_vec();
                let map = "accounts".to_owned();
                sweepCall { map, keys }.abi_encode()
            }
        }
    }
}

/// So many random calls, with a census after every few of them.
async fn random(calls: u64, between: u64) {
    let it = Fixture::of("Ledger", "ledger-v1", "initialize(uint64) 5").await;
    let mut keys = String::new();
    for n in 0..=ALL + 1 {
        writeln!(keys, "{}", account(n)).expect("a text");
    }
    std::fs::write(it.project.path("keys"), keys).expect("written");
    let old: Vec<String> = (0..OLD).map(|n| account(n).to_string()).collect();
    let list = format!("[{}]", old.join(","));
    it.project
        .done(&format!("send it write(address[],uint64) {list} 700"));
    let lost = "function-removed:balance(address),returns-changed:fee(),function-changed:write(address[],uint64)";
    let migrate = format!("migrate Ledger 2.0 ledger-v2 --accept {lost}");
    it.project
        .done(&format!("{migrate} --call migrate(uint64) {OLD}"));
    let proxy = it.proxy();
    let from = it.project.node.addresses()[0];
    let mut model = Model {
        old: (0..OLD).collect(),
        new: BTreeSet::new(),
    };
    for number in 0..calls {
        let call = TransactionRequest::default()
            .with_from(from)
            .with_to(proxy)
            .with_gas_limit(5_000_000)
            .with_input(model.call(number));
        let sent = it.ask("eth_sendTransaction", (call,)).await;
        let receipt = it.ask("eth_getTransactionReceipt", (sent,)).await;
        assert_eq!(receipt["status"], "0x1", "call {number}: {receipt}");
        if (number + 1) % between != 0 {
            continue;
        }
        let census = it.whole("--keys keys --no-replay");
        let entries: Vec<u64> = counts(&census, "accounts")
            .iter()
            .map(|one| one.0)
            .collect();
        let expected = [model.old.len() as u64, model.new.len() as u64];
        assert_eq!(entries, expected, "after call {number}: {census:#}");
        let map = "accounts".to_owned();
        let remaining = it.client.call(proxy, &remainingCall { map }).await;
        assert_eq!(remaining.expect("an answer"), U256::from(model.old.len()));
    }
}

#[tokio::test]
async fn what_is_left_of_a_lazy_migration_is_counted_through_random_calls() {
    random(60, 20).await;
}

#[tokio::test]
#[ignore = "nightly: a thousand calls and many processes, about 60 s"]
async fn what_is_left_of_a_lazy_migration_is_counted_through_a_thousand_random_calls() {
    random(1_000, 50).await;
}
