//! A lazy migration over a lazy migration. Version 2 converts the entries of version 1 lazily;
//! version 3 converts those of both. Entries are untouched, swept, written or deleted at either
//! version in any mix, and compared with a model. An entry exists in one form at a time: deleted data
//! does not come back, nothing is lost, a read writes nothing, and the remaining entries are counted.

use crate::prelude::*;
use alloy::sol;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_harness::{Definition, Instance, step};
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

type Done = Result<(), HarnessError>;

/// Simulations every day, and in the nightly run.
const RUNS: [u8; 2] = [3, 20];
/// Calls at version 2, and at version 3.
const CALLS: [usize; 2] = [30, 16];
const KEYS: u64 = 6;
const LABEL: u64 = 0x1abe1;

/// Amount, count, whether it is open.
type Old = (U256, u64, bool);
/// The same, and a note.
type New = (U256, u64, bool, U256);

#[derive(Clone, Debug)]
enum Event {
    Insert(u64, New),
    Remove(u64),
    /// By anybody, of some keys, also unknown ones and one twice.
    Sweep(Vec<u64>),
    SetFront(New),
    SweepFront,
}

fn old() -> impl Strategy<Value = Old> {
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

fn event() -> impl Strategy<Value = Event> {
    let key = || 0..KEYS + 1;
    prop_oneof![
        3 => (key(), new()).prop_map(|(key, new)| Event::Insert(key, new)),
        3 => key().prop_map(Event::Remove),
        3 => prop::collection::vec(key(), 0..4).prop_map(Event::Sweep),
        1 => new().prop_map(Event::SetFront),
        1 => Just(Event::SweepFront),
    ]
}

/// A datum in the form of the version that wrote it. One of nothing but zeros is none.
#[derive(Clone, Copy, Debug)]
struct Datum {
    form: u8,
    value: New,
}

impl Datum {
    /// What the next version makes of it.
    fn next(self) -> Self {
        let (amount, count, open, note) = self.value;
        let value = match self.form {
            1 => (amount, count + 1, open, U256::from(7)),
            _ => (amount, count + 10, open, note + U256::ONE),
        };
        Self {
            form: self.form + 1,
            value,
        }
    }

    fn is_none(self) -> bool {
        self.value == New::default()
    }

    fn is_old(self, version: u8) -> bool {
        self.form < version && !self.is_none()
    }

    /// What a version reads.
    fn read(mut self, version: u8) -> New {
        while self.is_old(version) {
            self = self.next();
        }
        self.value
    }

    /// Becomes that; whether it was old.
    fn set(&mut self, version: u8, value: New) -> bool {
        let was_old = self.is_old(version);
        *self = Self {
            form: version,
            value,
        };
        was_old
    }
}

struct Model {
    version: u8,
    items: BTreeMap<u64, Datum>,
    front: Datum,
    left: u64,
}

impl Model {
    fn set(&mut self, key: u64, value: New) -> u64 {
        let was_old = self
            .items
            .get_mut(&key)
            .expect("a key")
            .set(self.version, value);
        self.left -= u64::from(was_old);
        was_old.into()
    }

    /// Does it; how many were converted by it, if it is a sweep.
    fn happen(&mut self, event: &Event) -> Option<u64> {
        let version = self.version;
        match event {
            Event::Insert(key, new) => {
                self.set(*key, *new);
                None
            }
            Event::Remove(key) => {
                self.set(*key, New::default());
                None
            }
            Event::Sweep(keys) => Some(
                keys.iter()
                    .map(|key| self.set(*key, self.items[key].read(version)))
                    .sum(),
            ),
            Event::SetFront(new) => {
                self.front.set(version, *new);
                None
            }
            Event::SweepFront => Some(self.front.set(version, self.front.read(version)).into()),
        }
    }

    fn old(&self) -> u64 {
        let old = self.items.values().filter(|item| item.is_old(self.version));
        old.count() as u64
    }
}

#[tokio::test]
async fn lazy_records_are_what_a_model_says_after_any_order_of_calls() -> Done {
    simulate(RUNS[0]).await
}

#[tokio::test]
#[ignore = "nightly: a model, many operations, about 60 s"]
async fn lazy_over_lazy_is_what_a_model_says_in_any_mix_of_forms() -> Done {
    simulate(RUNS[1]).await
}

async fn simulate(runs: u8) -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Chain").await?;
    for (version, from) in [("1.0", None), ("2.0", Some("1.0")), ("3.0", Some("2.0"))] {
        let crate_ = format!("tests/fixtures/drawers/v{}", &version[..1]);
        let code = harness.build_and_deploy(&crate_).await?;
        let step = from.map_or_else(step::initial, step::call_later);
        definition.add_version(version, &code, step).await?;
    }
    let mut forms = BTreeMap::<_, u32>::new();
    let mut swept = 0;
    for simulation in 0..runs {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[simulation; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let (drawers, mut model) = created(&definition, &mut runner).await?;
        for (version, calls) in (2..).zip(CALLS) {
            model.version = version;
            model.left = model.old();
            let items = model.left;
            drawers
                .upgrade_and_call(&format!("{version}.0"), &V2::migrateCall { items })
                .await?;
            assert_is(&drawers, &model, simulation).await?;
            for item in model.items.values() {
                let form = (version, item.form, item.is_none());
                *forms.entry(form).or_default() += 1;
            }
            // some simulations leave everything to version 3
            let is_left = version == 2 && simulation % 4 == 0;
            for call in 0..if is_left { 0 } else { calls } {
                let event = draw(&mut runner, &event());
                let found = send(&drawers, &event).await?;
                let expected = model.happen(&event);
                swept += expected.unwrap_or_default();
                assert_eq!(
                    found, expected,
                    "simulation {simulation}, call {call}: {event:?}"
                );
            }
            assert_is(&drawers, &model, simulation).await?;
        }
    }
    println!("lazy over lazy: {runs} simulations, (version, form, deleted) {forms:?}");
    assert!(swept >= runs.into(), "{swept} swept");
    for (form, deleted) in [(1, false), (2, false), (2, true)] {
        let found = forms.get(&(3, form, deleted)).copied().unwrap_or_default();
        assert!(found >= u32::from(runs) / 2, "{form}: {found}");
    }
    Ok(())
}

fn draw<S: Strategy>(runner: &mut TestRunner, strategy: &S) -> S::Value {
    strategy.new_tree(runner).expect("a value").current()
}

/// Drawers that version 1 filled.
async fn created<'h>(
    definition: &Definition<'h>,
    runner: &mut TestRunner,
) -> Result<(Instance<'h>, Model), HarnessError> {
    let label = U256::from(LABEL);
    let drawers = definition
        .create_proxy("1.0", &V1::initializeCall { label })
        .await?;
    let mut datum = || {
        let (amount, count, open) = draw(runner, &old());
        let value = (amount, count, open, U256::ZERO);
        Datum { form: 1, value }
    };
    let mut items = BTreeMap::new();
    for key in 0..=KEYS {
        let item = datum();
        items.insert(key, item);
        let (amount, count, open, _) = item.value;
        let put = V1::putCall::from((U256::from(key), amount, count, open));
        drawers.send(&put).await?;
    }
    let front = datum();
    let (amount, count, open, _) = front.value;
    let put = V1::putFrontCall::from((amount, count, open));
    drawers.send(&put).await?;
    let model = Model {
        version: 1,
        items,
        front,
        left: 0,
    };
    Ok((drawers, model))
}

/// Sends it; of a sweep, how many it said that it converts.
async fn send(drawers: &Instance<'_>, event: &Event) -> Result<Option<u64>, HarnessError> {
    match event {
        Event::Insert(key, (amount, count, open, note)) => {
            let of = (U256::from(*key), *amount, *count, *open, *note);
            drawers.send(&V2::insertCall::from(of)).await?;
        }
        Event::Remove(key) => {
            let key = U256::from(*key);
            drawers.send(&V2::removeCall { key }).await?;
        }
        Event::SetFront(new) => {
            drawers.send(&V2::setFrontCall::from(*new)).await?;
        }
        Event::Sweep(keys) => {
            let keys = keys.iter().map(|key| U256::from(*key).into()).collect();
            return sweep(drawers, "items", keys).await.map(Some);
        }
        Event::SweepFront => return sweep(drawers, "front", vec![]).await.map(Some),
    }
    Ok(None)
}

async fn sweep(drawers: &Instance<'_>, map: &str, keys: Vec<B256>) -> Result<u64, HarnessError> {
    let call = sweepCall::from((map.into(), keys));
    let converted = drawers.read(&call).await?;
    drawers.send(&call).await?;
    Ok(converted.to())
}

/// Everything reads as the model has it and lies in the form that the model has it in, and what is
/// left is counted.
async fn assert_is(drawers: &Instance<'_>, model: &Model, simulation: u8) -> Done {
    let at = format!("simulation {simulation}, version {}", model.version);
    for (key, item) in &model.items {
        let key = U256::from(*key);
        let read = drawers.read(&V2::itemCall { key }).await?;
        let found = (read.amount, read.count, read.open, read.note);
        let context = format!("{at}, item {key}: {item:?}");
        assert_eq!(found, item.read(model.version), "{context}");
        let slot = |root: U256| keccak256((key, root).abi_encode()).into();
        assert_form(drawers, &slot, U256::ZERO, *item, &context).await?;
    }
    let read = drawers.read(&V2::frontCall {}).await?;
    let found = (read.amount, read.count, read.open, read.note);
    let context = format!("{at}, front: {:?}", model.front);
    assert_eq!(found, model.front.read(model.version), "{context}");
    assert_form(drawers, &|root| root, U256::ONE, model.front, &context).await?;
    for (map, left) in [
        ("items", model.left),
        ("front", model.front.is_old(model.version).into()),
    ] {
        let found = drawers.read(&remainingCall { map: map.into() }).await?;
        assert_eq!(found, U256::from(left), "{at}, {map} left");
    }
    assert_eq!(drawers.read(&V2::labelCall {}).await?, U256::from(LABEL));
    Ok(())
}

/// Of the three forms, words are left of the datum's own alone.
async fn assert_form(
    drawers: &Instance<'_>,
    slot: &impl Fn(U256) -> U256,
    root: U256,
    datum: Datum,
    context: &str,
) -> Done {
    let next = |root: U256| {
        let namespace = keccak256((root, slots::LAZY).abi_encode());
        U256::from_be_bytes(namespace.0) + U256::ONE
    };
    let roots = [root, next(root), next(next(root))];
    for ((form, root), words) in (1u8..).zip(roots).zip([2u64, 3, 3]) {
        let mut found = Vec::new();
        for n in 0..words {
            let word = drawers.storage(slot(root) + U256::from(n)).await?;
            found.push(U256::from_be_bytes(word.0));
        }
        let expected = form == datum.form && !datum.is_none();
        let written = found.iter().any(|word| !word.is_zero());
        assert_eq!(written, expected, "form {form}, {context}");
        if form == 1 && expected {
            let (amount, count, open, _) = datum.value;
            let packed = U256::from(count) | (U256::from(open) << 64);
            assert_eq!(found, [amount, packed], "as version 1 wrote it: {context}");
        }
    }
    Ok(())
}
