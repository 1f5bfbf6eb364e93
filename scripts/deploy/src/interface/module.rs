//! The evidence in a module's bytes of what it answers, logs and reverts with.

use alloy::primitives::{B256, Selector};
use std::collections::BTreeSet;
use stylus_upgrades_interface::sections;
use wasmparser::{Operator, Parser, Payload};

/// Returns true if the code of a module compares calldata with the selector of a function.
pub fn is_answered(module: &[u8], selector: Selector) -> bool {
    Module::read(module).compares_with(selector)
}

/// The parts of a module that are looked at.
#[derive(Default)]
pub(super) struct Module<'m> {
    /// The content of the section of its interface.
    pub(super) interface: Vec<u8>,
    /// The numbers of 32 and 64 bits in its code.
    words: BTreeSet<i32>,
    longs: BTreeSet<i64>,
    /// The numbers of 32 bits that are compared at once.
    compared: BTreeSet<i32>,
    /// The data that lie in its memory from the beginning.
    data: Vec<&'m [u8]>,
}

impl<'m> Module<'m> {
    /// Reads a module. What is wrong with it, its activation says.
    pub(super) fn read(module: &'m [u8]) -> Self {
        let mut found = Self::default();
        for payload in Parser::new(0).parse_all(module).map_while(Result::ok) {
            match payload {
                Payload::CustomSection(custom) if custom.name() == sections::INTERFACE => {
                    found.interface.extend_from_slice(custom.data());
                }
                Payload::DataSection(data) => {
                    let all = data.into_iter().map_while(Result::ok);
                    found.data.extend(all.map(|one| one.data));
                }
                Payload::CodeSectionEntry(body) => {
                    let operators = body.get_operators_reader().into_iter().flatten();
                    found.code(operators.map_while(Result::ok));
                }
                _ => {}
            }
        }
        found
    }

    /// Notes the numbers in a function's code.
    fn code<'o>(&mut self, operators: impl Iterator<Item = Operator<'o>>) {
        let mut last = None;
        for operator in operators {
            match (&operator, last.take()) {
                (Operator::I32Const { value }, _) => {
                    self.words.insert(*value);
                    last = Some(*value);
                }
                (Operator::I64Const { value }, _) => {
                    self.longs.insert(*value);
                }
                (Operator::I32Eq | Operator::I32Ne, Some(number)) => {
                    self.compared.insert(number);
                }
                _ => {}
            }
        }
    }

    /// Returns true if the code has the number that the SDK's router compares calldata with to find a function. Where
    /// there are few, the compiler swaps the bytes of the number and not those of calldata.
    pub(super) fn compares_with(&self, selector: Selector) -> bool {
        self.words.contains(&i32::from_be_bytes(selector.0))
            || self.compared.contains(&i32::from_le_bytes(selector.0))
    }

    /// Returns true if it has the selector of an error.
    pub(super) fn has_error(&self, selector: Selector) -> bool {
        self.has_data(&selector.0) || self.words.contains(&i32::from_le_bytes(selector.0))
    }

    /// Returns true if it has the topic of an event, as one or in quarters.
    pub(super) fn has_event(&self, topic: B256) -> bool {
        let (quarters, _) = topic.as_chunks::<8>();
        let mut quarters = quarters.iter();
        self.has_data(topic.as_slice())
            || quarters
                .all(|one| self.has_data(one) || self.longs.contains(&i64::from_le_bytes(*one)))
    }

    fn has_data(&self, bytes: &[u8]) -> bool {
        let mut windows = self.data.iter().flat_map(|data| data.windows(bytes.len()));
        windows.any(|window| window == bytes)
    }
}
