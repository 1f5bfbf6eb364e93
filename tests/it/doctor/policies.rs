//! Policies that nobody can satisfy any more.

use super::fixture::{Done, Team};
use crate::prelude::*;
use crate::tools::set_code;

/// Answers true to everything.
const CONSENTS: &[u8] = &alloy::primitives::hex!("60015f5260205ff30000");
/// The same in other bytes.
const OTHERWISE: &[u8] = &alloy::primitives::hex!("60015f5260205ff3fefe");

#[tokio::test]
async fn a_lambda_that_changed_or_is_gone_leaves_its_policy_to_nobody() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let chain = harness.chain();
    let lambda = alloy::primitives::Address::repeat_byte(0x1a);
    let put = |code: &'static [u8]| set_code(chain, lambda, code);
    put(CONSENTS).await?;
    let owner = harness.account(0);
    let expressions = [
        ("create", format!("AND({owner},CALL({lambda}))")),
        ("migrate", format!("OR({owner},CALL({lambda}))")),
    ];
    for (role, expression) in expressions {
        let call = calls::set_policy(team.counters.name(), role, expression);
        chain.execute(owner, harness.registry(), &call).await?;
    }
    team.doctor(&[]).await.ends_with(0);
    for code in [OTHERWISE, &[]] {
        put(code).await?;
        let reported = team.doctor(&[]).await;
        reported.ends_with(1);
        let mut findings = reported.findings();
        findings.retain(|name| name.starts_with("Policy"));
        assert_eq!(findings, ["PolicyUnsatisfiable", "PolicyWeakened"]);
        let first = &reported.list("findings")[0];
        assert_eq!(first["severity"], "danger");
    }
    put(CONSENTS).await?;
    team.doctor(&[]).await.ends_with(0);
    Ok(())
}

#[tokio::test]
async fn an_approver_that_became_an_instance_has_no_voice() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let call = calls::proxy_address(
        team.counters.name(),
        0,
        alloy::primitives::B256::with_last_byte(9),
    );
    let chain = harness.chain();
    let owner = harness.account(0);
    let future = chain.read(harness.registry(), &call).await?;
    let policy = calls::set_policy(team.counters.name(), "policy", future.to_string());
    chain.execute(owner, harness.registry(), &policy).await?;
    team.doctor(&[]).await.ends_with(0);
    let create = calls::create_proxy(team.counters.name(), "1.0", 0, call.salt, Bytes::new());
    chain.execute(owner, harness.registry(), &create).await?;
    let reported = team.doctor(&[]).await;
    reported.ends_with(1);
    let first = &reported.list("findings")[0];
    assert_eq!(first["id"], "PolicyUnsatisfiable", "{first:#}");
    let found = first["found"].as_str().expect("words");
    assert!(found.contains(&future.to_string()), "{found}");
    Ok(())
}
