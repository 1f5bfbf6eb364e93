//! What no call of anybody may break, in any state that can be reached.

mod consent;
mod effects;
mod instances;

use crate::scope::Scope;
use crate::state::State;
use crate::transition::{Outcome, Transition};

pub(crate) use consent::note_time;
use consent::{
    all_can_be_decided, alone_is_alone, cancelled_by_its_own, created_at_current, delays_run_on,
    executed_by_consent, expired_is_over, lambda_consents, migrate_is_possible, migrate_resumes,
    paused_by_its_role, resumed_at_once, signatures_end, strangers_change_nothing,
};
use effects::{
    definitions_apart, nothing_moves_in_a_call, roles_apart, rounds_rise, sequence_counts,
    what_is_left_is_named,
};
pub(crate) use instances::note_activations;
use instances::{
    adopted_as_given, born_once, created_by_decision, decisions_move_nothing, executed_as_named,
    frozen_strands_nobody, leaves_running, moved_by_decision, nonces_rise, paused_is_paused,
    replaced_stays, rolled_back_stays, runs_its_mark, what_is_left_follows,
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
    /// While a definition is paused, no instance of it begins to run anything, and none is created, adopted or received.
    PausedIsPaused,
    /// An instance moves because `pause` or `rollout` names it, by who alone satisfies the policy, by `abortMigration`, or
    /// by the end of its complex step; and never to an older version.
    InstancesMoveByDecision,
    /// `migrate` and `resume` touch no instance.
    DecisionsMoveNothing,
    /// An instance that was rolled back stays where it is until approvers want it moved.
    RolledBackStays,
    /// A version that was replaced while an instance was stopped does not run again by itself.
    ReplacedStays,
    /// What runs is the version that the data were brought to last, the stub, or the program of a complex step.
    RunsItsMark,
    /// An instance that was adopted had been given to this definition.
    AdoptedAsGiven,
    /// Nothing is executed that has expired.
    ExpiredIsOver,
    /// What was signed counts in its own epoch and round, for who signed, and not once it was taken back.
    SignaturesEnd,
    /// An action is cancelled by who proposed it, by who alone decides (of `resume`, by `migrate`), or, unless it is
    /// about a policy, by the guardian.
    CancelledByItsOwn,
    /// What needs a lambda is executed only while the lambda says yes.
    LambdaConsents,
    /// A delay that runs is stopped by who takes his approval back, and by nothing else.
    DelaysRunOn,
    /// Who upgrades an instance by himself needs no lambda and no delay.
    AloneIsAlone,
    /// Who pauses is whom `pause` asks, once it is set; who resumes is whom `pause` asks, or all whom `migrate` asks.
    PausedByItsRole,
    /// What is executed about an instance, or resumes a version, was approved for the state that is now.
    ExecutedAsNamed,
    /// The nonce of an instance rises with everything that changes what it runs or who may change that, and with
    /// nothing else.
    NoncesRise,
    /// An instance is created by its own `createProxy`, at the version that was approved, adopted, or received by the
    /// transfer that was accepted.
    CreatedByDecision,
    /// A proxy of the framework is created once, by one definition, and is an instance of at most one: the one that
    /// decides about it.
    BornOnce,
    /// What a role had gathered is ended by nothing that concerns another role.
    RolesApart,
    /// What happens in one definition changes nothing of another, but for a proxy that it transfers there.
    DefinitionsApart,
    /// An adopted proxy is ordered by direct calls alone, and one of the framework not in the middle of its own call.
    NothingMovesInACall,
    /// `pause` and `rollout` name every instance that they were to move and left as it was.
    WhatIsLeftIsNamed,
    /// `rollout` has every instance that it names follow its definition; looks ahead.
    WhatIsLeftFollows,
    /// What is removed, or adopted and transferred, runs its own code.
    LeavesRunning,
    /// Where the policy of `migrate` is `NONE`, nothing is in a complex step or stays on the stub; looks ahead.
    FrozenStrandsNobody,
    /// In every state everybody together gets executed what can be executed; looks ahead.
    CanBeDecided,
    /// In every state whom `migrate` asks gets the next version current, whatever anybody else does but a guardian,
    /// who ends one action after the other; looks ahead.
    MigrateIsPossible,
    /// Whom the policy asks resumes what is paused without a delay; looks ahead.
    ResumedAtOnce,
    /// All whom `migrate` asks resume what is paused, whoever `pause` asks; looks ahead.
    MigrateResumes,
    /// An instance is created at a version with replaced code only by whom `migrate` asks.
    CreatedAtCurrent,
}

impl Invariant {
    /// In words.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(other, _)| *other == self);
        found.map_or("", |(_, name)| name)
    }

    /// All of them.
    pub const ALL: [(Self, &'static str); 34] = [
        (Self::ExecutedByConsent, "executed by consent"),
        (Self::StrangersChangeNothing, "strangers change nothing"),
        (
            Self::SequenceCounts,
            "the sequence counts versions and policies",
        ),
        (Self::RoundsRise, "rounds rise"),
        (Self::PausedIsPaused, "what is paused stays as it is"),
        (Self::InstancesMoveByDecision, "instances move by decision"),
        (Self::DecisionsMoveNothing, "decisions move nothing"),
        (Self::RolledBackStays, "what was rolled back stays"),
        (
            Self::ReplacedStays,
            "what was replaced does not run by itself",
        ),
        (Self::RunsItsMark, "what runs is what the data are for"),
        (Self::AdoptedAsGiven, "adopted as given"),
        (Self::ExpiredIsOver, "what has expired is over"),
        (Self::SignaturesEnd, "signatures end"),
        (
            Self::CancelledByItsOwn,
            "cancelled by its own or the guardian",
        ),
        (Self::LambdaConsents, "a lambda's no is a no"),
        (Self::DelaysRunOn, "delays run on"),
        (Self::AloneIsAlone, "alone is alone"),
        (
            Self::PausedByItsRole,
            "paused by its role, resumed by either",
        ),
        (
            Self::ExecutedAsNamed,
            "what is executed is what was approved",
        ),
        (Self::NoncesRise, "nonces rise"),
        (Self::CreatedByDecision, "created by decision"),
        (Self::BornOnce, "born once"),
        (Self::RolesApart, "roles stay apart"),
        (Self::DefinitionsApart, "definitions stay apart"),
        (Self::NothingMovesInACall, "nothing moves in a call"),
        (Self::WhatIsLeftIsNamed, "what is left is named"),
        (Self::WhatIsLeftFollows, "what is left follows"),
        (Self::LeavesRunning, "what is removed runs"),
        (Self::FrozenStrandsNobody, "frozen strands nobody"),
        (Self::CanBeDecided, "whom the policy asks can always decide"),
        (
            Self::MigrateIsPossible,
            "nobody but a guardian vetoes migrate",
        ),
        (Self::ResumedAtOnce, "resumed at once"),
        (Self::MigrateResumes, "migrate resumes"),
        (Self::CreatedAtCurrent, "created at current"),
    ];
}

/// The invariant that a state breaks, if it does: of those that look ahead.
pub(crate) fn ahead(scope: &Scope, state: &State) -> Option<Invariant> {
    let there = state.flipped().map(|there| (there, scope.elsewhere));
    let here = (state, scope.contents);
    let there = there.as_ref().map(|(there, contents)| (there, *contents));
    let mut definitions = [Some(here), there].into_iter().flatten();
    definitions.find_map(|(state, contents)| {
        let all = [
            (
                Invariant::WhatIsLeftFollows,
                what_is_left_follows(scope, state),
            ),
            (
                Invariant::FrozenStrandsNobody,
                frozen_strands_nobody(scope, state),
            ),
            (
                Invariant::MigrateIsPossible,
                migrate_is_possible(scope, state, contents),
            ),
            (
                Invariant::CanBeDecided,
                all_can_be_decided(scope, state, contents),
            ),
            (
                Invariant::ResumedAtOnce,
                resumed_at_once(scope, state, contents),
            ),
            (
                Invariant::MigrateResumes,
                migrate_resumes(scope, state, contents),
            ),
        ];
        first_broken(&all)
    })
}

fn first_broken(all: &[(Invariant, bool)]) -> Option<Invariant> {
    let broken = all.iter().find(|(_, holds)| !holds);
    broken.map(|(invariant, _)| *invariant)
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
    // what is done in the other definition keeps the same rules there
    if let Transition::Elsewhere(deed) = transition
        && let (Some(before), Some(state)) = (before.flipped(), after.flipped())
    {
        let outcome = Outcome {
            state,
            ..outcome.clone()
        };
        return broken(scope, &before, deed.into(), &outcome);
    }
    // and so does a contract
    if let Transition::By(way, deed) = transition {
        return match nothing_moves_in_a_call(scope, before, way, after) {
            true => broken(scope, before, deed.into(), outcome),
            false => Some(Invariant::NothingMovesInACall),
        };
    }
    first_broken(&[
        (I::AdoptedAsGiven, adopted_as_given(scope, after)),
        (I::BornOnce, born_once(scope, after)),
        (I::DefinitionsApart, definitions_apart(before, outcome)),
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
        (
            I::PausedIsPaused,
            paused_is_paused(before, transition, after),
        ),
        (
            I::DecisionsMoveNothing,
            decisions_move_nothing(before, outcome),
        ),
        (
            I::InstancesMoveByDecision,
            moved_by_decision(before, transition, outcome),
        ),
        (
            I::RolledBackStays,
            rolled_back_stays(before, transition, after),
        ),
        (I::ReplacedStays, replaced_stays(before, transition, after)),
        (I::RunsItsMark, runs_its_mark(after)),
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
        (I::ExecutedAsNamed, executed_as_named(before, outcome)),
        (I::NoncesRise, nonces_rise(before, outcome)),
        (
            I::CreatedByDecision,
            created_by_decision(scope, before, outcome),
        ),
        (
            I::RolesApart,
            roles_apart(scope, before, transition, outcome),
        ),
        (
            I::WhatIsLeftIsNamed,
            what_is_left_is_named(before, transition, outcome),
        ),
        (I::LeavesRunning, leaves_running(scope, before, outcome)),
        (
            I::CreatedAtCurrent,
            created_at_current(scope, before, transition, outcome),
        ),
    ])
}
