//! A complex migration whose items a census lists.

use super::fixture::{Fixture, counts};
use crate::prelude::*;

const OWNERS: &str = "run-migration it --gather census:erc721.state.owners,value";

/// A collection with tokens of two owners, whose full migration has begun.
async fn begun() -> Fixture {
    let it = Fixture::of("Collection", "erc721-basic", "initialize(address) Admin").await;
    for (owner, tokens) in [(5, "[900,3,5]"), (6, "[77,12]")] {
        let owner = Address::repeat_byte(owner).to_string();
        let mint = format!("send it mint(address,uint256[]) {owner} {tokens}");
        it.project.done(&mint);
    }
    let step = "--complex erc721-enumerate --handler Admin";
    let migrate = "migrate Collection 2.0 erc721-full";
    let answer = it.project.run(&format!("{migrate} {step}"));
    // Its items are still to come.
    answer.ends_with(5);
    it
}

/// The lists that were kept.
fn lists(it: &Fixture) -> Vec<PathBuf> {
    let folder = it.project.path(".stylus-upgrades");
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_list = |path: &PathBuf| path.extension().is_some_and(|end| end == "items");
    paths.filter(is_list).collect()
}

/// Runs a command that is refused under a name.
fn refused(it: &Fixture, name: &str, words: &(impl Words + ?Sized)) -> Value {
    let answer = it.project.run(words);
    assert_eq!(answer.error("name"), name, "{answer:?}");
    answer.document
}

#[tokio::test]
async fn a_census_gathers_a_collection_once_and_for_every_run() {
    let it = begun().await;
    let wrong = "run-migration it --gather census:owners";
    let error = refused(&it, "MappingNotFound", &wrong);
    assert!(error.to_string().contains("erc721.state.owners"), "{error}");

    // What may be an entry, for all that anybody knows.
    let slot = keccak256("no owner");
    it.plant(slot, B256::repeat_byte(7)).await;
    let error = refused(&it, "CensusNotWhole", &OWNERS);
    let hash = keccak256(slot).to_string();
    assert!(error.to_string().contains(&hash), "{error}");
    assert!(lists(&it).is_empty());
    it.plant(slot, B256::ZERO).await;

    let first = it.project.done(&format!("{OWNERS} --no-end"));
    assert_eq!(first["items"], 5, "{first}");
    let [list] = lists(&it).try_into().expect("one list");
    let lines = std::fs::read_to_string(&list).expect("the list");
    assert_eq!(lines.lines().count(), 5, "{lines}");
    // Without the list nobody knows in which order they were migrated.
    let elsewhere = list.with_extension("moved");
    std::fs::rename(&list, &elsewhere).expect("moved");
    refused(&it, "ItemsListMissing", &OWNERS);
    std::fs::rename(&elsewhere, &list).expect("moved");
    let last = it.project.done(&OWNERS);
    assert_eq!((&last["items"], &last["ended"]), (&0.into(), &true.into()));
    assert!(lists(&it).is_empty(), "it has served");

    let supply = it.project.done("call it totalSupply");
    assert!(supply.to_string().contains('5'), "{supply}");
    // Nothing is left of the old form that the new version does not explain.
    let census = it.whole(&[]);
    let entries: u64 = counts(&census, "erc721").iter().map(|one| one.0).sum();
    assert!(entries >= 7, "{census:#}");
}
