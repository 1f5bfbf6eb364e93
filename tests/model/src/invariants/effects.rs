//! What becomes of sequences, rounds, instances, and of what is another role's or definition's.

use crate::scope::Scope;
use crate::state::{Content, Control, InstanceState, Role, State};
use crate::transition::{Outcome, Transition};

pub(super) fn sequence_counts(before: &State, outcome: &Outcome) -> bool {
    let adds = match outcome.executed {
        Some(Content::SetPolicy(_) | Content::SetPause(_) | Content::SetCreate(_)) => true,
        Some(Content::Migrate) => !before.second,
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

pub(super) fn paused_is_paused(before: &State, after: &State) -> bool {
    if !(before.paused && after.paused) {
        return true;
    }
    let versions = |state: &State| {
        state
            .proxies
            .map(|proxy| proxy.instance.map(|instance| instance.version))
    };
    let came =
        |n: usize| before.proxies[n].instance.is_none() && after.proxies[n].instance.is_some();
    before.second == after.second
        && (0..2).all(|n| {
            versions(before)[n] == versions(after)[n] || !came(n) && versions(after)[n].is_none()
        })
}

pub(super) fn moved_by_decision(before: &State, transition: Transition, outcome: &Outcome) -> bool {
    (0..2).all(|n| {
        let was = before.proxies[n].instance;
        let is = outcome.state.proxies[n].instance;
        let (Some(was), Some(is)) = (was, is) else {
            return true;
        };
        if was.version == is.version && was.state == is.state {
            return true;
        }
        let decided = match transition {
            Transition::Call(..) | Transition::Submit { .. } => outcome.executed.is_some(),
            Transition::Rollout | Transition::Upgrade(..) => was.state == InstanceState::Live,
            Transition::Finish(proxy, back) => {
                usize::from(proxy) == n && back == (was.state == InstanceState::TurningBack)
            }
            _ => false,
        };
        decided && is.version >= was.version
    })
}

pub(super) fn called_back_stays(before: &State, transition: Transition, outcome: &Outcome) -> bool {
    (0..2).all(|n| {
        let was = before.proxies[n].instance.filter(|one| one.called_back);
        let (Some(was), Some(is)) = (was, outcome.state.proxies[n].instance) else {
            return true;
        };
        let stays = is.version == was.version && is.state != InstanceState::Migrating;
        stays
            || matches!(transition, Transition::Upgrade(..))
            || outcome.executed == Some(Content::Migrate)
    })
}

pub(super) fn adopted_as_given(scope: &Scope, after: &State) -> bool {
    let mut proxies = after.proxies.iter();
    !scope.foreign
        || proxies.all(|proxy| proxy.instance.is_none() || proxy.control == Control::Ours)
}

pub(super) fn created_by_decision(scope: &Scope, before: &State, outcome: &Outcome) -> bool {
    (0..2u8).all(|n| {
        let at = usize::from(n);
        let was = before.proxies[at].instance;
        let Some(is) = outcome.state.proxies[at].instance.filter(|_| was.is_none()) else {
            return true;
        };
        match outcome.executed {
            Some(Content::Create(proxy)) => proxy == n && is.version == 1 + n,
            Some(Content::Adopt(proxy)) => scope.foreign && proxy == n && is.version == 1,
            _ => false,
        }
    })
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
                Role::Create => matches!(outcome.executed, Some(Content::SetCreate(_))),
                Role::Pause => matches!(outcome.executed, Some(Content::SetPause(_))),
                Role::Policy => false,
            }
    })
}

pub(super) fn definitions_apart(before: &State, transition: Transition, after: &State) -> bool {
    let (Some(was), Some(is)) = (&before.other, &after.other) else {
        return true;
    };
    match transition {
        Transition::Tick => true,
        Transition::Elsewhere(_) => {
            let without = |state: &State| State {
                other: None,
                broken: None,
                ..state.clone()
            };
            without(before) == without(after)
        }
        _ => was == is,
    }
}
