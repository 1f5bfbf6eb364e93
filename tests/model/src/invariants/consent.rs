//! Who decided: consent, strangers, signatures, lambdas, delays, and that somebody always can.

use crate::approvals::{about, last_day};
use crate::policy::{Policy, Set};
use crate::scope::{APPROVERS, STRANGER, Scope, WALLET};
use crate::state::{Action, Content, Control, DELAY, SignedApproval, State};
use crate::transition::{Deed, Outcome, Transition};
use crate::way::Way;

/// Notes since when those who want something suffice.
pub(crate) fn note_time(scope: &Scope, state: &mut State) {
    if let Some(other) = &mut state.other {
        note_time(scope, other);
    }
    let (day, lambda) = (state.day(), state.lambda);
    let contents: Vec<Content> = state.consents.keys().copied().collect();
    for content in contents {
        let (policy, _) = scope.policy_of(state, content);
        if let Some(consent) = state.consents.get_mut(&content) {
            let began = consent.since.is_some();
            let enough = policy.is_satisfied(consent.by, true, lambda || began);
            consent.since = enough.then(|| consent.since.unwrap_or(day));
        }
    }
}

/// Who says yes by a transition.
fn givers(transition: Transition) -> u8 {
    match transition {
        Transition::Call(who, _) => 1 << who,
        Transition::Submit { signers, .. } => signers,
        _ => 0,
    }
}

/// Whether those who want something suffice now, with a lambda that answers so; `None` where nothing is
/// executed, or any one does.
fn suffices(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
    lambda: bool,
) -> Option<bool> {
    let content = outcome.executed?;
    let (policy, any_one) = scope.policy_of(before, content);
    let (now, waited) = consenting(before, content, transition);
    (!any_one).then(|| policy.is_satisfied(now & policy.names(), waited, lambda))
}

/// Who wants something now, and whether they have for as long as a delay.
fn consenting(before: &State, content: Content, transition: Transition) -> (Set, bool) {
    // an action about an earlier nonce, or one that has expired, has no consent any more
    let open = before.actions.get(&content);
    let counts = open
        .is_some_and(|open| open.nonce == about(before, content) && before.day() <= last_day(open));
    let consent = before.consents.get(&content).copied().unwrap_or_default();
    let earlier = if counts { consent.by } else { 0 };
    let waited = consent
        .since
        .is_some_and(|since| since + DELAY <= before.day());
    (earlier | givers(transition), counts && waited)
}

pub(super) fn executed_by_consent(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let Some(content) = outcome.executed else {
        return true;
    };
    let (policy, _) = scope.policy_of(before, content);
    // whether a lambda was needed is another invariant
    suffices(scope, before, transition, outcome, true)
        .unwrap_or(givers(transition) & policy.names() != 0)
}

pub(super) fn strangers_change_nothing(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let (who, content) = match transition {
        Transition::Call(who, content) => (who, content),
        Transition::Revoke(who, content) | Transition::Cancel(who, content) => (who, content),
        Transition::Upgrade(who, _) | Transition::UpgradeInstance(who, _) => {
            (who, Content::Migrate)
        }
        _ => return true,
    };
    let (policy, _) = scope.policy_of(before, content);
    // who proposed under a policy and is not named by it any more may cancel what he proposed
    let is_named = policy.names() & (1 << who) != 0;
    let proposed = before
        .actions
        .get(&content)
        .is_some_and(|one| one.proposer == who);
    let is_cancel = matches!(transition, Transition::Cancel(..)) && proposed;
    // anybody refuses what is not proposed; nothing is changed by that
    let is_refusal =
        matches!(transition, Transition::Revoke(..)) && !before.actions.contains_key(&content);
    is_named || is_cancel || is_refusal || outcome.executed == Some(content)
}

pub(super) fn expired_is_over(before: &State, transition: Transition, outcome: &Outcome) -> bool {
    let Some(content) = outcome.executed else {
        return true;
    };
    let Some(open) = before
        .actions
        .get(&content)
        .filter(|open| before.day() > last_day(open))
    else {
        return true;
    };
    // its approvals do not help: who executes it now is enough without them
    let others = open.approvals & !givers(transition);
    others == 0 || outcome.state.round(content) >= before.round(content) + 2
}

pub(super) fn signatures_end(
    scope: &Scope,
    before: &State,
    transition: Transition,
    after: &State,
) -> bool {
    if let Transition::Revoke(who, content) = transition {
        return after
            .revoked
            .contains(&scope.next_approval(before, who, content));
    }
    let Transition::Submit {
        content,
        epoch,
        round,
        signers,
    } = transition
    else {
        return true;
    };
    let open = before.actions.get(&content);
    let is_closed = open
        .is_some_and(|open| open.nonce != about(before, content) || before.day() > last_day(open));
    let is_revoked = |signer: u8| {
        let of = SignedApproval {
            round,
            ..scope.next_approval(before, signer, content)
        };
        signers & (1 << signer) != 0 && before.revoked.contains(&of)
    };
    epoch == scope.epoch(before, content)
        && round == before.round(content) + u8::from(is_closed)
        && !(0..APPROVERS).any(is_revoked)
}

pub(super) fn cancelled_by_its_own(scope: &Scope, before: &State, transition: Transition) -> bool {
    let Transition::Cancel(who, content) = transition else {
        return true;
    };
    let (policy, _) = scope.policy_of(before, content);
    let open = before.actions.get(&content);
    open.is_some_and(|open| open.proposer == who) || policy.is_satisfied_alone(who)
}

pub(super) fn lambda_consents(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    before.lambda || suffices(scope, before, transition, outcome, false).unwrap_or(true)
}

pub(super) fn delays_run_on(before: &State, transition: Transition, after: &State) -> bool {
    before.actions.iter().all(|(content, was)| {
        let now = after.actions.get(content);
        let same = |now: &&Action| {
            (now.epoch, now.nonce, now.opened) == (was.epoch, was.nonce, was.opened)
        };
        let now = now
            .filter(same)
            .filter(|_| after.round(*content) == before.round(*content));
        let withdrawn = matches!(transition, Transition::Revoke(_, of) if of == *content);
        withdrawn || was.clock.is_none() || now.is_none_or(|now| now.clock == was.clock)
    })
}

pub(super) fn alone_is_alone(scope: &Scope, before: &State, transition: Transition) -> bool {
    let (Transition::Upgrade(who, _) | Transition::UpgradeInstance(who, _)) = transition else {
        return true;
    };
    let (policy, _) = scope.policy_of(before, Content::Migrate);
    policy.is_satisfied_alone(who)
}

/// Counted from the policies themselves, not by [`Scope::policy_of`].
pub(super) fn paused_by_its_role(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let at = |policies: &[Policy], position: u8| policies[usize::from(position)];
    let migrate = at(scope.policies, before.policy);
    let (content, policy) = match (outcome.executed, before.pausing) {
        (Some(content @ (Content::Pause | Content::Resume)), Some((position, _))) => {
            (content, at(scope.pausing, position))
        }
        (Some(Content::Pause), None) => return givers(transition) & migrate.names() != 0,
        (Some(Content::Resume), None) => (Content::Resume, migrate),
        _ => return true,
    };
    let (now, waited) = consenting(before, content, transition);
    policy.is_satisfied(now & policy.names(), waited, before.lambda)
}

/// Whether everybody together gets executed whatever nothing else speaks against.
pub(crate) fn all_can_be_decided(scope: &Scope, state: &State) -> bool {
    let mut here = scope.contents.iter();
    let mut elsewhere = scope.elsewhere.iter();
    let others = state.other.as_deref();
    here.all(|one| can_be_decided(scope, state, *one))
        && others.is_none_or(|other| elsewhere.all(|one| can_be_decided(scope, other, *one)))
}

/// Whether everybody together, with the lambda, gets a content executed. `NONE` asks nobody, but
/// for what is paused, which somebody must be able to resume.
fn can_be_decided(scope: &Scope, state: &State, content: Content) -> bool {
    let mut now = state.clone();
    now.lambda = true;
    let asks_nobody = scope.policy_of(&now, content).0.is_nobody();
    if scope.check(&now, content).is_err() || asks_nobody && content != Content::Resume {
        return true;
    }
    if let Content::Adopt(proxy) = content
        && now.proxies[usize::from(proxy)].control != Control::Registry
    {
        return true;
    }
    let by_contract = Transition::By(Way::Contract, Deed::Call(WALLET, content));
    let by_contract = [by_contract].into_iter().filter(|_| scope.contracts);
    // what a contract completed, anybody executes
    let calls = (0..APPROVERS).map(|who| Transition::Call(who, content));
    let calls = calls.chain(by_contract);
    let calls: Vec<_> = calls.chain([Transition::Call(STRANGER, content)]).collect();
    for _ in 0..2 {
        for call in calls.iter().copied() {
            if let Ok(outcome) = scope.act(&now, call) {
                if outcome.executed == Some(content) {
                    return true;
                }
                now = outcome.state;
            }
        }
        now.ticks += 1;
    }
    false
}
