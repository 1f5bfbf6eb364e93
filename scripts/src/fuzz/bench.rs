//! Runs a sequence on both copies and looks for the first difference.

use super::FuzzError;
use super::difference::{Difference, Ended, Expected, Intended, Key, Kind, compare, owner};
use super::sequence::{Call, Target};
use crate::functions::Functions;
use crate::inspect::in_one_slot;
use crate::layout::{Held, WORD};
use crate::plan::{Abis, Universes};
use crate::simulation::Simulation;
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256, Bytes, U256};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use stylus_chain::{BlockId, Overrides};
use stylus_layout::Layout;

/// Units of gas that each call gets: more than users pay for.
const GAS: u64 = 8_000_000;
/// A call that takes less than this part of its gas with one version does not run out of it with the other by chance.
const FAR_FROM_SPENT: u64 = 8;

/// Both copies, and what is compared on them.
pub(super) struct Bench<'a> {
    pub(super) before: Simulation,
    pub(super) after: Simulation,
    pub(super) proxy: Address,
    pub(super) targets: Vec<Target>,
    pub(super) abis: Abis,
    pub(super) intended: Intended,
    variables: Vec<Variable<'a>>,
    /// Accounts that get fees: they own what calls happened to cost.
    fees: Vec<Address>,
    /// Calls so far, on both copies together one.
    pub(super) calls: u64,
}

/// A value that both versions have under one name.
struct Variable<'a> {
    name: String,
    is: Is<'a>,
}

/// How it is read.
enum Is<'a> {
    Getter(Bytes),
    Field([(&'a Layout, Held<'a>); 2]),
}

/// What both sides say of a variable, and what the one before has exactly; nothing where it is the same.
type Values = Option<(String, String, Expected)>;

/// What a sequence showed.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) difference: Option<Difference>,
    /// What the calls did, as far as it tells one path through the code from another.
    pub(super) behaviour: Vec<u64>,
    /// What calls that read answered.
    pub(super) answers: Vec<Bytes>,
    /// Which calls succeeded with the version before.
    pub(super) succeeded: Vec<bool>,
}

impl<'a> Bench<'a> {
    /// With everybody's ether lent, before any call.
    pub(super) fn new(
        universes: Universes,
        (proxy, callers): (Address, &[Address]),
        (targets, getters, abis): (Vec<Target>, &[Function], Abis),
        layouts: [&'a Layout; 2],
        intended: Intended,
    ) -> Result<Self, FuzzError> {
        let Universes {
            as_it_is,
            upgraded,
            fees,
        } = universes;
        let (mut before, mut after) = (as_it_is, upgraded);
        for side in [&mut before, &mut after] {
            for caller in callers {
                side.lend(*caller)?;
            }
        }
        let getters = getters.iter().map(|one| Variable {
            name: one.name.clone(),
            is: Is::Getter(one.selector().0.into()),
        });
        let mut variables: Vec<Variable<'_>> = getters.collect();
        variables.extend(fields(layouts));
        Ok(Self {
            before,
            after,
            proxy,
            targets,
            abis,
            intended,
            variables,
            fees,
            calls: 0,
        })
    }

    /// How many variables are compared.
    pub(super) fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Runs the calls on copies of both sides. A sequence ends at its first difference; what is in `known`, or
    /// meant, is passed over, but behind a known difference of a call nothing can be told.
    pub(super) fn run(
        &mut self,
        calls: &[Call],
        known: &BTreeSet<Key>,
    ) -> Result<Shown, FuzzError> {
        let (mut before, mut after) = (self.before.branch(), self.after.branch());
        let mut shown = Shown::default();
        for (at, call) in calls.iter().enumerate() {
            self.calls += 1;
            let Some(target) = self.targets.get(call.target) else {
                continue;
            };
            let input = call.input(&self.targets);
            let one = (target, call, &input);
            let old = carried_out(&mut before, self.proxy, one)?;
            let new = carried_out(&mut after, self.proxy, one)?;
            shown.behaviour.push(behaviour(call, &input, [&old, &new]));
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
            let sides = (&old, &new);
            let compared = compare(sides, &input, &self.abis, &self.intended);
            let Some((kind, before, after)) = compared else {
                continue;
            };
            let signature = target.function.signature();
            if self.intended.has(&signature) {
                continue;
            }
            let difference = Difference {
                kind,
                subject: signature,
                at: Some(at),
                before,
                after,
                expected: old.expected(kind),
            };
            if !known.contains(&difference.key()) {
                shown.difference = Some(difference);
            }
            return Ok(shown);
        }
        shown.difference = self.variable(&before, &after, known)?;
        if shown.difference.is_none() {
            shown.difference = self.balance(&before, &after, known)?;
        }
        Ok(shown)
    }

    /// The first variable that differs.
    fn variable(
        &self,
        before: &Simulation,
        after: &Simulation,
        known: &BTreeSet<Key>,
    ) -> Result<Option<Difference>, FuzzError> {
        for one in &self.variables {
            let key = (Kind::Variable, one.name.clone());
            if self.intended.has(&one.name) || known.contains(&key) {
                continue;
            }
            let values = match &one.is {
                Is::Getter(input) => self.getter([before, after], input)?,
                Is::Field(places) => self.field([before, after], places)?,
            };
            if let Some((before, after, expected)) = values {
                let (kind, subject) = key;
                return Ok(Some(Difference {
                    kind,
                    subject,
                    at: None,
                    before,
                    after,
                    expected,
                }));
            }
        }
        Ok(None)
    }

    /// What a getter answers on both sides, where that differs.
    fn getter(&self, sides: [&Simulation; 2], input: &Bytes) -> Result<Values, FuzzError> {
        let [old, new] = sides.map(|side| side.probe(self.proxy, input.clone()));
        let ((old_success, old), (new_success, new)) = (old?, new?);
        let words = |success: bool, output: &Bytes, known: &Functions| match success {
            true => known
                .returned(input, output)
                .unwrap_or_else(|| output.to_string()),
            false => format!("it reverts: {}", known.revert(output)),
        };
        Ok(((old_success, &old) != (new_success, &new)).then(|| {
            let before = words(old_success, &old, &self.abis.before);
            let after = words(new_success, &new, &self.abis.after);
            let answer = old_success.then_some(old);
            (before, after, Expected::Answers(input.clone(), answer))
        }))
    }

    /// What a variable holds on both sides, where that differs.
    fn field(
        &self,
        sides: [&Simulation; 2],
        places: &[(&Layout, Held<'_>); 2],
    ) -> Result<Values, FuzzError> {
        let mut words = [B256::ZERO; 2];
        for (word, (side, (_, held))) in words.iter_mut().zip(sides.iter().zip(places)) {
            *word = side
                .chain
                .storage(self.proxy, held.slot, BlockId::latest())?;
        }
        let ([old, new], [(_, before), (_, after)]) = (words, places);
        let differs = before.bytes(&old) != after.bytes(&new);
        let none = BTreeMap::new();
        let value = |(layout, held): &(&Layout, Held<'_>), word| held.words(layout, word, &none);
        Ok(differs.then(|| {
            let expected = Expected::Holds {
                slot: after.slot,
                begin: WORD.saturating_sub(after.offset + after.size) as usize,
                bytes: Bytes::copy_from_slice(before.bytes(&old)),
            };
            (value(&places[0], old), value(&places[1], new), expected)
        }))
    }

    /// The first account that owns another amount of ether, fees and loans aside.
    fn balance(
        &self,
        before: &Simulation,
        after: &Simulation,
        known: &BTreeSet<Key>,
    ) -> Result<Option<Difference>, FuzzError> {
        let mut all: BTreeMap<Address, [Option<U256>; 2]> = BTreeMap::new();
        for (which, side) in [before, after].into_iter().enumerate() {
            for change in side.account_changes()? {
                let owned = all.entry(change.address).or_default();
                owned[which] = Some(change.after.balance);
            }
        }
        for (account, [old, new]) in all {
            let unchanged = |side: &Simulation| side.chain.account(account, side.beginning());
            let old = match old {
                Some(wei) => wei,
                None => unchanged(before)?.balance,
            };
            let new = match new {
                Some(wei) => wei,
                None => unchanged(after)?.balance,
            };
            let subject = owner(account, self.proxy);
            let key = (Kind::Balance, subject);
            let is_passed_over = self.fees.contains(&account)
                || self.intended.has(&format!("balance of {}", key.1))
                || known.contains(&key);
            if old != new && !is_passed_over {
                return Ok(Some(Difference {
                    kind: key.0,
                    subject: key.1,
                    at: None,
                    before: format!("{old} wei"),
                    after: format!("{new} wei"),
                    expected: Expected::Owns(account, old),
                }));
            }
        }
        Ok(None)
    }
}

/// The variables that both layouts have under one name and with one type.
fn fields<'a>([before, after]: [&'a Layout; 2]) -> impl Iterator<Item = Variable<'a>> {
    let new: BTreeMap<String, Held<'a>> = in_one_slot(after).collect();
    in_one_slot(before).filter_map(move |(name, old)| {
        let other = *new.get(&name)?;
        let label = |held: Held<'a>| held.kind.map(|kind| kind.label.as_str());
        (label(old) == label(other) && old.size == other.size).then(|| Variable {
            name,
            is: Is::Field([(before, old), (after, other)]),
        })
    })
}

/// Carries out a call on one side: what reads is asked, everything else is mined.
fn carried_out(
    side: &mut Simulation,
    proxy: Address,
    (target, call, input): (&Target, &Call, &Bytes),
) -> Result<Ended, FuzzError> {
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
    let is_spent = |gas| gas >= GAS - GAS / 32;
    if target.reads() {
        let none = Overrides::default();
        let outcome = side.chain.call(request, BlockId::pending(), &none)?;
        let is_spent = !outcome.success && outcome.output.is_empty() && is_spent(outcome.gas_used);
        return Ok(Ended {
            success: outcome.success,
            output: outcome.output,
            logs: outcome.logs,
            gas: outcome.gas_used,
            note: outcome.note,
            is_spent,
        });
    }
    let receipt = side.mined(&target.function.name, call.from, request)?;
    let is_spent = !receipt.success && receipt.output.is_empty() && is_spent(receipt.gas_used);
    Ok(Ended {
        success: receipt.success,
        output: receipt.output,
        logs: receipt.logs,
        gas: receipt.gas_used,
        note: receipt.note,
        is_spent,
    })
}

/// One number for what a call did on both sides. The gas that was used, but for what its calldata cost, tells one path
/// through the code from another.
fn behaviour(call: &Call, input: &[u8], sides: [&Ended; 2]) -> u64 {
    let zeros = input.iter().filter(|byte| **byte == 0).count() as u64;
    let calldata = 4 * zeros + 16 * (input.len() as u64 - zeros);
    let ends = sides.map(|side| {
        let reason = match side.success {
            true => None,
            false => Some(side.output.get(..4)),
        };
        let gas = side.gas.saturating_sub(calldata);
        let events = side.logs.iter().map(|log| log.topics().first().copied());
        (reason, gas, events.collect::<Vec<_>>())
    });
    let mut hasher = DefaultHasher::new();
    (call.target, ends).hash(&mut hasher);
    hasher.finish()
}
