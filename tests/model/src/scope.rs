//! What is explored: a definition with a policy, what is proposed in it, and how far.

use crate::policy::Policy;
use crate::state::Content;

/// The approvers.
pub const APPROVERS: u8 = 3;
/// Whoever is none of them.
pub const STRANGER: u8 = APPROVERS;

const A: Policy = Policy::Key(0);
const B: Policy = Policy::Key(1);
const C: Policy = Policy::Key(2);

/// Two of three.
pub const TWO_OF_THREE: Policy = Policy::OutOf(2, &[A, B, C]);
/// The first two.
const BOTH: Policy = Policy::And(&[A, B]);
/// The first, or both others.
const ONE_OR_TWO: Policy = Policy::Or(&[A, Policy::And(&[B, C])]);
/// Two of three, and then a delay.
const LATER: Policy = Policy::And(&[TWO_OF_THREE, Policy::After]);

/// A part of what can happen, small enough to try every order of calls in it.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// The policies that `migrate` may have; the first one is set at the beginning.
    pub policies: &'static [Policy],
    /// What is proposed.
    pub contents: &'static [Content],
    /// Whether approvals are signed offline as well.
    pub signs: bool,
    /// Whether 2.0 is reached by a complex step.
    pub complex: bool,
    /// Instances that there are at the beginning.
    pub instances: u8,
    /// Whether these came from elsewhere, and go there.
    pub foreign: bool,
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
    /// Approvals about an instance outlive its complex step, or its departure.
    KeepsNonces,
    /// What was executed has the same round again.
    KeepsRounds,
    /// Actions do not expire.
    NeverExpires,
    /// What was signed counts although it was taken back.
    ForgetsRevocations,
    /// What was signed in an earlier epoch or round counts.
    TakesOldSignatures,
    /// Who is not named approves as well.
    CountsStrangers,
    /// Anybody cancels.
    AnybodyCancels,
    /// `rollout` takes along what was called back.
    RollsOutCalledBack,
    /// A paused definition migrates.
    MigratesWhilePaused,
    /// A proxy is adopted that was given to another definition.
    AdoptsWhatIsOthers,
}

impl Scope {
    /// Whether the model is made to err in that way.
    pub(crate) fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }
}

/// All of them.
pub const SCOPES: [Scope; 5] = [
    Scope {
        name: "deciding",
        policies: &[TWO_OF_THREE, BOTH, ONE_OR_TWO],
        contents: &[
            Content::Migrate,
            Content::SetPolicy(1),
            Content::SetPolicy(2),
        ],
        signs: false,
        complex: false,
        instances: 1,
        foreign: false,
        ticks: 2,
        rounds: 2,
        depth: (6, 10),
        mutation: None,
    },
    Scope {
        name: "signed",
        policies: &[TWO_OF_THREE, BOTH],
        contents: &[Content::Migrate, Content::SetPolicy(1)],
        signs: true,
        complex: false,
        instances: 1,
        foreign: false,
        ticks: 2,
        rounds: 2,
        depth: (5, 9),
        mutation: None,
    },
    Scope {
        name: "delayed",
        policies: &[LATER, ONE_OR_TWO],
        contents: &[
            Content::Migrate,
            Content::Pause,
            Content::Resume,
            Content::SetPolicy(1),
        ],
        signs: false,
        complex: false,
        instances: 2,
        foreign: false,
        ticks: 4,
        rounds: 2,
        depth: (6, 10),
        mutation: None,
    },
    Scope {
        name: "complex",
        policies: &[ONE_OR_TWO],
        contents: &[
            Content::Migrate,
            Content::Pause,
            Content::Resume,
            Content::SetHandler(0),
            Content::Abort(0),
            Content::Abort(1),
        ],
        signs: false,
        complex: true,
        instances: 2,
        foreign: false,
        ticks: 0,
        rounds: 2,
        depth: (6, 10),
        mutation: None,
    },
    Scope {
        name: "adopted",
        policies: &[ONE_OR_TWO],
        contents: &[
            Content::Migrate,
            Content::Pause,
            Content::Resume,
            Content::Adopt(0),
            Content::HandOver(0),
            Content::Adopt(1),
        ],
        signs: false,
        complex: false,
        instances: 0,
        foreign: true,
        ticks: 0,
        rounds: 2,
        depth: (5, 10),
        mutation: None,
    },
];
