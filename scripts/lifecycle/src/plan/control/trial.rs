//! The calls of each account, each on a copy of its own. What decides over the code of the proxy is compared before and
//! after.

use super::accounts::{AccountEvents, ControlAccount};
use super::calls::{ControlCall, other_calls, replacing_calls, rights_calls};
use super::contract_abi::ContractAbi;
use super::probe_code::probe_code;
use super::read::{CopyFacts, ReadSubject, read_facts};
use crate::client::{ChainError, GasLimit};
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use crate::simulation::{AttemptedCall, Simulation, now};
use alloy::primitives::{Address, B256, U256};
use stylus_chain::BlockId;
use stylus_registry_core::policy::parse;
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;
use stylus_upgrades_interface::slots;

/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// Calls to one instance in one state, at most.
const CALLS_MAX: usize = 200;

/// An instance whose accounts are tried.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct ControlSubject<'a> {
    /// The registry that decides over it.
    pub(in crate::plan) registry: Address,
    /// Its definition.
    pub(in crate::plan) name: &'a str,
    /// The proxy.
    pub(in crate::plan) proxy: Address,
    /// The functions and variables of its code.
    pub(in crate::plan) abi: &'a ContractAbi<'a>,
    /// The accounts that logs name.
    pub(in crate::plan) events: &'a AccountEvents,
    /// The account that sends or signs the call, if it is known.
    pub(in crate::plan) sender: Option<Address>,
    /// Accounts whose right is that of the registry, such as the admin of the definition.
    pub(in crate::plan) excluded: &'a [Address],
}

/// An account that can replace the code, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct CodeReplacement {
    /// The account that can replace it.
    pub(in crate::plan) account: ControlAccount,
    /// The function, and what is called before, where that is needed.
    pub(in crate::plan) function: String,
}

/// The result of the trials of an instance.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct ControlReport {
    /// The accounts that can replace its code without the registry.
    pub(in crate::plan) replacements: Vec<CodeReplacement>,
    /// Returns true if a contract can that satisfies the policy of `migrate` alone.
    pub(in crate::plan) is_by_policy: bool,
    /// Accounts that were tried.
    pub(in crate::plan) tried: usize,
    /// Accounts that were not tried, as they are too many.
    pub(in crate::plan) left_out: usize,
    /// Returns true if calls were left out, as they are too many.
    pub(in crate::plan) is_cut: bool,
    /// Returns true if the proxy or its code names an owner or an admin.
    pub(in crate::plan) has_owner: bool,
}

impl ControlReport {
    /// Returns true if nobody was found who can.
    pub(in crate::plan) const fn is_by_nobody(&self) -> bool {
        self.replacements.is_empty() && !self.is_by_policy
    }

    /// Returns true if that account can.
    pub(in crate::plan) fn can_replace(&self, account: Address) -> bool {
        let mut replacements = self.replacements.iter();
        replacements.any(|replacement| replacement.account.address == account)
    }

    /// Describes the trials that were not made.
    pub(in crate::plan) fn not_tried(&self) -> Option<String> {
        let accounts = (self.left_out > 0).then(|| {
            format!(
                "{} of {} accounts were tried",
                self.tried,
                self.tried + self.left_out
            )
        });
        let calls = self.is_cut.then(|| format!("{CALLS_MAX} calls were tried"));
        let parts: Vec<String> = accounts.into_iter().chain(calls).collect();
        (!parts.is_empty()).then(|| parts.join(", and "))
    }
}

/// The words of a proxy that decide what it runs.
type ControlWords = [B256; 3];

/// A copy on which an account has taken rights.
struct RightsTaken {
    copy: Simulation,
    /// The functions by which it took them.
    taken: Vec<String>,
}

/// Calls at a copy.
struct ControlTrial<'a> {
    start: &'a Simulation,
    proxy: Address,
    words: ControlWords,
    calls: usize,
    is_cut: bool,
}

/// Tries who can replace the code of an instance on a copy without the registry.
pub(in crate::plan) fn try_control(
    simulation: &Simulation,
    subject: ControlSubject<'_>,
) -> Result<ControlReport, ChainError> {
    let ControlSubject {
        proxy,
        abi,
        events,
        sender,
        excluded,
        ..
    } = subject;
    let mut start = simulation.branch();
    start.gas = GasLimit::Exactly(GAS);
    let read = ReadSubject {
        account: proxy,
        abi,
        events,
    };
    let CopyFacts {
        mut facts,
        admin_contract,
        managers,
        roles,
    } = read_facts(&start, read)?;
    start.chain.set_code(*PROBE, probe_code(*STRANGER));
    facts.sender = sender;
    facts.excluded.extend(excluded);
    facts.excluded.extend([subject.registry, proxy]);
    let owners = [facts.owner, facts.admin, facts.admin_owner];
    let has_owner = owners.iter().flatten().any(|owner| !owner.is_zero());
    let accounts = facts.accounts();
    let admin = admin_contract.filter(|admin| !facts.excluded.contains(admin));
    let replacing = replacing_calls(abi, proxy, admin, *PROBE);
    let others = other_calls(abi, proxy, *PROBE);
    let words = control_words(&start, proxy)?;
    let mut trial = ControlTrial {
        start: &start,
        proxy,
        words,
        calls: 0,
        is_cut: false,
    };
    let mut report = ControlReport {
        tried: accounts.tried.len(),
        left_out: accounts.left_out,
        has_owner,
        ..ControlReport::default()
    };
    let mut copies = Vec::new();
    for account in accounts.tried {
        let rights = rights_calls(account.address, proxy, &managers, &roles);
        let with_rights = trial.take_rights(account.address, &rights)?;
        copies.push((account, with_rights));
    }
    // What is called so is tried of every account before the rest of the functions.
    for calls in [replacing, others] {
        let mut without = Vec::new();
        for (account, with_rights) in copies {
            let found = trial.replacing(account.address, &calls, with_rights.as_ref())?;
            let Some(function) = found else {
                without.push((account, with_rights));
                continue;
            };
            if is_of_policy(&start, subject, account.address)? {
                report.is_by_policy = true;
                continue;
            }
            report
                .replacements
                .push(CodeReplacement { account, function });
        }
        copies = without;
    }
    report.is_cut = trial.is_cut;
    Ok(report)
}

impl ControlTrial<'_> {
    /// The first of these calls by which `account` replaces the code at a copy.
    fn first_of(
        &mut self,
        at: &Simulation,
        account: Address,
        calls: &[ControlCall],
    ) -> Result<Option<String>, ChainError> {
        for call in calls {
            let mut copy = at.branch();
            if self.send(&mut copy, account, call)?
                && control_words(&copy, self.proxy)? != self.words
            {
                return Ok(Some(call.signature.clone()));
            }
        }
        Ok(None)
    }

    /// The same at the start, or where the account has taken rights; with these in words.
    fn replacing(
        &mut self,
        account: Address,
        calls: &[ControlCall],
        with_rights: Option<&RightsTaken>,
    ) -> Result<Option<String>, ChainError> {
        let start = self.start;
        if let Some(function) = self.first_of(start, account, calls)? {
            return Ok(Some(function));
        }
        let Some(RightsTaken { copy, taken }) = with_rights else {
            return Ok(None);
        };
        let function = self.first_of(copy, account, calls)?;
        Ok(function.map(|function| format!("{function}, after {}", taken.join(" and "))))
    }

    /// The copy on which an account has taken the rights that it may give itself; nothing where there are none.
    fn take_rights(
        &mut self,
        account: Address,
        rights: &[ControlCall],
    ) -> Result<Option<RightsTaken>, ChainError> {
        let mut copy = self.start.branch();
        let mut taken: Vec<String> = Vec::new();
        for call in rights {
            if self.send(&mut copy, account, call)? && !taken.contains(&call.signature) {
                taken.push(call.signature.clone());
            }
        }
        Ok((!taken.is_empty()).then_some(RightsTaken { copy, taken }))
    }

    /// Sends a call on a copy; returns true if it goes through.
    fn send(
        &mut self,
        copy: &mut Simulation,
        account: Address,
        call: &ControlCall,
    ) -> Result<bool, ChainError> {
        if self.calls >= CALLS_MAX {
            self.is_cut = true;
            return Ok(false);
        }
        self.calls += 1;
        let attempted = AttemptedCall {
            from: account,
            to: call.to,
            input: call.input.clone(),
            value: U256::ZERO,
            gas: GAS,
        };
        let attempt = copy.attempt(&call.signature, attempted)?;
        Ok(attempt.receipt.is_some())
    }
}

/// Reads the words that decide over the code of a proxy.
fn control_words(copy: &Simulation, proxy: Address) -> Result<ControlWords, ChainError> {
    let word = |slot: B256| copy.chain.storage(proxy, slot.into(), BlockId::latest());
    Ok([
        word(slots::IMPLEMENTATION)?,
        word(slots::ADMIN)?,
        word(slots::BEACON)?,
    ])
}

/// Returns true if a contract, such as a timelock, satisfies the policy of `migrate` alone: what it decides is what the
/// registry lets it decide. A key is not left out: its upgrades would leave the registry out.
fn is_of_policy(
    copy: &Simulation,
    subject: ControlSubject<'_>,
    account: Address,
) -> Result<bool, ChainError> {
    let code = copy.code(account)?;
    if code.is_empty() || code.starts_with(&DESIGNATOR_PREFIX) {
        return Ok(false);
    }
    let registry = copy.registry(subject.registry);
    let policy = now(registry.policy(subject.name, "migrate"))?;
    let policy = parse(policy.as_bytes());
    Ok(policy.is_ok_and(|policy| policy.is_satisfied_alone(policy.bit(account))))
}
