//! A lazy migration over a lazy migration. Version 2 converts the entries of version 1 lazily;
//! version 3 converts those of both. Entries are untouched, swept, written or deleted at either
//! version in any mix, and compared with a model. An entry exists in one form at a time.

use std::collections::BTreeMap;

use alloy::primitives::{B256, U256, keccak256};
use alloy::sol_types::SolValue;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use stylus_upgrades_harness::{Definition, Harness, HarnessError, Instance, step};
use stylus_upgrades_interface::lazy::ILazy::remainingCall;
use stylus_upgrades_interface::slots;

use super::lazy_random::{
    Done, Event, KEYS, LABEL, New, V1, V2, draw, event, old, send as send_event,
};

const RUNS: u8 = 12;
const CALLS: [usize; 2] = [8, 16];

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
#[ignore = "nightly: a model, many operations, about 35 s"]
async fn lazy_over_lazy_is_what_a_model_says_in_any_mix_of_forms() -> Done {
    let harness = Harness::start().await?;
    let definition = harness.define("Chain").await?;
    for (version, from) in [("1.0", None), ("2.0", Some("1.0")), ("3.0", Some("2.0"))] {
        let crate_ = format!("tests/fixtures/drawers/v{}", &version[..1]);
        let code = harness.build_and_deploy(&crate_).await?;
        let step = from.map_or_else(step::initial, step::call_later);
        definition.add_version(version, &code, step).await?;
    }
    let mut forms = BTreeMap::<_, u32>::new();
    for simulation in 0..RUNS {
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
                *forms
                    .entry((version, item.form, item.is_none()))
                    .or_default() += 1;
            }
            // some simulations leave everything to version 3
            let calls = if version == 2 && simulation % 4 == 0 {
                0
            } else {
                calls
            };
            for call in 0..calls {
                let event = draw(&mut runner, &event());
                let found = send_event(&drawers, &event).await?;
                let expected = model.happen(&event);
                assert_eq!(
                    found, expected,
                    "simulation {simulation}, call {call}: {event:?}"
                );
            }
            assert_is(&drawers, &model, simulation).await?;
        }
    }
    println!("lazy over lazy: {RUNS} simulations, (version, form, deleted) {forms:?}");
    for (form, deleted) in [(1, false), (2, false), (2, true)] {
        let found = forms.get(&(3, form, deleted)).copied().unwrap_or_default();
        assert!(found >= u32::from(RUNS) / 2, "{form}: {found}");
    }
    Ok(())
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
    let front = datum();
    let (amount, count, open, _) = front.value;
    drawers
        .send(&V1::putFrontCall {
            amount,
            count,
            open,
        })
        .await?;
    let model = Model {
        version: 1,
        items,
        front,
        left: 0,
    };
    Ok((drawers, model))
}

/// Everything reads as the model has it and lies in the form that the model has it in, and what is
/// left is counted.
async fn assert_is(drawers: &Instance<'_>, model: &Model, simulation: u8) -> Done {
    for (key, item) in &model.items {
        let key = U256::from(*key);
        let read = drawers.read(&V2::itemCall { key }).await?;
        let found = (read.amount, read.count, read.open, read.note);
        let context = format!(
            "simulation {simulation}, version {}, item {key}: {item:?}",
            model.version
        );
        assert_eq!(found, item.read(model.version), "{context}");
        let slot = |root: U256| keccak256((key, root).abi_encode()).into();
        assert_form(drawers, &slot, U256::ZERO, *item, &context).await?;
    }
    let read = drawers.read(&V2::frontCall {}).await?;
    let found = (read.amount, read.count, read.open, read.note);
    let context = format!(
        "simulation {simulation}, version {}, front: {:?}",
        model.version, model.front
    );
    assert_eq!(found, model.front.read(model.version), "{context}");
    assert_form(drawers, &|root| root, U256::ONE, model.front, &context).await?;
    for (map, left) in [
        ("items", model.left),
        ("front", model.front.is_old(model.version).into()),
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
        let mut written = false;
        for n in 0..words {
            let word = drawers.storage(slot(root) + U256::from(n)).await?;
            written |= word != B256::ZERO;
        }
        let expected = form == datum.form && !datum.is_none();
        assert_eq!(written, expected, "form {form}, {context}");
    }
    Ok(())
}
