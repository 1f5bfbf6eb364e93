//! What ran in the name of an instance when the call was carried out on the copy, and which other accounts
//! it called: what those answer may be another when the call is executed.

use super::error::PlanError;
use super::simulation::Simulation;
use crate::governance::Names;
use alloy::primitives::{Address, Bytes, U256, address, hex};
use serde_json::Value;
use std::collections::BTreeMap;
use stylus_upgrades_interface::chain::{ARB_SYS, ARB_WASM, ARB_WASM_CACHE};
use stylus_upgrades_interface::reasons::proxy_kind;

/// Precompiles of the EVM up to this address answer by their input alone.
const PURE_MAX: u64 = 0x11;
/// So does the verification of P-256 signatures (RIP-7212).
const P256_VERIFY: Address = address!("0000000000000000000000000000000000000100");

/// Code that ran in the name of an instance, with what it called. The framework's own is not among it.
pub(super) type Executed = BTreeMap<Address, Vec<Called>>;

/// A call of another account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Called {
    account: Address,
    /// The first four bytes of what it was called with; none where there were fewer.
    selector: Option<[u8; 4]>,
}

impl Called {
    /// The account by name, and which function.
    pub(super) fn words(&self, names: &Names) -> String {
        let account = match self.account {
            ARB_SYS => format!("ArbSys ({ARB_SYS})"),
            ARB_WASM => format!("ArbWasm ({ARB_WASM})"),
            ARB_WASM_CACHE => format!("ArbWasmCache ({ARB_WASM_CACHE})"),
            other => names.long(other),
        };
        match self.selector {
            Some(selector) => format!("{account} with 0x{}", hex::encode(selector)),
            None => account,
        }
    }
}

/// Whose calls are looked at.
pub(super) struct Instances<'a> {
    /// Who upgrades and creates them.
    pub(super) registry: Address,
    /// The instances, each with its kind.
    pub(super) kinds: &'a BTreeMap<Address, u8>,
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
        let from = account(frame, "from");
        let to = account(frame, "to");
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
        } else if let (Some(by), Some(to)) = (by, to)
            && Some(to) != from
            && !is_pure(to)
        {
            let called = Called {
                account: to,
                selector: selector(frame),
            };
            let known = all.entry(by).or_default();
            if !known.contains(&called) {
                known.push(called);
            }
        }
        for below in frame["calls"].as_array().into_iter().flatten() {
            self.walk(below, Some(frame), runs, all);
        }
    }

    /// Whether what a proxy delegates in that call is the framework's administration: proxies that a registry
    /// creates have it in UpgradeabilityStorage, which runs everything else.
    fn is_admin_path(&self, call: &Value, proxy: Address) -> bool {
        let kind = self.kinds.get(&proxy);
        matches!(
            kind,
            Some(&(proxy_kind::WASM | proxy_kind::EVM | proxy_kind::BEACON))
        ) && call["type"].as_str() == Some("CALL")
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

fn is_pure(account: Address) -> bool {
    let number = U256::from_be_slice(account.as_slice());
    account == P256_VERIFY || (U256::ONE..=U256::from(PURE_MAX)).contains(&number)
}
