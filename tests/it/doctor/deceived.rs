//! Endpoints that keep events back or want too much.

use crate::prelude::*;
use alloy::primitives::hex;
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use stylus_upgrades_interface::chain::IArbWasm;

use super::fixture::{DAY, Done, Team};
use crate::run_migration::proxy::{Failure, Proxy};

/// An endpoint that tells of these events alone.
fn telling(team: &Team<'_>, logs: &[Log]) -> Proxy {
    let url = team.harness.chain().url();
    Proxy::failing(url, ["eth_getLogs"], Failure::answering(&logs))
}

/// An endpoint at which calls of that function of ArbWasm fail so.
fn failing<C: SolCall>(team: &Team<'_>, failure: Failure) -> Proxy {
    let selector = hex::encode(C::SELECTOR);
    Proxy::failing(team.harness.chain().url(), ["eth_call", &selector], failure)
}

/// What ArbWasm says to who pays nothing, where it wants that many wei.
fn wanting(want: U256) -> Failure {
    let have = U256::ZERO;
    let data = IArbWasm::ProgramInsufficientValue { have, want }.abi_encode();
    Failure::Reverted(Box::leak(hex::encode_prefixed(data).into_boxed_str()))
}

#[tokio::test]
async fn events_that_an_endpoint_keeps_back_are_missed() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let filter = Filter::new().address(harness.registry()).from_block(0);
    let all = harness.chain().provider().get_logs(&filter).await;
    let all = all.expect("an answer");
    // Once it was met, no endpoint has to show how it was constructed.
    team.doctor(&[]).await.ends_with(0);
    team.doctor_at(&telling(&team, &all).url())
        .await
        .ends_with(0);
    let without = |topic| {
        let kept = all.iter().filter(|log| log.topic0() != Some(&topic));
        kept.cloned().collect::<Vec<_>>()
    };
    let half = &all[..all.len() / 2];
    // As if there were no such definition.
    let name = keccak256("Counter");
    let is_about = |log: &&Log| log.topics().get(1) == Some(&name);
    let hidden: Vec<_> = all.iter().filter(|log| !is_about(log)).cloned().collect();
    let cases = [
        hidden,
        without(IRegistry::ProxyCreated::SIGNATURE_HASH),
        without(IRegistry::DefinitionCreated::SIGNATURE_HASH),
        without(IRegistry::InstanceUpgraded::SIGNATURE_HASH),
        half.to_vec(),
        Vec::new(),
    ];
    for (n, logs) in cases.iter().enumerate() {
        assert!(logs.len() < all.len(), "case {n}");
        let ran = team.doctor_at(&telling(&team, logs).url()).await;
        ran.ends_with(1);
        assert!(ran.findings().contains(&"EventsIncomplete"), "case {n}");
        assert_eq!(ran.document["ok"], false, "case {n}");
    }
    // A registry that does not run has no views, and its counts are in its storage all the same.
    team.wait(366).await?;
    for logs in [&cases[0], &cases[1], &cases[5]] {
        let ran = team.doctor_at(&telling(&team, logs).url()).await;
        assert!(ran.findings().contains(&"EventsIncomplete"));
    }
    let honest = team.doctor(&[]).await;
    assert!(!honest.findings().contains(&"EventsIncomplete"));
    Ok(())
}

#[tokio::test]
async fn an_endpoint_that_makes_up_what_arb_wasm_says_is_no_healthy_one() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let saying = |seconds: u64| {
        let answer = Failure::answering(&B256::from(U256::from(seconds)));
        failing::<IArbWasm::programTimeLeftCall>(&team, answer)
    };
    let contradicted = |ran: &Answer| {
        ran.ends_with(4);
        assert_ne!(ran.document["ok"], true);
        ran.refusal()
    };
    team.doctor_at(&saying(364 * DAY).url()).await.ends_with(0);
    // More than the activation has left, and that it ends soon.
    assert_snapshot!(contradicted(&team.doctor_at(&saying(900 * DAY).url()).await), @"
    message: no answer from http://127.0.0.1:[port]: a contradictory answer: ArbWasm says of [address]: [number] seconds left, and the storage of ArbOS ([address]) says: [number] seconds left
    expected: an endpoint that answers what it is asked
    found: a contradictory answer: ArbWasm says of [address]: [number] seconds left, and the storage of ArbOS ([address]) says: [number] seconds left
    next: run the command again with another --rpc-url: it looks at the chain first
    ");
    assert_snapshot!(contradicted(&team.doctor_at(&saying(DAY).url()).await), @"
    message: no answer from http://127.0.0.1:[port]: a contradictory answer: ArbWasm says of [address]: 86400 seconds left, and the storage of ArbOS ([address]) says: [number] seconds left
    expected: an endpoint that answers what it is asked
    found: a contradictory answer: ArbWasm says of [address]: 86400 seconds left, and the storage of ArbOS ([address]) says: [number] seconds left
    next: run the command again with another --rpc-url: it looks at the chain first
    ");
    // Everything has expired, and ArbWasm is said to deny it.
    team.wait(366).await?;
    assert_snapshot!(contradicted(&team.doctor_at(&saying(364 * DAY).url()).await), @"
    message: no answer from http://127.0.0.1:[port]: a contradictory answer: ArbWasm says of [address]: [number] seconds left, and the storage of ArbOS ([address]) says: expired, activated 366 days ago
    expected: an endpoint that answers what it is asked
    found: a contradictory answer: ArbWasm says of [address]: [number] seconds left, and the storage of ArbOS ([address]) says: expired, activated 366 days ago
    next: run the command again with another --rpc-url: it looks at the chain first
    ");
    team.doctor(&[]).await.ends_with(1);
    Ok(())
}

#[tokio::test]
async fn a_data_fee_beyond_the_bound_is_not_paid() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    team.wait(366).await?;
    let fee = U256::from(100) * U256::from(10).pow(U256::from(18));
    let proxy = failing::<IArbWasm::activateProgramCall>(&team, wanting(fee));
    let nonce = team.nonce().await;
    let ran = team.fix_at(&proxy.url(), &[]).await;
    ran.ends_with(5);
    let fixed = ran.list("fixed");
    assert!(fixed.len() >= 7, "{:#}", ran.document);
    for one in fixed {
        assert_eq!(one["error"]["name"], "DataFeeTooHigh", "{one:#}");
        assert!(one["tx"].is_null(), "{one:#}");
    }
    assert!(!ran.stderr.contains("is renewed"), "{}", ran.stderr);
    assert_eq!(team.nonce().await, nonce, "nothing was sent");
    let low = team.fix("--max-data-fee 1").await;
    low.ends_with(5);
    assert_eq!(team.nonce().await, nonce, "nothing was sent");
    team.fix(&[]).await.ends_with(0);
    Ok(())
}

#[tokio::test]
async fn a_fee_of_keepalive_beyond_the_bound_is_not_paid_and_one_that_is_too_low_is_refused() -> Done
{
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    team.wait(310).await?;
    let saying = |want| failing::<IArbWasm::codehashKeepaliveCall>(&team, wanting(want));
    let nonce = team.nonce().await;
    let ether = U256::from(10).pow(U256::from(18));
    let lying = saying(U256::from(100) * ether);
    let ran = team.fix_at(&lying.url(), &[]).await;
    ran.ends_with(5);
    let fixed = ran.list("fixed");
    assert!(fixed.len() >= 7, "{:#}", ran.document);
    for one in fixed {
        assert_eq!(one["cure"]["kind"], "keepalive", "{one:#}");
        assert_eq!(one["error"]["name"], "DataFeeTooHigh", "{one:#}");
        assert!(one["tx"].is_null(), "{one:#}");
    }
    assert_eq!(team.nonce().await, nonce, "nothing was sent");
    // What is too little the chain refuses: nothing is told as done.
    let ran = team.fix_at(&saying(U256::from(1)).url(), &[]).await;
    ran.ends_with(5);
    assert!(ran.list("fixed").iter().all(|one| one["tx"].is_null()));
    assert!(!ran.stderr.contains("is renewed"), "{}", ran.stderr);
    team.fix(&[]).await.ends_with(0);
    Ok(())
}
