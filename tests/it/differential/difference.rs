//! The intended differences. Our contracts are stricter than the Solidity ones, or do themselves
//! what those leave to the caller.

use std::collections::BTreeMap;
use std::fmt::Write;

use stylus_upgrades_harness::home;
use stylus_upgrades_test_support::page::compare;

macro_rules! differences {
    ($($name:ident: $title:literal, $classic:literal, $own:literal;)*) => {
        /// A difference that is meant.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Difference { $($name),* }

        impl Difference {
            pub(super) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it is called, what the classic does, what this project does.
            fn words(self) -> [&'static str; 3] {
                match self { $(Self::$name => [$title, $classic, $own]),* }
            }
        }
    };
}

differences! {
    AnybodyCreates: "who creates",
        "anyone creates proxies of a registry's versions",
        "`create` is a role: every other caller is refused";
    CreatedUninitialized: "creation without initializer",
        "a proxy without one can be initialized later by the first caller",
        "an initializer runs in the transaction of the creation or never: `NotInUpgrade`";
    InheritedInitializer: "the initializer of another version",
        "a proxy at 2.0 can be initialized by what 2.0 inherits from 1.0, and counts as 1.0",
        "creation at a version runs that version's initializer";
    CreationIsNoStep: "event of a creation",
        "an initializer emits `Migrated`, as a migration does",
        "`ProxyCreated`, `AdminChanged` and `Upgraded` report a creation; `Migrated` reports steps";
    AnybodyUpgrades: "who upgrades",
        "anyone upgrades any proxy to any version",
        "the registry's policy decides: `UpgradeNotAuthorized`";
    SameVersionAgain: "upgrade to the current version",
        "the same code is set again",
        "refused: there is no step";
    Backwards: "upgrade to an older version",
        "the older code runs on the newer data",
        "`NoPath`, unless a step leads back";
    UpgradeWithoutMigration: "upgrade without its migration",
        "the new code runs on data that was not migrated",
        "an upgrade without its step reverts as a whole";
    AnybodyMigrates: "who migrates",
        "between upgrade and migration, anyone calls the migration with any arguments",
        "a migration runs only within its upgrade: `NotInUpgrade`";
    StepsAreRegistered: "arguments of a step",
        "the caller of the upgrade supplies the arguments",
        "if the step names its calldata, approvers approve it and it runs";
    MigratesItself: "an upgrade that migrates by itself",
        "one call for each version on the path: its upgrade and its migration",
        "one call runs every step on the path once, in order";
    ProgramIsNoVersion: "the program between two versions",
        "a version of its own, with a migration into it and one out of it",
        "part of the step: `Migrated` is emitted once, at the end";
    PositionsAreChecked: "order of batches",
        "a batch has no position",
        "a batch names the number of items before it: `BatchOutOfOrder`";
    EndsEarly: "end of a complex migration",
        "the handler decides",
        "every item must be done: `MigrationIncomplete`";
    LeavesHalfway: "upgrades during a complex migration",
        "anyone moves the proxy forward or back with half of its data converted",
        "`UpgradeInProgress`; approvers can abort, and the items are converted back";
}

/// How often each was met.
#[derive(Debug, Default)]
pub(super) struct Met(BTreeMap<Difference, u64>);

impl Met {
    pub(super) fn count(&mut self, difference: Difference) {
        *self.0.entry(difference).or_default() += 1;
    }

    /// Whether both do it, by whether the classic and this project do; what this project alone refuses is a
    /// difference that is meant.
    ///
    /// # Panics
    /// If it is none, or if this project does what the classic refuses.
    pub(super) fn both_do(
        &mut self,
        done: (bool, bool),
        simulation: &str,
        refused: impl FnOnce() -> Option<Difference>,
    ) -> bool {
        match done {
            (true, false) => {
                let difference = refused();
                self.count(
                    difference.unwrap_or_else(|| panic!("{simulation}: only this project refuses")),
                );
                false
            }
            (false, true) => panic!("{simulation}: only this project does it"),
            (classic, _) => classic,
        }
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
        let [title, classic, own] = difference.words();
        writeln!(page, "| {title} | {classic} | {own} |").expect("a String takes everything");
    }
    compare(&home().join("docs/evidence/differences.md"), &page);
}

const HEAD: &str = "\
# Differences from the Solidity libraries

Migratable and ComplexMigration come from Solidity libraries. `tests/it/differential` compares both forms. It sends the
same random calls to Solidity contracts of that style (`tests/solidity/contracts/classic`) on anvil and to the contracts
of this project on the local chain, and compares outcomes, values and events. The test fails if a row of this table
does not occur, or another difference does.

| subject | Solidity | here |
|---|---|---|
";
