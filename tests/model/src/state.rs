//! What the model knows of a definition, its instances and its open actions.

use std::collections::{BTreeMap, BTreeSet};

use crate::invariants::Invariant;
use crate::policy::Set;
use crate::scope::Scope;

/// A governed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// `migrate` to 2.0.
    Migrate,
    /// `setPolicy` of `migrate`, by its position in [`Scope::policies`].
    SetPolicy(u8),
    /// `setPolicy` of `pause`, by its position in [`Scope::pausing`].
    SetPause(u8),
    /// `setPolicy` of `create`, by its position in [`Scope::creating`].
    SetCreate(u8),
    /// `pause`
    Pause,
    /// `resume`.
    Resume,
    /// `setHandler` of an instance.
    SetHandler(u8),
    /// `abortMigration` of an instance.
    Abort(u8),
    /// `createProxy` of a proxy: the first is created at 1.0, the second at 2.0.
    Create(u8),
    /// `adopt` of a proxy at 1.0.
    Adopt(u8),
    /// `transferProxy` of an adopted instance to its former owner.
    Transfer(u8),
    /// `removeInstance` of an instance.
    Remove(u8),
}

/// What a policy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Versions, and what becomes of instances.
    Migrate,
    /// Policies.
    Policy,
    /// Instances that are created.
    Create,
    /// Pausing and resuming, once it is set.
    Pause,
}

/// What an instance is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceState {
    /// It runs.
    Live,
    /// It is in a complex step.
    Migrating,
    /// It is on its way back.
    TurningBack,
    /// It is paused.
    Paused,
}

/// An instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// 1 or 2.
    pub version: u8,
    /// What it is doing.
    pub state: InstanceState,
    /// Whether approvers called it back from what is current.
    pub rolled_back: bool,
    /// Whether it is still to be paused or resumed with its definition.
    pub due: bool,
}

impl Instance {
    /// One that runs that version, and has nothing left to do.
    pub(crate) fn at(version: u8) -> Self {
        Self {
            version,
            state: InstanceState::Live,
            rolled_back: false,
            due: false,
        }
    }

    /// Whether it is in a complex step, in either direction.
    pub fn is_migrating(&self) -> bool {
        matches!(
            self.state,
            InstanceState::Migrating | InstanceState::TurningBack
        )
    }

    /// Whether it runs its version, as its definition does.
    pub fn runs(&self) -> bool {
        self.state == InstanceState::Live && !self.due
    }
}

/// Who decides what a proxy of others runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Control {
    /// Its owner.
    Owner,
    /// The admin of the definition.
    Registry,
    /// The admin of another definition.
    Another,
}

/// A proxy, whether it is an instance or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// What it is here.
    pub instance: Option<Instance>,
    /// How often it began or ended a complex step, was transferred or removed.
    pub nonce: u8,
    /// Who decides about it; of a proxy of the framework always the registry.
    pub control: Control,
}

/// A governed call that gathers approvals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// Who approved.
    pub approvals: Set,
    /// Who proposed it.
    pub proposer: u8,
    /// What it is bound to.
    pub epoch: u8,
    /// The nonce of the instance that it is about.
    pub nonce: Option<u8>,
    /// Day on which it was proposed.
    pub opened: u8,
    /// Day since which only the delay is missing.
    pub clock: Option<u8>,
    /// Whether a lambda that said yes once counts for ever: only where the model errs so.
    pub heard: bool,
}

/// An approval that was signed offline, or what somebody has revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedApproval {
    /// What is approved.
    pub content: Content,
    /// Its action's epoch.
    pub epoch: u8,
    /// Its action's round.
    pub round: u8,
    /// Who signed.
    pub signer: u8,
}

/// A state of the registry, with what people hold outside of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// How often sixteen days have passed.
    pub ticks: u8,
    /// The policy of `migrate`, by its position.
    pub policy: u8,
    /// The policy of `create`, by its position, and how often it was changed.
    pub creating: (u8, u8),
    /// The policy of `pause`, by its position, and what approvals of it are bound to; where it is set.
    pub pausing: Option<(u8, u8)>,
    /// Whether the lambda says yes.
    pub lambda: bool,
    /// Rises with every version and every policy.
    pub sequence: u8,
    /// Whether there is 2.0, which is current then.
    pub second: bool,
    /// Whether the definition is paused.
    pub paused: bool,
    /// The proxies.
    pub proxies: [Proxy; 2],
    /// Open actions. Those of an earlier epoch are not there: nobody can name them any more.
    pub actions: BTreeMap<Content, Action>,
    /// How often each content was finished.
    pub rounds: BTreeMap<Content, u8>,
    /// What was signed.
    pub signatures: BTreeSet<SignedApproval>,
    /// What was revoked, of actions that are open or may still be: what is signed for them does not count.
    pub revoked: BTreeSet<SignedApproval>,
    /// Who wants each content executed at this very moment, kept apart from the rules.
    pub consents: BTreeMap<Content, Consent>,
    /// Another definition of the same registry, with the same approvers.
    pub other: Option<Box<State>>,
    /// The invariant that the last transition broke.
    pub broken: Option<Invariant>,
}

/// Who has said that he wants something since it was last finished and since what it is bound to last
/// changed, and has not taken it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Consent {
    /// They.
    pub by: Set,
    /// The day since which they suffice.
    pub since: Option<u8>,
}

impl State {
    /// The beginning: 1.0 is registered, and its instances are there.
    pub fn first(scope: &Scope) -> Self {
        let other = (!scope.elsewhere.is_empty()).then(|| Box::new(Self::alone(scope)));
        Self {
            other,
            ..Self::alone(scope)
        }
    }

    /// The beginning of one definition.
    fn alone(scope: &Scope) -> Self {
        let proxy = |n: u8| Proxy {
            instance: (n < scope.instances).then_some(Instance::at(1)),
            nonce: 0,
            control: match scope.is_adopted(n) && n < scope.instances {
                true => Control::Registry,
                false => Control::Owner,
            },
        };
        Self {
            ticks: 0,
            policy: 0,
            creating: (0, 0),
            pausing: None,
            lambda: true,
            sequence: 1,
            second: false,
            paused: false,
            proxies: [proxy(0), proxy(1)],
            actions: BTreeMap::new(),
            rounds: BTreeMap::new(),
            signatures: BTreeSet::new(),
            revoked: BTreeSet::new(),
            consents: BTreeMap::new(),
            other: None,
            broken: None,
        }
    }

    /// The version that is current.
    pub fn current(&self) -> u8 {
        1 + u8::from(self.second)
    }

    /// Today.
    pub fn day(&self) -> u8 {
        self.ticks * TICK
    }

    /// The instances that are still to be paused or resumed.
    pub fn due(&self) -> Set {
        (0..2).fold(0, |all, n: u8| {
            let instance = self.proxies[usize::from(n)].instance;
            all | u8::from(instance.is_some_and(|one| one.due)) << n
        })
    }

    /// How often a content was finished.
    pub fn round(&self, content: Content) -> u8 {
        self.rounds.get(&content).copied().unwrap_or_default()
    }
}

/// Days that pass at once.
pub const TICK: u8 = 16;
/// Days of a policy's delay.
pub const DELAY: u8 = 15;
/// Days after which an action expires.
pub const LIFETIME: u8 = 30;
