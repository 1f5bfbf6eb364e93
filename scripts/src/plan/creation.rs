//! The creation of an instance, tried on a copy of the chain's state before anybody approves it: the
//! proxy, what its storage would hold, what it would emit, or why it would fail.

use super::decide::{ANYBODY, Decision, decide};
use super::error::PlanError;
use super::finding::Finding;
use super::instances::{Change, Event, changes_of, event};
use super::keys;
use super::simulation::{GasLimit, Simulation, on_copy};
use super::slots::SlotNames;
use crate::build::evm;
use crate::client::Client;
use crate::governance::{Names, explain};
use crate::registry::definition_id;
use crate::text::grouped;
use alloy::primitives::{Address, Bytes, Log, U256};
use alloy::sol_types::SolCall;
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_chain::{AccountChange, Chain, SlotChange};
use stylus_layout::Layout;
use stylus_registry_core::policy::{Policy, parse};
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
    /// Names for addresses.
    pub names: Names,
}

/// What would be created.
#[derive(Debug, Clone, Serialize)]
pub struct Creation {
    /// The block that it was tried at.
    pub block: u64,
    /// The proxy.
    pub proxy: Address,
    /// Every storage word that it would hold.
    pub changes: Vec<Change>,
    /// Everything that it would emit.
    pub events: Vec<Event>,
    /// What would change beside the registry and the proxy. Fees and ArbOS' own state are left out.
    pub others: Vec<Elsewhere>,
    /// The gas limits that it was tried with.
    pub limits: Vec<u64>,
    /// Why it would fail, or that it depends on the gas.
    pub problem: Option<Finding>,
}

/// Another account that would change.
#[derive(Debug, Clone, Serialize)]
pub struct Elsewhere {
    /// The account.
    pub account: Address,
    /// Its storage words that would change.
    pub changes: Vec<Change>,
    /// Its wei before and after, where they differ.
    pub balance: Option<(U256, U256)>,
    /// Whether its code or nonce would change: it is created, or creates something.
    pub creates: bool,
}

/// What a creation did on the copy.
#[derive(PartialEq)]
struct Effects {
    changes: Vec<SlotChange>,
    accounts: Vec<AccountChange>,
    logs: Vec<Log>,
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps it from being tried. What would make it fail is in the answer.
pub async fn creation(client: &Client, request: CreationRequest) -> Result<Creation, PlanError> {
    on_copy(client, move |chain| carry_out(chain, &request)).await
}

fn carry_out(chain: Chain, request: &CreationRequest) -> Result<Creation, PlanError> {
    let mut simulation = Simulation::new(chain);
    let CreationRequest {
        registry,
        call,
        policy: (role, text),
        names,
        ..
    } = request;
    let query = abi::proxyAddressCall {
        name: call.name.clone(),
        kind: call.kind,
        salt: call.salt,
    };
    let proxy = simulation.ask(*registry, &query)?;
    let mut creation = Creation {
        block: simulation.chain.block_number(),
        proxy,
        changes: Vec::new(),
        events: Vec::new(),
        others: Vec::new(),
        limits: Vec::new(),
        problem: None,
    };
    explain(role, text, names)?;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(creation); // explain() has refused it already
    };
    simulation.fix_time()?;
    let left_out = left_out(&mut simulation, &policy)?;
    // The last one is shown: our own transactions have that limit.
    let mut tried = Vec::new();
    for gas in [GasLimit::Estimate, GasLimit::Most, GasLimit::Margin] {
        simulation.gas = gas;
        let one = match gas {
            GasLimit::Margin => effects(&mut simulation, request, &policy, &left_out)?,
            _ => simulation.discarded(|copy| effects(copy, request, &policy, &left_out))?,
        };
        creation.limits.push(simulation.last_limit);
        tried.push(one);
    }
    creation.problem = problem(&creation.limits, &tried);
    let Some(Ok(shown)) = tried.pop() else {
        return Ok(creation);
    };
    let beacon = evm::beacon_address(*registry, definition_id(&call.name));
    creation.others = elsewhere(&shown, &[*registry, proxy, beacon]);
    let mut slots = SlotNames::framework(std::slice::from_ref(&call.version));
    if let Some(layout) = &request.layout {
        let keys = keys::candidates(&simulation, &call.initData, names, &[proxy])?;
        slots = slots.with_keys(keys).with_layout(layout);
    }
    creation.changes = changes_of(&shown.changes, proxy, &slots);
    creation.events = simulation.logs(proxy)?.iter().map(event).collect();
    Ok(creation)
}

/// What every transaction changes, whatever it does.
struct LeftOut {
    /// Accounts whose storage changes: ArbOS, and who gets the fees.
    storage: Vec<Address>,
    /// Accounts whose balance or nonce changes: these, and who sends. The storage of an approver that is
    /// a contract counts.
    accounts: Vec<Address>,
}

fn left_out(simulation: &mut Simulation, policy: &Policy) -> Result<LeftOut, PlanError> {
    let (slots, changed) = simulation.discarded(|copy| {
        copy.send(
            "an empty transaction",
            ANYBODY,
            ANYBODY,
            Bytes::new(),
            U256::ZERO,
        )?;
        Ok::<_, PlanError>((copy.changes()?, copy.account_changes()?))
    })?;
    let mut storage: Vec<Address> = slots.iter().map(|one| one.address).collect();
    storage.extend(changed.iter().map(|one| one.address));
    storage.push(ANYBODY);
    let mut accounts = storage.clone();
    let approvers: Vec<Address> = policy.approvers.iter().map(|leaf| leaf.address).collect();
    storage.retain(|account| !approvers.contains(account));
    accounts.extend(approvers);
    Ok(LeftOut { storage, accounts })
}

/// What it does, or why it fails.
fn effects(
    simulation: &mut Simulation,
    request: &CreationRequest,
    policy: &Policy,
    left_out: &LeftOut,
) -> Result<Result<Effects, Finding>, PlanError> {
    let CreationRequest {
        registry,
        call,
        names,
        ..
    } = request;
    let bytes: Bytes = call.abi_encode().into();
    let what = format!("create an instance of {} at {}", call.name, call.version);
    let decided = decide(simulation, *registry, policy, &bytes, &what, names)?;
    if let Decision::Stuck(finding) = decided {
        return Ok(Err(finding));
    }
    let (mut changes, mut accounts) = (simulation.changes()?, simulation.account_changes()?);
    changes.retain(|one| !left_out.storage.contains(&one.address));
    accounts.retain(|one| !left_out.accounts.contains(&one.address));
    let logs = simulation.logs_of(Vec::new())?;
    Ok(Ok(Effects {
        changes,
        accounts,
        logs,
    }))
}

/// Why it fails, or that it does not do the same with each of the gas limits.
fn problem(limits: &[u64], tried: &[Result<Effects, Finding>]) -> Option<Finding> {
    let (first, rest) = tried.split_first()?;
    let failures: Vec<(u64, &Finding)> = limits
        .iter()
        .zip(tried)
        .filter_map(|(limit, one)| Some((*limit, one.as_ref().err()?)))
        .collect();
    let limits: Vec<String> = limits.iter().map(|limit| grouped(*limit)).collect();
    let found = match (first, failures.first()) {
        (_, Some((_, finding))) if failures.len() == tried.len() => {
            return Some((*finding).clone());
        }
        (_, Some((limit, finding))) => {
            format!("with {} it fails: {}", grouped(*limit), finding.message)
        }
        (first, None) if rest.iter().all(|one| one == first) => return None,
        _ => "other storage, accounts or events".into(),
    };
    Some(Finding::new(
        "DependsOnGas",
        format!(
            "what the creation does depends on the gas that it is sent with: it was tried with {}",
            limits.join(", ")
        ),
        "the same effects whatever the gas",
        found,
        "do not approve it before you know why: whoever executes it chooses the gas",
    ))
}

/// What changed beside the accounts that are shown already.
fn elsewhere(effects: &Effects, shown: &[Address]) -> Vec<Elsewhere> {
    let slots = effects.changes.iter().map(|one| one.address);
    let accounts = effects.accounts.iter().map(|one| one.address);
    let all: BTreeSet<Address> = slots.chain(accounts).collect();
    let names = SlotNames::framework(&[]);
    let others = all.into_iter().filter(|one| !shown.contains(one));
    others
        .map(|account| {
            let changed = effects.accounts.iter().find(|one| one.address == account);
            let wei = changed.map(|one| (one.before.balance, one.after.balance));
            Elsewhere {
                account,
                changes: changes_of(&effects.changes, account, &names),
                balance: wei.filter(|(before, after)| before != after),
                creates: changed.is_some_and(|one| {
                    (one.before.nonce, &one.before.code) != (one.after.nonce, &one.after.code)
                }),
            }
        })
        .collect()
}
