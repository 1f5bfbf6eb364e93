//! Functions of an account that somebody without rights can call to control it: each is called on a copy of its own, and the
//! control over the account is compared before and after.

use super::calls::{ControlCall, OpenFunction, open_functions};
use super::contract_abi::ContractAbi;
use super::probe_code::probe_code;
use super::snapshot::{ControlSnapshot, ControlSources, PrivilegeChange};
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::client::{ChainError, GasLimit};
use crate::plan::fresh_accounts::{OTHER, PROBE, STRANGER};
use crate::simulation::{AttemptedCall, Simulation};
use alloy::primitives::{Address, U256};
use alloy::sol;
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use stylus_chain::{BlockId, Overrides};

sol! {
    /// OpenZeppelin's Pausable, as most contracts have it.
    interface IPausable {
        function paused() external view returns (bool);
        function unpause() external;
    }
}

/// Seconds of 30 days.
const MONTH: u64 = 2_592_000;
/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// Calls to one account in one state, at most.
const CALLS_MAX: usize = 200;
/// Accounts that may end the pause of an account, at most.
const RESUMERS_MAX: usize = 8;

/// A function that somebody without rights can call, with the privileges that it gives away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Exposure {
    /// The function.
    pub(in crate::plan) signature: String,
    /// True if a call of it replaces the code that the account runs, or decides who may.
    pub(in crate::plan) replaces_code: bool,
    changes: Vec<PrivilegeChange>,
}

/// The exposures of an account, and the calls that were not tried.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct ExposureReport {
    /// One for each function.
    pub(in crate::plan) exposures: Vec<Exposure>,
    /// Calls that were made.
    pub(in crate::plan) calls: usize,
    /// True if its own code keeps the account paused, and nobody was found who can end that.
    pub(in crate::plan) is_paused: bool,
    /// Functions that initialize, upgrade or set an owner by their names and were not called: too many, or with too large
    /// arguments.
    pub(in crate::plan) not_called: Vec<String>,
}

/// The exposures of an account, compared with those before.
#[derive(Debug, Default)]
pub(in crate::plan) struct ComparedExposures {
    /// Those that have to be accepted.
    pub(in crate::plan) refused: Vec<Exposure>,
    /// Those that give the same roles as before.
    pub(in crate::plan) as_before: Vec<Exposure>,
    /// Those that need not be accepted.
    pub(in crate::plan) harmless: Vec<Exposure>,
}

impl Exposure {
    /// The function and its effects in words; `account` names the account.
    pub(in crate::plan) fn message(&self, account: &str) -> String {
        let changes: BTreeSet<&str> = self
            .changes
            .iter()
            .map(|change| change.message.as_str())
            .collect();
        let changes: Vec<&str> = changes.into_iter().collect();
        format!(
            "anybody can call {} of {account}: {}",
            self.signature,
            changes.join(", ")
        )
    }

    /// Returns true if its only effect is to give privileges that may be meant for everybody, and that a function of that
    /// name gave before: one that gets another argument keeps its purpose.
    fn was_open(&self, before: &[Self]) -> bool {
        let of_name = before
            .iter()
            .filter(|exposure| exposure.name() == self.name());
        let given: Vec<&PrivilegeChange> = of_name.flat_map(|exposure| &exposure.changes).collect();
        let mut changes = self.changes.iter();
        changes.all(|change| change.may_be_meant && given.contains(&change))
    }

    fn name(&self) -> &str {
        self.signature.split('(').next().unwrap_or_default()
    }
}

impl ComparedExposures {
    /// Returns true if anybody can replace the code that the account runs, whether that is new or not.
    pub(in crate::plan) fn replace_code(&self) -> bool {
        let lists = [&self.refused, &self.as_before, &self.harmless];
        let mut exposures = lists.into_iter().flatten();
        exposures.any(|exposure| exposure.replaces_code)
    }
}

impl ExposureReport {
    /// Compares the exposures with those before, which are asked for only if there are any.
    pub(in crate::plan) fn compare(
        self,
        before: impl FnOnce() -> Result<Self, ChainError>,
    ) -> Result<ComparedExposures, ChainError> {
        let mut compared = ComparedExposures::default();
        if self.exposures.is_empty() {
            return Ok(compared);
        }
        let before = before()?.exposures;
        for exposure in self.exposures {
            let list = if exposure.was_open(&before) {
                &mut compared.as_before
            } else if exposure.changes.iter().all(|change| change.is_harmless) {
                &mut compared.harmless
            } else {
                &mut compared.refused
            };
            list.push(exposure);
        }
        Ok(compared)
    }
}

/// Calls of somebody without rights at a copy.
struct ExposureTrial {
    copy: Simulation,
    sources: ControlSources,
    before: ControlSnapshot,
    report: ExposureReport,
}

/// Finds the functions of an account on a copy that somebody without rights can call to control it.
pub(in crate::plan) fn find_exposures(
    simulation: &Simulation,
    account: Address,
    abi: &ContractAbi<'_>,
) -> Result<ExposureReport, ChainError> {
    let mut copy = simulation.branch();
    copy.gas = GasLimit::Exactly(GAS);
    copy.chain.set_code(*PROBE, probe_code(*STRANGER));
    let named = abi.named_addresses(&copy, account)?;
    let kept: Vec<Address> = named.into_iter().map(|(_, address)| address).collect();
    let sources = ControlSources::of(account, abi, &kept);
    let owner = ControlSnapshot::read(&copy, &sources)?.owner();
    let resumers = owner.into_iter().chain(kept).take(RESUMERS_MAX);
    let is_paused = !end_pause(&mut copy, account, resumers)?;
    let mut trial = ExposureTrial {
        before: ControlSnapshot::read(&copy, &sources)?,
        copy,
        sources,
        report: ExposureReport {
            is_paused,
            ..ExposureReport::default()
        },
    };
    for function in open_functions(abi, account) {
        trial.call(function)?;
    }
    Ok(trial.report)
}

impl ExposureTrial {
    /// Makes each call of a function on a copy of its own, and notes the privileges that they give away.
    fn call(&mut self, function: OpenFunction) -> Result<(), ChainError> {
        let OpenFunction {
            signature,
            calls,
            is_listed,
        } = function;
        let is_cut = self.report.calls.saturating_add(calls.len()) > CALLS_MAX;
        if calls.is_empty() || is_cut {
            self.report
                .not_called
                .extend(is_listed.then_some(signature));
            return Ok(());
        }
        let mut changes: Vec<PrivilegeChange> = Vec::new();
        let (mut is_closing, mut replaces_code) = (false, false);
        for call in &calls {
            self.report.calls += 1;
            let mut copy = self.copy.branch();
            copy.begin_here();
            let attempt = copy.attempt(&signature, attempted(call))?;
            let Some(receipt) = attempt.receipt else {
                continue;
            };
            let after = ControlSnapshot::read(&copy, &self.sources)?;
            replaces_code |= self.before.proxy_words != after.proxy_words;
            for change in self.before.changes(&after, &receipt.logs, &self.sources) {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
            let is_first = !is_closing && !copy.changes()?.is_empty();
            is_closing |= is_first && is_closed(&mut copy, &calls)?;
        }
        if is_closing {
            changes.push(PrivilegeChange::once(signature.ends_with("()")));
        }
        if !changes.is_empty() {
            self.report.exposures.push(Exposure {
                signature,
                replaces_code,
                changes,
            });
        }
        Ok(())
    }
}

/// Returns true if none of these calls goes through for somebody else, now or a month later, as of an initializer that has
/// run.
fn is_closed(copy: &mut Simulation, calls: &[ControlCall]) -> Result<bool, ChainError> {
    for _ in 0..2 {
        for call in calls {
            let mut request = copy.request(*OTHER, call.to, call.input.clone(), U256::ZERO)?;
            request.gas = Some(GAS);
            let none = Overrides::default();
            if copy.chain.call(request, BlockId::pending(), &none)?.success {
                return Ok(false);
            }
        }
        copy.wait(MONTH)?;
    }
    Ok(true)
}

fn attempted(call: &ControlCall) -> AttemptedCall {
    AttemptedCall {
        from: *STRANGER,
        to: call.to,
        input: call.input.clone(),
        value: U256::ZERO,
        gas: GAS,
    }
}

/// Ends the pause of an account's own code as one of `resumers`; returns true if it is not paused any more.
fn end_pause(
    copy: &mut Simulation,
    account: Address,
    resumers: impl IntoIterator<Item = Address>,
) -> Result<bool, ChainError> {
    let is_paused = |copy: &Simulation| {
        copy.ask(account, &IPausable::pausedCall {})
            .unwrap_or_default()
    };
    for sender in resumers {
        if !is_paused(copy) {
            return Ok(true);
        }
        let input = IPausable::unpauseCall {}.abi_encode().into();
        match copy.send("unpause()", sender, account, input, U256::ZERO) {
            Err(error) if error.revert().is_none() && !error.is_halted() => return Err(error),
            _ => {}
        }
    }
    Ok(!is_paused(copy))
}

/// The findings that anybody can control an instance; `account` names it.
pub(in crate::plan) fn exposed_instance(account: &str, exposures: &[Exposure]) -> Vec<Finding> {
    let findings = exposures.iter().map(|exposure| {
        let id = FindingId::about(FindingKind::Stranger, &exposure.signature);
        let message = exposure.message(account);
        Finding::new(Part::Simulation, Severity::Danger, id.clone(), message).with(
            "a call that is refused",
            "a call of an account without rights that goes through",
            format!(
                "call it in the upgrade, or guard it; to accept it: {}",
                FindingId::flag([&id])
            ),
        )
    });
    findings.collect()
}

/// The warning that anybody can control code where it is deployed: a proxy has its own storage, so it is no danger to that.
pub(in crate::plan) fn exposed_code(code: &str, exposures: &[Exposure]) -> Option<Finding> {
    let functions = exposures.iter().map(|exposure| &*exposure.signature);
    let functions: Vec<&str> = functions.collect();
    if functions.is_empty() {
        return None;
    }
    let message = format!("anybody can call {} of {code} itself", functions.join(", "));
    let kind = FindingKind::OpenImplementation;
    let finding = Finding::named(Part::Simulation, Severity::Warning, kind, message);
    Some(finding.with(
        "code that is initialized, or locked",
        "calls of an account without rights that go through",
        "call _disableInitializers() in its constructor",
    ))
}
