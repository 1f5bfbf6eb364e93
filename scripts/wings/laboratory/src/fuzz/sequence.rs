//! Sequences of calls, as they are made and changed.

use super::values::{RelatedValues, ValueGenerator};
use crate::client::show;
use crate::text::{grouped, shell_word};
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt};
use alloy::json_abi::{Function, StateMutability};
use alloy::primitives::{Address, Bytes, U256};

/// Calls of a new sequence, at most, and of one that was changed.
const CALLS_NEW: usize = 6;
const CALLS_MAX: usize = 12;
/// Seconds that pass before a call: a minute, an hour, a day, a month, a year.
const SECONDS: [u64; 5] = [60, 3_600, 86_400, 2_592_000, 31_536_000];
/// Blocks of L1 that pass before a call.
const BLOCKS: [u64; 3] = [1, 100, 50_000];

/// A function that both versions have.
#[derive(Debug, Clone)]
pub(super) struct TargetFunction {
    pub(super) function: Function,
    types: Vec<DynSolType>,
}

impl TargetFunction {
    /// A function, unless one of its types is none that values can be made of.
    pub(super) fn from_function(function: &Function) -> Option<Self> {
        let types = function.inputs.iter();
        let types = types.map(|input| DynSolType::parse(&input.selector_type()).ok());
        Some(Self {
            types: types.collect::<Option<_>>()?,
            function: function.clone(),
        })
    }

    /// Returns true if it promises to write nothing.
    pub(super) fn reads(&self) -> bool {
        use StateMutability::{Pure, View};
        matches!(self.function.state_mutability, Pure | View)
    }

    /// Returns true if it reads something of one account.
    pub(super) fn reads_account(&self) -> bool {
        self.reads() && self.types == [DynSolType::Address]
    }

    fn is_payable(&self) -> bool {
        self.function.state_mutability == StateMutability::Payable
    }
}

/// A call of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FuzzCall {
    pub(super) from: Address,
    /// The function, by its number.
    pub(super) target: usize,
    pub(super) arguments: Vec<DynSolValue>,
    /// Wei that go along.
    pub(super) value: U256,
    /// Seconds that pass before it.
    pub(super) seconds: u64,
    /// Blocks of L1 that pass before it.
    pub(super) blocks: u64,
}

impl FuzzCall {
    /// Its calldata.
    pub(super) fn input(&self, targets: &[TargetFunction]) -> Bytes {
        let target = targets.get(self.target);
        let input =
            target.and_then(|target| target.function.abi_encode_input(&self.arguments).ok());
        input.unwrap_or_default().into()
    }

    /// Returns who calls, and the accounts among the arguments.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Address> {
        let arguments = self.arguments.iter().filter_map(DynSolValue::as_address);
        std::iter::once(self.from).chain(arguments)
    }

    /// Decodes a call from its calldata; nothing where it calls none of these functions.
    pub(super) fn decode(
        from: Address,
        value: U256,
        input: &[u8],
        targets: &[TargetFunction],
    ) -> Option<Self> {
        let (selector, arguments) = input.split_first_chunk::<4>()?;
        let has_selector = |target: &TargetFunction| target.function.selector().0 == *selector;
        let target = targets.iter().position(has_selector)?;
        let arguments = targets[target].function.abi_decode_input(arguments);
        Some(Self {
            from,
            target,
            arguments: arguments.ok()?,
            value,
            seconds: 0,
            blocks: 0,
        })
    }

    /// Describes it for people: `set(5)`.
    pub(super) fn describe(&self, targets: &[TargetFunction]) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(show).collect();
        let name = targets
            .get(self.target)
            .map(|target| target.function.name.as_str());
        format!("{}({})", name.unwrap_or_default(), arguments.join(", "))
    }

    /// The command that does the same.
    pub(super) fn command(&self, proxy: Address, targets: &[TargetFunction]) -> String {
        let Some(target) = targets.get(self.target) else {
            return String::new();
        };
        let has_text = target
            .types
            .iter()
            .any(|kind| kind.to_string().contains("string"));
        let mut words = if has_text {
            vec![self.input(targets).to_string()]
        } else {
            let mut signature = target.function.signature();
            let outputs = target.function.outputs.iter();
            let outputs: Vec<_> = outputs.map(|output| output.selector_type()).collect();
            if target.reads() && !outputs.is_empty() {
                signature += &format!(" returns ({})", outputs.join(","));
            }
            let arguments = self.arguments.iter().map(show);
            std::iter::once(signature).chain(arguments).collect()
        };
        for word in &mut words {
            *word = shell_word(word);
        }
        let (kind, from) = if target.reads() {
            ("call", String::new())
        } else {
            ("send", format!(" --unlocked {}", self.from))
        };
        let value = if self.value.is_zero() {
            String::new()
        } else {
            format!(" --value {}", self.value)
        };
        format!(
            "stylus-upgrades {kind} {proxy} {}{value}{from}",
            words.join(" ")
        )
    }

    /// Describes what passes before it, if anything.
    pub(super) fn describe_wait(&self) -> Option<String> {
        match (self.seconds, self.blocks) {
            (0, 0) => None,
            (seconds, 0) => Some(format!("{} s later", grouped(seconds))),
            (seconds, blocks) => Some(format!(
                "{} s and {} blocks of L1 later",
                grouped(seconds),
                grouped(blocks)
            )),
        }
    }
}

/// The maker of sequences and of their changes.
pub(super) struct SequenceGenerator {
    pub(super) values: ValueGenerator,
    pub(super) callers: Vec<Address>,
}

impl SequenceGenerator {
    /// A new sequence.
    pub(super) fn new_sequence(&mut self, targets: &[TargetFunction]) -> Vec<FuzzCall> {
        let count = 1 + self.values.random.below(CALLS_NEW);
        let mut calls: Vec<FuzzCall> = Vec::new();
        while calls.len() < count && !targets.is_empty() {
            let call = self.next_call(targets, calls.last());
            calls.push(call);
        }
        calls
    }

    /// Makes a call after another one.
    fn next_call(&mut self, targets: &[TargetFunction], after: Option<&FuzzCall>) -> FuzzCall {
        let from = self.caller();
        let mut near = RelatedValues::default();
        near.accounts.push(from);
        if let Some(call) = after {
            near.accounts.push(call.from);
            near.numbers.push(call.value);
            call.arguments
                .iter()
                .for_each(|argument| near.add(argument));
        }
        self.values.near = near;
        let mut target = self.values.random.below(targets.len());
        // What only reads leads nowhere: it is called less often.
        if targets[target].reads() && self.values.random.once_in(2) {
            target = self.values.random.below(targets.len());
        }
        let types = targets[target].types.iter();
        let arguments = types.map(|kind| self.values.generate(kind)).collect();
        let (seconds, blocks) = self.time();
        FuzzCall {
            from,
            target,
            arguments,
            value: self.ether(&targets[target]),
            seconds,
            blocks,
        }
    }

    fn caller(&mut self) -> Address {
        let caller = self.values.random.choose(&self.callers);
        caller.copied().unwrap_or_default()
    }

    /// A function that takes no ether is given some now and then: both versions must refuse it.
    fn ether(&mut self, target: &TargetFunction) -> U256 {
        if target.is_payable() {
            self.values.ether()
        } else {
            U256::from(u8::from(self.values.random.once_in(64) && !target.reads()))
        }
    }

    fn time(&mut self) -> (u64, u64) {
        let random = &mut self.values.random;
        if !random.once_in(8) {
            return (0, 0);
        }
        let seconds = random.choose(&SECONDS).copied().unwrap_or_default();
        let blocks = random.choose(&BLOCKS).copied().unwrap_or_default();
        if random.once_in(2) {
            (seconds, blocks)
        } else {
            (seconds, 0)
        }
    }

    /// Makes a sequence that differs from `known` in one or a few places; `other` is one to take calls from.
    pub(super) fn mutate(
        &mut self,
        known: &[FuzzCall],
        other: &[FuzzCall],
        targets: &[TargetFunction],
    ) -> Vec<FuzzCall> {
        let mut calls = known.to_vec();
        for _ in 0..=self.values.random.below(3) {
            self.change(&mut calls, other, targets);
        }
        calls.truncate(CALLS_MAX);
        if calls.is_empty() {
            return self.new_sequence(targets);
        }
        calls
    }

    fn change(
        &mut self,
        calls: &mut Vec<FuzzCall>,
        other: &[FuzzCall],
        targets: &[TargetFunction],
    ) {
        let at = self.values.random.below(calls.len() + 1);
        let kind = self.values.random.below(10);
        let new = self.next_call(targets, at.checked_sub(1).and_then(|at| calls.get(at)));
        let caller = self.caller();
        let Some(call) = calls.get_mut(at) else {
            return calls.push(new);
        };
        let target = &targets[call.target];
        match kind {
            0 | 1 => calls.insert(at, new),
            2 => drop(calls.remove(at)),
            3 => {
                let same = call.clone();
                calls.insert(at, same);
            }
            4 => calls.extend_from_slice(other),
            5 => call.from = caller,
            6 => (call.seconds, call.blocks) = self.time(),
            7 if target.is_payable() => call.value = self.values.ether(),
            _ => {
                let which = self.values.random.below(target.types.len());
                if let (Some(argument), Some(kind)) =
                    (call.arguments.get_mut(which), target.types.get(which))
                {
                    *argument = self.values.generate(kind);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_that_is_made_or_changed_has_calls_and_not_too_many() {
        let set = Function::parse("set(uint256)").expect("a function");
        let targets: Vec<TargetFunction> =
            TargetFunction::from_function(&set).into_iter().collect();
        let callers = vec![Address::repeat_byte(1)];
        let values = ValueGenerator::new(1, Vec::new(), callers.clone());
        let mut maker = SequenceGenerator { values, callers };
        let mut counts = [[0; CALLS_MAX + 1]; 2];
        for _ in 0..200 {
            let new = maker.new_sequence(&targets);
            counts[0][new.len()] += 1;
            counts[1][maker.mutate(&new, &new, &targets).len()] += 1;
        }
        let lengths = counts.map(|count| {
            (0..=CALLS_MAX)
                .filter(|at| count[*at] > 0)
                .collect::<Vec<_>>()
        });
        assert_eq!(lengths[0], (1..=CALLS_NEW).collect::<Vec<_>>());
        assert_eq!(lengths[1], (1..=CALLS_MAX).collect::<Vec<_>>());
    }
}
