//! The intended differences. Our contracts are stricter than the Solidity ones, or do themselves
//! what those leave to the caller.

use std::collections::BTreeMap;
use std::fmt::Write;

use stylus_upgrades_harness::home;

macro_rules! differences {
    ($($name:ident: $title:literal, $classic:literal, $ours:literal;)*) => {
        /// A difference that is meant.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Difference { $($name),* }

        impl Difference {
            pub(super) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it is called, what the classic does, what ours does.
            fn words(self) -> [&'static str; 3] {
                match self { $(Self::$name => [$title, $classic, $ours]),* }
            }
        }
    };
}

differences! {
    AnybodyCreates: "who creates",
        "anybody makes proxies of a registry's versions",
        "`create` is a role: whoever has it not is refused";
    CreatedUninitialised: "creation without initializer",
        "a proxy that was made without may be initialised later, by whoever is first",
        "an initializer runs in the transaction of the creation or never: `NotInUpgrade`";
    InheritedInitializer: "the initializer of another version",
        "a proxy at 2.0 may be initialised by what 2.0 inherits from 1.0, and counts as 1.0",
        "creation at a version takes that version's initializer";
    CreationIsNoStep: "event of a creation",
        "an initializer emits `Migrated`, as a migration does",
        "`ProxyCreated`, `AdminChanged` and `Upgraded` report a creation; `Migrated` reports steps";
    AnybodyUpgrades: "who upgrades",
        "anybody moves any proxy to any version",
        "the registry's policy decides: `UpgradeNotAuthorized`";
    SameVersionAgain: "upgrade to the version that is there",
        "the same code is set once more",
        "refused: there is no step";
    Backwards: "upgrade to an older version",
        "the older code is set over the newer data",
        "`NoPath`, unless a step leads back";
    UpgradeWithoutMigration: "upgrade without its migration",
        "the new code runs over data that nobody migrated",
        "an upgrade whose step was not done reverts as a whole";
    AnybodyMigrates: "who migrates",
        "between upgrade and migration, anybody calls the migration, with arguments of his choice",
        "a migration runs within its upgrade only: `NotInUpgrade`";
    StepsAreRegistered: "arguments that the step has already",
        "whoever upgrades brings the arguments",
        "where the step names its calldata, that is what was approved and what runs";
    MigratesItself: "an upgrade that migrates by itself",
        "one call for each version on the way: its upgrade and its migration",
        "one call: every step on the path, each once, in order";
    ProgramIsNoVersion: "what stands between two versions",
        "a version of its own, with a migration that leads to it and one that leads on",
        "part of the step: `Migrated` is emitted once, when all is done";
    PositionsAreChecked: "order of batches",
        "a batch has no position",
        "a batch names how many were done before it: `BatchOutOfOrder`";
    EndsEarly: "end of a complex migration",
        "the handler's word",
        "nothing is left: `MigrationIncomplete`";
    LeavesHalfway: "upgrades during a complex migration",
        "anybody moves the proxy on or back, half of its data converted",
        "`UpgradeInProgress`; who may abort sends it back item by item";
}

/// How often each was met.
#[derive(Debug, Default)]
pub(super) struct Met(BTreeMap<Difference, u64>);

impl Met {
    pub(super) fn count(&mut self, difference: Difference) {
        *self.0.entry(difference).or_default() += 1;
    }

    /// # Panics
    /// If one of these was never met.
    pub(super) fn assert_each(&self, expected: &[Difference]) {
        println!("differences met: {:?}", self.0);
        for difference in expected {
            assert!(self.0.contains_key(difference), "never met: {difference:?}");
        }
        for difference in self.0.keys() {
            assert!(
                expected.contains(difference),
                "not expected: {difference:?}"
            );
        }
    }
}

#[test]
fn the_page_of_differences_is_what_the_tests_meet() {
    let mut page = String::from(HEAD);
    for difference in Difference::ALL {
        let [title, classic, ours] = difference.words();
        writeln!(page, "| {title} | {classic} | {ours} |").expect("a String takes everything");
    }
    let path = home().join("docs/differences.md");
    if stylus_upgrades_test_settings::update() {
        std::fs::write(&path, &page).expect("the page is written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "write it anew with STYLUS_UPGRADES_UPDATE=1");
}

const HEAD: &str = "\
# Differences to the Solidity forms

Migratable and ComplexMigration come from Solidity libraries. A test compares the two: `tests/it/differential`
sends the same random calls to a Solidity implementation of that style (`tests/solidity/contracts/classic`) on
real anvil and to ours on the local chain. It compares outcomes, values and events. This table lists every
difference. Each is on purpose, the test meets each, and it fails at any other.

| subject | Solidity | ours |
|---|---|---|
";
