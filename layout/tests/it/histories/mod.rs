//! Layouts of published contracts, one version after the other, each pair with the verdict of a person who read both
//! before the comparison ran. The layouts were read from what solc 0.8.17 (0.8.30 for OpenZeppelin 5) writes of
//! `@openzeppelin/contracts-upgradeable` and of the releases of Arbitrum's nitro-contracts, and from what solc 0.8.10 to
//! 0.8.27 (the version that each release names, or the next one) writes of Aave.

mod stylus;

use std::collections::BTreeMap;

use Expected::{Asks, Refused, Safe, Unchanged};
use stylus_layout::{Decision, Layout, Report, compare};

/// What a person says of a pair, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Expected {
    Unchanged,
    Safe,
    Asks,
    Refused,
}

/// A contract, its versions in their order, and what a person says of each step.
type History = (&'static str, &'static [&'static str], &'static [Expected]);

const OPENZEPPELIN: [&str; 9] = [
    "4.3.3", "4.5.2", "4.7.3", "4.8.3", "4.9.6", "5.0.2", "5.2.0", "5.4.0", "5.7.0",
];
/// 4.6 made `_initialized` a `uint8`, and says so. 5.0 moved everything into namespaces, where it begins at zero.
const USUAL: &[Expected] = &[
    Unchanged, Safe, Unchanged, Unchanged, Refused, Unchanged, Unchanged, Unchanged,
];
/// 4.9 renamed the hashes of EIP-712, says so, and put name and version into the gap.
const VOTES: &[Expected] = &[
    Unchanged, Safe, Unchanged, Safe, Refused, Unchanged, Unchanged, Unchanged,
];
/// Since 5.5 it is no longer `Initializable`: without another parent that is, the namespace is gone.
const UUPS: &[Expected] = &[
    Unchanged, Safe, Unchanged, Unchanged, Refused, Unchanged, Unchanged, Refused,
];
const OF_OPENZEPPELIN: [History; 8] = [
    ("Owned", &OPENZEPPELIN, USUAL),
    ("Roles", &OPENZEPPELIN, USUAL),
    ("Paused", &OPENZEPPELIN, USUAL),
    ("Coin", &OPENZEPPELIN, USUAL),
    ("Art", &OPENZEPPELIN, USUAL),
    ("Items", &OPENZEPPELIN, USUAL),
    ("Votes", &OPENZEPPELIN, VOTES),
    ("Uups", &OPENZEPPELIN, UUPS),
];

const NITRO: [&str; 5] = ["1.0.0", "1.1.0", "1.2.1", "2.1.3", "3.1.0"];
/// Those of chains with a token of their own, since 1.1.0.
const OF_TOKEN: [&str; 4] = ["1.1.0", "1.2.1", "2.1.3", "3.1.0"];
const OF_NITRO: [History; 8] = [
    // A gap at the end; OpenZeppelin 4.7 instead of 4.5.
    ("Bridge", &NITRO, &[Safe, Unchanged, Unchanged, Safe]),
    ("Inbox", &NITRO, &[Safe, Unchanged, Unchanged, Safe]),
    // The members of `context` changed places. It holds something within a call only, which nobody can see here.
    (
        "Outbox",
        &NITRO,
        &[Refused, Unchanged, Unchanged, Unchanged],
    ),
    // `maxTimeVariation` became `__LEGACY_MAX_TIME_VARIATION`, and nothing says so.
    ("SequencerInbox", &NITRO, &[Safe, Asks, Unchanged, Safe]),
    // A field in the padding before a mapping; and the rollup of BoLD, which is another contract.
    (
        "RollupAdminLogic",
        &NITRO,
        &[Safe, Unchanged, Safe, Refused],
    ),
    ("ERC20Bridge", &OF_TOKEN, &[Unchanged, Safe, Safe]),
    ("ERC20Inbox", &OF_TOKEN, &[Unchanged, Unchanged, Safe]),
    ("ERC20Outbox", &OF_TOKEN, &[Unchanged, Unchanged, Unchanged]),
];

/// Aave 3. 3.0.0 to 3.0.2 are aave/aave-v3-core @ v1.13.1, v1.16.2 and v1.19.4; 3.1.0 to 3.6.0 are
/// aave-dao/aave-v3-origin @ the tag of that name, and 3.7.0 is its commit 4fbd7442.
const AAVE: [&str; 10] = [
    "3.0.0", "3.0.1", "3.0.2", "3.1.0", "3.2.1", "3.3.0", "3.4.0", "3.5.0", "3.6.0", "3.7.0",
];
/// 3.1: `liquidationGracePeriodUntil` and `virtualUnderlyingBalance`, in padding of `ReserveData`.
/// 3.2: `collateralBitmap` begins on the bytes of `priceSource`.
/// 3.3: `deficit` begins where the deprecated stable rate lies; nothing tells it from a new name.
/// 3.4: `virtualUnderlyingBalance` moves onto `unbacked`. Aave's initializer copies it, reserve by reserve.
/// 3.6: `ltvzeroBitmap` in padding, at the end of `EModeCategory`.
/// 3.7: `isolated` in padding; `isolationModeTotalDebt` is deprecated by its name only.
const POOL: &[Expected] = &[
    Unchanged, Unchanged, Safe, Refused, Asks, Refused, Unchanged, Safe, Asks,
];
/// 3.1 adds a mapping at the end.
const CONFIGURATOR: &[Expected] = &[
    Unchanged, Unchanged, Safe, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged,
];
/// 3.4 takes a byte of each balance for the mode of a delegation.
const BALANCES: &[Expected] = &[
    Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Refused, Unchanged, Unchanged, Unchanged,
];
/// So does it here; 3.5 adds a gap, and a slot that stays unused, at the end.
const DEBTS: &[Expected] = &[
    Unchanged, Unchanged, Unchanged, Unchanged, Unchanged, Refused, Safe, Unchanged, Unchanged,
];
/// From 3.1 on, with contracts that are in aave-v3-origin only.
const ORIGIN: [&str; 7] = [
    "3.1.0", "3.2.1", "3.3.0", "3.4.0", "3.5.0", "3.6.0", "3.7.0",
];
const OF_AAVE: [History; 8] = [
    ("Pool", &AAVE, POOL),
    ("PoolConfigurator", &AAVE, CONFIGURATOR),
    ("AToken", &AAVE, BALANCES),
    ("VariableDebtToken", &AAVE, DEBTS),
    // 3.1 has no stable rate any more: the three fields at the end are gone.
    (
        "StableDebtToken",
        &["3.0.0", "3.0.1", "3.0.2", "3.1.0"],
        &[Unchanged, Unchanged, Refused],
    ),
    // 3.3 calls the interface of an oracle by another name: both are addresses.
    ("RewardsController", &ORIGIN, &[Unchanged; 6]),
    (
        "ATokenWithDelegation",
        &["3.4.0", "3.5.0", "3.6.0", "3.7.0"],
        &[Unchanged; 3],
    ),
    // From `StaticATokenLM`, with its data from slot 0 on, to `StataTokenV2`, with all of it in namespaces.
    (
        "StataToken",
        &ORIGIN,
        &[
            Refused, Unchanged, Unchanged, Unchanged, Unchanged, Unchanged,
        ],
    ),
];

/// Layouts by contract and version.
type Layouts = BTreeMap<String, BTreeMap<String, Layout>>;

/// A false alarm that is not mended yet: a contract, the version that it comes with, and what the comparison says, which
/// is stricter than the person.
type Alarm = (&'static str, &'static str, Expected);

/// Compares each version with the one before; returns how many pairs there are.
fn check(text: &str, histories: &[History], alarms: &[Alarm]) -> usize {
    let layouts: Layouts = serde_json::from_str(text).expect("layouts");
    let (mut wrong, mut pairs) = (vec![], 0);
    for (name, versions, expected) in histories {
        assert_eq!(versions.len(), expected.len() + 1, "{name}");
        for (pair, expected) in versions.windows(2).zip(*expected) {
            let [old, new] = [pair[0], pair[1]].map(|version| &layouts[*name][version]);
            let report = compare(old, new).expect("layouts of a compiler");
            pairs += 1;
            let is_it = |alarm: &&Alarm| alarm.0 == *name && alarm.1 == pair[1];
            let alarm = alarms.iter().find(is_it).map(|alarm| alarm.2);
            assert!(
                alarm.is_none_or(|alarm| alarm > *expected),
                "{name} {pair:?}"
            );
            let expected = &alarm.unwrap_or(*expected);
            if verdict(&report) != Some(*expected) {
                let findings: Vec<_> = report
                    .findings
                    .iter()
                    .map(|one| (one.id(), &one.note))
                    .collect();
                wrong.push(format!(
                    "{name} {pair:?}: expected {expected:?}, found {findings:#?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    pairs
}

/// What the comparison says; nothing where it cannot decide.
fn verdict(report: &Report) -> Option<Expected> {
    Some(match report.decision {
        Decision::Safe if report.findings.is_empty() => Unchanged,
        Decision::Safe => Safe,
        Decision::Asks => Asks,
        Decision::Undecided => return None,
        Decision::Refused => Refused,
    })
}

#[test]
fn openzeppelins_versions_get_the_verdict_of_a_person() {
    let pairs = check(include_str!("openzeppelin.json"), &OF_OPENZEPPELIN, &[]);
    assert_eq!(pairs, 64);
}

#[test]
fn nitros_releases_get_the_verdict_of_a_person() {
    let pairs = check(include_str!("nitro.json"), &OF_NITRO, &[]);
    assert_eq!(pairs, 29);
}

#[test]
fn aaves_releases_get_the_verdict_of_a_person() {
    let pairs = check(include_str!("aave.json"), &OF_AAVE, &[]);
    assert_eq!(pairs, 9 * 4 + 3 + 6 + 3 + 6);
}
