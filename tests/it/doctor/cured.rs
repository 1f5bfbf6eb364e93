//! Everything stops, by time or by an upgrade of the chain. One command of a stranger brings it back.

use super::fixture::{Done, Team};
use crate::prelude::*;
use crate::tools::chain_at;

/// What is needed of every kind of instance.
const ROLES: [&str; 6] = [
    "complex-program",
    "implementation",
    "proxy",
    "registry",
    "registry-part",
    "upgradeability-storage",
];

/// Everything is dead in that state, is fixed by one command, and answers with its data.
async fn revived(team: &Team<'_>, state: &str, finding: &str) -> Done {
    team.assert_dead().await;
    let dead = team.doctor(&[]).await;
    dead.ends_with(1);
    assert!(dead.findings().contains(&finding), "{:?}", dead.findings());
    let roles = dead.roles();
    assert!(ROLES.iter().all(|role| roles.contains(role)), "{roles:?}");
    let needed = dead.in_state(state).into_iter();
    let needed: BTreeSet<_> = needed
        .filter(|one| one["needed"] == true)
        .map(codehash)
        .collect();
    assert!(dead.in_state("active").is_empty(), "nothing runs");
    assert_eq!(dead.document["findings"][0]["severity"], "danger");

    let before = team.nonce().await;
    let fixed = team.fix(&[]).await;
    // The two paused migrations have taken long, which a handler ends and no activation.
    fixed.ends_with(3);
    assert_eq!(fixed.findings(), ["MigrationUnderWay"; 2]);
    let paid = paid(&fixed);
    assert_eq!(
        paid,
        needed.iter().copied().collect::<Vec<_>>(),
        "each once"
    );
    assert_eq!(team.nonce().await - before, needed.len() as u64);
    assert!(fixed.stderr.contains("wei"), "the sum is reported first");
    team.assert_alive().await?;

    let nonce = team.nonce().await;
    let again = team.fix(&[]).await;
    again.ends_with(0);
    assert!(again.list("fixed").is_empty());
    assert_eq!(team.nonce().await, nonce, "nothing is paid twice");
    Ok(())
}

fn codehash(program: &serde_json::Value) -> B256 {
    let hash = program["codehash"].as_str().expect("a hash");
    hash.parse().expect("a hash")
}

/// The code hashes that were paid for, in order; each with its fee.
fn paid(ran: &Answer) -> Vec<B256> {
    let mut all: Vec<_> = ran.list("fixed").iter().map(codehash).collect();
    for one in ran.list("fixed") {
        assert_ne!(one["fee"], "0x0", "{one:#}");
        assert!(one["tx"].is_string() && one["error"].is_null(), "{one:#}");
    }
    all.sort_unstable();
    all
}

#[tokio::test]
async fn what_expired_is_brought_back_by_one_command_of_a_stranger() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::new(&harness).await?;
    let well = team.doctor(&[]).await;
    well.ends_with(0);
    assert!(well.in_state("expired").is_empty());
    assert_eq!(well.list("migrations").len(), 2);
    team.wait(366).await?;
    revived(&team, "expired", "ProgramExpired").await
}

#[tokio::test]
async fn what_an_upgrade_of_the_chain_outdated_is_brought_back_by_one_command() -> Done {
    let harness = Harness::on(chain_at(51)?).await?;
    let team = Team::new(&harness).await?;
    let now = team.now().await;
    team.schedule(61, now + 40 * super::fixture::DAY).await?;
    let reported = team.doctor(&[]).await;
    reported.ends_with(3);
    assert!(reported.findings().contains(&"NextVersionOutdates"));
    assert_eq!(reported.document["chain"]["scheduled"]["arbos"], 61);
    // Old enough to be kept alive, which the chain refuses to outdated programs.
    team.wait(41).await?;
    revived(&team, "outdated", "ProgramOutdated").await
}
