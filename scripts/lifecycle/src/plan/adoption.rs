//! The adoption of a proxy, tried on a copy before anybody gives it away: who decides over it hands it over there, the
//! definition adopts it, and somebody without rights tries its functions before and after.

use super::control::{
    AccountEvents, ContractAbi, ControlReport, ControlSubject, EventSubject, ExposureReport,
    code_replaceable, exposed_code, exposed_instance, find_exposures, read_account_events,
    replacers_not_listed, try_control,
};
use super::decide::decide;
use super::initializers::{self, InstanceGroup};
use crate::assess::Finding;
use crate::client::{ChainError, Client, Fork};
use crate::error::Explain;
use crate::governance::{Approvers, Given};
use crate::layout::Initializers;
use crate::names::Names;
use crate::registry::{Candidate, HandOver, given_to, stored};
use crate::simulation::{Simulation, now};
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_chain::{BlockId, Chain, StatePart};
use stylus_layout::Document;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::slots;

/// An adoption that is to be tried.
#[derive(Debug, Clone)]
pub struct AdoptionRequest {
    /// The registry.
    pub registry: Address,
    /// The governed call.
    pub call: abi::adoptCall,
    /// The role that decides it, and its policy.
    pub policy: (String, String),
    /// The proxy, as it is.
    pub found: Candidate,
    /// The transaction that hands it over; nothing where it was given already.
    pub hand_over: Option<HandOver>,
    /// The document of the version, if it is known.
    pub document: Option<Document>,
    /// The values that the initializers leave behind, of the code that it runs now and of the version, as far as the sources
    /// of each are known.
    pub initializers: [Initializers; 2],
    /// Names for addresses.
    pub names: Names,
}

/// The result of the trial.
#[derive(Debug, Clone, Default)]
pub struct TriedAdoption {
    /// The block that it was tried at.
    pub block: u64,
    /// The reason why it would fail.
    pub problem: Option<Finding>,
    /// The assumptions with which it is decided.
    pub given: Given,
    /// What accounts can do to the proxy now and after the adoption, and to the code of the version itself.
    pub open: Vec<Finding>,
}

/// Tries `request` on a copy of the newest block.
///
/// # Errors
/// What keeps it from being tried. What would make it fail is in the answer.
pub async fn try_adoption(
    client: &Client,
    request: AdoptionRequest,
) -> Result<TriedAdoption, ChainError> {
    let subject = EventSubject {
        proxy: request.call.proxy,
        layout: request.document.as_ref().map(|known| known.layout.clone()),
    };
    let mut events = read_account_events(client, &[subject]).await?;
    let events = events.remove(&request.call.proxy).unwrap_or_default();
    let sender = client.caller("adopt").ok();
    let registry = client.registry(request.registry);
    let mut parts = stored::parts_of_calls(registry, &request.call.name).await;
    parts.push(StatePart::Account(request.call.proxy));
    let work = move |chain| carry_out(chain, &request, &events, sender);
    Fork::tried(client, parts, work).await
}

fn carry_out(
    chain: Chain,
    request: &AdoptionRequest,
    events: &AccountEvents,
    sender: Option<Address>,
) -> Result<TriedAdoption, ChainError> {
    let mut simulation = Simulation::new(chain);
    let AdoptionRequest {
        registry,
        call,
        found,
        names,
        ..
    } = request;
    let proxy = call.proxy;
    let mut tried = TriedAdoption {
        block: simulation.chain.block_number(),
        ..TriedAdoption::default()
    };
    let abi = ContractAbi::of(request.document.as_ref());
    let find = |simulation: &Simulation, account: Address| {
        let report = find_exposures(simulation, account, &abi)?;
        report.compare(|| Ok(ExposureReport::default()))
    };
    // Whoever can take the proxy now can do so until it is adopted.
    let now_open = find(&simulation, proxy)?;
    tried.open = exposed_instance(&format!("the proxy {proxy}, as it is"), &now_open.refused);
    let group = InstanceGroup {
        when: ("of", ", as it is"),
        tried: &[proxy],
        others: &[],
        next: "call it first",
        earlier: None,
    };
    let [runs, then] = &request.initializers;
    tried
        .open
        .extend(initializers::findings(&simulation, group, runs)?);
    if let Some(give) = &request.hand_over {
        let sent = simulation.send(
            give.signature,
            give.from,
            give.to,
            give.input.clone(),
            U256::ZERO,
        );
        if let Err(error) = sent {
            tried.problem = Some(failed("the hand-over", error)?);
            return Ok(tried);
        }
    }
    let (role, text) = &request.policy;
    let Ok(policy) = parse(text.as_bytes()) else {
        return Ok(tried); // the registry takes no such policy
    };
    let decides = (call.name.as_str(), role.as_str());
    let approvers = Approvers::of(&mut simulation, *registry, decides, policy);
    let bytes: Bytes = call.abi_encode().into();
    let what = format!("adopt {proxy}");
    match decide(&mut simulation, &approvers, &bytes, &what, names)? {
        Ok((_, given)) => tried.given = given,
        Err(finding) => {
            tried.problem = Some(finding);
            return Ok(tried);
        }
    }
    let code = now(simulation
        .registry(*registry)
        .code(&call.name, &call.version))?;
    let slot = slots::IMPLEMENTATION.into();
    let runs = simulation.chain.storage(proxy, slot, BlockId::latest())?;
    if Address::from_word(runs) != code.implementation {
        let kind = found.kind;
        tried.problem = Some(Finding::problem(
            "NotAdopted",
            format!("{proxy} ({kind:?}) does not run the code of the version once it is adopted"),
            &code.implementation.to_string(),
            Address::from_word(runs).to_string(),
            "do not give it away: it could not be upgraded",
        ));
        return Ok(tried);
    }
    let after = find(&simulation, proxy)?;
    // One finding for each function: what is open before and after is reported once.
    let adopted = format!("the proxy {proxy}, once it is adopted");
    let mut later = exposed_instance(&adopted, &after.refused);
    let group = InstanceGroup {
        when: ("once", " is adopted"),
        ..group
    };
    later.extend(initializers::findings(&simulation, group, then)?);
    later.retain(|finding| tried.open.iter().all(|other| other.id != finding.id));
    tried.open.extend(later);
    let subject = ControlSubject {
        registry: *registry,
        name: &call.name,
        proxy,
        abi: &abi,
        events,
        sender,
        excluded: &[given_to(*registry, &call.name)],
    };
    if !after.replace_code() {
        let report = try_control(&simulation, subject)?;
        let replacements = report.replacements.iter();
        tried.open.extend(
            replacements.map(|replacement| {
                code_replaceable(proxy, replacement, "once it is adopted", names)
            }),
        );
        tried.open.extend(not_listed(proxy, &report, events));
    }
    let own = find(&simulation, code.implementation)?;
    let deployed = format!("the code {}", code.implementation);
    tried.open.extend(exposed_code(&deployed, &own.refused));
    Ok(tried)
}

/// The warning that accounts which can replace the code of a proxy may not have been tried.
fn not_listed(proxy: Address, report: &ControlReport, events: &AccountEvents) -> Option<Finding> {
    let nameless = (!report.has_owner).then(|| "its code names no owner".to_owned());
    let unread = Some(events.unread.clone()).filter(|unread| !unread.is_empty());
    let why: Vec<String> = nameless
        .into_iter()
        .chain(report.not_tried())
        .chain(unread)
        .collect();
    (!why.is_empty()).then(|| replacers_not_listed(proxy, &why.join(", "), report.tried))
}

fn failed(what: &str, error: ChainError) -> Result<Finding, ChainError> {
    let finding = error.finding()?;
    let says = finding.report().message;
    Ok(Finding {
        message: format!("{what} fails: {says}"),
        ..finding
    })
}
