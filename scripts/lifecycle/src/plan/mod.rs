//! The whole upgrade tried on a copy of the chain's state, before anybody approves: what changes,
//! what is emitted, what it costs, and every reason why it would fail.
//!
//! The copy is a chain in this process that reads code, storage, balances and ArbOS' records of one
//! block from the endpoint when it needs them, and nothing is ever sent there.

mod adoption;
mod answers;
mod at_the_end;
mod batches;
mod carry_out;
mod change;
mod code_checks;
mod control;
mod creation;
mod decide;
mod declared;
mod effects;
mod environment;
mod error;
mod executed;
mod expectations;
mod fresh_accounts;
mod fuzz;
mod fuzzed;
mod initializers;
mod instances;
mod layouts;
mod owners;
mod plan_cache;
mod prepare;
mod replay;
mod simulated_plan;
mod slots;
mod state_difference;
mod upgraded_control;
mod verdict;
mod wrong_values;

pub use adoption::{AdoptionRequest, TriedAdoption, try_adoption};
pub use change::{Change, FieldValues, StoragePosition, UndecodableValue};
pub use code_checks::{has_constructor, reserved_in};
pub use control::{
    AccountEvents, may_replace_code, replacing_code, replacing_functions, replacing_listed,
    usual_initializers,
};
pub use creation::{Creation, CreationControl, CreationRequest, creation};
pub use effects::{Elsewhere, GasLimits, LeftOut, ether, limits_in_words};
pub use environment::Reads;
pub use error::fails;
pub use fuzz::{FuzzRequest, FuzzRun, FuzzSettings};
pub use fuzzed::Fuzzed;
pub use instances::{
    Batches, Event, InstancePlan, WrittenValues, batches, not_tried, only_started,
};
pub use layouts::Layouts;
pub use plan_cache::PlanCache;
pub use prepare::activated;
pub use replay::BLOCKS_MAX as REPLAY_BLOCKS_MAX;
pub use replay::{Abis, Difference, Group, Kind, Obstacle, Replay, StorageDifference, Unfaithful};
pub use simulated_plan::simulate_on;
pub use slots::{SlotNames, arguments, with_numbers};
pub use upgraded_control::ControlTrials;
pub use verdict::{Verdict, upgraded};

use crate::assess::Finding;
use crate::build::Artifact;
use crate::client::{ChainError, Client, Fork, Sent};
use crate::cost::Gas;
use crate::expect::{Asks, Expectations, Getter, Suggested};
use crate::governance::{Display, Explained, Given};
use crate::ids::CodeHash;
use crate::layout::Initializers;
use crate::model::{Instance, definition_id};
use crate::names::Names;
use crate::questions::ask_all;
use crate::registry::stored;
use crate::simulation::{ANYBODY, Simulation};
use alloy::consensus::Transaction as _;
use alloy::dyn_abi::DynSolType;
use alloy::primitives::{Address, B256, Bytes, U256};
use control::{EventSubject, read_account_events};
use fresh_accounts::{OTHER, PROBE, STRANGER};
use futures::future::join_all;
use futures::join;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{ProgramSlots, Receipt, StatePart};
use stylus_layout::{Document, Layout};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots::{ADMIN, BEACON, IMPLEMENTATION};

/// Getters without arguments, each with the type of what it answers.
pub type Getters = Vec<(Getter, DynSolType)>;

/// The upgrade that is to be tried.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// The registry.
    pub registry: Address,
    /// The governed call.
    pub call: abi::migrateCall,
    /// Code and script that are not on the chain yet, with the address that they would get.
    pub undeployed: Vec<(Address, Artifact)>,
    /// Programs on the chain whose activation has ended, and which are activated again before the call is sent.
    pub inactive: Vec<Address>,
    /// The expectations of the step's check, where that check is not on the chain yet.
    pub expected: Option<Expectations>,
    /// Getters whose answers before and after become expectations.
    pub getters: Getters,
    /// The storage layout of the new version, if it is known.
    pub layout: Option<Layout>,
    /// The documents of the versions that instances are at, by label, as far as they are known.
    pub documents: BTreeMap<String, Document>,
    /// The layout document that the call names, if it is known.
    pub document: Option<Document>,
    /// The values that the initializers of the new code leave behind, as far as its sources are known.
    pub initializers: Initializers,
    /// Instances that are tried, at most.
    pub instances: u32,
    /// Batches of complex migrations that are tried, at most; each has 120 ms on average.
    pub batches: u64,
    /// Percent by which the data fee of an activation is raised.
    pub data_fee_bump_percent: u32,
    /// The highest data fee of one program, in wei.
    pub max_data_fee: U256,
    /// Code built here whose author's sources read no gas.
    pub without_gas: BTreeSet<CodeHash>,
    /// The accounts in logs that may decide over the instances, by proxy. It is read before the trial.
    pub account_events: BTreeMap<Address, AccountEvents>,
    /// The account that sends or signs the call, if it is known.
    pub sender: Option<Address>,
    /// Names for addresses.
    pub names: Names,
}

impl PlanRequest {
    /// The storage layout of a version that instances are at.
    pub fn layout_of(&self, version: &str) -> Option<&Layout> {
        self.documents.get(version).map(|known| &known.layout)
    }
}

/// The effects of the upgrade.
#[derive(Debug, Clone, Default, Serialize)]
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
    /// The display of the call.
    pub display: Display,
    /// The expectations of the step's check; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Asks>,
    /// One hash of what changes of instances and other accounts, for comparison with that of another machine or
    /// block; `None` where the upgrade fails, or depends on the block.
    pub state_difference: Option<B256>,
    /// The expectations that the answers of the getters suggest.
    #[serde(skip)]
    pub suggested: Option<Suggested>,
    /// The policy that has to be satisfied.
    pub policy: Explained,
    /// The assumptions about it.
    pub given: Given,
    /// Every transaction with its gas, in order.
    pub transactions: Vec<Transaction>,
    /// The effects on each instance that something was done with, or that is at the version already.
    pub instances: Vec<InstancePlan>,
    /// The changes beside the registry and these instances. Fees and ArbOS' own state are left out.
    pub others: Vec<Elsewhere>,
    /// The inputs of the code, the script and all other executed code from the transaction, its block and other accounts.
    pub reads: Vec<Reads>,
    /// The gas limits that it was tried with; of several transactions the highest one.
    pub limits: Vec<u64>,
    /// Instances of which it is known what would happen: those that are at the version then, begin a complex
    /// migration to it, fail to be upgraded, or are at a younger one; all where the call is refused.
    pub tried: u32,
    /// All others.
    pub untried: u32,
    /// The trials of who controls the instances after the upgrade.
    pub control_trials: ControlTrials,
    /// Every reason why it would fail, now or when one wants to go back.
    pub problems: Vec<Finding>,
    /// Findings that refuse nothing: values that the new version misreads, and values that neither version can decode.
    pub notes: Vec<Finding>,
    /// True if the version is current already, on every instance: nothing would change.
    pub is_current: bool,
    /// The reason why the registry refuses the call itself, or why the step's check refuses the state after all of it.
    #[serde(skip)]
    pub stuck: Option<Finding>,
}

/// A transaction of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transaction {
    /// Its name, for people.
    pub name: String,
    /// Gas that it uses.
    #[serde(flatten)]
    pub gas: Gas,
    /// Whom it calls with what; without an account it creates one.
    #[serde(skip)]
    call: (Option<Address>, Bytes),
}

impl Plan {
    /// Gas of all transactions.
    pub fn gas(&self) -> Gas {
        self.transactions
            .iter()
            .map(|transaction| transaction.gas)
            .sum()
    }
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps the plan from being made. What would make the upgrade fail is in the plan.
pub async fn plan(client: &Client, request: PlanRequest) -> Result<Plan, ChainError> {
    plan_on(Fork::newest(client).await?, request).await
}

async fn plan_on(fork: Fork, request: PlanRequest) -> Result<Plan, ChainError> {
    let client = fork.client().clone();
    let most = usize::try_from(request.instances).unwrap_or(usize::MAX);
    let (registry, name) = (client.registry(request.registry), &request.call.name);
    let (instances, mut parts) = join!(
        registry.instances_in(name, 0..most),
        stored::parts_of_calls(registry, name)
    );
    let instances = instances?;
    if client.is_far() {
        parts.extend(parts_of_plan(&client, &request, &instances).await?);
    }
    let request = PlanRequest {
        account_events: read_events(&client, &request, &instances).await?,
        sender: client.caller("plan").ok(),
        ..request
    };
    let fork = fork.reading(parts);
    let progress = client.shared_progress();
    let plan =
        fork.carry_out(move |chain| simulate_on(chain, &request, GasLimits::EachLimit, &progress));
    let (mut plan, _) = plan.await?;
    add_l1(&client, &mut plan.transactions).await;
    Ok(plan)
}

/// The parts of the state that a plan reads anyway, besides those of every call about the definition.
async fn parts_of_plan(
    client: &Client,
    request: &PlanRequest,
    instances: &[Instance],
) -> Result<Vec<StatePart>, ChainError> {
    let PlanRequest { registry, call, .. } = request;
    let versions: BTreeSet<&String> = instances.iter().map(|instance| &instance.version).collect();
    let registered = versions.into_iter().map(async |version| {
        let code = client.registry(*registry).code(&call.name, version).await;
        code.map(|code| code.implementation)
    });
    let mut accounts = ask_all(registered).await?;
    accounts.push(call.code.implementation);
    let (standing, beside) = (
        accounts.clone(),
        [*STRANGER, *OTHER, *PROBE, ANYBODY, call.step.script],
    );
    accounts.extend(beside);
    accounts.extend(client.caller("plan").ok());
    accounts.extend(request.undeployed.iter().map(|(address, _)| *address));
    let programs = request.undeployed.iter().map(|(_, artifact)| {
        let record = ProgramSlots::of(artifact.codehash().into()).record;
        StatePart::Slot(ProgramSlots::ACCOUNT, record.into())
    });
    accounts.extend(&request.inactive);
    let proxies = instances.iter().map(|instance| instance.proxy);
    let records = proxies.clone().flat_map(stored::instance_slots);
    let records = records.map(|slot| StatePart::Slot(*registry, slot.into()));
    let members = stored::proxy_slots(definition_id(&call.name), request.instances.min(64));
    let members = members.map(|slot| StatePart::Slot(*registry, slot.into()));
    let held = standing
        .into_iter()
        .chain(proxies.clone())
        .flat_map(|account| {
            let words = [IMPLEMENTATION, BEACON, ADMIN];
            words.map(|slot| StatePart::Slot(account, slot.into()))
        });
    let accounts = accounts.into_iter().chain(proxies).map(StatePart::Account);
    let slots = records.chain(members).chain(held).chain(programs);
    Ok(accounts.chain(slots).collect())
}

/// Reads the accounts in logs that may decide over the instances, where they are proxies of others, or the new code may
/// write the words of its proxy.
async fn read_events(
    client: &Client,
    request: &PlanRequest,
    instances: &[Instance],
) -> Result<BTreeMap<Address, AccountEvents>, ChainError> {
    let PlanRequest { call, .. } = request;
    let implementation = call.code.implementation;
    let undeployed = request.undeployed.iter();
    let mut undeployed = undeployed.filter(|(address, _)| *address == implementation);
    let code = match undeployed.next() {
        Some((_, artifact)) => artifact.bytes().code,
        None => client.code(implementation).await?,
    };
    let replaces = may_replace_code(&code);
    let subjects = instances
        .iter()
        .filter(|instance| replaces || instance.kind.is_adopted());
    let subjects: Vec<EventSubject> = subjects
        .map(|instance| {
            let document = request.documents.get(&instance.version);
            EventSubject {
                proxy: instance.proxy,
                layout: document.map(|known| known.layout.clone()),
            }
        })
        .collect();
    read_account_events(client, &subjects).await
}

/// Adds what the chain charges for L1, which a copy does not know. A chain without it is asked once.
async fn add_l1(client: &Client, transactions: &mut [Transaction]) {
    let ask = |transaction: &Transaction| {
        let (to, data) = transaction.call.clone();
        client.l1_gas(to, data)
    };
    let Some((first, others)) = transactions.split_first_mut() else {
        return;
    };
    first.gas = first.gas.and_l1(ask(first).await);
    let parts = join_all(others.iter().map(ask)).await;
    for (one, part) in others.iter_mut().zip(parts) {
        one.gas = one.gas.and_l1(part);
    }
}

impl Transaction {
    fn of(simulation: &Simulation, name: &str, receipt: &Receipt) -> Self {
        let (hash, gas_used) = (receipt.transaction_hash, receipt.gas_used);
        Self::mined(simulation, name, hash, gas_used, receipt.to)
    }

    /// One that a command's function sent on the copy.
    fn live(simulation: &Simulation, name: &str, sent: &Sent) -> Self {
        let hash = sent.receipt.transaction_hash;
        Self::mined(simulation, name, hash, sent.receipt.gas_used, sent.to)
    }

    fn mined(
        simulation: &Simulation,
        name: &str,
        hash: B256,
        gas_used: u64,
        to: Option<Address>,
    ) -> Self {
        let sent = simulation.chain.transaction(hash);
        let data = sent.map(|sent| sent.envelope.input().clone());
        Self {
            name: name.into(),
            gas: Gas::without_l1(gas_used),
            call: (to, data.unwrap_or_default()),
        }
    }
}
