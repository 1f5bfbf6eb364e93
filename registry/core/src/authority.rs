//! Policies in storage, and who satisfies them.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::SolCall;
use stylus_upgrades_host::{context, storage};
use stylus_upgrades_interface::{
    chain::DESIGNATOR_PREFIX,
    ids::{ActionId, Authority, CodeHash, DefinitionId, VersionIndex},
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
    chain::{Reverts, ask_word, code_hash, has_code, keccak},
    definition::Definition,
    errors, events,
    instances::Instance,
    policy::{self, Expression, Policy, Refusal},
    runnable::{is_ours, is_precompile},
    store::StorageSlot,
    version::RegisteredVersion,
};

/// The names of the roles that the registry asks for, as bytes ([`stylus_upgrades_interface::role`]).
pub mod role {
    use stylus_upgrades_interface::role;

    /// [`role::DEFINE`]
    pub const DEFINE: &[u8] = role::DEFINE.as_bytes();
    /// [`role::MIGRATE`]
    pub const MIGRATE: &[u8] = role::MIGRATE.as_bytes();
    /// [`role::POLICY`]
    pub const POLICY: &[u8] = role::POLICY.as_bytes();
    /// [`role::CREATE`]
    pub const CREATE: &[u8] = role::CREATE.as_bytes();
    /// [`role::PAUSE`]
    pub const PAUSE: &[u8] = role::PAUSE.as_bytes();
    /// [`role::CANCEL`]
    pub const CANCEL: &[u8] = role::CANCEL.as_bytes();
}

/// The cost of a lambda call beside the gas that it is given.
const CALL_OVERHEAD: u64 = 10_000;

/// A role's policy as it is stored.
#[derive(Clone, Debug)]
pub struct RolePolicy {
    /// The text as it was written.
    pub text: Vec<u8>,
    /// The policy as it is understood.
    pub policy: Policy,
    /// The code hashes of its lambdas when it was set.
    lambdas: Vec<CodeHash>,
}

impl RolePolicy {
    fn slot(definition: DefinitionId, role: &[u8]) -> StorageSlot {
        stored::find::<StorageSlot>(definition, keccak(role))
    }

    /// The policy of a role.
    pub fn of(definition: &Definition, role: &[u8]) -> Reverts<Self> {
        let slot = Self::slot(definition.id, role);
        let head = slot.load();
        let length = Head::text_length().get(&head);
        let text = slot.at(stored::TEXT).load_bytes(length.into());
        // what is not set has no text, which is no policy
        let policy = policy::parse(&text).map_err(|_| errors::unknown_role(role))?;
        let lambdas = (stored::LAMBDAS.first()..).zip(&policy.lambdas);
        let lambdas = lambdas.map(|(word, _)| CodeHash(slot.plus(word).load().b256()));
        Ok(Self {
            lambdas: lambdas.collect(),
            text,
            policy,
        })
    }

    /// The policy by which that authority decides.
    pub fn of_authority(definition: &Definition, authority: Authority) -> Reverts<Self> {
        match authority {
            Authority::ANY_ONE => Ok(Self::of(definition, role::MIGRATE)?.any_one()),
            Authority::RESUME => Self::of_resume(definition),
            _ => Self::of(definition, authority.role().as_bytes()),
        }
    }

    /// The policy of `migrate`, or that of `pause` where it is set. `NONE` decides nothing. Delays pass as soon as they
    /// run: the version that starts again went through them.
    fn of_resume(definition: &Definition) -> Reverts<Self> {
        let mut all = Self::of(definition, role::MIGRATE)?;
        if let Ok(mut pause) = Self::of(definition, role::PAUSE)
            && !pause.policy.is_none()
        {
            if all.policy.is_none() {
                all = pause;
            } else {
                let text = either(&all.text, &pause.text);
                all.policy = policy::parse(&text).map_err(|_| errors::unknown_role(role::PAUSE))?;
                all.lambdas.append(&mut pause.lambdas);
            }
        }
        all.policy.delays.fill(0);
        Ok(all)
    }

    /// The same with any one of its addresses.
    fn any_one(mut self) -> Self {
        let mut members = Vec::new();
        for position in 0..self.policy.approvers.len() {
            members.push(Expression::Address(position as u8));
        }
        self.policy.root = Expression::Members { need: 1, members };
        self.policy.lambdas.clear();
        self.policy.delays.clear();
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
        let lambdas = self.policy.lambdas.iter().zip(&self.lambdas);
        for (position, (lambda, recorded)) in lambdas.enumerate() {
            if code_hash(lambda.address) == *recorded && consents_to(lambda.address, &question)? {
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
    Ok(ask_word(lambda, question, LAMBDA_GAS) == Some(number(1)))
}

/// Returns the authority over a creation at the version of that index: role `create` where the current version has
/// the same code, where nobody creates, or where there is no such version, else role `migrate`.
pub fn of_creation(definition: &Definition, version: VersionIndex) -> Authority {
    let code = |index| RegisteredVersion::code_of(definition.id, index);
    let is_nobody = |stored: RolePolicy| stored.policy.is_none();
    if version.is_none()
        || version == definition.current
        || code(version) == code(definition.current)
        || RolePolicy::of(definition, role::CREATE).is_ok_and(is_nobody)
    {
        Authority::CREATE
    } else {
        Authority::MIGRATE
    }
}

/// Returns the number that approvals by that authority are bound to: the definition's sequence, or the sequence that
/// the role's first policy led to and the number of its changes since. So a role that is set for the first time has a
/// higher one than the role that stood in for it ever had.
pub fn epoch(definition: &Definition, authority: Authority) -> u64 {
    if authority.counts_sequence() {
        definition.sequence
    } else {
        changes(definition.id, authority.role().as_bytes())
    }
}

/// The sequence that the role's first policy led to, and the number of its changes since, together.
pub fn changes(definition: DefinitionId, role: &[u8]) -> u64 {
    Head::changes().get(&RolePolicy::slot(definition, role).load())
}

/// A policy that either of two satisfies.
fn either(one: &[u8], other: &[u8]) -> Vec<u8> {
    [b"OR(", one, b",", other, b")"].concat()
}

/// Returns true if somebody, without anybody else, satisfies the policy of a role.
pub fn alone(definition: &Definition, role: &[u8], who: Address) -> bool {
    RolePolicy::of(definition, role)
        .is_ok_and(|stored| stored.policy.is_satisfied_alone(stored.bit(who)))
}

/// Refuses an expression that may not become a policy.
pub fn check(expression: &[u8]) -> Reverts<Policy> {
    accepted(expression)
        .map_err(|refusal| errors::invalid_policy(expression, refusal.offset, refusal.reason))
}

/// Refuses a policy of `migrate` or `pause` that is no policy together with the other one: `resume` asks for either.
fn check_either(definition: &Definition, role: &[u8], expression: &[u8]) -> Reverts<()> {
    let other = match role {
        role::MIGRATE => role::PAUSE,
        role::PAUSE => role::MIGRATE,
        _ => return Ok(()),
    };
    match RolePolicy::of(definition, other) {
        Ok(other) if !other.policy.is_none() => check(&either(expression, &other.text)).map(drop),
        _ => Ok(()),
    }
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
    match RolePolicy::of(definition, role) {
        Ok(stored) if stored.policy.is_none() => {
            Err(errors::invalid_policy(expression, 0, invalid_policy::FINAL))
        }
        _ if policy.is_none() => Ok(policy),
        _ => {
            check_either(definition, role, expression)?;
            Ok(policy)
        }
    }
}

/// Sets a role's policy, which was checked, and says so. The sequence is the one that this leads to;
/// the definition is not saved.
pub fn set(definition: &mut Definition, role: &[u8], expression: &[u8], policy: &Policy) {
    let slot = RolePolicy::slot(definition.id, role);
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

/// Returns the reason why an account may not be a leaf.
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

/// Returns true if it has code of its own, not somebody's delegation.
fn is_contract(account: Address) -> bool {
    let mut prefix = [0; 3];
    has_code(code_hash(account))
        && !(context::code(&account, 0, &mut prefix) == prefix.len() && prefix == DESIGNATOR_PREFIX)
}
