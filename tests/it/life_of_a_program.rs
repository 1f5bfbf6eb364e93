//! Programs expire, and ArbOS upgrades outdate them. The proxy then fails as on the real chain.
//! The registry refuses an upgrade to such a program before it begins.

use crate::prelude::*;
use stylus_upgrades_harness::Instance;
use stylus_upgrades_interface::reasons::not_runnable;

use crate::command::{command, finished};
use crate::registry::errors::cannot_run;
use crate::tools::{chain_at, pass, schedule};
use crate::upgrade::{Done, Fixture, counter};

/// A day in seconds.
const DAY: u64 = 86_400;
/// Gas of the calls to a proxy that fails.
const GAS: u64 = 10_000_000;

/// The proxy fails as on the chain: empty data, and the gas that was passed on is gone.
async fn assert_bricked(instance: &Instance<'_>, chain: &Chain) -> Done {
    let mut request = instance.request(&ICounter::incrementCall {}, U256::ZERO);
    request.gas = Some(GAS);
    let receipt = chain.send_anyway(request).await?;
    assert!(!receipt.status(), "the implementation does not run");
    // All but the 64th that stays with the proxy's own frame, if that runs at all.
    assert!(
        receipt.gas_used > GAS - GAS / 32,
        "{} of {GAS}",
        receipt.gas_used
    );
    Ok(())
}

/// Activates the framework again, so that only implementations are left behind.
async fn revive_framework(harness: &Harness) -> Done {
    let framework = harness.framework();
    for part in framework.shared() {
        harness.chain().activate(part.address).await?;
    }
    harness.chain().activate(harness.registry()).await
}

/// What `stylus-upgrades status` says of the instance.
async fn status(it: &Fixture<'_>) -> Answer {
    let folder = tempfile::tempdir().expect("a folder");
    let (proxy, registry) = (it.instance.address(), it.harness.registry());
    let url = it.harness.chain().url();
    let words = format!("status {proxy} --json --rpc-url {url} --registry {registry}");
    finished(command(folder.path(), &words)).await
}

/// Status shows the instance at version 1.0.
async fn assert_status_is_well(it: &Fixture<'_>) {
    let answer = status(it).await;
    let document = &answer.ends_with(0).document;
    assert_eq!(document["instance"]["version"], "1.0", "{document:#}");
}

/// The end of both tests: implementations are left behind, and come back by activation.
async fn left_behind(it: &Fixture<'_>, reason: u8, words: &str) -> Done {
    let chain = it.harness.chain();
    // A user sees gas burned and no data; status says which rule of the chain it is, and what helps.
    assert_bricked(&it.instance, chain).await?;
    let answer = status(it).await;
    let said = format!("{}{}", answer.document, answer.stderr);
    assert_ne!(answer.exit, Some(0), "{said}");
    assert!(said.contains("ProgramNotRunnable"), "{said}");
    assert!(
        said.contains(words) && said.contains("doctor --fix"),
        "{said}"
    );
    revive_framework(it.harness).await?;
    assert_status_is_well(it).await;
    assert_bricked(&it.instance, chain).await?;
    let guarded = cannot_run(it.second.address, reason);
    assert_reverts(it.instance.upgrade("2.0").await, guarded);
    assert_eq!(it.instance.version().await?, "1.0");

    // Anybody may activate: the proxy lives on, and can be upgraded.
    chain.activate(it.first.address).await?;
    it.instance.send(&ICounter::incrementCall {}).await?;
    chain.activate(it.second.address).await?;
    assert_status_is_well(it).await;
    it.instance.upgrade("2.0").await?;
    it.instance.send(&ICounter::incrementCall {}).await?;
    let value = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(value, U256::from(7 + 1 + 5));
    Ok(())
}

#[tokio::test]
async fn an_expired_implementation_bricks_its_proxy_and_the_guard_says_so_first() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let it = counter(&harness).await?;
    it.instance.read(&ICounter::valueCall {}).await?;
    let chain = harness.chain();
    pass(chain, 366 * DAY).await?;
    left_behind(&it, not_runnable::EXPIRED, "error ProgramExpired(").await
}

#[tokio::test]
async fn a_scheduled_arbos_upgrade_outdates_implementations_and_the_guard_says_so_first() -> Done {
    let harness = Harness::on(chain_at(51)?).await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    // In one step, as Arbitrum One did; ArbOS 59 on the way brings Stylus version 3.
    schedule(chain, 61, 0).await?;
    assert_status_is_well(&it).await;
    it.instance.read(&ICounter::valueCall {}).await?;
    chain.request::<_, Value>("evm_mine", ()).await?;
    left_behind(
        &it,
        not_runnable::OUTDATED,
        "error ProgramNeedsUpgrade(2, 3)",
    )
    .await
}
