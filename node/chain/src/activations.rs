//! Activations that this process has done: another chain of it, an estimate or a copy that activates the same module
//! takes its program and its price.

use alloy_primitives::{B256, keccak256, map::HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};
use stylus_vm::{Activated, ActivationError, Rules};

/// Bytes of instrumented modules whose activations are kept. What is compiled from them is several times as large.
const CAPACITY: usize = 16 << 20;

static DONE: LazyLock<Mutex<Activations>> = LazyLock::new(Mutex::default);

/// Activates a program, as [`stylus_vm::activate`] does.
pub(crate) fn activate(
    wasm: &[u8],
    rules: &Rules,
    gas: &mut u64,
) -> Result<Activated, ActivationError> {
    let key = Key::of(wasm, rules);
    let done = || DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = done().get(&key, wasm, rules, gas) {
        return Ok(known);
    }
    let before = *gas;
    let activated = stylus_vm::activate(wasm, rules, gas)?;
    done().keep(key, &activated, before.saturating_sub(*gas));
    Ok(activated)
}

/// The module, and the rules that change what an activation gives or costs.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    wasm: B256,
    arbos_version: u64,
    stylus_version: u16,
    debug: bool,
}

impl Key {
    fn of(wasm: &[u8], rules: &Rules) -> Self {
        Self {
            wasm: keccak256(wasm),
            arbos_version: rules.arbos_version,
            stylus_version: rules.stylus_version,
            debug: rules.debug,
        }
    }
}

#[derive(Default)]
struct Activations {
    /// Results of activations, and the gas that each cost.
    done: HashMap<Key, (Activated, u64)>,
    bytes: usize,
}

impl Activations {
    /// A known activation, paid for. Where its size, its pages or the gas do not suffice, there is none: the activation
    /// itself says what is refused.
    fn get(&self, key: &Key, wasm: &[u8], rules: &Rules, gas: &mut u64) -> Option<Activated> {
        let (activated, price) = self.done.get(key)?;
        let fits =
            wasm.len() <= rules.max_wasm_size && activated.info.footprint <= rules.page_limit;
        *gas = gas.checked_sub(*price).filter(|_| fits)?;
        Some(activated.clone())
    }

    /// Keeps an activation; forgets all others when there is no room for it beside them.
    fn keep(&mut self, key: Key, activated: &Activated, price: u64) {
        let len = activated.program.instrumented_len();
        if self.bytes.saturating_add(len) > CAPACITY {
            self.done.clear();
            self.bytes = 0;
        }
        if self.done.insert(key, (activated.clone(), price)).is_none() {
            self.bytes = self.bytes.saturating_add(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(body: &str) -> Vec<u8> {
        let text = format!(
            r#"(module (memory (export "memory") 2 2)
            (func (export "user_entrypoint") (param i32) (result i32) {body} (i32.const 0)))"#
        );
        wat::parse_str(text).expect("the text assembles")
    }

    /// Renders the end of an activation: the result that the chain keeps or the refusal, and the gas that is left.
    fn told<E: std::fmt::Debug>(done: Result<Activated, E>, gas: u64) -> String {
        format!("{:?} {gas}", done.map(|activated| activated.info))
    }

    #[test]
    fn a_known_activation_gives_costs_and_is_refused_as_a_new_one() {
        let wasm = module("(drop (i32.const 77))");
        let all = Rules::for_arbos(60);
        let mut left = u64::MAX;
        activate(&wasm, &all, &mut left).expect("it activates");
        let price = u64::MAX - left;
        assert!(price > 0);
        let (pages, size) = (
            |page_limit| Rules { page_limit, ..all },
            |max_wasm_size| Rules {
                max_wasm_size,
                ..all
            },
        );
        let versions = [
            Rules::for_arbos(0),
            Rules::for_arbos(31),
            Rules { debug: true, ..all },
        ];
        let bounds = [
            all,
            pages(2),
            pages(1),
            size(wasm.len()),
            size(wasm.len() - 1),
        ];
        for rules in bounds.into_iter().chain(versions) {
            for gas in [0, price - 1, price, price + 1, u64::MAX] {
                let (mut expected, mut found) = (gas, gas);
                let again = stylus_vm::activate(&wasm, &rules, &mut expected);
                let known = activate(&wasm, &rules, &mut found);
                assert_eq!(
                    told(known, found),
                    told(again, expected),
                    "{rules:?} with {gas}"
                );
            }
        }
        let known = DONE.lock().expect("no test panics with it");
        let known = known.get(&Key::of(&wasm, &all), &wasm, &all, &mut { price });
        assert!(known.is_some(), "it is activated again");
    }

    #[test]
    fn what_is_kept_is_bounded_by_its_size() {
        let wasm = module(&"(drop (i32.const 1))".repeat(30_000));
        let rules = Rules::for_arbos(60);
        let activated =
            stylus_vm::activate(&wasm, &rules, &mut { u64::MAX }).expect("it activates");
        let fitting = CAPACITY / activated.program.instrumented_len();
        let mut all = Activations::default();
        for number in 0..2 * fitting as u64 {
            let key = || Key {
                arbos_version: number,
                ..Key::of(&wasm, &rules)
            };
            all.keep(key(), &activated, 0);
            all.keep(key(), &activated, 0);
            assert!(all.get(&key(), &wasm, &rules, &mut 0).is_some());
            assert!(all.done.len() <= fitting, "{number}");
        }
    }
}
