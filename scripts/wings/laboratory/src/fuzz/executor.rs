//! Runs a sequence on both copies and looks for the first difference.

use super::difference::{
    BALANCE, BehaviorDifference, CallEffects, DifferenceKey, DifferenceKind, ExpectedBehavior,
    IntendedDifferences, compare, owner,
};
use super::sequence::{FuzzCall, TargetFunction};
use crate::client::ChainError;
use crate::fork_pair::ForkPair;
use crate::functions::Functions;
use crate::inspect::in_one_slot;
use crate::plan::Abis;
use crate::simulation::Simulation;

use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Bytes, Selector, U256};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use stylus_chain::{BlockId, Overrides};
use stylus_layout::{FieldPlace, Layout, Storage, ValuePlace, WORD_BYTES};
use stylus_vm::BasicBlock;

/// Units of gas that each call gets: more than users pay for.
const GAS: u64 = 8_000_000;
/// A call that takes less than this part of its gas with one version does not run out of it with the other by chance.
const FAR_FROM_SPENT: u64 = 8;

/// An executor of sequences on both copies, and what it compares on them.
pub(super) struct DifferentialExecutor {
    pub(super) before: Simulation,
    pub(super) after: Simulation,
    pub(super) proxy: Address,
    pub(super) targets: Vec<TargetFunction>,
    pub(super) abis: Abis,
    pub(super) intended: IntendedDifferences,
    variables: Vec<ComparedVariable>,
    /// Differences that are passed over: they were found.
    pub(super) known: BTreeSet<DifferenceKey>,
    /// Accounts that getters of one are asked about before any call.
    accounts: Vec<Address>,
    /// Accounts that get fees: they own what calls happened to cost.
    fees: Vec<Address>,
    /// What calls have done.
    pub(super) coverage: BehaviorCoverage,
    /// Calls so far, on both copies together one.
    pub(super) calls: u64,
    /// Sequences that needed state which is not at hand.
    pub(super) unread: u64,
}

/// The subject of an executor.
pub(super) struct ExecutorConfig<'a> {
    /// The instance that is called.
    pub(super) proxy: Address,
    /// The accounts that call.
    pub(super) callers: &'a [Address],
    /// Accounts that getters of one are asked about before any call.
    pub(super) accounts: Vec<Address>,
    /// The functions that are called.
    pub(super) targets: Vec<TargetFunction>,
    /// Functions without arguments, whose answers are compared.
    pub(super) getters: &'a [Function],
    /// The interfaces of both versions.
    pub(super) abis: Abis,
    /// The layouts of both versions.
    pub(super) layouts: [&'a Layout; 2],
    /// The differences that are declared.
    pub(super) intended: IntendedDifferences,
    /// Functions that must answer true with the new version.
    pub(super) invariants: Vec<Function>,
    /// True if the gas that a call used counts.
    pub(super) counts_gas: bool,
}

/// A value that both versions have under one name.
struct ComparedVariable {
    name: String,
    source: VariableSource,
}

/// The source of a variable's value.
enum VariableSource {
    Getter(Bytes),
    /// A getter of one account, by its selector.
    AccountGetter(Selector),
    /// A function that must answer true with the new version.
    Invariant(Bytes),
    /// A field of the layout, on both sides.
    Field(Box<[(Storage, ValuePlace); 2]>),
}

/// A variable that has another value with the new version.
struct ValueDifference {
    before: String,
    after: String,
    /// The exact value of the version before.
    expected: ExpectedBehavior,
}

/// The answer of a getter: true if it succeeded, and its data.
type GetterAnswer = (bool, Bytes);

/// The outcome of a sequence.
#[derive(Default)]
pub(super) struct SequenceOutcome {
    pub(super) difference: Option<BehaviorDifference>,
    /// The last call that did what none did before.
    pub(super) new: Option<usize>,
    /// What calls that read answered.
    pub(super) answers: Vec<Bytes>,
    /// Which calls succeeded with the version before.
    pub(super) succeeded: Vec<bool>,
}

impl DifferentialExecutor {
    /// Lends ether to all callers, before any call.
    pub(super) fn new(forks: ForkPair, config: ExecutorConfig<'_>) -> Result<Self, ChainError> {
        let (mut before, mut after) = (forks.as_it_is, forks.upgraded);
        for side in [&mut before, &mut after] {
            for caller in config.callers {
                side.lend(*caller)?;
            }
        }
        let getters = config.getters.iter().map(|getter| ComparedVariable {
            name: getter.name.clone(),
            source: VariableSource::Getter(getter.selector().0.into()),
        });
        let invariants = config.invariants.into_iter();
        let invariants = invariants.map(|invariant| ComparedVariable {
            name: invariant.signature(),
            source: VariableSource::Invariant(invariant.selector().0.into()),
        });
        let mut variables: Vec<ComparedVariable> = invariants.chain(getters).collect();
        variables.extend(common_fields(config.layouts));
        let targets = config.targets.iter();
        let account_getters = targets.filter(|target| target.reads_account());
        variables.extend(account_getters.map(|target| ComparedVariable {
            name: target.function.signature(),
            source: VariableSource::AccountGetter(target.function.selector()),
        }));
        before.chain.count_blocks();
        Ok(Self {
            before,
            after,
            proxy: config.proxy,
            targets: config.targets,
            abis: config.abis,
            intended: config.intended,
            variables,
            known: BTreeSet::new(),
            accounts: config.accounts,
            fees: forks.fees,
            coverage: BehaviorCoverage {
                counts_gas: config.counts_gas,
                ..BehaviorCoverage::default()
            },
            calls: 0,
            unread: 0,
        })
    }

    /// Finds the first declared difference of something that is not compared.
    pub(super) fn find_uncompared(&self) -> Option<&str> {
        let known = [&self.abis.before, &self.abis.after];
        let functions = known.into_iter().flat_map(Functions::all);
        let events = known.into_iter().flat_map(Functions::events);
        let mut subjects: Vec<String> = functions.map(Function::signature).collect();
        subjects.extend(events.map(|event| event.name.clone()));
        subjects.extend(self.variables.iter().map(|variable| variable.name.clone()));
        self.intended.find_unknown(&subjects)
    }

    /// The number of variables that are compared.
    pub(super) fn variable_count(&self) -> usize {
        self.variables.len()
    }

    /// Runs the calls on copies of both sides. A sequence that needs state which is not at hand shows nothing.
    pub(super) fn run(&mut self, calls: &[FuzzCall]) -> Result<SequenceOutcome, ChainError> {
        let shown = self.run_forks(calls);
        if shown.as_ref().is_err_and(ChainError::is_unread) {
            self.unread += 1;
            return Ok(SequenceOutcome::default());
        }
        shown
    }

    /// Runs the calls on copies of both sides. A sequence ends at its first difference; what is known, or
    /// meant, is passed over, but after a known difference of a call nothing can be told. After a call that is meant
    /// to end otherwise, and succeeds on one side alone, only invariants can.
    fn run_forks(&mut self, calls: &[FuzzCall]) -> Result<SequenceOutcome, ChainError> {
        let (mut before, mut after) = (self.before.branch(), self.after.branch());
        let mut shown = SequenceOutcome::default();
        let mut is_apart = false;
        for (at, call) in calls.iter().enumerate() {
            self.calls += 1;
            let Some(target) = self.targets.get(call.target) else {
                continue;
            };
            let input = call.input(&self.targets);
            self.before.chain.count_blocks();
            let old = execute(&mut before, self.proxy, target, call, &input)?;
            let mut is_new = self.coverage.add_blocks(self.before.chain.count_blocks());
            let new = execute(&mut after, self.proxy, target, call, &input)?;
            is_new |= self.coverage.add_blocks(self.before.chain.count_blocks());
            is_new |= self.coverage.add_end(call, &input, [&old, &new]);
            if is_new {
                shown.new = Some(at);
            }
            shown.succeeded.push(old.success);
            if target.reads() && old.success {
                shown.answers.push(old.output.clone());
            }
            let is_comparable = !old.is_spent && (!new.is_spent || old.gas < GAS / FAR_FROM_SPENT);
            if !is_comparable {
                return Ok(shown);
            }
            let compared = compare(&old, &new, &input, &self.abis, &self.intended);
            let Some((kind, before, after)) = compared else {
                continue;
            };
            let subject = target.function.signature();
            if self.intended.has(&subject) {
                is_apart = old.success != new.success;
                if is_apart { break } else { continue }
            }
            let difference = BehaviorDifference {
                kind,
                subject,
                at: Some(at),
                before,
                after,
                expected: old.expected(kind),
            };
            let is_known = self.known.contains(&difference.key());
            shown.difference = (!is_known).then_some(difference);
            return Ok(shown);
        }
        let sides = [&before, &after];
        shown.difference = self.compare_variables(sides, calls, is_apart)?;
        if shown.difference.is_none() && !is_apart {
            shown.difference = self.compare_balances(sides)?;
        }
        Ok(shown)
    }

    /// Finds the first variable that differs; the first invariant that does not hold, where the states are apart.
    fn compare_variables(
        &self,
        sides: [&Simulation; 2],
        calls: &[FuzzCall],
        is_apart: bool,
    ) -> Result<Option<BehaviorDifference>, ChainError> {
        let accounts = self.accounts_of(sides, calls)?;
        for variable in &self.variables {
            let is_invariant = matches!(variable.source, VariableSource::Invariant(_));
            let kind = if is_invariant {
                DifferenceKind::Broken
            } else {
                DifferenceKind::Variable
            };
            let is_intended = !is_invariant && (is_apart || self.intended.has(&variable.name));
            if is_intended || self.known.contains(&(kind, variable.name.clone())) {
                continue;
            }
            let difference = match &variable.source {
                VariableSource::Getter(input) => self.compare_getter(sides, input)?,
                VariableSource::Invariant(input) => self.check_invariant(sides, input)?,
                VariableSource::AccountGetter(selector) => {
                    self.compare_account_getter(sides, *selector, &accounts)?
                }
                VariableSource::Field(places) => self.compare_field(sides, places)?,
            };
            if let Some(difference) = difference {
                return Ok(Some(BehaviorDifference {
                    kind,
                    subject: variable.name.clone(),
                    at: None,
                    before: difference.before,
                    after: difference.after,
                    expected: difference.expected,
                }));
            }
        }
        Ok(None)
    }

    /// The accounts that getters are asked about: all that are known before any call, and those that appear in the
    /// calls after them. Calls that wrote the same on both sides leave nothing to ask.
    fn accounts_of(
        &self,
        sides: [&Simulation; 2],
        calls: &[FuzzCall],
    ) -> Result<BTreeSet<Address>, ChainError> {
        if calls.is_empty() {
            return Ok(self.accounts.iter().copied().collect());
        }
        let written = |side: &Simulation| -> Result<Vec<_>, ChainError> {
            let changes = side.changes()?.into_iter();
            Ok(changes
                .map(|change| (change.address, change.slot, change.after))
                .collect())
        };
        Ok(if written(sides[0])? == written(sides[1])? {
            BTreeSet::new()
        } else {
            calls.iter().flat_map(FuzzCall::accounts).collect()
        })
    }

    /// Finds the first account of which a getter answers something else.
    fn compare_account_getter(
        &self,
        sides: [&Simulation; 2],
        selector: Selector,
        accounts: &BTreeSet<Address>,
    ) -> Result<Option<ValueDifference>, ChainError> {
        for account in accounts {
            let input = [&selector[..], &account.into_word()[..]].concat();
            if let Some(difference) = self.compare_getter(sides, &input.into())? {
                return Ok(Some(ValueDifference {
                    before: format!("{}, of {account}", difference.before),
                    after: format!("{}, of {account}", difference.after),
                    expected: difference.expected,
                }));
            }
        }
        Ok(None)
    }

    /// Compares the answers of a getter on both sides.
    fn compare_getter(
        &self,
        sides: [&Simulation; 2],
        input: &Bytes,
    ) -> Result<Option<ValueDifference>, ChainError> {
        let [old, new] = self.ask_both(sides, input)?;
        let expected = old.clone();
        Ok((new != expected).then(|| self.answer_difference(input, &old, &new, expected)))
    }

    /// Compares the answer of an invariant with the new version with `true`.
    fn check_invariant(
        &self,
        sides: [&Simulation; 2],
        input: &Bytes,
    ) -> Result<Option<ValueDifference>, ChainError> {
        let [old, new] = self.ask_both(sides, input)?;
        let expected = (true, Bytes::from(B256::with_last_byte(1)));
        Ok((new != expected).then(|| self.answer_difference(input, &old, &new, expected)))
    }

    /// Asks a getter on both sides.
    fn ask_both(
        &self,
        [before, after]: [&Simulation; 2],
        input: &Bytes,
    ) -> Result<[GetterAnswer; 2], ChainError> {
        let ask = |side: &Simulation| side.probe(self.proxy, input.clone());
        Ok([ask(before)?, ask(after)?])
    }

    fn answer_difference(
        &self,
        input: &Bytes,
        old: &GetterAnswer,
        new: &GetterAnswer,
        expected: GetterAnswer,
    ) -> ValueDifference {
        let describe = |answer: &GetterAnswer, known: &Functions| {
            let (success, output) = answer;
            if *success {
                let values = known.returned(input, output);
                values.unwrap_or_else(|| output.to_string())
            } else {
                format!("it reverts: {}", known.revert(output))
            }
        };
        let (success, output) = expected;
        ValueDifference {
            before: describe(old, &self.abis.before),
            after: describe(new, &self.abis.after),
            expected: ExpectedBehavior::Answers(input.clone(), success.then_some(output)),
        }
    }

    /// Compares the value of a field on both sides.
    fn compare_field(
        &self,
        [old, new]: [&Simulation; 2],
        [before, after]: &[(Storage, ValuePlace); 2],
    ) -> Result<Option<ValueDifference>, ChainError> {
        let word = |side: &Simulation, (_, place): &(Storage, ValuePlace)| {
            let latest = BlockId::latest();
            side.chain.storage(self.proxy, place.slot, latest)
        };
        let (old, new) = (word(old, before)?, word(new, after)?);
        let none = BTreeMap::new();
        let value = |(storage, place): &(Storage, ValuePlace), word| {
            storage.decode(place, word, &none).to_string()
        };
        let bytes = before.1.bytes_of(&old);
        Ok((bytes != after.1.bytes_of(&new)).then(|| {
            let place = after.1;
            let expected = ExpectedBehavior::Holds {
                slot: place.slot,
                begin: WORD_BYTES.saturating_sub(place.offset + place.bytes_taken()) as usize,
                bytes: Bytes::copy_from_slice(bytes),
            };
            ValueDifference {
                before: value(before, old),
                after: value(after, new),
                expected,
            }
        }))
    }

    /// Finds the first account that owns another amount of ether, fees and loans aside.
    fn compare_balances(
        &self,
        sides: [&Simulation; 2],
    ) -> Result<Option<BehaviorDifference>, ChainError> {
        // Both began with the same state: what did not change on one side is as it was.
        let mut all: BTreeMap<Address, [U256; 2]> = BTreeMap::new();
        for (at, side) in sides.into_iter().enumerate() {
            for change in side.account_changes()? {
                let begun = change.before.balance;
                let balances = all.entry(change.address).or_insert([begun, begun]);
                if let Some(balance) = balances.get_mut(at) {
                    *balance = change.after.balance;
                }
            }
        }
        for (account, [old, new]) in all {
            let difference = BehaviorDifference {
                kind: DifferenceKind::Balance,
                subject: owner(account, self.proxy),
                at: None,
                before: format!("{old} wei"),
                after: format!("{new} wei"),
                expected: ExpectedBehavior::Owns(account, old),
            };
            let declared = format!("{BALANCE}{}", difference.subject);
            let is_passed_over = self.fees.contains(&account)
                || self.intended.has(&declared)
                || self.known.contains(&difference.key());
            if old != new && !is_passed_over {
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }
}

/// The variables that both layouts have under one name and with one type.
fn common_fields([before, after]: [&Layout; 2]) -> Vec<ComparedVariable> {
    let (before, after) = (Storage::from(before), Storage::from(after));
    let new: BTreeMap<String, FieldPlace> = in_one_slot(&after).collect();
    let both = in_one_slot(&before).filter_map(|(name, old)| {
        let other = new.get(&name)?;
        let is_same = old.label == other.label && old.place.size == other.place.size;
        is_same.then(|| ComparedVariable {
            name,
            source: VariableSource::Field(Box::new([
                (before.clone(), old.place),
                (after.clone(), other.place),
            ])),
        })
    });
    both.collect()
}

/// Executes a call on one side: what reads is asked, everything else is mined.
fn execute(
    side: &mut Simulation,
    proxy: Address,
    target: &TargetFunction,
    call: &FuzzCall,
    input: &Bytes,
) -> Result<CallEffects, ChainError> {
    if call.blocks > 0 {
        let newest = side.chain.block(BlockId::latest());
        let number = newest.map_or(0, |block| block.l1_block_number);
        side.chain
            .set_l1_block_number(Some(number.saturating_add(call.blocks)));
    }
    if (call.seconds, call.blocks) != (0, 0) {
        side.wait(call.seconds)?;
    }
    let mut request = side.request(call.from, proxy, input.clone(), call.value)?;
    request.gas = Some(GAS);
    let (success, output, logs, gas, note) = if target.reads() {
        let none = Overrides::default();
        let ended = side.chain.call(request, BlockId::pending(), &none)?;
        (
            ended.success,
            ended.output,
            ended.logs,
            ended.gas_used,
            ended.note,
        )
    } else {
        let ended = side.mined(&target.function.name, call.from, request)?;
        (
            ended.success,
            ended.output,
            ended.logs,
            ended.gas_used,
            ended.note,
        )
    };
    Ok(CallEffects {
        is_spent: !success && output.is_empty() && gas >= GAS - GAS / 32,
        success,
        output,
        logs,
        gas,
        note,
    })
}

/// The behaviors of calls, as far as they tell one path through the code from another.
#[derive(Debug, Default)]
pub(super) struct BehaviorCoverage {
    /// How they ended: by hash.
    ends: BTreeSet<u64>,
    /// Of each basic block of a program, about how often it ran in one call: a bit for each number.
    blocks: BTreeMap<B256, Vec<u64>>,
    /// True if the gas that a call used counts: the blocks of EVM code are not counted.
    counts_gas: bool,
}

impl BehaviorCoverage {
    /// How many behaviors were told apart.
    pub(super) fn count(&self) -> usize {
        let bits = self.blocks.values().flatten().map(|seen| seen.count_ones());
        self.ends.len() + bits.sum::<u32>() as usize
    }

    /// Adds the blocks that ran in a call. Returns true if some of them never did.
    fn add_blocks(&mut self, counted: BTreeMap<B256, Vec<BasicBlock>>) -> bool {
        let mut is_new = false;
        for (code, blocks) in counted {
            let seen = self.blocks.entry(code).or_default();
            seen.resize(blocks.len(), 0);
            for (seen, block) in seen.iter_mut().zip(blocks) {
                let bit = match block.runs {
                    0 => 0,
                    few @ 1..4 => 1 << few,
                    many => 4 << many.ilog2().min(60),
                };
                is_new |= *seen & bit != bit;
                *seen |= bit;
            }
        }
        is_new
    }

    /// Adds how a call ended on both sides. Returns true if none ended so. Of the EVM the gas that was used, but for
    /// what its calldata cost, tells paths apart.
    fn add_end(&mut self, call: &FuzzCall, input: &[u8], sides: [&CallEffects; 2]) -> bool {
        let zeros = input.iter().filter(|byte| **byte == 0).count() as u64;
        let calldata = 4 * zeros + 16 * (input.len() as u64 - zeros);
        let ends = sides.map(|side| {
            let reason = if side.success {
                None
            } else {
                Some(side.output.get(..4))
            };
            let gas = self.counts_gas.then(|| side.gas.saturating_sub(calldata));
            let events = side.logs.iter().map(|log| log.topics().first().copied());
            (reason, gas, events.collect::<Vec<_>>())
        });
        let mut hasher = DefaultHasher::new();
        (call.target, ends).hash(&mut hasher);
        self.ends.insert(hasher.finish())
    }
}
