//! What no call of anybody may break, in any state that can be reached.

mod consent;
mod effects;

use crate::scope::Scope;
use crate::state::State;
use crate::transition::{Outcome, Transition};

pub(crate) use consent::note_time;
use consent::{
    all_can_be_decided, alone_is_alone, cancelled_by_its_own, delays_run_on, executed_by_consent,
    expired_is_over, lambda_consents, paused_by_its_role, signatures_end, strangers_change_nothing,
};
use effects::{
    adopted_as_given, created_by_decision, definitions_apart, frozen_in_no_step, leaves_running,
    moved_by_decision, nothing_moves_in_a_call, paused_is_paused, roles_apart, rolled_back_stays,
    rounds_rise, sequence_counts, what_is_left_follows, what_is_left_is_named,
};

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
    /// An instance that was rolled back stays where it is until approvers want it moved.
    RolledBackStays,
    /// An instance that was adopted had been given to this definition.
    AdoptedAsGiven,
    /// Nothing is executed that has expired.
    ExpiredIsOver,
    /// What was signed counts in its own epoch and round, and not once it was taken back.
    SignaturesEnd,
    /// An action is cancelled by who proposed it, or who alone decides.
    CancelledByItsOwn,
    /// What needs a lambda is executed only while the lambda says yes.
    LambdaConsents,
    /// A delay that runs is stopped by who takes his approval back, and by nothing else.
    DelaysRunOn,
    /// Who upgrades an instance by himself needs no lambda and no delay.
    AloneIsAlone,
    /// Who pauses and resumes is whom `pause` asks, once it is set.
    PausedByItsRole,
    /// An instance is created by its own `createProxy`, at the version that was approved, or adopted.
    CreatedByDecision,
    /// What a role had gathered is ended by nothing that concerns another role.
    RolesApart,
    /// What happens in one definition changes nothing of another.
    DefinitionsApart,
    /// An adopted proxy is ordered by direct calls alone, and one of the framework not in the middle of its own call.
    NothingMovesInACall,
    /// `pause`, `resume` and `migrate` name every instance that they left as it was.
    WhatIsLeftIsNamed,
    /// What a pause has left can be paused: by `rollout`, and by pausing again; looks ahead.
    WhatIsLeftFollows,
    /// What leaves runs its own code.
    LeavesRunning,
    /// No instance is in a complex step where the policy of `migrate` is `NONE`: nobody could abort it.
    FrozenInNoStep,
    /// In every state everybody together gets executed what can be executed; looks ahead.
    CanBeDecided,
}

impl Invariant {
    /// In words.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(other, _)| *other == self);
        found.map_or("", |(_, name)| name)
    }

    /// All of them.
    pub const ALL: [(Self, &'static str); 24] = [
        (Self::ExecutedByConsent, "executed by consent"),
        (Self::StrangersChangeNothing, "strangers change nothing"),
        (
            Self::SequenceCounts,
            "the sequence counts versions and policies",
        ),
        (Self::RoundsRise, "rounds rise"),
        (Self::PausedIsPaused, "what is paused stays as it is"),
        (Self::InstancesMoveByDecision, "instances move by decision"),
        (Self::RolledBackStays, "what was rolled back stays"),
        (Self::AdoptedAsGiven, "adopted as given"),
        (Self::ExpiredIsOver, "what has expired is over"),
        (Self::SignaturesEnd, "signatures end"),
        (Self::CancelledByItsOwn, "cancelled by its own"),
        (Self::LambdaConsents, "a lambda's no is a no"),
        (Self::DelaysRunOn, "delays run on"),
        (Self::AloneIsAlone, "alone is alone"),
        (Self::PausedByItsRole, "paused by its role"),
        (Self::CreatedByDecision, "created by decision"),
        (Self::RolesApart, "roles stay apart"),
        (Self::DefinitionsApart, "definitions stay apart"),
        (Self::NothingMovesInACall, "nothing moves in a call"),
        (Self::WhatIsLeftIsNamed, "what is left is named"),
        (Self::WhatIsLeftFollows, "what is left follows"),
        (Self::LeavesRunning, "what leaves runs"),
        (Self::FrozenInNoStep, "frozen in no step"),
        (Self::CanBeDecided, "whom the policy asks can always decide"),
    ];
}

/// The invariant that a state breaks, if it does: of those that look ahead.
pub(crate) fn ahead(scope: &Scope, state: &State) -> Option<Invariant> {
    let definitions = [Some(state), state.other.as_deref()];
    if !definitions
        .into_iter()
        .flatten()
        .all(|state| what_is_left_follows(scope, state))
    {
        Some(Invariant::WhatIsLeftFollows)
    } else if !all_can_be_decided(scope, state) {
        Some(Invariant::CanBeDecided)
    } else {
        None
    }
}

/// The invariant that a transition breaks, if it does.
pub(crate) fn broken(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> Option<Invariant> {
    use Invariant as I;
    let after = &outcome.state;
    if !definitions_apart(before, transition, after) {
        return Some(Invariant::DefinitionsApart);
    }
    // what is done in the other definition keeps the same rules there
    if let (Transition::Elsewhere(deed), Some(known), Some(other)) =
        (transition, &before.other, &after.other)
    {
        let outcome = Outcome {
            state: State::clone(other),
            ..outcome.clone()
        };
        return broken(scope, known, deed.into(), &outcome);
    }
    // and so does a contract
    if let Transition::By(way, deed) = transition {
        return match nothing_moves_in_a_call(scope, before, way, after) {
            true => broken(scope, before, deed.into(), outcome),
            false => Some(Invariant::NothingMovesInACall),
        };
    }
    let all = [
        (
            I::ExecutedByConsent,
            executed_by_consent(scope, before, transition, outcome),
        ),
        (
            I::StrangersChangeNothing,
            strangers_change_nothing(scope, before, transition, outcome),
        ),
        (I::SequenceCounts, sequence_counts(before, outcome)),
        (I::RoundsRise, rounds_rise(before, outcome)),
        (I::PausedIsPaused, paused_is_paused(before, after)),
        (
            I::InstancesMoveByDecision,
            moved_by_decision(before, transition, outcome),
        ),
        (
            I::RolledBackStays,
            rolled_back_stays(before, transition, outcome),
        ),
        (I::AdoptedAsGiven, adopted_as_given(scope, after)),
        (
            I::ExpiredIsOver,
            expired_is_over(before, transition, outcome),
        ),
        (
            I::SignaturesEnd,
            signatures_end(scope, before, transition, after),
        ),
        (
            I::CancelledByItsOwn,
            cancelled_by_its_own(scope, before, transition),
        ),
        (
            I::LambdaConsents,
            lambda_consents(scope, before, transition, outcome),
        ),
        (I::DelaysRunOn, delays_run_on(before, transition, after)),
        (I::AloneIsAlone, alone_is_alone(scope, before, transition)),
        (
            I::PausedByItsRole,
            paused_by_its_role(scope, before, transition, outcome),
        ),
        (
            I::CreatedByDecision,
            created_by_decision(scope, before, outcome),
        ),
        (
            I::RolesApart,
            roles_apart(scope, before, transition, outcome),
        ),
        (I::WhatIsLeftIsNamed, what_is_left_is_named(before, outcome)),
        (I::LeavesRunning, leaves_running(before, after)),
        (I::FrozenInNoStep, frozen_in_no_step(scope, after)),
    ];
    all.into_iter()
        .find(|(_, holds)| !holds)
        .map(|(invariant, _)| invariant)
}
