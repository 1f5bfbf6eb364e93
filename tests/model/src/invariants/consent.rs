//! Who decided: consent, strangers, signatures, lambdas, delays, and that somebody always can.

use crate::approvals::last_day;
use crate::execute::version_of;
use crate::policy::{Policy, Set};
use crate::scope::{APPROVERS, STRANGER, Scope, WALLET};
use crate::state::{Action, Content, DELAY, SignedApproval, State};
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
        // what one signed for himself is nobody else's yes
        Transition::Submit {
            signers, borrowed, ..
        } => signers & !(u8::from(borrowed) << (APPROVERS - 1)),
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
    // one that has expired has no consent any more
    let open = before.actions.get(&content);
    let counts = open.is_some_and(|open| before.day() <= last_day(open));
    let consent = before.consents.get(&content).copied().unwrap_or_default();
    let earlier = if counts { consent.by } else { 0 };
    let waited = consent
        .since
        .is_some_and(|since| since + DELAY <= before.day());
    let needs_none = matches!(content, Content::Resume(_));
    (earlier | givers(transition), counts && waited || needs_none)
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
            (who, Content::Migrate(2))
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
    let guard = before.guard.map(|guard| scope.guarding[usize::from(guard)]);
    let guards = guard.is_some_and(|guard| guard.names() & (1 << who) != 0);
    let is_cancel = matches!(transition, Transition::Cancel(..)) && (proposed || guards);
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
        borrowed,
    } = transition
    else {
        return true;
    };
    let open = before.actions.get(&content);
    let is_closed = open.is_some_and(|open| before.day() > last_day(open));
    let is_revoked = |signer: u8| {
        let of = SignedApproval {
            round,
            ..scope.next_approval(before, signer, content)
        };
        signers & (1 << signer) != 0 && before.revoked.contains(&of)
    };
    !borrowed
        && epoch == scope.epoch(before, content)
        && round == before.round(content) + u8::from(is_closed)
        && !(0..APPROVERS).any(is_revoked)
}

pub(super) fn cancelled_by_its_own(scope: &Scope, before: &State, transition: Transition) -> bool {
    let Transition::Cancel(who, content) = transition else {
        return true;
    };
    let (policy, _) = scope.policy_of(before, content);
    let own = match content {
        Content::Resume(_) => scope.policies[usize::from(before.policy)],
        _ => policy,
    };
    let guard = before.guard.map(|guard| scope.guarding[usize::from(guard)]);
    let is_about_policies = matches!(
        content,
        Content::SetPolicy(_)
            | Content::SetPause(_)
            | Content::SetCreate(_)
            | Content::SetCancel(_)
    );
    let open = before.actions.get(&content);
    open.is_some_and(|open| open.proposer == who)
        || own.is_satisfied_alone(who)
        || !is_about_policies && guard.is_some_and(|guard| guard.is_satisfied_alone(who))
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
        let same = |now: &&Action| (now.epoch, now.opened) == (was.epoch, was.opened);
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
    let (policy, _) = scope.policy_of(before, Content::Migrate(2));
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
    let pause = before
        .pausing
        .map(|(position, _)| at(scope.pausing, position));
    let Some(content @ (Content::Pause(_) | Content::Resume(_))) = outcome.executed else {
        return true;
    };
    let (now, waited) = consenting(before, content, transition);
    let decides =
        |policy: &Policy| policy.is_satisfied(now & policy.names(), waited, before.lambda);
    match (content, pause) {
        // either resumes, and the two do not add up
        (Content::Resume(_), pause) => decides(&migrate) || pause.as_ref().is_some_and(decides),
        (_, Some(pause)) => decides(&pause),
        (_, None) => givers(transition) & migrate.names() != 0,
    }
}

/// Where `pause` has a policy, all of `migrate` resumes all the same.
pub(crate) fn migrate_resumes(scope: &Scope, state: &State, contents: &[Content]) -> bool {
    let resume = Content::Resume(state.current);
    let migrate = scope.policies[usize::from(state.policy)];
    if !state.paused || !contents.contains(&resume) || migrate.is_nobody() {
        return true;
    }
    let mut now = state.clone();
    now.lambda = true;
    let approvers = (0..APPROVERS).filter(|who| migrate.names() & (1 << who) != 0);
    for who in approvers {
        if let Ok(outcome) = scope.act(&now, Transition::Call(who, resume)) {
            if outcome.executed == Some(resume) {
                return true;
            }
            now = outcome.state;
        }
    }
    false
}

/// Nobody creates at a version that was replaced but whom `migrate` asks.
pub(super) fn created_at_current(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let Some(content @ Content::Create(proxy)) = outcome.executed else {
        return true;
    };
    if version_of(proxy) >= before.current {
        return true;
    }
    let migrate = scope.policies[usize::from(before.policy)];
    let (now, waited) = consenting(before, content, transition);
    migrate.is_satisfied(now & migrate.names(), waited, before.lambda)
}

/// Whether everybody together gets executed whatever nothing else speaks against.
pub(crate) fn all_can_be_decided(scope: &Scope, state: &State, contents: &[Content]) -> bool {
    let mut contents = contents.iter().map(|one| one.now(state));
    contents.all(|one| can_be_decided(scope, state, one))
}

/// Whether everybody together, with the lambda, gets a content executed. `NONE` asks nobody, but
/// for what is paused, which somebody must be able to resume.
fn can_be_decided(scope: &Scope, state: &State, content: Content) -> bool {
    let asks_nobody = scope.policy_of(state, content).0.is_nobody();
    if scope.check(state, content).is_err() || asks_nobody && !matches!(content, Content::Resume(_))
    {
        return true;
    }
    if let Content::Transfer(of) = content
        && !scope.is_adopted(of.proxy)
    {
        // the other registry has to accept it as well
        return true;
    }
    can_be_executed(scope, state, content, 1)
}

/// Whether everybody together, with the lambda, gets a content executed, within so many times sixteen days.
fn can_be_executed(scope: &Scope, state: &State, content: Content, ticks: u8) -> bool {
    let mut now = state.clone();
    now.lambda = true;
    let by_contract = Transition::By(Way::Contract, Deed::Call(WALLET, content));
    let by_contract = [by_contract].into_iter().filter(|_| scope.contracts);
    // what a contract completed, anybody executes
    let calls = (0..APPROVERS).map(|who| Transition::Call(who, content));
    let calls = calls.chain(by_contract);
    let calls: Vec<_> = calls.chain([Transition::Call(STRANGER, content)]).collect();
    for _ in 0..=ticks {
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

/// Whether everybody together gets executed the `migrate` that is next, or the last one once more, whatever instances
/// there are, and whatever they do.
pub(crate) fn migrate_is_possible(scope: &Scope, state: &State, contents: &[Content]) -> bool {
    let is_next = |content: &&Content| {
        let versions = state.current..=state.current + 1;
        matches!(content, Content::Migrate(version) if versions.contains(version))
    };
    let asks_nobody = scope.policies[usize::from(state.policy)].is_nobody();
    let mut all = contents.iter().filter(is_next);
    asks_nobody || all.all(|content| can_be_executed(scope, state, *content, 1))
}

/// Whether everybody together resumes what is paused at once, whatever delay the policy has.
pub(crate) fn resumed_at_once(scope: &Scope, state: &State, contents: &[Content]) -> bool {
    let resume = Content::Resume(state.current);
    !state.paused || !contents.contains(&resume) || can_be_executed(scope, state, resume, 0)
}
