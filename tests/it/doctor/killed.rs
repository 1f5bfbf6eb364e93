//! `doctor --fix` is killed by SIGKILL in the middle of its work, in each phase, and run again.

use crate::prelude::*;

use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades_interface::chain::{ARB_WASM, IArbWasm};

use super::fixture::{Done, Team};
use crate::command::finished;
use crate::run_migration::kills::{PHASES, SIGKILL};

/// How often each code hash was activated since a block.
async fn activations(team: &Team<'_>, since: u64) -> BTreeMap<B256, usize> {
    let filter = Filter::new()
        .address(ARB_WASM)
        .event_signature(IArbWasm::ProgramActivated::SIGNATURE_HASH)
        .from_block(since);
    let logs = team.harness.chain().provider().get_logs(&filter).await;
    let mut counts = BTreeMap::new();
    for log in logs.expect("an answer") {
        *counts.entry(log.topics()[1]).or_insert(0) += 1;
    }
    counts
}

#[tokio::test]
async fn a_killed_run_is_continued_by_the_next_and_nothing_is_paid_twice() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    team.wait(366).await?;
    let since = harness.chain().provider().get_block_number().await;
    let since = since.expect("an answer");
    for phase in PHASES {
        let mut command = team.fixing(&[]);
        command.env(VARIABLE, format!("{}:2", phase.name()));
        let ran = finished(command).await;
        assert_eq!(ran.signal, Some(SIGKILL), "{phase:?}: {}", ran.stderr);
    }
    team.fix(&[]).await.ends_with(0);
    let counts = activations(&team, since + 1).await;
    assert!(counts.len() > PHASES.len(), "{counts:?}");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    let found = team.nonce().await;
    assert_eq!(found, counts.len() as u64, "nothing else was sent");
    team.assert_counters().await
}
