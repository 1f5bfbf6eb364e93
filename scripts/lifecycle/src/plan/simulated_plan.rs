//! The simulation of a request on a copy, from the code that is deployed there to what the instances hold in the end.

use super::carry_out::{CarriedOut, Deciding, carry_out};
use super::effects::{GasLimits, Whose, with_limits};
use super::executed::Ran;
use super::instances::{self, Before};
use super::slots::SlotNames;
use super::state_difference::{state_difference, written};
use super::{Plan, PlanRequest, batches, declared, expectations, wrong_values};
use crate::assess::{Finding, Severity};
use crate::client::ChainError;
use crate::governance::{Display, explain};
use crate::model::Instance;
use crate::progress::Progress;
use crate::registry::{self, Named};
use crate::simulation::{Simulation, now};
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use std::sync::Arc;
use stylus_chain::{Chain, SlotChange};

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

/// Tries `request` on a chain, and gives the chain with it. `progress` is told of the batches of complex migrations.
pub fn simulate_on(
    chain: Chain,
    request: &PlanRequest,
    gas_limits: GasLimits,
    progress: &Arc<dyn Progress>,
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
    let tried = batches::try_out(&mut simulated.simulation, request, &handled, progress)?;
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
        simulated.find_control(&as_it_was)?;
        simulated.note_answers(&here, elsewhen)?;
        simulated.compare_answers(&as_it_was)?;
    }
    Ok((simulated.plan, simulated.simulation))
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

    /// The framework's slots, with the mark of every version that is concerned.
    fn framework(&self, before: &[Before]) -> SlotNames {
        let of_instances = before.iter().map(|before| &before.instance.version);
        let labels = [&self.plan.from, &self.plan.to].into_iter();
        let once: BTreeSet<&String> = labels.chain(of_instances).collect();
        let labels: Vec<String> = once.into_iter().cloned().collect();
        SlotNames::framework(&labels)
    }
}
