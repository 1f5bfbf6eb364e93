//! What ran in the name of an instance when the call was carried out on the copy, and which other accounts
//! it called: what those answer may be another when the call is executed.

use super::code_checks::code;
use super::error::PlanError;
use super::simulation::Simulation;
use crate::assess::Finding;
use crate::build::evm;
use crate::governance::Names;
use crate::model::ProxyKind;
use alloy::primitives::{Address, Bytes, U256, hex, keccak256};
use alloy::sol_types::SolCall;
use serde_json::Value;
use std::collections::BTreeMap;
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
    /// Whether wei went along: then the answer depends on what the caller owns.
    with_ether: bool,
    /// Whether it ran in the caller's name.
    delegated: bool,
}

impl Called {
    fn of(frame: &Value, account: Option<Address>, delegated: bool) -> Self {
        let wei: Option<U256> = frame["value"].as_str().and_then(|text| text.parse().ok());
        Self {
            account,
            selector: selector(frame),
            with_ether: !delegated && wei.is_some_and(|wei| !wei.is_zero()),
            delegated,
        }
    }

    /// The account by name, which function, and how.
    pub(super) fn words(
        &self,
        simulation: &Simulation,
        names: &Names,
    ) -> Result<String, PlanError> {
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
            let hash = keccak256(code(simulation, account)?);
            words += &format!(" by delegatecall (code {hash})");
        }
        Ok(words)
    }
}

/// That what ran in the name of instances has no code of its own that would stay.
pub(super) fn unsettled(
    simulation: &Simulation,
    executed: &Executed,
    names: &Names,
) -> Result<Vec<Finding>, PlanError> {
    let mut found = Vec::new();
    for account in executed.keys() {
        let code = code(simulation, *account)?;
        let is = match code.is_empty() {
            true => "no code",
            false if code.starts_with(&DESIGNATOR_PREFIX) => "the code that its owner delegates to",
            false => continue,
        };
        found.push(Finding::problem(
            "CodeMayChange",
            format!(
                "{} runs in the name of an instance, and has {is}",
                names.long(*account)
            ),
            "code that stays as it is",
            is.into(),
            "do not approve it: whoever gives that account other code decides what happens to the storage",
        ));
    }
    Ok(found)
}

/// Whose calls are looked at.
pub(super) struct Instances<'a> {
    /// Who upgrades and creates them.
    pub(super) registry: Address,
    /// The instances, each with its kind.
    pub(super) kinds: &'a BTreeMap<Address, ProxyKind>,
    /// The code that is new, and the script if there is one: nobody has approved them before.
    pub(super) proposed: &'a [Address],
    /// The framework's pause stub of UUPS proxies, if it has its code, which never changes.
    pub(super) stub: Option<Address>,
}

/// The pause stub of UUPS proxies, if it is there.
pub(super) fn uups_stub(
    simulation: &Simulation,
    registry: Address,
) -> Result<Option<Address>, PlanError> {
    let stub = evm::uups_stub_address(registry);
    let is_there = !code(simulation, stub)?.is_empty();
    Ok(is_there.then_some(stub))
}

impl Instances<'_> {
    /// What they ran since the beginning.
    pub(super) fn ran(&self, simulation: &Simulation) -> Result<Executed, PlanError> {
        let mut found = Executed::new();
        for frame in simulation.traces()? {
            self.walk(&frame, None, None, &mut found);
        }
        Ok(found)
    }

    /// Goes through a call and those below it. `above` is the call that made it, and `by` the code of an
    /// instance that did so.
    fn walk(&self, frame: &Value, above: Option<&Value>, by: Option<Address>, all: &mut Executed) {
        let (from, to) = (account(frame, "from"), account(frame, "to"));
        let runs = match (frame["type"].as_str(), from, to) {
            (Some("DELEGATECALL" | "CALLCODE"), Some(from), Some(to)) => {
                let is_own = self.kinds.contains_key(&from);
                let is_framework = || above.is_some_and(|above| self.is_admin_path(above, from));
                (is_own && !is_framework()).then_some(to)
            }
            _ => None,
        };
        if let Some(code) = runs {
            all.entry(code).or_default();
        }
        if let Some(by) = by {
            let called = Called::of(frame, to, runs.is_some());
            let known = all.entry(by).or_default();
            if self.may_answer_otherwise(&called, from, by) && !known.contains(&called) {
                known.push(called);
            }
        }
        for below in frame["calls"].as_array().into_iter().flatten() {
            self.walk(below, Some(frame), runs, all);
        }
    }

    /// Whether the answer may be another for whoever executes it. It may be even where it follows from what
    /// is asked alone: with less gas the call fails, and the code that made it can go on.
    fn may_answer_otherwise(&self, called: &Called, from: Option<Address>, by: Address) -> bool {
        let kind = from.and_then(|proxy| self.kinds.get(&proxy));
        let (true, Some(to)) = (kind == Some(&ProxyKind::Uups), called.account) else {
            return true;
        };
        // The code of a UUPS proxy looks whether the code that comes is made for such proxies, and runs it.
        let asks = !called.delegated && called.selector == Some(proxiableUUIDCall::SELECTOR);
        let is_proposed = self.proposed.contains(&to) && !self.proposed.contains(&by);
        let is_upgrade = match asks {
            true => is_proposed || self.stub == Some(to),
            false => is_proposed && called.delegated,
        };
        called.with_ether || !is_upgrade
    }

    /// Whether what a proxy delegates in that call is the framework's administration: proxies that a registry
    /// creates have it in UpgradeabilityStorage, which runs everything else.
    fn is_admin_path(&self, call: &Value, proxy: Address) -> bool {
        let kind = self.kinds.get(&proxy);
        matches!(kind, Some(&(ProxyKind::Wasm | ProxyKind::Evm)))
            && call["type"].as_str() == Some("CALL")
            && account(call, "from") == Some(self.registry)
            && account(call, "to") == Some(proxy)
    }
}

fn account(frame: &Value, name: &str) -> Option<Address> {
    frame[name].as_str()?.parse().ok()
}

fn selector(frame: &Value) -> Option<[u8; 4]> {
    let input: Bytes = frame["input"].as_str()?.parse().ok()?;
    input.first_chunk::<4>().copied()
}
