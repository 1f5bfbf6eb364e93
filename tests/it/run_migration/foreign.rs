//! A program for a complex step that was written without our crates. No event and no storage word
//! shows its progress; only `progress()` does.

use crate::prelude::*;
use stylus_upgrades::registry;

use super::fixture::{Done, Fixture, waiting_at};

/// An instance in the step of such a program, which migrates so many of its five items at a time.
async fn begun(harness: &Harness, items: u64) -> Result<Fixture<'_>, HarnessError> {
    let creation = Solidity::compile(&Lines)?
        .contract("ForeignProgram")?
        .creation
        .clone();
    let arguments = (harness.framework().storage.address, items).abi_encode_params();
    let creation = Bytes::from([&creation[..], &arguments].concat());
    let program = harness.chain().create(creation).await?;
    let codehash = registry::code_at(harness.client(), program).await?.codehash;
    let step = registry::complex("1.0", (program, codehash.into()), harness.account(5));
    let fixture = waiting_at(harness, step, 0).await?;
    fixture.register.upgrade("2.0").await?;
    Ok(fixture)
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 12 s"]
async fn run_migration_follows_a_foreign_program_by_its_progress_to_the_end() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, 2).await?;
    assert_eq!(fixture.progress().await?, (0, 5));
    let ran = fixture.run("--no-end").await;
    ran.ends_with(0);
    assert_eq!(ran.document["spent"]["transactions"], 3, "{}", ran.document);
    assert_eq!(ran.document["items"], 5);
    assert_eq!(fixture.progress().await?, (5, 5));
    assert!(fixture.batches().await.is_empty(), "it emits nothing");

    let ran = fixture.run(&[]).await;
    ran.ends_with(0);
    assert_eq!(ran.document["ended"], true);
    assert_eq!(fixture.register.version().await?, "2.0");
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 12 s"]
async fn run_migration_stops_at_a_transaction_in_which_a_foreign_program_moved_nothing() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, 0).await?;
    let ran = fixture.run(&[]).await;
    ran.is_refused("Stalled");
    let again = fixture.run(&[]).await;
    assert_eq!(again.error("name"), "Stalled", "{}", again.document);
    assert_eq!(fixture.progress().await?, (0, 5));
    Ok(())
}
