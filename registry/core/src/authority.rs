//! Policies in storage, and who satisfies them.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{call, context, storage};
use stylus_upgrades_interface::{
    chain::DESIGNATOR_PREFIX,
    ids::{ActionId, CodeHash, DefinitionId},
    limits::LAMBDA_GAS,
    policy::IPolicy,
    reasons::invalid_policy,
    registry_storage::{
        number,
        policy::{self as stored, Head},
    },
};

use crate::{
    abi::{Value, encode},
    chain::{Reverts, code_hash, has_code, keccak},
    definition::Definition,
    errors, events,
    instances::Instance,
    policy::{self, Expression, Policy, Refusal},
    runnable::{is_ours, is_precompile},
    store::Slot,
};

/// The roles that calls of the registry ask for.
pub mod role {
    /// Creating definitions; of the definition with the empty name.
    pub const DEFINE: &[u8] = b"define";
    /// Versions, steps, upgrades.
    pub const MIGRATE: &[u8] = b"migrate";
    /// Policies.
    pub const POLICY: &[u8] = b"policy";
    /// Instances.
    pub const CREATE: &[u8] = b"create";
    /// Pausing and resuming.
    pub const PAUSE: &[u8] = b"pause";
}

/// What a lambda call costs beside the gas that it is given.
const CALL_OVERHEAD: u64 = 10_000;

/// A role's policy as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    slot: Slot,
    /// As it was written.
    pub text: Vec<u8>,
    /// As it is understood.
    pub policy: Policy,
}

impl Stored {
    fn slot(definition: DefinitionId, role: &[u8]) -> Slot {
        stored::find::<Slot>(definition, keccak(role))
    }

    /// The policy of a role.
    pub fn of(definition: &Definition, role: &[u8]) -> Reverts<Self> {
        let slot = Self::slot(definition.id, role);
        let head = slot.load();
        let length = Head::text_length().get(&head);
        let text = slot.at(stored::TEXT).load_bytes(length.into());
        match policy::parse(&text) {
            Ok(policy) if Head::is_set().get(&head) => Ok(Self { slot, text, policy }),
            _ => Err(errors::unknown_role(role)),
        }
    }

    /// The same with any one of its addresses.
    #[must_use]
    pub fn any_one(mut self) -> Self {
        let bits = 0..self.policy.approvers.len() as u8;
        self.policy = Policy {
            root: Expression::Members {
                need: 1,
                members: bits.map(Expression::Address).collect(),
            },
            approvers: self.policy.approvers,
            lambdas: Vec::new(),
            delays: Vec::new(),
        };
        self
    }

    /// The same with every delay passed as soon as it runs.
    #[must_use]
    pub fn without_delays(mut self) -> Self {
        self.policy.delays.fill(0);
        self
    }

    /// The bit of an approver: 0 for a stranger, and for an address at which this registry created a proxy after
    /// the policy was set: its code may call for anybody. An adopted contract keeps its vote.
    pub fn bit(&self, who: Address) -> u64 {
        match self.policy.bit(who) {
            bit if bit != 0 && Instance::is_created_here(who) => 0,
            bit => bit,
        }
    }

    /// Asks every lambda; the bits of those that consent. A lambda that reverts, runs dry,
    /// answers nonsense or is not the code that it was when the policy was set does not.
    pub fn consents(&self, action: ActionId, caller: Address, approvals: u64) -> Reverts<u8> {
        if self.policy.lambdas.is_empty() {
            return Ok(0);
        }
        let approvers = self.policy.addresses(approvals, true);
        let approvers: Vec<_> = approvers.into_iter().map(Value::from).collect();
        let question = encode(
            &IPolicy::isSatisfiedCall::SELECTOR,
            &[action.into(), caller.into(), Value::Array(&approvers)],
        );
        storage::flush(false);
        let mut consents = 0;
        for (position, lambda) in self.policy.lambdas.iter().enumerate() {
            let recorded = self.slot.plus(stored::LAMBDAS.first() + position as u64);
            let recorded = CodeHash(recorded.load().b256());
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
        return Err(errors::insufficient_gas(needed, left));
    }
    let called = call::static_call(&lambda, question, LAMBDA_GAS);
    let mut answer = [0; 32];
    if !called.ok || called.len != answer.len() {
        return Ok(false);
    }
    call::return_data(&mut answer, 0);
    Ok(answer == number(1).0)
}

/// What approvals of a role's actions are bound to: for `migrate` the sequence, for the others
/// the sequence that their first policy led to, and the number of its changes since. So a role that
/// is set for the first time has a higher one than the role that stood in for it ever had.
pub fn epoch(definition: &Definition, role: &[u8]) -> u64 {
    if role == role::MIGRATE {
        definition.sequence
    } else {
        changes(definition.id, role)
    }
}

/// The sequence that the role's first policy led to, and the number of its changes since, together.
pub fn changes(definition: DefinitionId, role: &[u8]) -> u64 {
    Head::changes().get(&Stored::slot(definition, role).load())
}

/// Whether somebody, without anybody else, satisfies the policy of a role.
pub fn alone(definition: &Definition, role: &[u8], who: Address) -> bool {
    Stored::of(definition, role)
        .is_ok_and(|stored| stored.policy.is_satisfied_alone(stored.bit(who)))
}

/// Refuses an expression that may not become a policy.
pub fn check(expression: &[u8]) -> Reverts<Policy> {
    accepted(expression)
        .map_err(|refusal| errors::invalid_policy(expression, refusal.offset, refusal.reason))
}

/// Refuses a change of a role's policy. `NONE` means never again, so it is not set where nobody could resume the
/// definition then, or bring an instance back that is stopped.
pub fn check_change(definition: &Definition, role: &[u8], expression: &[u8]) -> Reverts<Policy> {
    let policy = check(expression)?;
    if policy.is_none() && definition.is_paused() {
        return Err(errors::definition_paused(&definition.name));
    }
    if policy.is_none() && role == role::MIGRATE && definition.stopped() != 0 {
        return Err(errors::invalid_policy(
            expression,
            0,
            invalid_policy::STOPPED,
        ));
    }
    match Stored::of(definition, role) {
        Ok(stored) if stored.policy.is_none() => {
            Err(errors::invalid_policy(expression, 0, invalid_policy::FINAL))
        }
        _ => Ok(policy),
    }
}

/// Sets a role's policy, which was checked, and says so. The sequence is the one that this leads to;
/// the definition is not saved.
pub fn set(definition: &mut Definition, role: &[u8], expression: &[u8], policy: &Policy) {
    let slot = Stored::slot(definition.id, role);
    let head = slot.load();
    let changes = if Head::is_set().get(&head) {
        Head::changes().get(&head) + 1
    } else {
        definition.sequence
    };
    let head = Head {
        is_set: true,
        lambdas: policy.lambdas.len() as u8,
        text_length: expression.len() as u16,
        changes,
    };
    slot.write(stored::HEAD, &head);
    for (position, lambda) in (stored::LAMBDAS.first()..).zip(&policy.lambdas) {
        slot.plus(position)
            .store(code_hash(lambda.address).0.into());
    }
    slot.at(stored::TEXT).store_bytes(expression);
    if role == role::MIGRATE {
        definition.frozen = policy.is_none();
    }
    events::policy_changed(definition.id, role, expression).emit();
}

/// An expression that keeps the rules of its text and of its accounts.
fn accepted(expression: &[u8]) -> Result<Policy, Refusal> {
    let policy = policy::parse(expression)?;
    let mut first: Option<Refusal> = None;
    let approvers = policy.approvers.iter().map(|leaf| (leaf, false));
    let lambdas = policy.lambdas.iter().map(|leaf| (leaf, true));
    for (leaf, is_lambda) in approvers.chain(lambdas) {
        if let Some(reason) = unacceptable(leaf.address, is_lambda)
            && first.is_none_or(|other| leaf.offset < other.offset)
        {
            first = Some(Refusal {
                offset: leaf.offset,
                reason,
            });
        }
    }
    first.map_or(Ok(policy), Err)
}

/// Why an account may not be a leaf.
fn unacceptable(account: Address, is_lambda: bool) -> Option<u8> {
    let has_no_vote = is_ours(account) || Instance::is_created_here(account);
    if account.is_zero() || is_precompile(account) || has_no_vote {
        Some(invalid_policy::FORBIDDEN_ADDRESS)
    } else if is_lambda && !is_contract(account) {
        Some(invalid_policy::BAD_LAMBDA)
    } else {
        None
    }
}

/// Whether it has code of its own, not somebody's delegation.
fn is_contract(account: Address) -> bool {
    let mut prefix = [0; 3];
    has_code(code_hash(account))
        && !(context::code(&account, 0, &mut prefix) == prefix.len() && prefix == DESIGNATOR_PREFIX)
}
