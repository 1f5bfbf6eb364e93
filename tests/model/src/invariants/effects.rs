//! What becomes of sequences and rounds, and of what is another role's or definition's.

use crate::policy::Set;
use crate::scope::Scope;
use crate::state::{Content, Role, State};
use crate::transition::{Outcome, Transition};
use crate::way::Way;

pub(super) fn sequence_counts(before: &State, outcome: &Outcome) -> bool {
    let adds = match outcome.executed {
        Some(
            Content::SetPolicy(_)
            | Content::SetPause(_)
            | Content::SetCreate(_)
            | Content::SetCancel(_),
        ) => true,
        Some(Content::Migrate(version)) => before.current < version,
        _ => false,
    };
    outcome.state.sequence == before.sequence + u8::from(adds)
}

pub(super) fn rounds_rise(before: &State, outcome: &Outcome) -> bool {
    let after = &outcome.state;
    let mut known = before.rounds.iter();
    known.all(|(content, round)| after.round(*content) >= *round)
        && outcome
            .executed
            .is_none_or(|content| after.round(content) > before.round(content))
}

pub(super) fn roles_apart(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let after = &outcome.state;
    let is_about = |content: Content| match transition {
        Transition::Call(_, of) | Transition::Revoke(_, of) | Transition::Cancel(_, of) => {
            of == content
        }
        Transition::Submit { content: of, .. } => of == content,
        _ => false,
    };
    // a version or any policy ends what `migrate` had gathered
    let of_migrate = after.sequence != before.sequence;
    let mut open = before.actions.keys();
    open.all(|content| {
        after.actions.contains_key(content)
            || is_about(*content)
            || match scope.role(before, *content) {
                Role::Migrate => of_migrate,
                // `migrate` decides about a creation at what it has replaced
                Role::Create => {
                    matches!(outcome.executed, Some(Content::SetCreate(_)))
                        || scope.role(after, *content) != Role::Create
                }
                Role::Pause => matches!(outcome.executed, Some(Content::SetPause(_))),
                Role::Policy => false,
            }
    })
}

/// But for a proxy that is transferred to the other one.
pub(super) fn definitions_apart(before: &State, outcome: &Outcome) -> bool {
    let (Some(was), Some(is)) = (&before.other, &outcome.state.other) else {
        return true;
    };
    let transferred = |n: usize| match outcome.executed {
        Some(Content::Transfer(of)) => usize::from(of.proxy) == n,
        _ => false,
    };
    let without = |state: &State| State {
        accounts: before.accounts,
        records: before.records,
        ticks: before.ticks,
        ..state.clone()
    };
    let are_same = (0..2).all(|n| {
        let is_there = was.records[n].instance.is_some();
        transferred(n)
            || was.records[n] == is.records[n] && (!is_there || was.accounts[n] == is.accounts[n])
    });
    are_same && without(was) == without(is)
}

pub(super) fn nothing_moves_in_a_call(
    scope: &Scope,
    before: &State,
    way: Way,
    after: &State,
) -> bool {
    (0..2u8).all(|n| {
        let at = usize::from(n);
        let (was, is) = (before.accounts[at], after.accounts[at]);
        let moved = (was.runs, was.holder) != (is.runs, is.holder);
        let is_ordered = scope.is_adopted(n) && way != Way::Direct || way == Way::Within(n);
        !moved || !is_ordered
    })
}

/// `pause` names what it was to stop and did not, `rollout` what was to follow and did not.
pub(super) fn what_is_left_is_named(
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let after = &outcome.state;
    let named = match (outcome.executed, transition) {
        (Some(Content::Pause(first)), _) => first,
        (None, Transition::Rollout(proxies)) => proxies,
        _ => return outcome.skipped == 0,
    };
    let left = (0..2u8).filter(|n| named & (1 << n) != 0).filter(|n| {
        let Some(was) = before.instance(*n) else {
            return true;
        };
        let follows = match after.paused {
            true => was.is_live(),
            false => {
                !was.is_migrating() && (!was.is_live() || was.version < before.current) && {
                    // one that is held is left alone, unless it is paused
                    !was.is_live() || !was.held
                }
            }
        };
        let at = usize::from(*n);
        follows && before.accounts[at].runs == after.accounts[at].runs
    });
    let left: Set = left.fold(0, |all, n| all | 1 << n);
    left == outcome.skipped
}
