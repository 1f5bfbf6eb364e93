//! Answers of view functions before and after the upgrade. Both versions are asked on copies with the same block and the
//! same sender, so an answer that depends on time alone does not differ.
mod changed_answers;
mod view_calls;

use super::control::ContractAbi;
use super::expectations::{read_slots, written};
use super::instances::InstancePlan;
use super::simulated_plan::PlanSimulation;
use super::{Plan, PlanRequest, slots};
use crate::assess::{Finding, FindingKind, Part, Severity};
use crate::client::ChainError;
use crate::expect::{Asks, Expectation, Holds};
use crate::simulation::Simulation;
use crate::text::count;
use alloy::primitives::{Address, B256, Bytes, U256};
use changed_answers::{AnswerCause, ChangedAnswer, report_changes};
use std::collections::BTreeSet;
use stylus_chain::{BlockId, BlockOverrides, Overrides};
use stylus_upgrades_interface::slots::IMPLEMENTATION;
use view_calls::{ViewCall, keyed_calls, plain_calls, shared_views, words_in};

/// Calls that are made before and after, at most: of one instance, and of all instances.
const INSTANCE_CALLS_MAX: usize = 200;
const PLAN_CALLS_MAX: usize = 6_400;

/// Returns a copy of the state before the upgrade whose newest block has the L1 number of the newest block after it.
fn at_block_of(as_it_was: &Simulation, after: &Simulation) -> Result<Simulation, ChainError> {
    let mut before = as_it_was.branch();
    let head = before.chain.block_number();
    let blocks = after.chain.block_number().saturating_sub(head);
    before.chain.mine(blocks, None)?;
    Ok(before)
}

impl PlanSimulation<'_> {
    /// Compares the answers of view functions with those `as_it_was`.
    pub(super) fn compare_answers(&mut self, as_it_was: &Simulation) -> Result<(), ChainError> {
        let earlier = at_block_of(as_it_was, &self.simulation)?;
        let before = |proxy| self.unpaused(&earlier, proxy);
        let found = find_changes(self.request, &self.plan, &self.simulation, before)?;
        let (refused, notes): (Vec<Finding>, Vec<Finding>) = found
            .into_iter()
            .partition(|finding| finding.severity == Severity::Danger);
        self.plan.problems.extend(refused);
        self.plan.notes.extend(notes);
        Ok(())
    }
}

/// Finds the view functions that answer otherwise after the upgrade. `before_of` gives a copy of the state before it on
/// which an instance runs the code of its version.
///
/// # Errors
/// The error of a copy.
fn find_changes(
    request: &PlanRequest,
    plan: &Plan,
    after: &Simulation,
    before_of: impl Fn(Address) -> Result<Simulation, ChainError>,
) -> Result<Vec<Finding>, ChainError> {
    let version = &request.call.version;
    let own = request.document.as_ref();
    let own = own.or_else(|| request.documents.get(version));
    let upgraded = plan.instances.iter().filter(|instance| {
        instance.from != instance.to && instance.to == *version && !instance.migrating
    });
    let upgraded: Vec<&InstancePlan> = upgraded.collect();
    let Some(own) = own.filter(|_| !upgraded.is_empty()) else {
        return Ok(Vec::new());
    };
    let own = ContractAbi::of([own]);
    let comparison = AnswerComparison::new(request, plan, after, &upgraded)?;
    let mut changes = Vec::new();
    let (mut calls, mut functions, mut instances) = (0, BTreeSet::new(), 0_usize);
    for instance in upgraded {
        let earlier = request.documents.get(&instance.from);
        let earlier = ContractAbi::of(earlier);
        let views = shared_views(&earlier, &own);
        if views.is_empty() || !comparison.runs_new_code(instance.proxy)? {
            continue;
        }
        if calls >= PLAN_CALLS_MAX {
            instances += 1;
            continue;
        }
        let before = before_of(instance.proxy)?;
        let (plain, left_out) = plain_calls(&views);
        functions.extend(left_out);
        let answers = comparison.ask(&before, instance.proxy, &plain)?;
        let words = words_in(plain.iter().zip(&answers));
        comparison.compare(&before, instance, &plain, &answers, &mut changes)?;
        let words = comparison.keys(instance.proxy, words);
        let room = INSTANCE_CALLS_MAX.saturating_sub(plain.len());
        let (keyed, left_out) = keyed_calls(&views, &words, room);
        functions.extend(left_out);
        let answers = comparison.ask(&before, instance.proxy, &keyed)?;
        comparison.compare(&before, instance, &keyed, &answers, &mut changes)?;
        calls += plain.len() + keyed.len();
    }
    let mut findings = report_changes(&changes, version, &request.names);
    findings.extend(not_compared(&functions, instances));
    Ok(findings)
}

/// Reports the functions that were not asked of each instance with all keys, and the number of instances that were not
/// asked at all.
fn not_compared(functions: &BTreeSet<String>, instances: usize) -> Option<Finding> {
    let functions = functions.first().map(|first| {
        let others = functions.len().saturating_sub(1);
        let others = (others > 0).then(|| format!(" and of {}", count(others, "other function")));
        format!("some answers of {first}{}", others.unwrap_or_default())
    });
    let instances =
        (instances > 0).then(|| format!("all answers of {}", count(instances, "instance")));
    let parts: Vec<String> = functions.into_iter().chain(instances).collect();
    (!parts.is_empty()).then(|| {
        let says = format!(
            "not checked: {}, which would take too many calls",
            parts.join(", and ")
        );
        let (part, severity) = (Part::Simulation, Severity::Unknown);
        Finding::named(part, severity, FindingKind::Trial, says)
    })
}

/// The state after the upgrade, and the facts that explain why an answer changes.
struct AnswerComparison<'a> {
    request: &'a PlanRequest,
    after: &'a Simulation,
    /// The block that both versions see.
    overrides: Overrides,
    /// The slots that the upgrade wrote, without those that proxies always read.
    written: BTreeSet<(Address, B256)>,
    /// Those of them that no layout declares.
    unexplained: BTreeSet<(Address, B256)>,
    /// The expectations of the step's check.
    expectations: &'a [Expectation],
    /// Words of the trial that may be keys.
    keys: Vec<B256>,
}

impl<'a> AnswerComparison<'a> {
    fn new(
        request: &'a PlanRequest,
        plan: &'a Plan,
        after: &'a Simulation,
        upgraded: &[&InstancePlan],
    ) -> Result<Self, ChainError> {
        let block = after.chain.block(BlockId::latest());
        let header = block.as_ref().map(|block| &block.header);
        let overrides = Overrides {
            block: BlockOverrides {
                number: header.map(|header| U256::from(header.number)),
                time: header.map(|header| header.timestamp),
                ..BlockOverrides::default()
            },
            ..Overrides::default()
        };
        let unexplained = upgraded.iter().flat_map(|instance| {
            let writes = instance.unexplained.iter();
            writes.map(|write| (instance.proxy, write.slot))
        });
        let proxies: Vec<Address> = upgraded.iter().map(|instance| instance.proxy).collect();
        let known = plan.expectations.as_ref().and_then(Asks::known);
        Ok(Self {
            request,
            after,
            overrides,
            written: written(upgraded, plan),
            unexplained: unexplained.collect(),
            expectations: known.map_or(&[], |known| known.all()),
            keys: slots::keys(after, &request.call.step.data, &request.names, &proxies)?,
        })
    }

    /// Returns true if an instance runs the code of the new version now. A paused one runs the pause stub.
    fn runs_new_code(&self, proxy: Address) -> Result<bool, ChainError> {
        let chain = &self.after.chain;
        let word = chain.storage(proxy, IMPLEMENTATION.into(), BlockId::latest())?;
        Ok(Address::from_word(word) == self.request.call.code.implementation)
    }

    /// The words that may be keys of an instance: its own answers first, then those of its events and of the trial.
    fn keys(&self, proxy: Address, answered: Vec<B256>) -> Vec<B256> {
        let events = self.request.account_events.get(&proxy).into_iter();
        let events = events.flat_map(|events| {
            let accounts = events.holders.iter().chain(&events.upgraders);
            let accounts = accounts.map(|account| account.into_word());
            accounts.chain(events.roles.iter().copied())
        });
        let sender = self.request.sender.map(|sender| sender.into_word());
        answered
            .into_iter()
            .chain(events)
            .chain(sender)
            .chain(self.keys.iter().copied())
            .collect()
    }

    /// Asks on a copy. An answer is absent where the call reverts.
    fn ask(
        &self,
        copy: &Simulation,
        proxy: Address,
        calls: &[ViewCall<'_>],
    ) -> Result<Vec<Option<Bytes>>, ChainError> {
        let latest = BlockId::latest();
        copy.chain.foresee(|| {
            let answers = calls.iter().map(|call| {
                let request = call.request(proxy);
                let outcome = copy.chain.call(request, latest, &self.overrides)?;
                Ok(outcome.success.then_some(outcome.output))
            });
            answers.collect()
        })
    }

    /// Adds the calls of an instance that answer otherwise than `answers`.
    fn compare(
        &self,
        before: &Simulation,
        instance: &InstancePlan,
        calls: &[ViewCall<'_>],
        answers: &[Option<Bytes>],
        changes: &mut Vec<ChangedAnswer>,
    ) -> Result<(), ChainError> {
        let later = self.ask(self.after, instance.proxy, calls)?;
        for ((call, was), now) in calls.iter().zip(answers).zip(&later) {
            let names = &self.request.names;
            let changed =
                ChangedAnswer::new(call, instance.proxy, was.as_ref(), now.as_ref(), names);
            let Some(mut changed) = changed else {
                continue;
            };
            if self.names_version(before, instance, &changed)? {
                continue;
            }
            changed.cause = self.cause(before, instance.proxy, call)?;
            changes.push(changed);
        }
        Ok(())
    }

    /// Returns true if an answer is the label or the code of the version: it changes with every upgrade.
    fn names_version(
        &self,
        before: &Simulation,
        instance: &InstancePlan,
        changed: &ChangedAnswer,
    ) -> Result<bool, ChainError> {
        if changed.is_text(&instance.from, &instance.to) {
            return Ok(true);
        }
        let slot = IMPLEMENTATION.into();
        let code = before
            .chain
            .storage(instance.proxy, slot, BlockId::latest())?;
        let new = self.request.call.code.implementation;
        Ok(changed.is_account(Address::from_word(code), new))
    }

    /// Finds out why a call may answer otherwise, by the words that it reads before and after.
    fn cause(
        &self,
        before: &Simulation,
        proxy: Address,
        call: &ViewCall<'_>,
    ) -> Result<AnswerCause, ChainError> {
        let declares = |expectation: &&Expectation| {
            let states_change = matches!(expectation.holds, Holds::Equal(_) | Holds::Delta(_));
            states_change && expectation.getter.calldata == call.input
        };
        if self
            .expectations
            .iter()
            .any(|expectation| declares(&expectation))
        {
            return Ok(AnswerCause::Expected);
        }
        let read = |copy: &Simulation| read_slots(copy, call.request(proxy), &self.overrides);
        let (earlier, later) = (read(before)?, read(self.after)?);
        let is_unexplained = !later.is_disjoint(&self.unexplained);
        Ok(if is_unexplained {
            AnswerCause::Unexplained
        } else if !later.is_disjoint(&self.written) {
            AnswerCause::Written
        } else if earlier.is_empty() && later.is_empty() {
            AnswerCause::Code
        } else {
            AnswerCause::Unwritten
        })
    }
}
