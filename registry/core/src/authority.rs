//! Policies in storage, and who satisfies them.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{call, context, storage};
use stylus_upgrades_interface::{
    chain::DESIGNATOR_PREFIX,
    limits::LAMBDA_GAS,
    policy::IPolicy,
    reasons::invalid_policy,
    registry::IRegistry::{InsufficientGas, InvalidPolicy, PolicyChanged, UnknownRole},
};

use crate::{
    chain::{Reverts, code_hash, emit, has_code, keccak},
    policy::{self, Policy, Refusal},
    runnable::{is_ours, is_precompile},
    state::{Definition, POLICY},
    store::{Slot, Word},
};

/// The roles that calls of the registry ask for.
pub mod role {
    /// Creating definitions; of the definition with the empty name.
    pub const DEFINE: &str = "define";
    /// Versions, steps, upgrades.
    pub const MIGRATE: &str = "migrate";
    /// Policies.
    pub const POLICY: &str = "policy";
    /// Instances.
    pub const CREATE: &str = "create";
    /// Pausing and resuming.
    pub const PAUSE: &str = "pause";
}

/// Words before a policy's text.
const HEAD: u64 = 5;
/// What a lambda call costs beside the gas that it is given.
const CALL_OVERHEAD: u64 = 10_000;

/// A role's policy as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    slot: Slot,
    /// As it was written.
    pub text: String,
    /// As it is understood.
    pub policy: Policy,
    /// How often it was changed after it was first set.
    pub changes: u64,
}

impl Stored {
    fn slot(definition: B256, role: &str) -> Slot {
        Slot::of(POLICY, definition, keccak(role.as_bytes()))
    }

    /// The policy of a role.
    pub fn of(definition: &Definition, role: &str) -> Result<Self, UnknownRole> {
        let slot = Self::slot(definition.id, role);
        let head = slot.load();
        let text = slot.plus(HEAD).load_text(length(&head));
        match policy::parse(&text) {
            Ok(policy) if head.u8::<0>() != 0 => Ok(Self {
                slot,
                text,
                policy,
                changes: head.u64::<4>(),
            }),
            _ => Err(UnknownRole { role: role.into() }),
        }
    }

    /// What approvals of this role's actions are bound to: for `migrate` the sequence, for the
    /// others the number of changes of their own policy.
    pub fn epoch(&self, definition: &Definition, role: &str) -> u64 {
        if role == role::MIGRATE {
            definition.sequence
        } else {
            self.changes
        }
    }

    /// Asks every lambda; the bits of those that consent. A lambda that reverts, runs dry,
    /// answers nonsense or is not the code that it was when the policy was set does not.
    pub fn consents(&self, action: B256, caller: Address, approvals: u64) -> Reverts<u8> {
        if self.policy.lambdas.is_empty() {
            return Ok(0);
        }
        let question = IPolicy::isSatisfiedCall {
            action,
            caller,
            approvers: self.policy.addresses(approvals, true),
        }
        .abi_encode();
        storage::flush(false);
        let mut consents = 0;
        for (position, lambda) in self.policy.lambdas.iter().enumerate() {
            let recorded = self.slot.plus(1 + position as u64).load().b256();
            if code_hash(lambda.address) == recorded && consents_to(lambda.address, &question)? {
                consents |= 1 << position;
            }
        }
        Ok(consents)
    }
}

/// One call to a lambda, with all the gas that it is entitled to.
fn consents_to(lambda: Address, question: &[u8]) -> Reverts<bool> {
    let needed = LAMBDA_GAS + LAMBDA_GAS / 63 + CALL_OVERHEAD;
    let left = context::gas_left();
    if left < needed {
        return Err(InsufficientGas { needed, left }.into());
    }
    let called = call::static_call(&lambda, question, LAMBDA_GAS);
    let mut answer = Word::default();
    if !called.ok || called.len != answer.0.len() {
        return Ok(false);
    }
    call::return_data(&mut answer.0, 0);
    let mut yes = Word::default();
    yes.set::<31, 1>([1]);
    Ok(answer == yes)
}

/// Whether somebody, without anybody else, satisfies the policy of a role.
pub fn alone(definition: &Definition, role: &str, who: Address) -> bool {
    Stored::of(definition, role).is_ok_and(|stored| {
        let bit = stored.policy.bit(who);
        stored.policy.is_satisfied_alone(bit)
    })
}

/// Refuses an expression that may not become a policy.
pub fn check(expression: &str) -> Result<Policy, InvalidPolicy> {
    accepted(expression).map_err(|refusal| InvalidPolicy {
        expression: expression.into(),
        offset: refusal.offset,
        reason: refusal.reason,
    })
}

/// Refuses a change of a role's policy: a policy `NONE` means never again.
pub fn check_change(
    definition: &Definition,
    role: &str,
    expression: &str,
) -> Result<Policy, InvalidPolicy> {
    let policy = check(expression)?;
    match Stored::of(definition, role) {
        Ok(stored) if stored.policy.is_none() => Err(InvalidPolicy {
            expression: expression.into(),
            offset: 0,
            reason: invalid_policy::FINAL,
        }),
        _ => Ok(policy),
    }
}

/// Sets a role's policy, which was checked, and says so. Neither raises the sequence nor saves
/// the definition.
pub fn set(definition: &mut Definition, role: &str, expression: &str, policy: &Policy) {
    let slot = Stored::slot(definition.id, role);
    let head = slot.load();
    let changes = if head.u8::<0>() == 0 {
        0
    } else {
        head.u64::<4>() + 1
    };
    let mut word = Word::default();
    word.set::<0, 1>([1]);
    word.set::<1, 1>([policy.lambdas.len() as u8]);
    word.set::<2, 2>((expression.len() as u16).to_be_bytes());
    word.set::<4, 8>(changes.to_be_bytes());
    slot.store(word);
    for (position, lambda) in (1..).zip(&policy.lambdas) {
        slot.plus(position).store(code_hash(lambda.address).into());
    }
    slot.plus(HEAD).store_bytes(expression.as_bytes());
    if role == role::MIGRATE {
        definition.frozen = policy.is_none();
    }
    emit(&PolicyChanged {
        definition: definition.id,
        role: role.into(),
        expression: expression.into(),
    });
}

/// An expression that keeps the rules of its text and of its accounts.
fn accepted(expression: &str) -> Result<Policy, Refusal> {
    let policy = policy::parse(expression)?;
    let mut leaves: Vec<_> = policy.approvers.iter().map(|leaf| (leaf, false)).collect();
    leaves.extend(policy.lambdas.iter().map(|leaf| (leaf, true)));
    leaves.sort_unstable_by_key(|(leaf, _)| leaf.offset);
    for (leaf, lambda) in leaves {
        let refuse = |reason| {
            Err(Refusal {
                offset: leaf.offset,
                reason,
            })
        };
        let address = leaf.address;
        if address.is_zero() || is_precompile(address) || is_ours(address) {
            return refuse(invalid_policy::FORBIDDEN_ADDRESS);
        }
        if lambda && !is_contract(address) {
            return refuse(invalid_policy::BAD_LAMBDA);
        }
    }
    Ok(policy)
}

/// Whether it has code of its own, not somebody's delegation.
fn is_contract(account: Address) -> bool {
    let mut prefix = [0; 3];
    has_code(code_hash(account))
        && !(context::code(&account, 0, &mut prefix) == prefix.len() && prefix == DESIGNATOR_PREFIX)
}

fn length(head: &Word) -> usize {
    u16::from_be_bytes(head.get::<2, 2>()).into()
}
