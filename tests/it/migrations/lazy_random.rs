//! Lazy records of several words, any of which may be zero. Reads, writes, deletions and sweeps
//! run in any order over data of an old binary, and are compared with a model. Deleted data does
//! not come back, nothing is lost, a read writes nothing, and the remaining entries are counted.

use std::collections::BTreeMap;

use alloy::primitives::{B256, U256, keccak256};
use alloy::sol;
use alloy::sol_types::SolValue;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_harness::{Definition, Harness, HarnessError, Instance, step};
use stylus_upgrades_interface::lazy::ILazy::{remainingCall, sweepCall};

sol! {
    interface V1 {
        function initialize(uint256 label);
        function put(uint256 key, uint256 amount, uint64 count, bool open);
        function putFront(uint256 amount, uint64 count, bool open);
    }
    interface V2 {
        function migrate(uint64 items);
        function item(uint256 key) view returns (uint256 amount, uint64 count, bool open, uint256 note);
        function front() view returns (uint256 amount, uint64 count, bool open, uint256 note);
        function label() view returns (uint256);
        function insert(uint256 key, uint256 amount, uint64 count, bool open, uint256 note);
        function remove(uint256 key);
        function setFront(uint256 amount, uint64 count, bool open, uint256 note);
    }
}

pub(super) type Done = Result<(), HarnessError>;

const RUNS: u8 = 20;
const CALLS: usize = 30;
pub(super) const KEYS: u64 = 6;
pub(super) const LABEL: u64 = 0x1abe1;

/// Amount, count, whether it is open.
pub(super) type Old = (U256, u64, bool);
/// The same, and a note.
pub(super) type New = (U256, u64, bool, U256);

#[derive(Clone, Debug)]
pub(super) enum Event {
    Insert(u64, New),
    Remove(u64),
    /// By anybody, of some keys, also unknown ones and one twice.
    Sweep(Vec<u64>),
    SetFront(New),
    SweepFront,
}

pub(super) fn old() -> impl Strategy<Value = Old> {
    let amount = prop_oneof![
        Just(U256::ZERO),
        Just(U256::MAX),
        (1..1000u64).prop_map(U256::from)
    ];
    (amount, prop_oneof![Just(0), 1..9u64], any::<bool>())
}

fn new() -> impl Strategy<Value = New> {
    (old(), 0..3u64)
        .prop_map(|((amount, count, open), note)| (amount, count, open, U256::from(note)))
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let key = || 0..KEYS + 1;
    prop_oneof![
        3 => (key(), new()).prop_map(|(key, new)| Event::Insert(key, new)),
        3 => key().prop_map(Event::Remove),
        3 => prop::collection::vec(key(), 0..4).prop_map(Event::Sweep),
        1 => new().prop_map(Event::SetFront),
        1 => Just(Event::SweepFront),
    ]
}

/// What version 2 makes of it; what is nothing but zeros was never there.
fn converted((amount, count, open): Old) -> New {
    (amount, count + 1, open, U256::from(7))
}

/// One datum.
#[derive(Clone, Copy, Debug)]
enum Datum {
    Old(Old),
    New(New),
}

impl Datum {
    fn created(old: Old) -> Self {
        if old == (U256::ZERO, 0, false) {
            Self::New(New::default())
        } else {
            Self::Old(old)
        }
    }

    fn read(self) -> New {
        match self {
            Self::Old(old) => converted(old),
            Self::New(new) => new,
        }
    }

    /// Becomes that; whether it was old.
    fn set(&mut self, new: New) -> bool {
        let was_old = self.is_old();
        *self = Self::New(new);
        was_old
    }

    fn is_old(self) -> bool {
        matches!(self, Self::Old(_))
    }
}

/// What should be.
struct Model {
    items: BTreeMap<u64, Datum>,
    front: Datum,
    left: u64,
}

impl Model {
    /// Does it; how many were converted by it, if it is a sweep.
    fn happen(&mut self, event: &Event) -> Option<u64> {
        match event {
            Event::Insert(key, new) => {
                let new = *new;
                self.left -= u64::from(self.item(*key).set(new));
                None
            }
            Event::Remove(key) => {
                self.left -= u64::from(self.item(*key).set(New::default()));
                None
            }
            Event::Sweep(keys) => {
                let swept = keys.iter().map(|key| {
                    let item = self.item(*key);
                    u64::from(item.set(item.read()))
                });
                let swept: Vec<u64> = swept.collect();
                let swept = swept.iter().sum();
                self.left -= swept;
                Some(swept)
            }
            Event::SetFront(new) => {
                self.front.set(*new);
                None
            }
            Event::SweepFront => Some(self.front.set(self.front.read()).into()),
        }
    }

    fn item(&mut self, key: u64) -> &mut Datum {
        self.items.entry(key).or_insert(Datum::New(New::default()))
    }
}

#[tokio::test]
async fn lazy_records_are_what_a_model_says_after_any_order_of_calls() -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Drawers").await?;
    let v1 = harness
        .build_and_deploy("tests/fixtures/drawers/v1")
        .await?;
    let v2 = harness
        .build_and_deploy("tests/fixtures/drawers/v2")
        .await?;
    definition.add_version("1.0", &v1, step::initial()).await?;
    definition
        .add_version("2.0", &v2, step::call_later("1.0"))
        .await?;
    let (mut swept, mut deleted) = (0, 0);
    for simulation in 0..RUNS {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[simulation; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let (drawers, mut model) = created(&definition, &mut runner).await?;
        assert_is(&drawers, &mut model, simulation).await?;
        for call in 0..CALLS {
            let event = draw(&mut runner, &event());
            let found = send(&drawers, &event).await?;
            let was_old = |key| model.items.get(key).is_some_and(|item| item.is_old());
            deleted += u32::from(matches!(&event, Event::Remove(key) if was_old(key)));
            let expected = model.happen(&event);
            assert_eq!(
                found, expected,
                "simulation {simulation}, call {call}: {event:?}"
            );
            swept += expected.unwrap_or_default();
            if call % 3 == 2 {
                assert_is(&drawers, &mut model, simulation).await?;
            }
        }
        assert_is(&drawers, &mut model, simulation).await?;
    }
    println!(
        "lazy, any order: {RUNS} simulations, {swept} swept, {deleted} deleted in their old form"
    );
    assert!(swept >= RUNS.into() && deleted >= u32::from(RUNS) / 2);
    Ok(())
}

pub(super) fn draw<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// Drawers that version 1 filled, at version 2.
async fn created<'h>(
    definition: &Definition<'h>,
    runner: &mut TestRunner,
) -> Result<(Instance<'h>, Model), HarnessError> {
    let label = U256::from(LABEL);
    let drawers = definition
        .create_proxy("1.0", &V1::initializeCall { label })
        .await?;
    let mut items = BTreeMap::new();
    for key in 0..KEYS {
        let (amount, count, open) = draw(runner, &old());
        items.insert(key, Datum::created((amount, count, open)));
        let key = U256::from(key);
        drawers
            .send(&V1::putCall {
                key,
                amount,
                count,
                open,
            })
            .await?;
    }
    let (amount, count, open) = draw(runner, &old());
    drawers
        .send(&V1::putFrontCall {
            amount,
            count,
            open,
        })
        .await?;
    let front = Datum::created((amount, count, open));
    let left = items.values().filter(|item| item.is_old()).count() as u64;
    drawers
        .upgrade_and_call("2.0", &V2::migrateCall { items: left })
        .await?;
    Ok((drawers, Model { items, front, left }))
}

/// Sends it; of a sweep, how many it said that it converts.
pub(super) async fn send(
    drawers: &Instance<'_>,
    event: &Event,
) -> Result<Option<u64>, HarnessError> {
    match event {
        Event::Insert(key, (amount, count, open, note)) => {
            let (key, amount, count, open, note) =
                (U256::from(*key), *amount, *count, *open, *note);
            drawers
                .send(&V2::insertCall {
                    key,
                    amount,
                    count,
                    open,
                    note,
                })
                .await?;
        }
        Event::Remove(key) => {
            drawers
                .send(&V2::removeCall {
                    key: U256::from(*key),
                })
                .await?;
        }
        Event::SetFront((amount, count, open, note)) => {
            let (amount, count, open, note) = (*amount, *count, *open, *note);
            drawers
                .send(&V2::setFrontCall {
                    amount,
                    count,
                    open,
                    note,
                })
                .await?;
        }
        Event::Sweep(keys) => {
            let keys = keys
                .iter()
                .map(|key| B256::from(U256::from(*key)))
                .collect();
            return sweep(drawers, "items", keys).await.map(Some);
        }
        Event::SweepFront => return sweep(drawers, "front", vec![]).await.map(Some),
    }
    Ok(None)
}

async fn sweep(drawers: &Instance<'_>, map: &str, keys: Vec<B256>) -> Result<u64, HarnessError> {
    let call = sweepCall {
        map: map.into(),
        keys,
    };
    let converted = drawers.read(&call).await?;
    drawers.send(&call).await?;
    Ok(converted.to())
}

/// Everything reads as the model has it, the old words are there exactly where it is old, and
/// what is left is counted.
async fn assert_is(drawers: &Instance<'_>, model: &mut Model, simulation: u8) -> Done {
    for key in 0..=KEYS {
        let item = *model.item(key);
        let read = drawers
            .read(&V2::itemCall {
                key: U256::from(key),
            })
            .await?;
        let found = (read.amount, read.count, read.open, read.note);
        assert_eq!(
            found,
            item.read(),
            "simulation {simulation}, item {key}: {item:?}"
        );
        let slot = keccak256((U256::from(key), U256::ZERO).abi_encode());
        assert_old_words(drawers, slot.into(), item).await?;
    }
    let read = drawers.read(&V2::frontCall {}).await?;
    let found = (read.amount, read.count, read.open, read.note);
    assert_eq!(
        found,
        model.front.read(),
        "simulation {simulation}, front: {:?}",
        model.front
    );
    assert_old_words(drawers, U256::ONE, model.front).await?;
    for (map, left) in [
        ("items", model.left),
        ("front", model.front.is_old().into()),
    ] {
        let found = drawers.read(&remainingCall { map: map.into() }).await?;
        assert_eq!(
            found,
            U256::from(left),
            "simulation {simulation}, {map} left"
        );
    }
    assert_eq!(drawers.read(&V2::labelCall {}).await?, U256::from(LABEL));
    Ok(())
}

/// The words of version 1: as it wrote them, or zero.
async fn assert_old_words(drawers: &Instance<'_>, slot: U256, datum: Datum) -> Done {
    let words = match datum {
        Datum::Old((amount, count, open)) => [amount, U256::from(count) | (U256::from(open) << 64)],
        Datum::New(_) => [U256::ZERO; 2],
    };
    for (location, word) in [slot, slot + U256::ONE].into_iter().zip(words) {
        assert_eq!(
            drawers.storage(location).await?,
            B256::from(word),
            "slot {location}"
        );
    }
    Ok(())
}
