//! What no call of anybody may break, in any state that can be reached.

use crate::approvals::{about, last_day};
use crate::scope::{APPROVERS, Scope};
use crate::state::{Content, Control, DELAY, InstanceState, State};
use crate::transition::{Outcome, Transition};

/// An invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// Whom the policy asks consents to what is executed, at that very moment, and for as long as it asks.
    ExecutedByConsent,
    /// A stranger executes what only its delay held up, and changes nothing else.
    StrangersChangeNothing,
    /// The sequence rises by one with a version or a policy, and with nothing else.
    SequenceCounts,
    /// What is finished has another round than before, and no round comes again.
    RoundsRise,
    /// While a definition is paused, no version of it or of an instance changes and none is adopted.
    PausedIsPaused,
    /// An instance moves by a decision, by who alone satisfies the policy, by `rollout`, or by the end of
    /// its complex step; and never to an older version.
    InstancesMoveByDecision,
    /// An instance that was called back stays where it is until approvers want it moved.
    CalledBackStays,
    /// An instance that was adopted had been given to this definition.
    AdoptedAsGiven,
    /// Nothing is executed that has expired.
    ExpiredIsOver,
    /// What was signed counts in its own epoch and round, and not once it was taken back.
    SignaturesEnd,
    /// An action is cancelled by who proposed it, or who alone decides.
    CancelledByItsOwn,
}

impl Invariant {
    /// In words.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(other, _)| *other == self);
        found.map_or("", |(_, name)| name)
    }

    /// All of them.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::ExecutedByConsent, "executed by consent"),
        (Self::StrangersChangeNothing, "strangers change nothing"),
        (
            Self::SequenceCounts,
            "the sequence counts versions and policies",
        ),
        (Self::RoundsRise, "rounds rise"),
        (Self::PausedIsPaused, "what is paused stays as it is"),
        (Self::InstancesMoveByDecision, "instances move by decision"),
        (Self::CalledBackStays, "what was called back stays"),
        (Self::AdoptedAsGiven, "adopted as given"),
        (Self::ExpiredIsOver, "what has expired is over"),
        (Self::SignaturesEnd, "signatures end"),
        (Self::CancelledByItsOwn, "cancelled by its own"),
    ];
}

/// The name of the one invariant that looks ahead.
pub const DECIDABLE: &str = "whom the policy asks can always decide";

/// The invariant that a transition breaks, if it does.
pub(crate) fn broken(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> Option<Invariant> {
    let after = &outcome.state;
    let all = [
        (
            Invariant::ExecutedByConsent,
            executed_by_consent(scope, before, transition, outcome),
        ),
        (
            Invariant::StrangersChangeNothing,
            strangers_change_nothing(scope, before, transition, outcome),
        ),
        (Invariant::SequenceCounts, sequence_counts(before, outcome)),
        (Invariant::RoundsRise, rounds_rise(before, outcome)),
        (Invariant::PausedIsPaused, paused_is_paused(before, after)),
        (
            Invariant::InstancesMoveByDecision,
            moved_by_decision(before, transition, outcome),
        ),
        (
            Invariant::CalledBackStays,
            called_back_stays(before, transition, outcome),
        ),
        (Invariant::AdoptedAsGiven, adopted_as_given(scope, after)),
        (
            Invariant::ExpiredIsOver,
            expired_is_over(before, transition, outcome),
        ),
        (
            Invariant::SignaturesEnd,
            signatures_end(scope, before, transition),
        ),
        (
            Invariant::CancelledByItsOwn,
            cancelled_by_its_own(scope, before, transition),
        ),
    ];
    all.into_iter()
        .find(|(_, holds)| !holds)
        .map(|(invariant, _)| invariant)
}

/// Notes since when those who want something suffice.
pub(crate) fn note_time(scope: &Scope, state: &mut State) {
    let day = state.day();
    let contents: Vec<Content> = state.consents.keys().copied().collect();
    for content in contents {
        let (policy, _) = scope.policy_of(state, content);
        if let Some(consent) = state.consents.get_mut(&content) {
            let enough = policy.is_satisfied(consent.by, true);
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

fn executed_by_consent(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let Some(content) = outcome.executed else {
        return true;
    };
    let (policy, any_one) = scope.policy_of(before, content);
    // an action about an earlier nonce, or one that has expired, has nobody's consent any more
    let open = before.actions.get(&content);
    let counts = open
        .is_some_and(|open| open.nonce == about(before, content) && before.day() <= last_day(open));
    let consent = before.consents.get(&content).copied().unwrap_or_default();
    let earlier = if counts { consent.by } else { 0 };
    let now = (earlier | givers(transition)) & policy.names();
    if any_one {
        return givers(transition) & policy.names() != 0;
    }
    let waited = consent
        .since
        .is_some_and(|since| since + DELAY <= before.day());
    policy.is_satisfied(now, counts && waited)
}

fn strangers_change_nothing(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> bool {
    let (who, content) = match transition {
        Transition::Call(who, content) => (who, content),
        Transition::Revoke(who, content) | Transition::Cancel(who, content) => (who, content),
        Transition::Upgrade(who, _) => (who, Content::Migrate),
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
    is_named || is_cancel || outcome.executed == Some(content)
}

fn sequence_counts(before: &State, outcome: &Outcome) -> bool {
    let adds = match outcome.executed {
        Some(Content::SetPolicy(_)) => true,
        Some(Content::Migrate) => !before.second,
        _ => false,
    };
    outcome.state.sequence == before.sequence + u8::from(adds)
}

fn rounds_rise(before: &State, outcome: &Outcome) -> bool {
    let after = &outcome.state;
    let mut known = before.rounds.iter();
    known.all(|(content, round)| after.round(*content) >= *round)
        && outcome
            .executed
            .is_none_or(|content| after.round(content) > before.round(content))
}

fn paused_is_paused(before: &State, after: &State) -> bool {
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

fn moved_by_decision(before: &State, transition: Transition, outcome: &Outcome) -> bool {
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

fn called_back_stays(before: &State, transition: Transition, outcome: &Outcome) -> bool {
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

fn adopted_as_given(scope: &Scope, after: &State) -> bool {
    let mut proxies = after.proxies.iter();
    !scope.foreign
        || proxies.all(|proxy| proxy.instance.is_none() || proxy.control == Control::Ours)
}

fn expired_is_over(before: &State, transition: Transition, outcome: &Outcome) -> bool {
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
    // its approvals do not help: whoever executes it now is enough without them
    let others = open.approvals & !givers(transition);
    others == 0 || outcome.state.round(content) >= before.round(content) + 2
}

fn signatures_end(scope: &Scope, before: &State, transition: Transition) -> bool {
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
    let revoked = open.filter(|_| !is_closed).map_or(0, |open| open.revoked);
    epoch == scope.epoch(before, content)
        && round == before.round(content) + u8::from(is_closed)
        && revoked & signers == 0
}

fn cancelled_by_its_own(scope: &Scope, before: &State, transition: Transition) -> bool {
    let Transition::Cancel(who, content) = transition else {
        return true;
    };
    let (policy, _) = scope.policy_of(before, content);
    let open = before.actions.get(&content);
    open.is_some_and(|open| open.proposer == who) || policy.is_satisfied(1 << who, false)
}

/// Whether everybody together gets a content executed, where nothing else speaks against it.
pub(crate) fn can_be_decided(scope: &Scope, state: &State, content: Content) -> bool {
    let mut now = state.clone();
    if scope.check(&now, content).is_err() {
        return true;
    }
    if let Content::Adopt(proxy) = content
        && now.proxies[usize::from(proxy)].control != Control::Ours
    {
        return true;
    }
    for _ in 0..2 {
        for who in 0..APPROVERS {
            if let Ok(outcome) = scope.act(&now, Transition::Call(who, content)) {
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
