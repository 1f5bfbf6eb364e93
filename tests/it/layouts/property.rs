//! Random pairs of versions on the chain: storage that code of the old layout filled, upgraded
//! through proxy and registry by the migration that `skeleton` wrote, read by code of the new one.
//!
//! | module | holds |
//! |---|---|
//! | `pairs` | the pairs, and their migrations |
//! | `rust` | the contracts that hold them: many pairs to a contract |
//! | `stream` | values as words |
//! | `random`, `values` | the layout crate's own generator, which runs on a mocked host there |

mod pairs;
#[path = "../../../layout/tests/it/random/mod.rs"]
#[expect(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "shared with another test"
)]
mod random;
mod rust;
mod stream;
#[path = "../../../layout/tests/it/values/mod.rs"]
#[expect(unreachable_pub, reason = "shared with another test")]
mod values;

use std::collections::BTreeMap;
use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol;
use pairs::Pair;
use random::Rng;
use stylus_layout::Unsupported;
use stylus_upgrades_harness::{Definition, Harness, HarnessError, Instance, home, step};
use stylus_upgrades_interface::slots;
use stylus_upgrades_tests::{figures::tools, snapshot};
use values::{Memory, Storage, apply};

sol! {
    function initialize(uint32 pair, bytes values);
    function values(uint32 pair) view returns (bytes);
    function migrate(uint32 pair);
}

type Done = Result<(), HarnessError>;

/// Pairs in an ordinary run, and with `STYLUS_UPGRADES_LONG`.
const PAIRS: (usize, usize) = (32, 300);
/// Pairs in one contract, which must stay below 24,576 bytes.
const TOGETHER: usize = 8;
/// Pairs that are made, to be migrated or to see what is refused.
const SEEDS: u64 = 2_000;
/// What happens to the fields of a pair that is migrated, at least.
const KINDS: usize = 3;

/// What was found, by sentence.
type Counts = BTreeMap<String, u64>;

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 93 s"]
async fn generated_migrations_carry_every_field_of_random_layouts_across_an_upgrade() -> Done {
    let long = stylus_upgrades_test_support::long();
    let wanted = if long { PAIRS.1 } else { PAIRS.0 };
    let mut counts = Counts::new();
    let pairs = draw(wanted, &mut counts);
    let harness = Harness::start().await?;
    for (number, pairs) in pairs.chunks(TOGETHER).enumerate() {
        upgrade_all(&harness, number, pairs, &mut counts).await?;
    }
    for (what, count) in &counts {
        println!("{what}: {count}");
    }
    for carried in CARRIED {
        assert!(counts.contains_key(carried), "no pair with: {carried}");
    }
    for reason in ["narrower", "map", "array", "shows through"] {
        let refused = format!("pairs refused: {reason}");
        assert!(counts.contains_key(&refused), "no pair refused: {reason}");
    }
    if long {
        snapshot::record("layouts", &tools()?, &counts).expect("a file to write the result to");
    }
    Ok(())
}

/// What some pair must have.
const CARRIED: [&str; 13] = [
    "fields moved",
    "fields widened",
    "fields new",
    "fields dropped",
    "fields renamed",
    "fields packed with others and moved",
    "fields in a namespace",
    "fields moved into a namespace or out of it",
    "bytes and strings moved",
    "fixed arrays moved or widened",
    "structs moved",
    "maps",
    "dynamic arrays",
];

/// So many pairs whose migration does something, of the first [`SEEDS`]; the refused are counted.
fn draw(wanted: usize, counts: &mut Counts) -> Vec<Pair> {
    let mut pairs = vec![];
    for seed in 1..=SEEDS {
        match Pair::random(seed) {
            Ok(pair) if pair.plan.is_empty() => count(counts, "pairs with nothing to do"),
            Ok(pair) if pairs.len() < wanted && pair.kinds().len() >= KINDS => pairs.push(pair),
            Ok(_) => {}
            Err(error) => count(counts, &format!("pairs refused: {}", reason(&error))),
        }
    }
    for kind in pairs.iter().flat_map(Pair::kinds) {
        count(counts, kind);
    }
    assert_eq!(pairs.len(), wanted);
    counts.insert("pairs migrated".into(), pairs.len() as u64);
    pairs
}

fn count(counts: &mut Counts, what: &str) {
    *counts.entry(what.to_owned()).or_default() += 1;
}

/// Why there is no migration; the refusal begins with the field's name.
fn reason(error: &Unsupported) -> &'static str {
    let (field, reason) = match error {
        Unsupported::Narrower { field, .. } => (field, "narrower"),
        Unsupported::Map { field, .. } => (field, "map"),
        Unsupported::Array { field, .. } => (field, "array"),
        Unsupported::ShowsThrough { field, .. } => (field, "shows through"),
        other => panic!("{other}"),
    };
    assert!(error.to_string().starts_with(field.as_str()), "{error}");
    reason
}

/// Fills an instance of each pair, upgrades them all, and compares.
async fn upgrade_all(
    harness: &Harness,
    number: usize,
    pairs: &[Pair],
    counts: &mut Counts,
) -> Done {
    let definition = contracts(harness, number, pairs).await?;
    let mut instances = vec![];
    for pair in pairs {
        let words = stream::random(&pair.old, &mut Rng(pair.seed));
        let fill = initializeCall {
            pair: pair.seed as u32,
            values: words.clone().into(),
        };
        let instance = definition.create_proxy("1.0", &fill).await?;
        assert_eq!(
            read(&instance, pair).await?,
            words,
            "pair {}: filled",
            pair.seed
        );
        instances.push((pair, instance, stream::decode(&pair.old, &words)));
    }
    let before = storage(harness).await?;
    for (pair, instance, _) in &instances {
        let migrate = migrateCall {
            pair: pair.seed as u32,
        };
        instance.upgrade_and_call("2.0", &migrate).await?;
    }
    let after = storage(harness).await?;
    for (pair, instance, old) in &instances {
        let new = stream::decode(&pair.new, &read(instance, pair).await?);
        compare(pair, old, &new);
        *counts.entry("values compared".into()).or_default() += new.len() as u64;
        if let (Some(before), Some(after)) = (&before, &after) {
            let proxy = instance.address();
            assert_nothing_else_changed(pair, &before[&proxy], &after[&proxy], counts);
        }
    }
    Ok(())
}

/// Both versions of the contract that holds these pairs, in a definition.
async fn contracts<'h>(
    harness: &'h Harness,
    number: usize,
    pairs: &[Pair],
) -> Result<Definition<'h>, HarnessError> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("layouts/{number}"));
    let [old, new] = rust::crates(&folder, &home(), pairs).expect("a folder to write crates to");
    let definition = harness.define(&format!("Pairs{number}")).await?;
    let old = harness.build_and_deploy(old).await?;
    definition.add_first(&old).await?;
    let new = harness.build_and_deploy(new).await?;
    definition
        .add_version("2.0", &new, step::call_later("1.0"))
        .await?;
    Ok(definition)
}

async fn read(instance: &Instance<'_>, pair: &Pair) -> Result<Bytes, HarnessError> {
    instance
        .read(&valuesCall {
            pair: pair.seed as u32,
        })
        .await
}

/// Every field that both have is the same, and what is new is empty.
fn compare(pair: &Pair, old: &stream::Values, new: &stream::Values) {
    let seed = pair.seed;
    for (path, value) in new {
        match old.get(&pair.before(path)) {
            Some(old) => assert!(
                value.is(old),
                "pair {seed} {path}: {old:?} became {value:?}"
            ),
            None => assert!(value.is_empty(), "pair {seed} {path}: {value:?} is new"),
        }
    }
    let carried: Vec<String> = new.keys().map(|path| pair.before(path)).collect();
    for path in old.keys() {
        let name = path.split(['.', '[']).next().unwrap_or(path);
        let known = pair.dropped.iter().any(|dropped| dropped == name);
        assert!(
            known || carried.contains(path),
            "pair {seed} {path}: it is lost"
        );
    }
}

/// The storage of every account; `None` on a chain that does not show it.
async fn storage(harness: &Harness) -> Result<Option<BTreeMap<Address, Memory>>, HarnessError> {
    if harness.chain().is_remote() {
        return Ok(None);
    }
    let state: Bytes = harness.chain().request("anvil_dumpState", ()).await?;
    let state: serde_json::Value = serde_json::from_slice(&state).expect("a state");
    let accounts = state["accounts"].as_object().expect("accounts");
    let slots = |account: &serde_json::Value| {
        let slots: BTreeMap<U256, U256> =
            serde_json::from_value(account["storage"].clone()).expect("slots");
        let slots = slots.into_iter();
        Memory(slots.map(|(slot, word)| (slot, B256::from(word))).collect())
    };
    let all = accounts
        .iter()
        .map(|(address, account)| (address.parse().expect("an address"), slots(account)));
    Ok(Some(all.collect()))
}

/// Besides what the plan says, the upgrade changed the implementation and the mark of 2.0: not
/// one bit of the framework's slots, nor of anything else.
fn assert_nothing_else_changed(pair: &Pair, before: &Memory, after: &Memory, counts: &mut Counts) {
    let mut expected = before.clone();
    apply(&pair.plan, &mut expected);
    let implementation = slots::IMPLEMENTATION.into();
    assert_ne!(before.load(implementation), after.load(implementation));
    expected.store(implementation, after.load(implementation));
    expected.store(slots::migrated("2.0").into(), slots::SET);
    let everywhere = expected.0.keys().chain(after.0.keys());
    for slot in everywhere {
        let (expected, found) = (expected.load(*slot), after.load(*slot));
        assert_eq!(found, expected, "pair {}: slot {slot}", pair.seed);
    }
    *counts.entry("words compared".into()).or_default() += after.0.len() as u64;
}
