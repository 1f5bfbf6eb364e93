//! What is explored: a definition with a policy, what is proposed in it, and how far.

use crate::policy::{Policy, Set};
use crate::state::Content::{
    self, Abort, Accept, Adopt, Create, Migrate, Pause, Remove, Resume, SetCancel, SetCreate,
    SetHandler, SetPause, SetPolicy, Transfer,
};
use crate::state::{Side, Subject};

/// The approvers.
pub const APPROVERS: u8 = 3;
/// An account that is none of them.
pub const STRANGER: u8 = APPROVERS;

const A: Policy = Policy::Key(0);
const B: Policy = Policy::Key(1);
const C: Policy = Policy::Key(2);

/// A contract that sends whatever anybody has it send: a timelock whose executor is open, or a Safe whose
/// owners' signatures anybody submits.
pub const WALLET: u8 = 4;

const W: Policy = Policy::Key(WALLET);

/// Two of three.
pub const TWO_OF_THREE: Policy = Policy::OutOf(2, &[A, B, C]);
/// The first two.
const BOTH: Policy = Policy::And(&[A, B]);
/// The first, or both others.
const ONE_OR_TWO: Policy = Policy::Or(&[A, Policy::And(&[B, C])]);
/// Two of three, and then a delay.
const LATER: Policy = Policy::And(&[TWO_OF_THREE, Policy::After]);
/// The first with a lambda, or both others.
const HELPED_OR_TWO: Policy =
    Policy::Or(&[Policy::And(&[A, Policy::Lambda]), Policy::And(&[B, C])]);
/// The contract, or the first two.
const WALLET_OR_TWO: Policy = Policy::Or(&[W, Policy::And(&[A, B])]);
/// The first with the contract, or both others.
const WITH_WALLET: Policy = Policy::Or(&[Policy::And(&[A, W]), Policy::And(&[A, B])]);
/// The first two with a lambda, and then a delay.
const HELPED_LATER: Policy = Policy::And(&[A, B, Policy::Lambda, Policy::After]);

/// A part of what can happen, small enough to try every order of calls in it.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// The policies that `migrate` may have; the first one is set at the beginning.
    pub policies: &'static [Policy],
    /// The policies that `pause` may have; none is set at the beginning.
    pub pausing: &'static [Policy],
    /// The policies that `create` may have; the first one is set at the beginning.
    pub creating: &'static [Policy],
    /// The policies that `cancel` may have; none is set at the beginning.
    pub guarding: &'static [Policy],
    /// What is proposed.
    pub contents: &'static [Content],
    /// What is proposed in another definition, which there is unless this is empty.
    pub elsewhere: &'static [Content],
    /// Whether that is one of another registry, which proxies are transferred to and from. Else it is one of the same
    /// registry, and the second proxy is its instance.
    pub registries: bool,
    /// Whether the lambda changes its answer.
    pub wavers: bool,
    /// Whether approvals are signed offline as well.
    pub signs: bool,
    /// Whether contracts call as well, by themselves and in the middle of a proxy's call.
    pub contracts: bool,
    /// Whether proxies of the framework are EVM proxies, which upgrade themselves for their registry alone.
    pub evm: bool,
    /// Whether the last approver is a contract that takes the first one's signatures for its own (ERC-1271).
    pub wallet_of_first: bool,
    /// Whether the step to 2.0 has a check, which refuses for a while.
    pub checked: bool,
    /// Whether 2.0 is reached by a complex step.
    pub complex: bool,
    /// Instances that there are at the beginning.
    pub instances: u8,
    /// Which of the proxies are of others: they are adopted, and go elsewhere.
    pub adopted: Set,
    /// How often sixteen days pass.
    pub ticks: u8,
    /// How often the same content may be finished.
    pub rounds: u8,
    /// Actions in a row: in every run, and in the long one.
    pub depth: (usize, usize),
    /// In which way the model is made to err, so that it is seen that the invariants notice it.
    pub mutation: Option<Mutation>,
}

/// A way to err.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Approvals outlive a change of the policy.
    KeepsApprovals,
    /// What was executed has the same round again.
    KeepsRounds,
    /// Actions do not expire.
    NeverExpires,
    /// What was signed counts although it was taken back.
    ForgetsRevocations,
    /// What was signed in an earlier epoch or round counts.
    TakesOldSignatures,
    /// A signature does not say who approves.
    SignaturesNameNobody,
    /// Who is not named approves as well.
    CountsStrangers,
    /// Anybody cancels.
    AnybodyCancels,
    /// The guardian ends a change of policies.
    GuardianKeepsPolicies,
    /// Who decides `pause` alone ends a `resume` that `migrate` decides.
    PauseCancelsResume,
    /// Once `pause` has a policy, all of `migrate` does not resume.
    PauseAloneResumes,
    /// `create` creates at a version that was replaced.
    CreatesReplaced,
    /// What was approved about an instance is executed in any later state of it.
    TakesAnyNonce,
    /// An upgrade does not raise the nonce.
    UpgradesKeepNonce,
    /// The way back and the end of a complex step do not.
    StepsKeepNonce,
    /// Another handler does not.
    HandlersKeepNonce,
    /// Who leaves has the same nonce when it comes back.
    LeavingKeepsNonce,
    /// A pause raises the nonce: strangers end what others approved.
    PausingRaisesNonce,
    /// `rollout` takes along what was rolled back.
    RollsOutRolledBack,
    /// What was rolled back stays although `migrate` was executed since.
    HoldsForEver,
    /// `migrate` moves instances.
    MigrateMoves,
    /// `migrate` reverts where the upgrade of an instance would.
    MigrateAsksInstances,
    /// `migrate` to what is current raises the sequence.
    ActivationsCount,
    /// `pause` stops instances that it does not name.
    PausesUnnamed,
    /// `migrate` is refused while the definition is paused.
    MigrateNeedsLive,
    /// Who decides alone upgrades an instance while the definition is paused.
    UpgradesWhilePaused,
    /// A paused definition adopts.
    AdoptsWhilePaused,
    /// A proxy is adopted that was given to another definition.
    AdoptsWhatIsOthers,
    /// A proxy is adopted that runs other code.
    AdoptsOtherCode,
    /// `resume` counts for a version that is not current.
    ResumesAnyVersion,
    /// `resume` waits for the policy's delay.
    ResumeWaits,
    /// What was paused runs its version again, although another one became current since.
    ResumesReplaced,
    /// A complex step ends on its version, although another one is current.
    EndsOnReplaced,
    /// A complex step goes back to its version, although `migrate` was executed since that was decided.
    ReturnsToReplaced,
    /// A complex step ends on its version while the definition is paused.
    EndsPausedRunning,
    /// A lambda that said yes once is not asked again.
    RemembersLambda,
    /// A delay starts although its lambda says no.
    StartsWithoutLambda,
    /// A delay stops because its lambda says no.
    LambdaStopsDelays,
    /// Who needs a lambda decides alone while it says yes.
    LambdaHelpsAlone,
    /// Anyone whom the policy names upgrades an instance alone.
    NamedUpgrade,
    /// Any one address of `migrate` pauses, and `migrate` resumes, although `pause` has a policy.
    AnyonePauses,
    /// `NONE` is set while the definition is paused.
    NobodyWhilePaused,
    /// `NONE` is set for `migrate` while an instance is stopped.
    FreezesStopped,
    /// A complex step begins although `migrate` is `NONE`.
    StartsWhenFrozen,
    /// A proxy is created at what is current, whatever was approved.
    CreatedAtCurrent,
    /// A paused definition has new instances.
    CreatesWhilePaused,
    /// A proxy that has left is created again.
    CreatesAgain,
    /// A new version ends what `create` had gathered.
    EndsOtherRoles,
    /// Who pauses one definition pauses the other.
    PausesBoth,
    /// Who has not approved refuses in vain: what he has signed counts.
    RefusesInVain,
    /// A contract orders adopted proxies.
    OrdersByContracts,
    /// A contract that completes approvals executes what orders an adopted proxy.
    ExecutesByContracts,
    /// A proxy of the framework moves in the middle of its own call.
    MovesInItsCall,
    /// A pause does not name what it left.
    PausesInSilence,
    /// An adopted instance is removed while it is paused.
    RemovesPaused,
    /// An adopted instance is transferred while it is paused.
    LeavesPaused,
    /// A transfer delivers an instance in another state than was accepted.
    ReceivesAnyState,
    /// What came from another registry is not marked as that.
    ArrivesUnnoticed,
}

impl Scope {
    /// Whether the model is made to err in that way.
    pub(crate) fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether a proxy is of others.
    pub fn is_adopted(&self, proxy: u8) -> bool {
        self.adopted & (1 << proxy) != 0
    }

    /// The definition that a proxy is an instance of at the beginning, if it is one.
    pub fn begins_at(&self, proxy: u8) -> Option<Side> {
        let is_others = !self.elsewhere.is_empty() && !self.registries;
        match proxy < self.instances {
            true => Some(Side::First),
            false => (is_others && proxy == 1).then_some(Side::Second),
        }
    }

    /// Whether the scope has that proxy, from the beginning or later.
    pub fn has_proxy(&self, proxy: u8) -> bool {
        let is_created = self.contents.contains(&Create(proxy));
        self.begins_at(proxy).is_some() || self.is_adopted(proxy) || is_created
    }
}

/// What a scope has unless it says otherwise.
const USUAL: Scope = Scope {
    name: "",
    policies: &[],
    pausing: &[],
    creating: &[],
    guarding: &[],
    contents: &[],
    elsewhere: &[],
    registries: false,
    wavers: false,
    signs: false,
    contracts: false,
    evm: false,
    wallet_of_first: false,
    checked: false,
    complex: false,
    instances: 1,
    adopted: 0,
    ticks: 0,
    rounds: 2,
    depth: (0, 0),
    mutation: None,
};

/// Calls about the first proxy, or the second, in whatever state it is.
const P: Subject = Subject::of(0);
const Q: Subject = Subject::of(1);

/// All of them.
pub const SCOPES: [Scope; 17] = [
    Scope {
        name: "deciding",
        policies: &[TWO_OF_THREE, BOTH, ONE_OR_TWO],
        contents: &[Migrate(2), SetPolicy(1), SetPolicy(2)],
        ticks: 2,
        depth: (6, 10),
        ..USUAL
    },
    Scope {
        name: "signed",
        policies: &[TWO_OF_THREE, BOTH],
        contents: &[Migrate(2), SetPolicy(1)],
        signs: true,
        wallet_of_first: true,
        ticks: 2,
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "signed about an instance",
        policies: &[ONE_OR_TWO],
        contents: &[Migrate(2), SetHandler(P), Abort(P)],
        signs: true,
        complex: true,
        depth: (4, 6),
        ..USUAL
    },
    Scope {
        name: "delayed",
        policies: &[LATER, ONE_OR_TWO],
        contents: &[Migrate(2), Pause(0b01), Resume(1), Resume(2), SetPolicy(1)],
        instances: 2,
        ticks: 4,
        depth: (6, 9),
        ..USUAL
    },
    Scope {
        name: "complex",
        policies: &[ONE_OR_TWO, Policy::Nobody],
        contents: &[
            Migrate(2),
            Migrate(3),
            Pause(0b01),
            Resume(2),
            Resume(3),
            SetHandler(P),
            Abort(P),
            SetPolicy(1),
        ],
        complex: true,
        depth: (7, 9),
        ..USUAL
    },
    Scope {
        name: "replaced",
        policies: &[ONE_OR_TWO, Policy::Nobody],
        pausing: &[BOTH],
        contents: &[
            Migrate(2),
            Migrate(3),
            Pause(0b01),
            Resume(1),
            Resume(2),
            SetPolicy(1),
            SetPause(0),
        ],
        checked: true,
        depth: (6, 8),
        ..USUAL
    },
    Scope {
        name: "adopted",
        policies: &[ONE_OR_TWO],
        contents: &[
            Migrate(2),
            Pause(0b11),
            Resume(1),
            Resume(2),
            Adopt(0),
            Transfer(P),
            Remove(P),
            Adopt(1),
        ],
        instances: 0,
        adopted: 0b11,
        depth: (6, 9),
        ..USUAL
    },
    Scope {
        name: "lambda",
        policies: &[HELPED_LATER, HELPED_OR_TWO],
        contents: &[Migrate(2), Pause(0b01), Resume(1), SetPolicy(1)],
        wavers: true,
        ticks: 4,
        depth: (6, 9),
        ..USUAL
    },
    Scope {
        name: "pause",
        policies: &[ONE_OR_TWO, BOTH, Policy::Nobody],
        pausing: &[BOTH, Policy::Nobody],
        contents: &[
            Migrate(2),
            Pause(0b00),
            Pause(0b01),
            Resume(1),
            Resume(2),
            SetPolicy(1),
            SetPolicy(2),
            SetPause(0),
            SetPause(1),
        ],
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "either resumes",
        policies: &[BOTH, ONE_OR_TWO],
        pausing: &[C, Policy::And(&[A, C])],
        contents: &[
            Migrate(2),
            Pause(0b01),
            Resume(1),
            SetPolicy(1),
            SetPause(0),
            SetPause(1),
        ],
        depth: (6, 8),
        ..USUAL
    },
    Scope {
        name: "guarded",
        policies: &[LATER, BOTH],
        guarding: &[C, BOTH],
        creating: &[BOTH],
        contents: &[
            Migrate(2),
            Create(0),
            SetPolicy(1),
            SetCancel(0),
            SetCancel(1),
        ],
        instances: 0,
        ticks: 3,
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "create",
        policies: &[A],
        creating: &[Policy::And(&[B, C]), ONE_OR_TWO, Policy::Nobody],
        contents: &[
            Migrate(2),
            Pause(0b01),
            Resume(1),
            Create(0),
            Create(1),
            SetPolicy(0),
            SetCreate(1),
            SetCreate(2),
        ],
        instances: 0,
        depth: (6, 8),
        ..USUAL
    },
    Scope {
        name: "two definitions",
        policies: &[ONE_OR_TWO, BOTH],
        contents: &[Migrate(2), Pause(0b11), SetPolicy(1), Adopt(1), Transfer(Q)],
        elsewhere: &[Migrate(2), Pause(0b11), Resume(1), SetPolicy(1)],
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "two registries",
        policies: &[ONE_OR_TWO, BOTH],
        creating: &[ONE_OR_TWO],
        contents: &[
            Migrate(2),
            Pause(0b01),
            Create(0),
            Transfer(P),
            Accept(1, P),
            SetPolicy(1),
        ],
        elsewhere: &[
            Migrate(2),
            Pause(0b01),
            Accept(1, P),
            Transfer(P),
            SetPolicy(1),
        ],
        registries: true,
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "in a call",
        policies: &[WALLET_OR_TWO],
        contents: &[
            Migrate(2),
            Pause(0b11),
            Resume(1),
            Adopt(1),
            Transfer(Q),
            Remove(Q),
        ],
        contracts: true,
        evm: true,
        instances: 2,
        adopted: 0b10,
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "matured in a call",
        policies: &[LATER],
        contents: &[Migrate(2), Pause(0b11), Resume(1), Transfer(Q)],
        contracts: true,
        instances: 2,
        adopted: 0b10,
        ticks: 3,
        depth: (5, 7),
        ..USUAL
    },
    Scope {
        name: "signed in a call",
        policies: &[WITH_WALLET],
        contents: &[Migrate(2), Pause(0b11), Transfer(Q)],
        signs: true,
        contracts: true,
        evm: true,
        instances: 2,
        adopted: 0b10,
        depth: (4, 5),
        ..USUAL
    },
];
