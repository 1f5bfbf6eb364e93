//! `run-migration` from the first batch to the end, in every form.

use stylus_upgrades_harness::Harness;
use stylus_upgrades_tests::calls;

use super::fixture::{BATCHES, CURSOR, Done, begun};

#[tokio::test]
async fn run_migration_supplies_a_list_in_batches_and_ends() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, BATCHES, 300).await?;
    let ran = fixture.run("--items members.txt --gas 300000").await;
    ran.ends_with(0);
    let document = &ran.document;
    println!("{document:#}\n{}", ran.stderr);
    assert_eq!(document["items"], 300);
    assert_eq!(document["form"], "batches");
    assert_eq!(document["ended"], true);
    assert_eq!(document["spent"]["failed"], 0);
    assert!(
        fixture.batches().await.len() > 5,
        "by --gas there are several"
    );
    fixture.assert_migrated().await
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 15 s"]
async fn run_migration_lets_the_contract_find_its_items() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, CURSOR, 300).await?;
    let ran = fixture.run("--gas 500000").await;
    println!("{:#}\n{}", ran.document, ran.stderr);
    ran.ends_with(0);
    assert_eq!(ran.document["form"], "cursor");
    assert_eq!(ran.document["items"], 300);
    fixture.assert_migrated().await
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 29 s"]
async fn run_migration_turns_back_in_the_order_of_the_list() -> Done {
    for (program, words) in [
        (BATCHES, "--gas 200000 --items members.txt"),
        (CURSOR, "--gas 200000"),
    ] {
        let harness = Harness::start().await?;
        let fixture = begun(&harness, program, 50).await?;
        fixture.killed(words, "sent:2").await;
        let half = fixture.progress().await?.0;
        assert!(half > 0 && half < 50, "{half}");
        let abort = calls::abort_migration("Points", fixture.register.address(), 1);
        let (admin, registry) = (harness.account(0), harness.registry());
        harness.chain().execute(admin, registry, &abort).await?;
        let ran = fixture.run(words).await;
        ran.ends_with(0);
        assert_eq!(ran.document["items"], half);
        assert_eq!(ran.document["back"], true);
        assert_eq!(fixture.register.version().await?, "1.0");
        fixture.assert_points(1).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 16 s"]
async fn run_migration_killed_after_its_end_says_so_the_next_time() -> Done {
    let harness = Harness::start().await?;
    let fixture = begun(&harness, CURSOR, 10).await?;
    fixture.run("--no-end").await.ends_with(0);
    fixture.killed(&[], "sent:1").await;
    let ran = fixture.run(&[]).await;
    ran.ends_with(0);
    assert_eq!(ran.document["ended"], true);
    assert_eq!(ran.document["to"], "2.0");
    assert!(ran.document["tx"].is_string());
    fixture.assert_migrated().await
}
