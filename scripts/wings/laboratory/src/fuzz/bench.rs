//! Runs a sequence on both copies and looks for the first difference.

use super::difference::{
    BALANCE, Difference, Ended, Expected, Intended, Key, Kind, compare, owner,
};
use super::sequence::{Call, Target};
use crate::client::ChainError;
use crate::functions::Functions;
use crate::inspect::in_one_slot;
use crate::plan::Abis;
use crate::simulation::Simulation;
use crate::universes::Universes;
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

/// Both copies, and what is compared on them.
pub(super) struct Bench {
    pub(super) before: Simulation,
    pub(super) after: Simulation,
    pub(super) proxy: Address,
    pub(super) targets: Vec<Target>,
    pub(super) abis: Abis,
    pub(super) intended: Intended,
    variables: Vec<Variable>,
    /// Differences that are passed over: they were found.
    pub(super) known: BTreeSet<Key>,
    /// Accounts that getters of one are asked about before any call.
    accounts: Vec<Address>,
    /// Accounts that get fees: they own what calls happened to cost.
    fees: Vec<Address>,
    /// What calls have done.
    pub(super) seen: Seen,
    /// Calls so far, on both copies together one.
    pub(super) calls: u64,
    /// Sequences that needed state which is not at hand.
    pub(super) unread: u64,
}

/// A value that both versions have under one name.
struct Variable {
    name: String,
    is: Is,
}

/// How it is read.
enum Is {
    Getter(Bytes),
    /// A getter of one account, by its selector.
    OfAccount(Selector),
    /// A function that must answer true with the new version.
    Invariant(Bytes),
    /// A field of the layout, on both sides.
    Field(Box<[(Storage, ValuePlace); 2]>),
}

/// What both sides say of a variable, and what the one before has exactly; nothing where it is the same.
type Values = Option<(String, String, Expected)>;

/// What a sequence showed.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) difference: Option<Difference>,
    /// The last call that did what none did before.
    pub(super) new: Option<usize>,
    /// What calls that read answered.
    pub(super) answers: Vec<Bytes>,
    /// Which calls succeeded with the version before.
    pub(super) succeeded: Vec<bool>,
}

impl Bench {
    /// With everybody's ether lent, before any call.
    pub(super) fn new(
        universes: Universes,
        (proxy, callers, accounts): (Address, &[Address], Vec<Address>),
        (targets, getters, abis): (Vec<Target>, &[Function], Abis),
        layouts: [&Layout; 2],
        (intended, invariants): (Intended, Vec<Function>),
        counts_gas: bool,
    ) -> Result<Self, ChainError> {
        let (mut before, mut after) = (universes.as_it_is, universes.upgraded);
        for side in [&mut before, &mut after] {
            for caller in callers {
                side.lend(*caller)?;
            }
        }
        let getters = getters.iter().map(|getter| Variable {
            name: getter.name.clone(),
            is: Is::Getter(getter.selector().0.into()),
        });
        let invariants = invariants.into_iter().map(|invariant| Variable {
            name: invariant.signature(),
            is: Is::Invariant(invariant.selector().0.into()),
        });
        let mut variables: Vec<Variable> = invariants.chain(getters).collect();
        variables.extend(fields(layouts));
        let of_account = targets.iter().filter(|target| target.reads_account());
        variables.extend(of_account.map(|one| Variable {
            name: one.function.signature(),
            is: Is::OfAccount(one.function.selector()),
        }));
        before.chain.count_blocks();
        Ok(Self {
            before,
            after,
            proxy,
            targets,
            abis,
            intended,
            variables,
            known: BTreeSet::new(),
            accounts,
            fees: universes.fees,
            seen: Seen {
                counts_gas,
                ..Seen::default()
            },
            calls: 0,
            unread: 0,
        })
    }

    /// The first of what is meant to differ that is nothing which is compared.
    pub(super) fn stray(&self) -> Option<&str> {
        let known = [&self.abis.before, &self.abis.after];
        let functions = known.into_iter().flat_map(Functions::all);
        let events = known.into_iter().flat_map(Functions::events);
        let mut subjects: Vec<String> = functions.map(Function::signature).collect();
        subjects.extend(events.map(|event| event.name.clone()));
        subjects.extend(self.variables.iter().map(|variable| variable.name.clone()));
        self.intended.stray(&subjects)
    }

    /// How many variables are compared.
    pub(super) fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Runs the calls on copies of both sides. A sequence that needs state which is not at hand shows nothing.
    pub(super) fn run(&mut self, calls: &[Call]) -> Result<Shown, ChainError> {
        let shown = self.compared(calls);
        if shown.as_ref().is_err_and(ChainError::is_unread) {
            self.unread += 1;
            return Ok(Shown::default());
        }
        shown
    }

    /// Runs the calls on copies of both sides. A sequence ends at its first difference; what is known, or
    /// meant, is passed over, but after a known difference of a call nothing can be told. After a call that is meant
    /// to end otherwise, and succeeds on one side alone, only invariants can.
    fn compared(&mut self, calls: &[Call]) -> Result<Shown, ChainError> {
        let (mut before, mut after) = (self.before.branch(), self.after.branch());
        let mut shown = Shown::default();
        let mut is_apart = false;
        for (at, call) in calls.iter().enumerate() {
            self.calls += 1;
            let Some(target) = self.targets.get(call.target) else {
                continue;
            };
            let input = call.input(&self.targets);
            let one = (target, call, &input);
            self.before.chain.count_blocks();
            let old = carried_out(&mut before, self.proxy, one)?;
            let mut is_new = self.seen.blocks(self.before.chain.count_blocks());
            let new = carried_out(&mut after, self.proxy, one)?;
            is_new |= self.seen.blocks(self.before.chain.count_blocks());
            is_new |= self.seen.ends(call, &input, [&old, &new]);
            if is_new {
                shown.new = Some(at);
            }
            shown.succeeded.push(old.success);
            if target.reads() && old.success {
                shown.answers.push(old.output.clone());
            }
            let is_telling = match (old.is_spent, new.is_spent) {
                (false, false) => true,
                (false, true) => old.gas < GAS / FAR_FROM_SPENT,
                _ => false,
            };
            if !is_telling {
                return Ok(shown);
            }
            let compared = compare((&old, &new), &input, &self.abis, &self.intended);
            let Some((kind, before, after)) = compared else {
                continue;
            };
            let subject = target.function.signature();
            if self.intended.has(&subject) {
                is_apart = old.success != new.success;
                if is_apart { break } else { continue }
            }
            let difference = Difference {
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
        shown.difference = self.variable(sides, calls, is_apart)?;
        if shown.difference.is_none() && !is_apart {
            shown.difference = self.balance(sides)?;
        }
        Ok(shown)
    }

    /// The first variable that differs; the first invariant that does not hold, where the states are apart.
    fn variable(
        &self,
        sides: [&Simulation; 2],
        calls: &[Call],
        is_apart: bool,
    ) -> Result<Option<Difference>, ChainError> {
        let accounts = self.accounts_of(sides, calls)?;
        for one in &self.variables {
            let is_invariant = matches!(one.is, Is::Invariant(_));
            let kind = if is_invariant {
                Kind::Broken
            } else {
                Kind::Variable
            };
            let is_intended = !is_invariant && (is_apart || self.intended.has(&one.name));
            if is_intended || self.known.contains(&(kind, one.name.clone())) {
                continue;
            }
            let values = match &one.is {
                Is::Getter(input) | Is::Invariant(input) => {
                    self.getter(sides, input, is_invariant)?
                }
                Is::OfAccount(selector) => self.of_accounts(sides, *selector, &accounts)?,
                Is::Field(places) => self.field(sides, places)?,
            };
            if let Some((before, after, expected)) = values {
                return Ok(Some(Difference {
                    kind,
                    subject: one.name.clone(),
                    at: None,
                    before,
                    after,
                    expected,
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
        calls: &[Call],
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
            calls.iter().flat_map(Call::accounts).collect()
        })
    }

    /// The first account of which a getter answers something else.
    fn of_accounts(
        &self,
        sides: [&Simulation; 2],
        selector: Selector,
        accounts: &BTreeSet<Address>,
    ) -> Result<Values, ChainError> {
        for account in accounts {
            let input = [&selector[..], &account.into_word()[..]].concat();
            if let Some((before, after, expected)) = self.getter(sides, &input.into(), false)? {
                let of = |value: String| format!("{value}, of {account}");
                return Ok(Some((of(before), of(after), expected)));
            }
        }
        Ok(None)
    }

    /// What a getter answers on both sides, where that differs; of an invariant where it does not hold with the new
    /// version.
    fn getter(
        &self,
        [before, after]: [&Simulation; 2],
        input: &Bytes,
        must_hold: bool,
    ) -> Result<Values, ChainError> {
        let ask = |side: &Simulation| side.probe(self.proxy, input.clone());
        let (old, new) = (ask(before)?, ask(after)?);
        let wanted = if must_hold {
            (true, Bytes::from(B256::with_last_byte(1)))
        } else {
            old.clone()
        };
        let words = |(success, output): &(bool, Bytes), known: &Functions| {
            if *success {
                known
                    .returned(input, output)
                    .unwrap_or_else(|| output.to_string())
            } else {
                format!("it reverts: {}", known.revert(output))
            }
        };
        Ok((new != wanted).then(|| {
            let (success, output) = wanted;
            let expected = Expected::Answers(input.clone(), success.then_some(output));
            let before = words(&old, &self.abis.before);
            (before, words(&new, &self.abis.after), expected)
        }))
    }

    /// What a variable holds on both sides, where that differs.
    fn field(
        &self,
        [old, new]: [&Simulation; 2],
        [before, after]: &[(Storage, ValuePlace); 2],
    ) -> Result<Values, ChainError> {
        let word = |side: &Simulation, (_, place): &(Storage, ValuePlace)| {
            let at = BlockId::latest();
            side.chain.storage(self.proxy, place.slot, at)
        };
        let (old, new) = (word(old, before)?, word(new, after)?);
        let none = BTreeMap::new();
        let value = |(storage, place): &(Storage, ValuePlace), word| {
            storage.decode(place, word, &none).to_string()
        };
        let bytes = before.1.bytes_of(&old);
        Ok((bytes != after.1.bytes_of(&new)).then(|| {
            let place = after.1;
            let expected = Expected::Holds {
                slot: place.slot,
                begin: WORD_BYTES.saturating_sub(place.offset + place.bytes_taken()) as usize,
                bytes: Bytes::copy_from_slice(bytes),
            };
            (value(before, old), value(after, new), expected)
        }))
    }

    /// The first account that owns another amount of ether, fees and loans aside.
    fn balance(&self, sides: [&Simulation; 2]) -> Result<Option<Difference>, ChainError> {
        // Both began with the same state: what did not change on one side is as it was.
        let mut all: BTreeMap<Address, [U256; 2]> = BTreeMap::new();
        for (at, side) in sides.into_iter().enumerate() {
            for one in side.account_changes()? {
                let begun = one.before.balance;
                let balances = all.entry(one.address).or_insert([begun, begun]);
                if let Some(balance) = balances.get_mut(at) {
                    *balance = one.after.balance;
                }
            }
        }
        for (account, [old, new]) in all {
            let difference = Difference {
                kind: Kind::Balance,
                subject: owner(account, self.proxy),
                at: None,
                before: format!("{old} wei"),
                after: format!("{new} wei"),
                expected: Expected::Owns(account, old),
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
fn fields([before, after]: [&Layout; 2]) -> Vec<Variable> {
    let (before, after) = (Storage::from(before), Storage::from(after));
    let new: BTreeMap<String, FieldPlace> = in_one_slot(&after).collect();
    let both = in_one_slot(&before).filter_map(|(name, old)| {
        let other = new.get(&name)?;
        let is_same = old.label == other.label && old.place.size == other.place.size;
        is_same.then(|| Variable {
            name,
            is: Is::Field(Box::new([
                (before.clone(), old.place),
                (after.clone(), other.place),
            ])),
        })
    });
    both.collect()
}

/// Carries out a call on one side: what reads is asked, everything else is mined.
fn carried_out(
    side: &mut Simulation,
    proxy: Address,
    (target, call, input): (&Target, &Call, &Bytes),
) -> Result<Ended, ChainError> {
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
    Ok(Ended {
        is_spent: !success && output.is_empty() && gas >= GAS - GAS / 32,
        success,
        output,
        logs,
        gas,
        note,
    })
}

/// What calls have done, as far as it tells one path through the code from another.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How they ended: by hash.
    ends: BTreeSet<u64>,
    /// Of each basic block of a program, about how often it ran in one call: a bit for each number.
    blocks: BTreeMap<B256, Vec<u64>>,
    /// Whether the gas that a call used counts: the blocks of EVM code are not counted.
    counts_gas: bool,
}

impl Seen {
    /// How many behaviors were told apart.
    pub(super) fn count(&self) -> usize {
        let bits = self.blocks.values().flatten().map(|seen| seen.count_ones());
        self.ends.len() + bits.sum::<u32>() as usize
    }

    /// Takes over what ran in a call; whether some of it never did.
    fn blocks(&mut self, counted: BTreeMap<B256, Vec<BasicBlock>>) -> bool {
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

    /// Takes over how a call ended on both sides; whether none ended so. Of the EVM the gas that was used, but for what
    /// its calldata cost, tells paths apart.
    fn ends(&mut self, call: &Call, input: &[u8], sides: [&Ended; 2]) -> bool {
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
