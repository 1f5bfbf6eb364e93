//! What becomes of instances: what they run, who moves them, who has them.

use crate::policy::Set;
use crate::scope::Scope;
use crate::state::{Account, Content, Holder, Instance, InstanceState, Runs, State};
use crate::transition::{Outcome, Transition};

/// Notes of each instance whether `migrate` was executed since it stopped, or was called back.
pub(crate) fn note_activations(
    before: &State,
    transition: Transition,
    executed: Option<Content>,
    after: &mut State,
) {
    let is_activated = matches!(executed, Some(Content::Migrate(_)));
    let is_elsewhere = matches!(transition, Transition::Elsewhere(_));
    note_activation(before, is_activated && !is_elsewhere, after);
    if let (Some(was), Some(is)) = (before.other.as_deref(), after.other.as_deref_mut()) {
        note_activation(was, is_activated && is_elsewhere, is);
    }
}

fn note_activation(before: &State, is_activated: bool, after: &mut State) {
    let after_paused = after.paused;
    for (was, is) in before.records.iter().zip(&mut after.records) {
        let Some(one) = is.instance else {
            is.outdated = false;
            continue;
        };
        // one that a pause reaches late was not to run any more before that
        let stops =
            !one.is_live() && !before.paused && was.instance.is_none_or(|was| was.is_live());
        let is_called_back = one.state == InstanceState::TurningBack
            && was.instance.is_some_and(|was| was.state != one.state);
        is.outdated = if is_activated {
            !one.is_live() || one.held || before.paused
        } else {
            let waits = !one.is_live() || one.held || after_paused;
            was.outdated && !stops && !is_called_back && waits
        };
    }
}

pub(super) fn paused_is_paused(before: &State, transition: Transition, after: &State) -> bool {
    let stays = |before: &State, after: &State| {
        (0..2u8).all(|n| {
            let at = usize::from(n);
            let (Some(was), Some(is)) = (before.instance(n), after.instance(n)) else {
                return after.instance(n).is_none();
            };
            let ends = matches!(transition, Transition::Finish(proxy, _) if proxy == n);
            let runs = after.accounts[at].runs;
            (was.version == is.version || ends)
                && (runs == Runs::Stub || runs == before.accounts[at].runs)
        })
    };
    let holds =
        |before: &State, after: &State| !(before.paused && after.paused) || stays(before, after);
    let other = before.other.as_deref().zip(after.other.as_deref());
    holds(before, after) && other.is_none_or(|(was, is)| holds(was, is))
}

pub(super) fn moved_by_decision(before: &State, transition: Transition, outcome: &Outcome) -> bool {
    (0..2u8).all(|n| {
        let (Some(was), Some(is)) = (before.instance(n), outcome.state.instance(n)) else {
            return true;
        };
        if was.version == is.version && was.state == is.state {
            return true;
        }
        let decided = match (outcome.executed, transition) {
            (Some(Content::Pause(first)), _) => was.is_live() && first & (1 << n) != 0,
            (Some(Content::Abort(of)), _) => of.proxy == n && is.version == was.version,
            (Some(_), _) => false,
            (None, Transition::Upgrade(..) | Transition::UpgradeInstance(..)) => {
                !was.is_migrating()
            }
            (None, Transition::Rollout(proxies)) => !was.is_migrating() && proxies & (1 << n) != 0,
            (None, Transition::Finish(proxy, back)) => {
                proxy == n && back == (was.state == InstanceState::TurningBack)
            }
            _ => false,
        };
        decided && is.version >= was.version
    })
}

/// `migrate` and `resume` touch no instance.
pub(super) fn decisions_move_nothing(before: &State, outcome: &Outcome) -> bool {
    let decides = matches!(
        outcome.executed,
        Some(Content::Migrate(_) | Content::Resume(_))
    );
    !decides || before.accounts == outcome.state.accounts
}

pub(super) fn rolled_back_stays(before: &State, transition: Transition, after: &State) -> bool {
    let decides = matches!(
        transition,
        Transition::Upgrade(..) | Transition::UpgradeInstance(..)
    );
    (0..2).all(|n| {
        let was = before.instance(n).filter(|one| one.held);
        let (Some(was), Some(is)) = (was, after.instance(n)) else {
            return true;
        };
        let begins = is.state == InstanceState::Migrating;
        decides || is.version == was.version && !begins
    })
}

/// What begins to run again by itself is current, or was not replaced while the instance was stopped, or while its
/// definition was paused.
pub(super) fn replaced_stays(before: &State, transition: Transition, after: &State) -> bool {
    let decides = matches!(
        transition,
        Transition::Upgrade(..) | Transition::UpgradeInstance(..)
    );
    (0..2u8).all(|n| {
        let at = usize::from(n);
        let (Some(was), Some(_)) = (before.instance(n), after.instance(n)) else {
            return true;
        };
        let runs = after.accounts[at].runs;
        if decides || runs == before.accounts[at].runs {
            return true;
        }
        match runs {
            Runs::Version(version) if version == after.current => true,
            Runs::Version(version) => version == was.version && !before.records[at].outdated,
            Runs::Stub | Runs::Program => true,
        }
    })
}

pub(super) fn runs_its_mark(after: &State) -> bool {
    (0..2u8).all(|n| {
        let Account { runs, mark, .. } = after.accounts[usize::from(n)];
        let other = after.other.as_deref();
        let here = [Some(after), other].into_iter().flatten();
        let mut here = here.filter_map(|state| state.instance(n));
        match runs {
            Runs::Version(version) => version == mark,
            Runs::Stub => true,
            Runs::Program => here.any(|one| one.is_migrating()),
        }
    })
}

pub(super) fn adopted_as_given(scope: &Scope, after: &State) -> bool {
    (0..2).all(|n| {
        let holder = after.accounts[usize::from(n)].holder;
        let is_ours = holder == Holder::Definition(after.side);
        !scope.is_adopted(n) || after.instance(n).is_none() || is_ours
    })
}

/// The calls that make an instance: those of this definition, and a transfer that the other one has accepted.
pub(super) fn created_by_decision(scope: &Scope, before: &State, outcome: &Outcome) -> bool {
    let after = &outcome.state;
    let other = before.other.as_deref().zip(after.other.as_deref());
    (0..2u8).all(|n| {
        let came = |before: &State, after: &State| {
            after.instance(n).filter(|_| before.instance(n).is_none())
        };
        let here = came(before, after).is_none_or(|is| match outcome.executed {
            Some(Content::Create(proxy)) => proxy == n && is.version == 1 + n && !is.arrived,
            Some(Content::Adopt(proxy)) => {
                scope.is_adopted(n) && proxy == n && is.version == 1 && is.arrived
            }
            _ => false,
        });
        let there = other.and_then(|(was, is)| came(was, is));
        let there = there.is_none_or(|is| match outcome.executed {
            Some(Content::Transfer(of)) => of.proxy == n && is.arrived,
            _ => false,
        });
        here && there
    })
}

/// A proxy of the framework is created once, by one definition, and is an instance of the one that decides about it.
pub(super) fn born_once(scope: &Scope, after: &State) -> bool {
    let other = after.other.as_deref();
    (0..2u8).all(|n| {
        let at = usize::from(n);
        let Account { births, holder, .. } = after.accounts[at];
        let both = [Some(after), other].into_iter().flatten();
        let creators = both.clone().filter(|state| state.records[at].created);
        let holders = both.filter(|state| state.instance(n).is_some());
        let holders: Vec<_> = holders
            .map(|state| Holder::Definition(state.side))
            .collect();
        let is_known = births <= 1 && creators.count() == usize::from(births);
        let is_born = scope.is_adopted(n) || births == 1 || holders.is_empty();
        is_known && is_born && holders.len() <= 1 && holders.iter().all(|side| *side == holder)
    })
}

pub(super) fn executed_as_named(before: &State, outcome: &Outcome) -> bool {
    let Some(content) = outcome.executed else {
        return true;
    };
    let is_current = match content {
        Content::Resume(version) => version == before.current,
        _ => true,
    };
    let mut subject = content.subject().into_iter();
    is_current && subject.all(|of| before.records[usize::from(of.proxy)].nonce == of.nonce)
}

/// With everything that changes what an instance runs or who may change that, and not with a pause.
pub(super) fn nonces_rise(before: &State, outcome: &Outcome) -> bool {
    let after = &outcome.state;
    let other = before.other.as_deref().zip(after.other.as_deref());
    let both = [Some((before, after)), other];
    let is_of_handler =
        |n: u8| matches!(outcome.executed, Some(Content::SetHandler(of)) if of.proxy == n);
    both.into_iter().flatten().all(|(before, after)| {
        (0..2u8).all(|n| {
            let at = usize::from(n);
            let is_here = before.side == outcome.state.side;
            let (was, is) = (before.records[at], after.records[at]);
            let what = |one: Instance| {
                let step = one.is_migrating().then_some(one.state);
                (one.version, step)
            };
            let is_changed =
                was.instance.map(what) != is.instance.map(what) || is_here && is_of_handler(n);
            let is_created = !was.created && is.created;
            match is_changed && !is_created {
                true => is.nonce > was.nonce,
                false => is.nonce == was.nonce,
            }
        })
    })
}

/// What is removed is not on the stub, nor an adopted instance that is transferred: nobody would bring it back.
pub(super) fn leaves_running(scope: &Scope, before: &State, outcome: &Outcome) -> bool {
    let of = match outcome.executed {
        Some(Content::Remove(of)) => of,
        Some(Content::Transfer(of)) if scope.is_adopted(of.proxy) => of,
        _ => return true,
    };
    before.instance(of.proxy).is_none()
        || outcome.state.accounts[usize::from(of.proxy)].runs != Runs::Stub
}

/// All instances of a definition.
fn all(state: &State) -> Set {
    let all = (0..2).filter(|n| state.instance(*n).is_some());
    all.fold(0, |all, n| all | 1 << n)
}

/// What `rollout` of all of them comes to: one that was resumed and is older than what is current is upgraded by the
/// second call.
fn rolled_out(scope: &Scope, state: &State) -> State {
    let rollout = |state: &State| {
        let outcome = scope.act(state, Transition::Rollout(all(state)));
        outcome.map_or_else(|_| state.clone(), |outcome| outcome.state)
    };
    rollout(&rollout(state))
}

/// `rollout` of all instances has each of them do what its definition does, unless the upgrade of one fails.
pub(super) fn what_is_left_follows(scope: &Scope, state: &State) -> bool {
    let after = rolled_out(scope, state);
    let frozen = scope.policies[usize::from(state.policy)].is_nobody();
    let mut records = after.records.iter();
    records.all(|record| {
        let Some(one) = record.instance else {
            return true;
        };
        let fails = one.version == 1 && (state.obstructed || frozen && scope.complex);
        let stays = one.held && !record.outdated;
        match state.paused {
            true => !one.is_live(),
            false if one.is_live() => one.version == state.current || stays || fails,
            false => one.is_migrating() || fails,
        }
    })
}

/// Where `migrate` is `NONE`, no instance is in a complex step, which nobody could abort, and none that is on the stub
/// stays there.
pub(super) fn frozen_strands_nobody(scope: &Scope, state: &State) -> bool {
    let policy = scope.policies[usize::from(state.policy)];
    if !policy.is_nobody() {
        return true;
    }
    let after = match state.paused {
        true => state.clone(),
        false => rolled_out(scope, state),
    };
    let mut instances = after.records.iter().filter_map(|record| record.instance);
    instances.all(|one| match state.paused {
        true => !one.is_migrating(),
        false => one.is_live(),
    })
}
