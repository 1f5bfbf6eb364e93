//! The creation of an instance, tried on a copy of the chain's state before anybody approves it: the
//! proxy, what its storage would hold, what it would emit, or why it would fail.

use super::change::Change;
use super::control::{
    AccountEvents, ContractAbi, ControlSubject, ExposureReport, address_fields, code_replaceable,
    code_replaceable_by_unlisted, exposed_instance, find_exposures, replacing_functions,
    try_control,
};
use super::decide::decide;
use super::effects::{Elsewhere, GasLimits, Whose, with_limits};
use super::environment::Reads;
use super::executed::Ran;
use super::initializers::{self, InstanceGroup};
use super::instances::{Event, changes_of, event};
use super::layouts::Layouts;
use super::owners;
use super::slots::{self, SlotNames};
use crate::assess::Finding;
use crate::client::{ChainError, Client, Fork};
use crate::governance::{Approvers, Given, explain};
use crate::layout::Initializers;
use crate::names::Names;
use crate::registry::stored;
use crate::simulation::{Simulation, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::Chain;
use stylus_layout::{Document, Layout};
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// A creation that is to be tried.
#[derive(Debug, Clone)]
pub struct CreationRequest {
    /// The registry.
    pub registry: Address,
    /// The governed call.
    pub call: abi::createProxyCall,
    /// The role that decides it, and its policy.
    pub policy: (String, String),
    /// The storage layout of the version, if it is known.
    pub layout: Option<Layout>,
    /// The values that the initializers of the code leave behind, as far as its sources are known.
    pub initializers: Initializers,
    /// The known functions of the code; nothing where nobody asks who can replace it.
    pub control: Option<CreationControl>,
    /// Names for addresses.
    pub names: Names,
}

/// The facts for a trial of who can replace the code.
#[derive(Debug, Clone)]
pub struct CreationControl {
    /// Its layout document, if that is known.
    pub document: Option<Document>,
    /// The account that sends or signs the call, if it is known.
    pub sender: Option<Address>,
}

/// The instance that would be created.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Creation {
    /// The block that it was tried at.
    pub block: u64,
    /// The proxy.
    pub proxy: Address,
    /// Every storage word that it would hold.
    pub changes: Vec<Change>,
    /// Its wei before and after, where they differ: somebody may have sent ether to its address before.
    pub balance: Option<(U256, U256)>,
    /// Everything that it would emit.
    pub events: Vec<Event>,
    /// The changes beside the registry and the proxy. Fees and ArbOS' own state are left out.
    pub others: Vec<Elsewhere>,
    /// The inputs of the code from the transaction, its block and other accounts.
    pub reads: Vec<Reads>,
    /// The gas limits that it was tried with.
    pub limits: Vec<u64>,
    /// The assumptions with which it is decided.
    pub given: Given,
    /// Initializers that stay open, and who can replace the code.
    #[serde(skip)]
    pub open: Vec<Finding>,
    /// The reason why it would fail, or a finding that it depends on the gas.
    pub problem: Option<Finding>,
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps it from being tried. What would make it fail is in the answer.
pub async fn creation(client: &Client, request: CreationRequest) -> Result<Creation, ChainError> {
    let registry = client.registry(request.registry);
    let parts = stored::parts_of_calls(registry, &request.call.name).await;
    Fork::tried(client, parts, move |chain| carry_out(chain, &request)).await
}

fn carry_out(chain: Chain, request: &CreationRequest) -> Result<Creation, ChainError> {
    let mut simulation = Simulation::new(chain);
    let CreationRequest {
        registry,
        call,
        policy: (role, text),
        names,
        ..
    } = request;
    let there = simulation.registry(*registry);
    let proxy = now(there.proxy_address(&call.name, call.kind.into(), call.salt))?;
    let mut creation = Creation {
        block: simulation.chain.block_number(),
        proxy,
        ..Creation::default()
    };
    explain(role, text, names)?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(creation); // explain() has refused it already
    };
    let decides = (call.name.as_str(), role.as_str());
    let approvers = Approvers::of(&mut simulation, *registry, decides, policy);
    let bytes: Bytes = call.abi_encode().into();
    let what = format!("create an instance of {} at {}", call.name, call.version);
    let work = |simulation: &mut Simulation| decide(simulation, &approvers, &bytes, &what, names);
    let (outcomes, done) = with_limits(&mut simulation, GasLimits::EachLimit, work, |done| {
        done.as_ref().err()
    })?;
    creation.limits.clone_from(&outcomes.limits);
    creation.problem = outcomes.depends_on_gas("the creation");
    match done {
        Ok((_, given)) => creation.given = given,
        Err(finding) => {
            creation.problem.get_or_insert(finding);
            return Ok(creation);
        }
    }
    let whose = Whose {
        registry: *registry,
        names,
        policy: &approvers.policy,
        shown: &[proxy],
    };
    creation.others = outcomes.shown.elsewhere(&simulation, &whose)?;
    creation.balance = outcomes.shown.balance(proxy);
    look_at_executed(&simulation, request, &mut creation)?;
    let group = InstanceGroup {
        when: ("once", " is created"),
        tried: &[proxy],
        others: &[],
        next: "run it at the creation (--init), or register code whose initializer leaves that number",
        earlier: None,
    };
    creation.open = initializers::findings(&simulation, group, &request.initializers)?;
    let callers = owners::callers(&simulation)?;
    let callers = callers.get(&proxy).cloned().unwrap_or_default();
    let fields = address_fields(&request.layout);
    let owned = owners::changed(&simulation, None, proxy, &callers, &fields, names)?;
    creation.open.extend(owned);
    if let Some(control) = &request.control {
        let found = find_control(&simulation, request, control, proxy)?;
        creation.open.extend(found);
    }
    let keys = slots::keys(&simulation, &call.initData, names, &[proxy])?;
    let slots = SlotNames::framework(std::slice::from_ref(&call.version));
    let slots = slots.with_keys(keys).with_lookups(&simulation)?;
    let slots = slots.with_layout(request.layout.as_ref());
    // It begins empty.
    let layouts = Layouts::same(&slots);
    creation.changes = changes_of(&simulation, &simulation.changes()?, proxy, layouts)?.list;
    creation.events = simulation.logs(proxy)?.iter().map(event).collect();
    Ok(creation)
}

/// Tries who can control the instance without the registry, as soon as it is there.
fn find_control(
    simulation: &Simulation,
    request: &CreationRequest,
    control: &CreationControl,
    proxy: Address,
) -> Result<Vec<Finding>, ChainError> {
    let (registry, call) = (request.registry, &request.call);
    let document = control.document.as_ref();
    let abi = ContractAbi::of(document);
    let exposures =
        find_exposures(simulation, proxy, &abi)?.compare(|| Ok(ExposureReport::default()))?;
    let account = format!("{}, once it is created", request.names.long(proxy));
    let mut findings = exposed_instance(&account, &exposures.refused);
    if exposures.replace_code() {
        return Ok(findings);
    }
    let subject = ControlSubject {
        registry,
        name: &call.name,
        proxy,
        abi: &abi,
        events: &AccountEvents::default(),
        sender: control.sender,
        excluded: &[],
    };
    let report = try_control(simulation, subject)?;
    let replacements = report.replacements.iter();
    findings.extend(replacements.map(|replacement| {
        code_replaceable(proxy, replacement, "once it is created", &request.names)
    }));
    if report.is_by_nobody() {
        let code = now(simulation
            .registry(registry)
            .code(&call.name, &call.version))?;
        let functions = replacing_functions(&simulation.code(code.implementation)?, document);
        if !functions.is_empty() {
            findings.push(code_replaceable_by_unlisted(proxy, &functions));
        }
    }
    Ok(findings)
}

/// Lists the inputs of the initializing code from the transaction, its block and other accounts, and the executed code that
/// does not stay.
fn look_at_executed(
    simulation: &Simulation,
    request: &CreationRequest,
    creation: &mut Creation,
) -> Result<(), ChainError> {
    let (call, registry) = (&request.call, request.registry);
    if call.initData.is_empty() {
        return Ok(());
    }
    let code = now(simulation
        .registry(registry)
        .code(&call.name, &call.version))?;
    let name = format!("the code of {}", call.version);
    let without_gas = BTreeSet::new();
    let ran = Ran {
        registry,
        kinds: [(creation.proxy, call.kind.into())].into(),
        proposed: vec![(name, code.implementation)],
        registered: BTreeMap::new(),
        without_gas: &without_gas,
        names: &request.names,
    };
    let (reads, unsettled) = ran.look(simulation)?;
    creation.reads = reads;
    let unsettled = unsettled.into_iter().next();
    creation.problem = creation.problem.take().or(unsettled);
    Ok(())
}
