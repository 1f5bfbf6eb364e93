//! What no call of anybody may break, in any state that can be reached.

mod consent;
mod effects;

use crate::scope::Scope;
use crate::state::State;
use crate::transition::{Outcome, Transition};

pub(crate) use consent::{all_can_be_decided, note_time};
use consent::{
    alone_is_alone, cancelled_by_its_own, delays_run_on, executed_by_consent, expired_is_over,
    lambda_consents, paused_by_its_role, signatures_end, strangers_change_nothing,
};
use effects::{
    adopted_as_given, called_back_stays, created_by_decision, definitions_apart, moved_by_decision,
    paused_is_paused, roles_apart, rounds_rise, sequence_counts,
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
    pub const ALL: [(Self, &'static str); 19] = [
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
        (Self::LambdaConsents, "a lambda's no is a no"),
        (Self::DelaysRunOn, "delays run on"),
        (Self::AloneIsAlone, "alone is alone"),
        (Self::PausedByItsRole, "paused by its role"),
        (Self::CreatedByDecision, "created by decision"),
        (Self::RolesApart, "roles stay apart"),
        (Self::DefinitionsApart, "definitions stay apart"),
        (Self::CanBeDecided, "whom the policy asks can always decide"),
    ];
}

/// The invariant that a transition breaks, if it does.
pub(crate) fn broken(
    scope: &Scope,
    before: &State,
    transition: Transition,
    outcome: &Outcome,
) -> Option<Invariant> {
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
            executed: outcome.executed,
        };
        return broken(scope, known, deed.into(), &outcome);
    }
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
        (
            Invariant::LambdaConsents,
            lambda_consents(scope, before, transition, outcome),
        ),
        (
            Invariant::DelaysRunOn,
            delays_run_on(before, transition, after),
        ),
        (
            Invariant::AloneIsAlone,
            alone_is_alone(scope, before, transition),
        ),
        (
            Invariant::PausedByItsRole,
            paused_by_its_role(scope, before, transition, outcome),
        ),
        (
            Invariant::CreatedByDecision,
            created_by_decision(scope, before, outcome),
        ),
        (
            Invariant::RolesApart,
            roles_apart(scope, before, transition, outcome),
        ),
    ];
    all.into_iter()
        .find(|(_, holds)| !holds)
        .map(|(invariant, _)| invariant)
}
