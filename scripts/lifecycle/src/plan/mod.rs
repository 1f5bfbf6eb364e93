//! The whole upgrade tried on a copy of the chain's state, before anybody approves: what changes,
//! what is emitted, what it costs, and every reason why it would fail.
//!
//! The copy is a chain in this process that reads code, storage, balances and ArbOS' records of one
//! block from the endpoint when it needs them, and nothing is ever sent there.

mod after;
mod at_the_end;
mod carry_out;
mod code_checks;
mod creation;
mod decide;
mod effects;
mod environment;
mod error;
mod executed;
mod expectations;
mod instances;
mod layouts;
mod locations;
mod prepare;
mod replay;
mod slots;
mod state_difference;
mod trials;
mod universes;
mod verdict;

pub use code_checks::{has_constructor, reserved_in};
pub use creation::{Creation, CreationRequest, creation};
pub use effects::{Elsewhere, ether, limits_in_words};
pub use environment::Reads;
pub use error::PlanError;
pub use instances::{Change, Event, FieldValues, InstancePlan, Place, not_tried, only_started};
pub use replay::BLOCKS_MAX as REPLAY_BLOCKS_MAX;
pub use replay::{Abis, Difference, Group, Kind, Replay, StorageDifference, Unfaithful, replay};
pub use replay::{PastCall, calls};
pub use trials::Trials;
pub(crate) use universes::{Universes, universes};
pub use verdict::{Verdict, upgraded};

use crate::assess::Finding;
use crate::build::Artifact;
use crate::client::{Client, Fork};
use crate::expect::{Asks, Expectations, Getter, Suggested};
use crate::governance::{Display, Explained, explain};
use crate::ids::CodeHash;
use crate::names::Names;
use crate::registry::{self, Named};
use crate::simulation::{Simulation, now};
use after::After;
use alloy::dyn_abi::DynSolType;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use carry_out::{CarriedOut, carry_out};
use effects::{Tries, with_limits};
use instances::Before;
use locations::handled;
use serde::Serialize;
use state_difference::{state_difference, written};
use std::collections::BTreeMap;
use stylus_chain::{Chain, Receipt};
use stylus_layout::{Document, Layout};
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Getters without arguments, each with the type of what it answers.
pub type Getters = Vec<(Getter, DynSolType)>;

/// Seconds after which all is tried once more, to find what depends on the block.
const ELSEWHEN: u64 = 3_607;

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// The registry.
    pub registry: Address,
    /// The governed call.
    pub call: abi::migrateCall,
    /// Code and script that are not on the chain yet, with the address that they would get.
    pub undeployed: Vec<(Address, Artifact)>,
    /// What the step's check asks, where that check is not on the chain yet.
    pub expected: Option<Expectations>,
    /// Getters whose answers before and after become expectations.
    pub getters: Getters,
    /// The storage layout of the new version, if it is known.
    pub layout: Option<Layout>,
    /// Those of the versions that instances are at, by label, as far as they are known.
    pub layouts: BTreeMap<String, Layout>,
    /// The layout document that the call names, if it is known.
    pub document: Option<Document>,
    /// Instances that are tried, at most.
    pub instances: u32,
    /// Names for addresses.
    pub names: Names,
}

/// What would happen.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The block that the plan begins at.
    pub block: u64,
    /// Unix seconds of that block.
    pub time: u64,
    /// The ArbOS version there.
    pub arbos: u64,
    /// The definition.
    pub name: String,
    /// The version that is current.
    pub from: String,
    /// The version that would be.
    pub to: String,
    /// keccak256 of the new code.
    pub codehash: CodeHash,
    /// Bytes of the new code on chain.
    pub code_bytes: usize,
    /// The call that every approver would send.
    pub call: Bytes,
    /// What it says.
    pub display: Display,
    /// What the step's check asks; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Asks>,
    /// One hash of what changes of instances and other accounts, for comparison with that of another machine or
    /// block; `None` where the upgrade fails, or depends on the block.
    pub state_difference: Option<B256>,
    /// What the answers of the getters become.
    #[serde(skip)]
    pub suggested: Option<Suggested>,
    /// Who has to approve.
    pub policy: Explained,
    /// Every transaction with its gas, in order.
    pub transactions: Vec<Transaction>,
    /// What would happen to each instance that something was done with, or that is at the version already.
    pub instances: Vec<InstancePlan>,
    /// What would change beside the registry and these instances. Fees and ArbOS' own state are left
    /// out.
    pub others: Vec<Elsewhere>,
    /// What the code, the script and whatever else ran can read of the transaction, its block and other
    /// accounts.
    pub reads: Vec<Reads>,
    /// The gas limits that it was tried with; of several transactions the highest one.
    pub limits: Vec<u64>,
    /// Instances of which it is known what would happen: those that are at the version then, begin a complex
    /// migration to it, fail to be upgraded, or are at a younger one; all where the call is refused.
    pub tried: u32,
    /// All others.
    pub untried: u32,
    /// Every reason why it would fail, now or when one wants to go back.
    pub problems: Vec<Finding>,
    /// Whether the version is current already, on every instance: nothing would change.
    pub is_current: bool,
    /// Why the registry refuses the call itself, or the step's check what all of it leaves.
    #[serde(skip)]
    pub stuck: Option<Finding>,
}

/// A transaction of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transaction {
    /// What it does.
    pub name: String,
    /// Gas that it uses.
    pub gas: u64,
}

impl Plan {
    /// What it shows as a whole.
    pub fn verdict(&self) -> Verdict {
        let tried = verdict::Tried {
            is_failing: !self.problems.is_empty(),
            is_current: self.is_current,
            is_only_started: self.instances.iter().any(|one| one.migrating),
            reads_gas: self.reads.iter().any(|one| one.of_gas().is_some()),
            tried: self.tried,
            untried: self.untried,
        };
        tried.verdict()
    }

    /// Gas of all transactions.
    pub fn gas(&self) -> u64 {
        self.transactions.iter().map(|one| one.gas).sum()
    }
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps the plan from being made. What would make the upgrade fail is in the plan.
pub async fn plan(client: &Client, request: PlanRequest) -> Result<Plan, PlanError> {
    plan_on(Fork::newest(client).await?, request).await
}

async fn plan_on(fork: Fork, request: PlanRequest) -> Result<Plan, PlanError> {
    let plan = fork.carry_out(move |chain| try_on(chain, &request, Tries::EachLimit));
    Ok(plan.await?.0)
}

/// Tries `request` on a chain, and gives the chain with it.
fn try_on(
    chain: Chain,
    request: &PlanRequest,
    tries: Tries,
) -> Result<(Plan, Simulation), PlanError> {
    let config = chain.config();
    let (block, time) = (config.number, config.timestamp.unwrap_or_default());
    let arbos = chain.arbos_version();
    let mut simulation = Simulation::new(chain);
    let PlanRequest { registry, call, .. } = request;
    let name = &call.name;
    let definition = now(simulation.registry(*registry).head(name))?;
    let text = now(simulation.registry(*registry).policy(name, "migrate"))?;
    let bytes: Bytes = call.abi_encode().into();
    let mut plan = Plan {
        block,
        time,
        arbos,
        name: name.clone(),
        from: definition.current.clone(),
        to: call.version.clone(),
        codehash: call.code.codehash.into(),
        code_bytes: 0,
        display: Display::of(&bytes, &request.names)?,
        call: bytes.clone(),
        expectations: None,
        state_difference: None,
        suggested: None,
        policy: explain("migrate", &text, &request.names)?,
        transactions: Vec::new(),
        instances: Vec::new(),
        others: Vec::new(),
        reads: Vec::new(),
        limits: Vec::new(),
        tried: 0,
        untried: 0,
        problems: Vec::new(),
        is_current: false,
        stuck: None,
    };

    prepare::deploy(&mut simulation, request, &mut plan)?;
    prepare::publish(&mut simulation, request, &mut plan)?;
    let first = definition.instances.min(request.instances);
    let mut before = instances::read(&simulation, *registry, name, first)?;
    prepare::check_code(&mut simulation, request, &mut plan)?;
    prepare::check_instances(&mut simulation, request, &before, &mut plan)?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok((plan, simulation)); // explain() has refused it already
    };
    let work =
        |simulation: &mut Simulation| carry_out(simulation, request, &policy, &definition, &before);
    let elsewhen = simulation.discarded(|copy| {
        copy.wait(ELSEWHEN)?;
        copy.begin_here();
        let (_, done) = with_limits(copy, Tries::Once, work, CarriedOut::failure)?;
        let is_done = done.problems.is_empty();
        Ok::<_, PlanError>(is_done.then(|| copy.changes()).transpose()?)
    })?;
    simulation.begin_here();
    let (tried, done) = with_limits(&mut simulation, tries, work, CarriedOut::failure)?;
    plan.problems.extend(done.problems.iter().cloned());
    plan.stuck = done.problems.first().filter(|_| done.is_stuck).cloned();
    plan.problems.extend(tried.depends_on_gas("the migration"));
    if !done.transactions.is_empty() {
        plan.limits.clone_from(&tried.limits);
    }

    let handled = handled(&simulation, *registry)?;
    let late = instances::late(&simulation, *registry, &before, &handled)?;
    if !late.is_empty() {
        prepare::check_instances(&mut simulation, request, &late, &mut plan)?;
        before.extend(late);
    }
    look_at_executed(&simulation, request, &before, &mut plan)?;
    let after = After {
        simulation: &simulation,
        request,
        policy: &policy,
        done: &done,
        effects: &tried.shown,
        handled: &handled,
        instances: definition.instances,
    };
    after.note(before, &mut plan)?;
    let is_done = done.problems.is_empty();
    if is_done {
        let broken = at_the_end::broken(&mut simulation, request, &plan)?;
        plan.stuck = plan.stuck.or_else(|| broken.first().cloned());
        plan.problems.extend(broken);
    }
    plan.transactions.extend(done.transactions);
    let elsewhen = elsewhen.filter(|_| is_done);
    if let Some(other) = elsewhen {
        let (here, other) = (written(&simulation.changes()?), written(&other));
        plan.state_difference = Some(state_difference(&plan, request, (&here, &other)));
    }
    if is_done && !request.getters.is_empty() {
        plan.suggested = expectations::suggested(&mut simulation, &request.getters, &plan)?;
    }
    plan.is_current =
        definition.current == call.version && plan.transactions.is_empty() && plan.untried == 0;
    Ok((plan, simulation))
}

/// What the new code, the script and whatever else the instances ran can read, and what of it has no code
/// that stays.
fn look_at_executed(
    simulation: &Simulation,
    request: &PlanRequest,
    before: &[Before],
    plan: &mut Plan,
) -> Result<(), PlanError> {
    let abi::migrateCall { code, step, .. } = &request.call;
    let mut named = vec![(
        format!("the code of {}", request.call.version),
        code.implementation,
    )];
    if let Named::Script(script) = registry::named(step) {
        named.push(("the script".into(), script));
    }
    let kinds = before.iter().map(|one| (one.proxy, one.kind)).collect();
    let registered = before.iter();
    let registered = registered.map(|one| (one.recorded, one.version.clone()));
    let (of, registered) = ((request.registry, &kinds), registered.collect());
    let (reads, unsettled) =
        environment::look(simulation, of, &named, &registered, &request.names)?;
    plan.reads = reads;
    plan.problems.extend(unsettled);
    Ok(())
}

impl Transaction {
    fn of(name: &str, receipt: &Receipt) -> Self {
        Self {
            name: name.into(),
            gas: receipt.gas_used,
        }
    }
}

impl Plan {
    fn note(&mut self, name: &str, receipt: &Receipt) {
        self.transactions.push(Transaction::of(name, receipt));
    }
}
