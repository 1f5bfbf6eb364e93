//! Gas that pays for L1, on a chain that answers as Nitro does: its NodeInterface names the part, the
//! estimate holds it, and a copy of the state does not know it.

use crate::governance::relay::ask;
use crate::prelude::*;

/// Units of gas of each transaction that pay for L1.
const L1: u64 = 300_000;
const NODE_INTERFACE: &str = "0x00000000000000000000000000000000000000c8";

fn relay(sandbox: &Sandbox) -> Relay {
    Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        let to = request["params"][0]["to"].as_str().unwrap_or_default();
        match request["method"].as_str() {
            Some("eth_estimateGas") => {
                if let Some(gas) = answer["result"].as_str().map(number) {
                    answer["result"] = json!(format!("{:#x}", gas + L1));
                }
            }
            Some("eth_call") if to == NODE_INTERFACE => {
                *answer = json!({
                    "jsonrpc": "2.0", "id": request["id"],
                    "result": format!("0x{L1:064x}{:064x}{:064x}", 100_000_000, 30_000_000_000_u64),
                });
            }
            _ => {}
        }
    })
}

fn number(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number")
}

/// The gas limit of the transaction that a command tells of.
fn limit(sandbox: &Sandbox, document: &Value) -> u64 {
    let host = sandbox.node.address().to_string();
    let params = [text(document, "tx")];
    let request =
        json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getTransactionByHash", "params": params});
    number(ask(&host, &request)["result"]["gas"].as_str().expect("gas"))
}

/// The gas limits of the same command with L1 and without.
fn limits(policy: &str, words: &str, exit: i32) -> (u64, u64) {
    let [with, without] = [true, false].map(|has_l1| {
        let sandbox = Sandbox::with_counter(policy, 1);
        let relay = match has_l1 {
            true => relay(&sandbox),
            false => Relay::to(&sandbox.node.endpoint(), |_| None),
        };
        let answer = sandbox.run_at(&relay, "Admin", words);
        limit(&sandbox, answer.ends(exit))
    });
    (with, without)
}

#[test]
fn the_part_for_l1_may_double_until_a_transaction_is_mined() {
    let (with, without) = limits("Admin", CREATE, 0);
    // 120 % of the estimate, which holds it once, and once more.
    assert!(with >= without + L1 * 22 / 10 - 1_000, "{with} {without}");
    assert!(with <= without + L1 * 22 / 10 + 1_000, "{with} {without}");
}

/// The gas of every transaction in a document, each with the part for L1.
fn gas(document: &Value) -> Vec<u64> {
    let all = list(document, "transactions").iter();
    all.map(|one| {
        assert_eq!(one["with_l1"], true, "{one}");
        one["gas"].as_u64().expect("gas")
    })
    .collect()
}

#[test]
fn what_is_tried_on_a_copy_costs_what_the_chain_would_charge_for_l1_too() {
    for words in [format!("{MIGRATE} --dry-run"), PLAN.to_owned()] {
        let [with, without] = [true, false].map(|has_l1| {
            let sandbox = Sandbox::with_counter("Admin", 1);
            let relay = match has_l1 {
                true => relay(&sandbox),
                false => Relay::to(&sandbox.node.endpoint(), |_| None),
            };
            gas(sandbox.run_at(&relay, "Admin", &words).ends(0))
        });
        let more: Vec<u64> = with.iter().zip(&without).map(|(a, b)| a - b).collect();
        assert_eq!(more, vec![L1; without.len()], "{words}");
    }
}

#[test]
fn what_a_transaction_costs_is_told_before_and_after() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let answer = sandbox.run("Admin", CREATE);
    let sent = &list(answer.ends(0), "transactions")[0];
    let gas = sent["gas"].as_u64().expect("gas");
    assert_eq!(sent["wei"], json!(format!("{:#x}", gas * 100_000_000)));
    assert_snapshot!(answer.notes(), @"
    create a proxy of A 1.0  (decided by create)
      initializer   calls initialize(uint256)
        value       7 (uint256)
    sending create a proxy of A 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    let shown = sandbox.shown("Admin", &format!("{CREATE} --salt 2"), 0);
    assert_snapshot!(masked(&shown), @"
    success 1/1  executed
    proxy  [address]
    create a proxy of A 1.0                      [hash]  [amount] ETH, [number] L1+L2 gas
    ");
}

#[test]
fn gas_that_was_measured_on_a_copy_gets_the_part_for_l1_as_well() {
    // It approves now; after the other approval it would execute, which a copy measured.
    let (with, without) = limits(BOTH, MIGRATE, 3);
    assert!(with >= without + 2 * L1 - 1_000, "{with} {without}");
}
