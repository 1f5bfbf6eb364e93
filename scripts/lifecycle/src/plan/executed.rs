//! Code that ran in the name of an instance when the call was carried out on the copy, and the other accounts that it
//! called: their answers may differ when the call is executed.
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::build::{Framework, evm};
use crate::call_tree::{Frame, Kind};
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::model::ProxyKind;
use crate::names::Names;
use crate::simulation::Simulation;
use alloy::primitives::{Address, hex, keccak256};
use alloy::sol_types::SolCall;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::chain::{ARB_SYS, ARB_WASM, ARB_WASM_CACHE, DESIGNATOR_PREFIX};

alloy::sol! {
    function proxiableUUID() external view returns (bytes32);
}

/// Code that ran in the name of an instance, with what it called. The framework's own is not among it.
pub(super) type Executed = BTreeMap<Address, Vec<Called>>;

/// A call of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    /// None of a creation that failed.
    account: Option<Address>,
    /// The first four bytes of what it was called with; none where there were fewer.
    selector: Option<[u8; 4]>,
    /// True if wei went along: then the answer depends on what the caller owns.
    with_ether: bool,
    /// True if it ran in the caller's name.
    delegated: bool,
}

impl Called {
    fn of(frame: &Frame, delegated: bool) -> Self {
        Self {
            account: frame.to,
            selector: frame.input.first_chunk::<4>().copied(),
            with_ether: !delegated && !frame.value.is_zero(),
            delegated,
        }
    }

    /// The account by name, which function, and how.
    pub(super) fn words(
        &self,
        simulation: &Simulation,
        names: &Names,
    ) -> Result<String, ChainError> {
        let Some(account) = self.account else {
            return Ok("a new account, whose creation failed".into());
        };
        let to = match account {
            ARB_SYS => format!("ArbSys ({ARB_SYS})"),
            ARB_WASM => format!("ArbWasm ({ARB_WASM})"),
            ARB_WASM_CACHE => format!("ArbWasmCache ({ARB_WASM_CACHE})"),
            other => names.long(other),
        };
        let mut words = match self.selector {
            Some(selector) => format!("{to} with 0x{}", hex::encode(selector)),
            None => to,
        };
        if self.with_ether {
            words += " and ether";
        }
        if self.delegated {
            let hash = keccak256(simulation.code(account)?);
            words += &format!(" by delegatecall (code {hash})");
        }
        Ok(words)
    }
}

/// Reports code that ran in the name of instances and has no code of its own that would stay.
pub(super) fn unsettled(
    simulation: &Simulation,
    executed: &Executed,
    names: &Names,
) -> Result<Vec<Finding>, ChainError> {
    let mut found = Vec::new();
    for account in executed.keys() {
        let code = simulation.code(*account)?;
        let is = if code.is_empty() {
            "no code"
        } else if code.starts_with(&DESIGNATOR_PREFIX) {
            "the code that its owner delegates to"
        } else {
            continue;
        };
        let id = FindingId::at(FindingKind::CodeMayChange, *account);
        let says = format!(
            "{} is called by delegatecall from an instance, and has {is}",
            names.long(*account)
        );
        let next = format!(
            "do not approve it: an account that can change the code at that address controls the instance's storage; \
             to accept it: {}",
            FindingId::flag([&id])
        );
        let finding = Finding::new(Part::Simulation, Severity::Danger, id, says);
        found.push(finding.with("code that stays as it is", is, next));
    }
    Ok(found)
}

/// The code that ran on the copy, and the known facts about it.
pub(super) struct Ran<'a> {
    /// The registry, which upgrades and creates instances.
    pub(super) registry: Address,
    /// The instances, each with its kind: what ran in their name is looked at.
    pub(super) kinds: BTreeMap<Address, ProxyKind>,
    /// The code that is new, and the script if there is one, by name: nobody has approved them before.
    pub(super) proposed: Vec<(String, Address)>,
    /// The versions of other code.
    pub(super) registered: BTreeMap<Address, String>,
    /// Code whose author reads no gas.
    pub(super) without_gas: &'a BTreeSet<CodeHash>,
    pub(super) names: &'a Names,
}

impl Ran<'_> {
    /// Returns true if the account is new.
    pub(super) fn is_proposed(&self, account: Address) -> bool {
        self.proposed
            .iter()
            .any(|(_, proposed)| *proposed == account)
    }

    /// Returns true if it is the registry, or a program of the framework at the address that follows from its bytes.
    fn is_of_framework(&self, account: Address) -> bool {
        let name = || Framework::pinned().ok()?.name_of(account);
        account == self.registry || name().is_some()
    }

    /// Lists the code that the instances ran since the beginning.
    pub(super) fn executed(&self, simulation: &Simulation) -> Result<Executed, ChainError> {
        // The framework's pause stub of UUPS proxies. If it has its code, that never changes.
        let stub = evm::uups_stub_address(self.registry);
        let is_there = !simulation.code(stub)?.is_empty();
        let stub = is_there.then_some(stub);
        let admins = self.admins(simulation)?;
        let mut found = Executed::new();
        for run in simulation.runs()? {
            self.add(&run.frames, stub, &admins, &mut found);
        }
        Ok(found)
    }

    /// Finds the account whose calls the framework's administration answers, by proxy: the registry, or the orders contract
    /// that the code of an EVM proxy names.
    fn admins(&self, simulation: &Simulation) -> Result<BTreeMap<Address, Address>, ChainError> {
        let mut admins = BTreeMap::new();
        for (proxy, kind) in &self.kinds {
            let admin = match kind {
                ProxyKind::Wasm => Some(self.registry),
                ProxyKind::Evm => evm::caller_in_proxy(&simulation.code(*proxy)?),
                _ => None,
            };
            admins.extend(admin.map(|admin| (*proxy, admin)));
        }
        Ok(admins)
    }

    /// Adds what one transaction ran.
    fn add(
        &self,
        frames: &[Frame],
        stub: Option<Address>,
        admins: &BTreeMap<Address, Address>,
        all: &mut Executed,
    ) {
        // The calls that a call stands in, each with the code of an instance that it runs.
        let mut above: Vec<(&Frame, Option<Address>)> = Vec::new();
        for frame in frames {
            above.truncate(frame.depth);
            let caller = above.last().copied();
            let is_own = frame.kind.is_delegated() && self.kinds.contains_key(&frame.from);
            let is_framework =
                caller.is_some_and(|(call, _)| is_admin_path(call, frame.from, admins));
            let is_pinned = frame
                .to
                .is_some_and(|account| self.is_of_framework(account));
            let runs = frame.to.filter(|_| is_own && !is_framework && !is_pinned);
            if let Some(code) = runs {
                all.entry(code).or_default();
            }
            if let Some(by) = caller.and_then(|(_, by)| by) {
                let called = Called::of(frame, runs.is_some());
                let is_known = is_pinned || self.is_of_an_upgrade(&called, frame.from, by, stub);
                let known = all.entry(by).or_default();
                if !is_known && !known.contains(&called) {
                    known.push(called);
                }
            }
            above.push((frame, runs));
        }
    }

    /// Returns true if the code of a UUPS proxy checks there that the code which comes is made for such proxies, or runs it.
    /// Any other call may be answered otherwise for who executes it. It may be even where the answer follows from what is
    /// asked alone: with less gas the call fails, and the code that made it can continue.
    fn is_of_an_upgrade(
        &self,
        called: &Called,
        from: Address,
        by: Address,
        stub: Option<Address>,
    ) -> bool {
        let is_uups = self.kinds.get(&from) == Some(&ProxyKind::Uups);
        let Some(to) = called.account.filter(|_| is_uups && !called.with_ether) else {
            return false;
        };
        let asks = !called.delegated && called.selector == Some(proxiableUUIDCall::SELECTOR);
        let is_new = self.is_proposed(to) && !self.is_proposed(by);
        if asks {
            is_new || stub == Some(to)
        } else {
            is_new && called.delegated
        }
    }
}

/// Returns true if a proxy delegates in that call to the framework's administration: proxies that a registry creates have it
/// in UpgradeabilityStorage, which runs everything else.
fn is_admin_path(call: &Frame, proxy: Address, admins: &BTreeMap<Address, Address>) -> bool {
    call.kind == Kind::Call
        && call.to == Some(proxy)
        && admins.get(&proxy).is_some_and(|admin| *admin == call.from)
}
