//! What an account without any rights can do to an instance on a copy: it calls every function that changes
//! something, then those that are still closed after all others that went through. What has power over the instance, its
//! ether and its tokens are compared before and after each call.

mod calls;
mod findings;
mod power;
mod takes;

pub(super) use calls::Known;
pub(super) use findings::{Opened, to_code, to_instance};

use crate::client::{ChainError, GasLimit};
use crate::simulation::Simulation;
use alloy::json_abi::Function;
use alloy::primitives::{Address, U256};
use alloy::sol;
use calls::{BALANCE, Call, calls};
use power::Power;
use std::collections::BTreeSet;
use stylus_chain::BlockId;
use stylus_upgrades_interface::slots;
use takes::taken;

sol! {
    /// OpenZeppelin's Pausable, as most contracts have it.
    interface IPausable {
        function paused() external view returns (bool);
        function unpause() external;
    }
}

/// Who has no rights anywhere.
const STRANGER: Address = Address::repeat_byte(0x5e);
/// Calls of one plan, about: where they are made, no more instances are tried.
pub(super) const CALLS_MAX: usize = 8_192;
/// Units of gas that each call gets.
const GAS: u64 = 16_000_000;
/// How a call of no function is named.
const FALLBACK: &str = "fallback()";
/// Its calldata: a selector that no function has.
const OF_NO_FUNCTION: [u8; 4] = [0x5e; 4];

/// What was tried of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Tried {
    /// The calls that go through and that give or take something.
    pub(super) opened: Vec<Opened>,
    /// How many calls were made.
    pub(super) calls: usize,
    /// Whether the account is paused by its own code, and nobody was found who can end that.
    pub(super) is_paused: bool,
}

/// What one call did.
struct Done {
    opened: Opened,
    /// Whether the account's storage is another one.
    has_written: bool,
}

/// What a stranger can do to an account on a copy, by the functions of its code; where those are not known, by those
/// that such code usually has.
pub(super) fn tried(
    simulation: &Simulation,
    account: Address,
    known: Known<'_>,
) -> Result<Tried, ChainError> {
    let mut trial = Trial::begin(simulation, account, known)?;
    let functions = known.functions();
    let mut found = trial.first_round(&functions)?;
    let is_found = |function: &&Function| {
        !found
            .iter()
            .any(|one| one.signature == function.signature())
    };
    let closed: Vec<&Function> = functions.iter().filter(is_found).collect();
    found.extend(trial.second_round(&closed)?);
    found.sort_by(|one, other| one.signature.cmp(&other.signature));
    found.dedup_by(|one, other| one.signature == other.signature);
    Ok(Tried {
        opened: found,
        calls: trial.calls,
        is_paused: trial.is_paused,
    })
}

/// A copy on which the stranger calls.
struct Trial {
    copy: Simulation,
    account: Address,
    /// The code that the account runs, if it is a proxy.
    code: Address,
    /// Addresses that the account keeps.
    kept: Vec<Address>,
    is_paused: bool,
    calls: usize,
    /// Calls that give and take nothing, and after which the account's storage is another one: one of each function.
    prepare: Vec<Call>,
}

impl Trial {
    fn begin(
        simulation: &Simulation,
        account: Address,
        known: Known<'_>,
    ) -> Result<Self, ChainError> {
        let mut copy = simulation.branch();
        copy.gas = GasLimit::Exactly(GAS);
        let latest = BlockId::latest();
        let owned = copy.chain.account(account, latest)?.balance;
        copy.chain.set_balance(account, owned.max(BALANCE));
        let runs = copy
            .chain
            .storage(account, slots::IMPLEMENTATION.into(), latest)?;
        let kept = known.kept(&copy, account)?;
        let is_paused = still_paused(&mut copy, account, &kept)?;
        Ok(Self {
            copy,
            account,
            code: Address::from_word(runs),
            kept,
            is_paused,
            calls: 0,
            prepare: Vec::new(),
        })
    }

    /// What the functions do, each called alone.
    fn first_round(&mut self, functions: &[Function]) -> Result<Vec<Opened>, ChainError> {
        let all: Vec<&Function> = functions.iter().collect();
        self.round(&all)
    }

    /// What functions that are closed do once every call that prepares something was made.
    fn second_round(&mut self, closed: &[&Function]) -> Result<Vec<Opened>, ChainError> {
        let prepare = std::mem::take(&mut self.prepare);
        if prepare.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.copy.branch();
        for call in &prepare {
            self.make(call)?;
        }
        let mut found = self.round(closed)?;
        for opened in &mut found {
            let function = closed
                .iter()
                .find(|one| one.signature() == opened.signature);
            opened.after = Some("other calls of his".into());
            for call in &prepare {
                self.copy = before.branch();
                self.make(call)?;
                let alone = self.round(&function.copied().into_iter().collect::<Vec<_>>())?;
                if alone.iter().any(|one| one.signature == opened.signature) {
                    opened.after = Some(call.signature.clone());
                    break;
                }
            }
        }
        Ok(found)
    }

    /// What each of these functions does, by the first call of it that does something. What any call does, no function
    /// does.
    fn round(&mut self, functions: &[&Function]) -> Result<Vec<Opened>, ChainError> {
        let before = Power::over(&self.copy, self.account)?;
        let any = Call {
            signature: FALLBACK.into(),
            input: OF_NO_FUNCTION.into(),
            value: U256::ZERO,
            named: STRANGER,
        };
        let any = self.done(&any, &before)?.map(|done| done.opened);
        let any = any.filter(|any| !any.is_harmless());
        let mut found = Vec::new();
        let mut prepare: BTreeSet<String> = BTreeSet::new();
        for function in functions {
            for call in calls(function, self.code, &self.kept) {
                let Some(Done {
                    opened,
                    has_written,
                }) = self.done(&call, &before)?
                else {
                    continue;
                };
                let is_any = any.as_ref().is_some_and(|any| any.does_as(&opened));
                if !opened.is_harmless() && !is_any {
                    self.prepare.retain(|one| one.signature != call.signature);
                    found.push(opened);
                    break;
                }
                if has_written && call.value.is_zero() && prepare.insert(call.signature.clone()) {
                    self.prepare.push(call);
                }
            }
        }
        Ok(any.into_iter().chain(found).collect())
    }

    /// What a call does, and forgets it; nothing, if it is refused.
    fn done(&mut self, call: &Call, before: &Power) -> Result<Option<Done>, ChainError> {
        self.calls += 1;
        let account = self.account;
        self.copy.discarded(|copy| {
            copy.begin_here();
            let sent = copy.send(
                &call.signature,
                STRANGER,
                account,
                call.input.clone(),
                call.value,
            );
            let receipt = match sent {
                Ok(receipt) => receipt,
                Err(error) if error.revert().is_some() || error.is_halted() => return Ok(None),
                Err(error) => return Err(error),
            };
            let after = Power::over(copy, account)?;
            let opened = Opened {
                signature: call.signature.clone(),
                after: None,
                gives: before.given(&after, &receipt, account),
                takes: taken(
                    copy,
                    &receipt,
                    account,
                    ([STRANGER, call.named], call.value),
                )?,
            };
            let has_written = copy.changes()?.iter().any(|one| one.address == account);
            Ok(Some(Done {
                opened,
                has_written,
            }))
        })
    }

    /// Makes a call that went through once. After others it may fail.
    fn make(&mut self, call: &Call) -> Result<(), ChainError> {
        self.calls += 1;
        let (signature, input) = (&call.signature, call.input.clone());
        let sent = self
            .copy
            .send(signature, STRANGER, self.account, input, call.value);
        allowed_to_fail(sent).map(drop)
    }
}

/// Ends the pause of an account's own code, and says whether it is paused nonetheless: its owner, or whoever else it
/// keeps, ends it.
fn still_paused(
    copy: &mut Simulation,
    account: Address,
    kept: &[Address],
) -> Result<bool, ChainError> {
    let is_paused = |copy: &Simulation| {
        copy.ask(account, &IPausable::pausedCall {})
            .unwrap_or_default()
    };
    let owner = Power::over(copy, account)?.owner();
    for sender in owner.iter().chain(kept) {
        if !is_paused(copy) {
            return Ok(false);
        }
        let end = IPausable::unpauseCall {};
        let input = alloy::sol_types::SolCall::abi_encode(&end).into();
        allowed_to_fail(copy.send("unpause()", *sender, account, input, U256::ZERO))?;
    }
    Ok(is_paused(copy))
}

/// What was sent, or nothing where the chain refused it.
fn allowed_to_fail<T>(sent: Result<T, ChainError>) -> Result<Option<T>, ChainError> {
    match sent {
        Ok(sent) => Ok(Some(sent)),
        Err(error) if error.revert().is_some() || error.is_halted() => Ok(None),
        Err(error) => Err(error),
    }
}
