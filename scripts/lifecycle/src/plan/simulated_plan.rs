//! The simulation of a request on a copy, from the code that is deployed there to what the instances hold in the end.

use super::carry_out::{CarriedOut, Deciding, carry_out};
use super::control::{
    AccountEvents, ControlSubject, as_before, code_replaceable, code_replaceable_by_unlisted,
    replacing_functions, try_control,
};
use super::effects::{GasLimits, Whose, with_limits};
use super::executed::Ran;
use super::initializers::{self, EarlierFunctions, InstanceGroup};
use super::instances::{self, Before, TriedByStrangers};
use super::owners;
use super::slots::SlotNames;
use super::state_difference::{state_difference, written};
use super::strangers::{
    CALLS_MAX, Known, Opened, opened, to_instance, tried as tried_by_strangers,
};
use super::{Plan, PlanRequest, batches, declared, expectations, wrong_values};
use crate::assess::{Finding, Severity};
use crate::client::ChainError;
use crate::governance::{Display, explain};
use crate::model::Instance;
use crate::registry::{self, Named, given_to};
use crate::simulation::{Simulation, now};
use crate::text::count;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{BlockId, Chain, SlotChange};
use stylus_upgrades_interface::slots;

/// Seconds after which all is tried once more, to find what depends on the block.
const ELSEWHEN: u64 = 3_607;

/// The error with which the registry refuses code that does not run.
const NOT_RUNNABLE: &str = "ImplementationNotRunnable";

/// A request, the copy that it is tried on, and what is known of it by now.
pub(super) struct PlanSimulation<'a> {
    pub(super) request: &'a PlanRequest,
    pub(super) simulation: Simulation,
    pub(super) plan: Plan,
}

/// Tries `request` on a chain, and gives the chain with it.
pub fn simulate_on(
    chain: Chain,
    request: &PlanRequest,
    gas_limits: GasLimits,
) -> Result<(Plan, Simulation), ChainError> {
    let config = chain.config();
    let (block, time) = (config.number, config.timestamp.unwrap_or_default());
    let arbos = chain.arbos_version();
    let simulation = Simulation::new(chain);
    let (call, names) = (&request.call, &request.names);
    let registry = simulation.registry(request.registry);
    let definition = now(registry.head(&call.name))?;
    let text = now(registry.policy(&call.name, "migrate"))?;
    let bytes: Bytes = call.abi_encode().into();
    let plan = Plan {
        block,
        time,
        arbos,
        name: call.name.clone(),
        from: definition.current.clone(),
        to: call.version.clone(),
        codehash: call.code.codehash.into(),
        display: Display::of(&bytes, names)?,
        call: bytes,
        policy: explain("migrate", &text, names)?,
        ..Plan::default()
    };
    let mut simulated = PlanSimulation {
        request,
        simulation,
        plan,
    };
    simulated.deploy()?;
    simulated.publish()?;
    let first = definition.instances.min(request.instances);
    let mut before = instances::read(&simulated.simulation, request, first)?;
    simulated.check_code()?;
    simulated.check_instances(&before)?;
    let deciding = Deciding::of(&mut simulated.simulation, request, &text, &definition)?;
    let Some(deciding) = deciding else {
        return Ok((simulated.plan, simulated.simulation)); // explain() has refused it already
    };
    let work = |simulation: &mut Simulation| {
        carry_out(simulation, request, &deciding, &definition, &before)
    };
    let elsewhen = simulated.simulation.discarded(|copy| {
        copy.wait(ELSEWHEN)?;
        copy.begin_here();
        let (_, done) = with_limits(copy, GasLimits::Once, work, CarriedOut::failure)?;
        let is_done = done.problems.is_empty();
        is_done.then(|| copy.changes()).transpose()
    })?;
    let as_it_was = simulated.simulation.branch();
    simulated.simulation.begin_here();
    let (mut outcomes, done) = with_limits(
        &mut simulated.simulation,
        gas_limits,
        work,
        CarriedOut::failure,
    )?;

    let is_done = done.problems.is_empty();
    let here = is_done
        .then(|| simulated.simulation.changes())
        .transpose()?;
    let handled = instances::handled(&simulated.simulation, request.registry)?;
    let tried = batches::try_out(&mut simulated.simulation, request, &handled)?;
    outcomes.look_again(&simulated.simulation)?;
    let late = instances::late(&simulated.simulation, request, &before, &handled)?;
    let plan = &mut simulated.plan;
    plan.given = done.given.clone();
    let refused = done.problems.first().filter(|_| done.is_stuck);
    let activation = plan.stuck.take();
    plan.stuck = match refused {
        // That the code does not run follows from why it was not activated.
        Some(refused) if activation.is_some() && refused.id.name() == NOT_RUNNABLE => activation,
        refused => {
            plan.problems.extend(done.problems.iter().cloned());
            refused.cloned()
        }
    };
    plan.problems
        .extend(outcomes.depends_on_gas("the migration"));
    if !done.transactions.is_empty() {
        plan.limits.clone_from(&outcomes.limits);
    }
    if !late.is_empty() {
        simulated.check_instances(&late)?;
        before.extend(late);
    }
    simulated.look_at_executed(&before)?;

    let outdated = instances::outdated(&simulated.simulation, request, &before)?;
    let framework = simulated.framework(&before);
    // Where the call fails, all stay as they are: the problem says why.
    before.retain(|before| {
        let Instance { proxy, state, .. } = &before.instance;
        let is_known = handled.contains(proxy) || !outdated.contains(proxy);
        (done.is_stuck || is_known) && !state.is_migrating()
    });
    let simulation = &simulated.simulation;
    let balance = |account| outcomes.shown.balance(account);
    let mut instances = instances::compare(simulation, request, before, &framework, balance)?;
    for instance in &mut instances {
        instance.batches = tried.batches_of(instance.proxy);
    }
    let shown: Vec<_> = instances.iter().map(|instance| instance.proxy).collect();
    let whose = Whose {
        registry: request.registry,
        names,
        policy: &deciding.call.policy,
        shown: &shown,
    };
    let lost = declared::lost(simulation, request, &instances, &framework)?;
    let plan = &mut simulated.plan;
    plan.problems.extend(lost);
    let wrong = wrong_values::find_wrong_values(&instances, &plan.to, names);
    let (refused, notes): (Vec<Finding>, Vec<Finding>) = wrong
        .into_iter()
        .partition(|finding| finding.severity == Severity::Danger);
    plan.problems.extend(refused);
    plan.notes.extend(notes);
    plan.problems.extend(tried.refused);
    plan.instances = instances;
    plan.others = outcomes.shown.elsewhere(simulation, &whose)?;
    let is_tried = |proxy: &&Address| done.skipped.contains(*proxy) || !outdated.contains(*proxy);
    plan.tried = if done.is_stuck {
        definition.instances
    } else {
        u32::try_from(shown.iter().filter(is_tried).count()).unwrap_or(u32::MAX)
    };
    plan.untried = definition.instances.saturating_sub(plan.tried);
    plan.transactions.extend(done.transactions);
    plan.is_current =
        definition.current == call.version && plan.transactions.is_empty() && plan.untried == 0;
    if let Some(here) = here {
        simulated.ask_the_check()?;
        simulated.try_as_strangers(&as_it_was)?;
        simulated.note_answers(&here, elsewhen)?;
    }
    Ok((simulated.plan, simulated.simulation))
}

/// Trials of accounts that can replace the code of an instance without the registry.
#[derive(Debug, Default)]
struct TriedControl {
    found: Vec<Finding>,
    /// The accounts that could before as well, in words.
    as_before: Vec<String>,
    /// The trials that were not made, in words.
    not_tried: Vec<String>,
}

impl PlanSimulation<'_> {
    /// Lists the inputs of the new code, the script and all other code that the instances ran, and the code among them that
    /// does not stay.
    fn look_at_executed(&mut self, before: &[Before]) -> Result<(), ChainError> {
        let call = &self.request.call;
        let code = format!("the code of {}", call.version);
        let mut proposed = vec![(code, call.code.implementation)];
        if let Named::Script(script) = registry::named(&call.step) {
            proposed.push(("the script".into(), script));
        }
        let registered = before.iter();
        let registered =
            registered.map(|before| (before.recorded, before.instance.version.clone()));
        let kinds = before
            .iter()
            .map(|before| (before.instance.proxy, before.instance.kind));
        let ran = Ran {
            registry: self.request.registry,
            kinds: kinds.collect(),
            proposed,
            registered: registered.collect(),
            without_gas: &self.request.without_gas,
            names: &self.request.names,
        };
        let (reads, unsettled) = ran.look(&self.simulation)?;
        self.plan.reads = reads;
        self.plan.problems.extend(unsettled);
        Ok(())
    }

    /// Notes one hash of all that the calls and the rollouts change, and how getters' answers change. `elsewhen` is
    /// what another block sees of the same.
    fn note_answers(
        &mut self,
        here: &[SlotChange],
        elsewhen: Option<Vec<SlotChange>>,
    ) -> Result<(), ChainError> {
        let request = self.request;
        if let Some(other) = elsewhen {
            let (here, other) = (written(here), written(&other));
            let difference = state_difference(&self.plan, request, &here, &other);
            self.plan.state_difference = Some(difference);
        }
        if !request.getters.is_empty() {
            let (simulation, getters) = (&mut self.simulation, &request.getters);
            self.plan.suggested = expectations::suggested(simulation, getters, &self.plan)?;
        }
        Ok(())
    }

    /// Notes what anybody can do to instances once they are upgraded: what each keeps decides that, so each is tried,
    /// up to a budget of calls. What anybody could take `as_it_was`, he may.
    fn try_as_strangers(&mut self, as_it_was: &Simulation) -> Result<(), ChainError> {
        let request = self.request;
        let upgraded = self.plan.instances.iter();
        let upgraded =
            upgraded.filter(|instance| instance.to == request.call.version && !instance.migrating);
        let upgraded: Vec<(Address, String)> = upgraded
            .map(|instance| (instance.proxy, instance.from.clone()))
            .collect();
        let migrating = self
            .plan
            .instances
            .iter()
            .filter(|instance| instance.migrating);
        let own = request.document.as_ref();
        let mut strangers = TriedByStrangers {
            not_tried: u32::try_from(migrating.count()).unwrap_or(u32::MAX),
            functions_unknown: !Known::of(own).has_functions() && !upgraded.is_empty(),
            ..TriedByStrangers::default()
        };
        let mut found: BTreeMap<String, (Opened, Vec<Address>)> = BTreeMap::new();
        let mut calls = 0;
        let callers = owners::callers(&self.simulation)?;
        let none = BTreeSet::new();
        for (proxy, from) in &upgraded {
            if calls >= CALLS_MAX {
                strangers.not_tried += 1;
                continue;
            }
            // What the version before had may be called on, and what it answered was its purpose.
            let earlier = request.documents.get(from);
            let known = Known::of(own.into_iter().chain(earlier));
            let before = self.unpaused(as_it_was, *proxy)?;
            let changed = owners::changed(
                &self.simulation,
                Some(&before),
                *proxy,
                callers.get(proxy).unwrap_or(&none),
                &known.address_fields(),
                &request.names,
            )?;
            self.plan.problems.extend(changed);
            let tried = tried_by_strangers(&self.simulation, *proxy, &known, &|| {
                opened(&before, *proxy, &known)
            })?;
            let is_open = !tried.told.is_empty() || !tried.as_before.is_empty();
            let report = self.try_control(&before, *proxy, &known, is_open)?;
            strangers.open.extend(report.as_before);
            strangers.accounts.extend(report.not_tried);
            self.plan.problems.extend(report.found);
            calls += tried.calls;
            strangers.paused += u32::from(tried.is_paused);
            strangers.cut += u32::from(tried.is_cut);
            strangers.not_called.extend(tried.not_called);
            let instance = request.names.long(*proxy);
            let as_before = tried.as_before.iter();
            let as_before = as_before
                .map(|opened| format!("as before the upgrade: {}", opened.says(&instance)));
            let alone = tried.alone.iter().map(|opened| opened.says(&instance));
            strangers.open.extend(as_before.chain(alone));
            for opened in tried.told {
                let known = found.entry(opened.signature.clone());
                let (_, proxies) = known.or_insert_with(|| (opened, Vec::new()));
                proxies.push(*proxy);
            }
        }
        strangers.not_called.sort();
        strangers.not_called.dedup();
        for (one, proxies) in found.into_values() {
            let Some((first, others)) = proxies.split_first() else {
                continue;
            };
            let more = match others.len() {
                0 => String::new(),
                number => format!(" and of {}", count(number, "other instance")),
            };
            let what = format!("{}{more}, once upgraded", request.names.long(*first));
            self.plan.problems.extend(to_instance(&what, &[one]));
        }
        let others = match self.plan.untried {
            0 => Vec::new(),
            _ => instances::others(&self.simulation, request, &self.plan.instances)?,
        };
        let proxies: Vec<Address> = upgraded.iter().map(|(proxy, _)| *proxy).collect();
        let from = upgraded.iter().map(|(_, from)| request.documents.get(from));
        let earlier = EarlierFunctions::of(from);
        let group = InstanceGroup {
            when: ("once", " is upgraded"),
            tried: &proxies,
            others: &others,
            next: "call it in the upgrade (--call)",
            earlier: earlier.as_ref(),
        };
        let open = initializers::findings(&self.simulation, group, &request.initializers)?;
        self.plan.problems.extend(open);
        self.plan.strangers = strangers;
        Ok(())
    }

    /// Tries which accounts can replace the code of an instance without the registry after the upgrade. An account that
    /// could before is only mentioned: it was asked when the instance or its current code came, and this upgrade does
    /// not change it. `is_open` is true if calls of an account without rights are reported already.
    fn try_control(
        &self,
        before: &Simulation,
        proxy: Address,
        known: &Known<'_>,
        is_open: bool,
    ) -> Result<TriedControl, ChainError> {
        let request = self.request;
        let none = AccountEvents::default();
        let events = request.account_events.get(&proxy).unwrap_or(&none);
        let admin = given_to(request.registry, &request.call.name);
        let subject = ControlSubject {
            registry: request.registry,
            name: &request.call.name,
            proxy,
            known,
            events,
            sender: request.sender,
            excluded: &[admin],
        };
        let report = try_control(&self.simulation, subject)?;
        let mut tried = TriedControl::default();
        let names = &request.names;
        let not_tried = report.not_tried();
        let unread = Some(events.unread.clone()).filter(|unread| !unread.is_empty());
        tried.not_tried = not_tried.into_iter().chain(unread).collect();
        if report.is_open() && is_open {
            return Ok(tried);
        }
        if !report.replacements.is_empty() {
            let could = try_control(before, subject)?;
            for found in &report.replacements {
                if could.can_replace(found.account.address) {
                    tried.as_before.push(as_before(proxy, found, names));
                } else {
                    let finding = code_replaceable(proxy, found, "once upgraded", names);
                    tried.found.push(finding);
                }
            }
        }
        if report.is_by_nobody() {
            let found = self.replaceable_by_unlisted(before, subject)?;
            tried.found.extend(found);
        }
        Ok(tried)
    }

    /// Reports that the new code of an instance has functions which replace it, if the trial found no account that can
    /// call them and the previous code had none. Behind a proxy of the framework no code needs such a function.
    fn replaceable_by_unlisted(
        &self,
        before: &Simulation,
        subject: ControlSubject<'_>,
    ) -> Result<Option<Finding>, ChainError> {
        let (request, proxy) = (self.request, subject.proxy);
        let instance = now(self.simulation.registry(request.registry).instance(proxy))?;
        if instance.kind.is_adopted() {
            return Ok(None);
        }
        let code = self.simulation.code(request.call.code.implementation)?;
        let functions = replacing_functions(&code, request.document.as_ref());
        if functions.is_empty() {
            return Ok(None);
        }
        let slot = slots::IMPLEMENTATION.into();
        let earlier = before.chain.storage(proxy, slot, BlockId::latest())?;
        let earlier = before.code(Address::from_word(earlier))?;
        let from = self
            .plan
            .instances
            .iter()
            .find(|instance| instance.proxy == proxy);
        let document = from.and_then(|instance| request.documents.get(&instance.from));
        let had = !replacing_functions(&earlier, document).is_empty();
        let is_as_before = had && try_control(before, subject)?.is_by_nobody();
        Ok((!is_as_before).then(|| code_replaceable_by_unlisted(proxy, &functions)))
    }

    /// A copy as it was on which an instance runs the code of its version: one that is paused runs the pause stub.
    fn unpaused(&self, as_it_was: &Simulation, proxy: Address) -> Result<Simulation, ChainError> {
        let mut copy = as_it_was.branch();
        let from = self
            .plan
            .instances
            .iter()
            .find(|instance| instance.proxy == proxy);
        if let Some(from) = from {
            let registry = copy.registry(self.request.registry);
            let code = now(registry.code(&self.request.call.name, &from.from))?;
            let code = code.implementation.into_word();
            copy.chain
                .set_storage_at(proxy, slots::IMPLEMENTATION.into(), code);
        }
        Ok(copy)
    }

    /// The framework's slots, with the mark of every version that is concerned.
    fn framework(&self, before: &[Before]) -> SlotNames {
        let of_instances = before.iter().map(|before| &before.instance.version);
        let labels = [&self.plan.from, &self.plan.to].into_iter();
        let once: BTreeSet<&String> = labels.chain(of_instances).collect();
        let labels: Vec<String> = once.into_iter().cloned().collect();
        SlotNames::framework(&labels)
    }
}
