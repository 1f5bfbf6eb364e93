//! What becomes of sequences, rounds, instances, and of what is another role's or definition's.

use crate::policy::Set;
use crate::scope::Scope;
use crate::state::{Content, Control, Instance, InstanceState, Role, State};
use crate::transition::{Outcome, Transition};
use crate::way::Way;

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
            Transition::Upgrade(..) => was.state == InstanceState::Live,
            Transition::UpgradeInstance(..) => !was.is_migrating(),
            Transition::Rollout => was.runs() || was.due,
            Transition::Finish(proxy, back) => {
                usize::from(proxy) == n && back == (was.state == InstanceState::TurningBack)
            }
            _ => false,
        };
        decided && is.version >= was.version
    })
}

pub(super) fn rolled_back_stays(before: &State, transition: Transition, outcome: &Outcome) -> bool {
    (0..2).all(|n| {
        let was = before.proxies[n].instance.filter(|one| one.rolled_back);
        let (Some(was), Some(is)) = (was, outcome.state.proxies[n].instance) else {
            return true;
        };
        let stays = is.version == was.version && is.state != InstanceState::Migrating;
        stays
            || matches!(
                transition,
                Transition::Upgrade(..) | Transition::UpgradeInstance(..)
            )
            || outcome.executed == Some(Content::Migrate)
    })
}

pub(super) fn adopted_as_given(scope: &Scope, after: &State) -> bool {
    let mut proxies = (0..).zip(&after.proxies);
    proxies.all(|(n, proxy)| {
        !scope.is_adopted(n) || proxy.instance.is_none() || proxy.control == Control::Registry
    })
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
            Some(Content::Adopt(proxy)) => scope.is_adopted(n) && proxy == n && is.version == 1,
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

pub(super) fn nothing_moves_in_a_call(
    scope: &Scope,
    before: &State,
    way: Way,
    after: &State,
) -> bool {
    (0..2u8).all(|n| {
        let at = usize::from(n);
        let (was, is) = (before.proxies[at], after.proxies[at]);
        let runs = |one: Instance| (one.version, one.state);
        // one that is removed is ordered nothing
        let is_left = was.instance.is_some() && is.instance.is_none();
        let moved = was.control != is.control
            || !is_left && was.instance.map(runs) != is.instance.map(runs);
        !moved || !(scope.is_adopted(n) || way == Way::Within(n))
    })
}

pub(super) fn what_is_left_is_named(before: &State, outcome: &Outcome) -> bool {
    let after = &outcome.state;
    let left: Set = match outcome.executed {
        Some(Content::Pause | Content::Resume) => after.due(),
        Some(Content::Migrate) => (0..2u8).fold(0, |all, n| {
            let of = |state: &State| state.proxies[usize::from(n)].instance;
            let lags = of(before).is_some_and(|one| one.runs() && one.version < 2);
            let stayed = lags
                && of(before).map(|one| one.state) == of(after).map(|one| one.state)
                && of(after).is_some_and(|one| one.version < 2);
            all | u8::from(stayed) << n
        }),
        _ => 0,
    };
    left == outcome.skipped
}

pub(super) fn what_is_left_follows(scope: &Scope, state: &State) -> bool {
    if state.due() == 0 {
        return true;
    }
    let after = scope.act(state, Transition::Rollout);
    let follows = after.is_ok_and(|after| after.state.due() == 0);
    follows && (!state.paused || scope.check(state, Content::Pause).is_ok())
}

pub(super) fn leaves_running(before: &State, after: &State) -> bool {
    let mut proxies = before.proxies.iter().zip(&after.proxies);
    proxies.all(|(was, is)| is.instance.is_some() || was.instance.is_none_or(|one| one.runs()))
}

pub(super) fn frozen_in_no_step(scope: &Scope, after: &State) -> bool {
    let mut instances = after.proxies.iter().filter_map(|proxy| proxy.instance);
    let policy = scope.policies[usize::from(after.policy)];
    !policy.is_nobody() || !instances.any(|one| one.is_migrating())
}
