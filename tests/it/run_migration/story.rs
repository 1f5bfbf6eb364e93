//! From the first batch to the end, in every form.

use stylus_upgrades_harness::Harness;

use super::world::{BATCHES, CURSOR, Done, begun};

#[tokio::test]
async fn run_migration_supplies_a_list_in_batches_and_ends() -> Done {
    let harness = Harness::start().await?;
    let world = begun(&harness, BATCHES, 300).await?;
    let ran = world
        .run(&["--items", "members.txt", "--gas", "300000"])
        .await;
    ran.ends_with(0);
    let document = &ran.document;
    println!("{document:#}\n{}", ran.errors);
    assert_eq!(document["items"], 300);
    assert_eq!(document["form"], "batches");
    assert_eq!(document["ended"], true);
    assert_eq!(document["spent"]["failed"], 0);
    assert!(
        world.batches().await.len() > 5,
        "by --gas there are several"
    );
    world.assert_migrated().await
}

#[tokio::test]
async fn run_migration_lets_the_contract_find_its_items() -> Done {
    let harness = Harness::start().await?;
    let world = begun(&harness, CURSOR, 300).await?;
    let ran = world.run(&["--gas", "500000"]).await;
    println!("{:#}\n{}", ran.document, ran.errors);
    ran.ends_with(0);
    assert_eq!(ran.document["form"], "cursor");
    assert_eq!(ran.document["items"], 300);
    world.assert_migrated().await
}

#[tokio::test]
async fn run_migration_without_an_end_stops_at_the_last_item() -> Done {
    let harness = Harness::start().await?;
    let world = begun(&harness, BATCHES, 30).await?;
    let ran = world.run(&["--items", "members.txt", "--no-end"]).await;
    ran.ends_with(0);
    assert_eq!(ran.document["ended"], false);
    assert_eq!(world.progress().await?, (30, 30));
    let ran = world.run(&["--items", "members.txt"]).await;
    ran.ends_with(0);
    assert_eq!(ran.document["items"], 0);
    world.assert_migrated().await
}
