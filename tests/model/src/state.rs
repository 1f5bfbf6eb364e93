//! What the model knows of a definition, its instances and its open actions, and of the proxies themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::invariants::Invariant;
use crate::policy::Set;
use crate::scope::Scope;

/// One of the two definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one that is explored.
    First,
    /// The other one, of the same registry or of another, where there is one.
    Second,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// The instance that a call is about, in that state of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// Its proxy.
    pub proxy: u8,
    /// The nonce that the call names.
    pub nonce: u8,
}

impl Subject {
    /// An instance, in whatever state it is when the call is made: [`Content::now`] fills that in.
    pub const fn of(proxy: u8) -> Self {
        Self { proxy, nonce: 0 }
    }
}

/// A governed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// `migrate` to a version, with a step from the one before it.
    Migrate(u8),
    /// `setPolicy` of `migrate`, by its position in [`Scope::policies`].
    SetPolicy(u8),
    /// `setPolicy` of `pause`, by its position in [`Scope::pausing`].
    SetPause(u8),
    /// `setPolicy` of `create`, by its position in [`Scope::creating`].
    SetCreate(u8),
    /// `setPolicy` of `cancel`, by its position in [`Scope::guarding`].
    SetCancel(u8),
    /// `pause`, which names those proxies first.
    Pause(Set),
    /// `resume` at a version.
    Resume(u8),
    /// `setHandler` of an instance.
    SetHandler(Subject),
    /// `abortMigration` of an instance.
    Abort(Subject),
    /// `createProxy` of a proxy: the first is created at 1.0, the second at 2.0. Each version has its own code.
    Create(u8),
    /// `adopt` of a proxy at 1.0.
    Adopt(u8),
    /// `acceptTransfer` of a proxy from the other registry, at that version.
    Accept(u8, Subject),
    /// `transferProxy` of an adopted instance to its former owner, of one of the framework to the other registry.
    Transfer(Subject),
    /// `removeInstance` of an instance.
    Remove(Subject),
}

impl Content {
    /// The instance that it is about, in the state that it names.
    pub fn subject(self) -> Option<Subject> {
        match self {
            Self::SetHandler(of) | Self::Abort(of) | Self::Transfer(of) | Self::Remove(of) => {
                Some(of)
            }
            _ => None,
        }
    }

    /// The same call about what is now: who approves it has looked.
    pub fn now(self, state: &State) -> Self {
        let now = |state: &State, proxy: u8| Subject {
            proxy,
            nonce: state.records[usize::from(proxy)].nonce,
        };
        match self {
            Self::SetHandler(of) => Self::SetHandler(now(state, of.proxy)),
            Self::Abort(of) => Self::Abort(now(state, of.proxy)),
            Self::Transfer(of) => Self::Transfer(now(state, of.proxy)),
            Self::Remove(of) => Self::Remove(now(state, of.proxy)),
            Self::Accept(version, of) => {
                let there = state.other.as_deref();
                let instance =
                    there.and_then(|there| there.records[usize::from(of.proxy)].instance);
                let version = instance.map_or(version, |one| one.version);
                Self::Accept(version, there.map_or(of, |there| now(there, of.proxy)))
            }
            other => other,
        }
    }
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
    /// Pausing, once it is set.
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

/// An instance, as its registry records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// 1 to 3.
    pub version: u8,
    /// What it is doing.
    pub state: InstanceState,
    /// Whether approvers called it back, and `migrate` was not executed since.
    pub held: bool,
    /// Whether it is paused, and `migrate` was executed since its definition was or its complex step ended there: it
    /// leaves the stub by an upgrade where it is older than what is current.
    pub replaced: bool,
    /// Whether it was adopted, or came from another registry.
    pub arrived: bool,
}

impl Instance {
    /// One that runs that version, and has nothing left to do.
    pub(crate) fn at(version: u8, arrived: bool) -> Self {
        Self {
            version,
            state: InstanceState::Live,
            held: false,
            replaced: false,
            arrived,
        }
    }

    /// Whether it is in a complex step, in either direction.
    pub fn is_migrating(&self) -> bool {
        matches!(
            self.state,
            InstanceState::Migrating | InstanceState::TurningBack
        )
    }

    /// Whether it runs its version.
    pub fn is_live(&self) -> bool {
        self.state == InstanceState::Live
    }
}

/// Who decides what a proxy runs: its admin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// The owner of a proxy that was made elsewhere; of one of the framework, nobody yet.
    Owner,
    /// A definition.
    Definition(Side),
    /// The admin of a third definition.
    Another,
}

/// What runs at a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runs {
    /// The code of a version.
    Version(u8),
    /// The pause stub.
    Stub,
    /// The program of a complex step.
    Program,
}

/// A proxy, whether it is an instance or not: what is so, whatever any registry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Account {
    /// What runs.
    pub runs: Runs,
    /// The version that its data were brought to last.
    pub mark: u8,
    /// Who decides about it.
    pub holder: Holder,
    /// How often it was created; what was made elsewhere never was.
    pub births: u8,
}

/// What a definition's registry keeps of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// What it is here.
    pub instance: Option<Instance>,
    /// How often what it runs, or who may change that, has changed.
    pub nonce: u8,
    /// Whether this registry created it.
    pub created: bool,
    /// The version and nonce that the definition accepts it with from the other registry.
    pub accepted: Option<(u8, u8)>,
    /// Whether `migrate` was executed since the instance stopped, or was called back; kept apart from the rules.
    pub outdated: bool,
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
    /// Which definition this is.
    pub side: Side,
    /// How often sixteen days have passed.
    pub ticks: u8,
    /// The policy of `migrate`, by its position.
    pub policy: u8,
    /// The policy of `create`, by its position, and how often it was changed.
    pub creating: (u8, u8),
    /// The policy of `pause`, by its position, and what approvals of it are bound to; where it is set.
    pub pausing: Option<(u8, u8)>,
    /// The policy of `cancel`, by its position; where it is set.
    pub guard: Option<u8>,
    /// Whether the lambda says yes.
    pub lambda: bool,
    /// Whether the check of the step to 2.0 refuses.
    pub obstructed: bool,
    /// Rises with every version and every policy.
    pub sequence: u8,
    /// The version that is current: 1, 2 or 3.
    pub current: u8,
    /// Whether the definition is paused.
    pub paused: bool,
    /// Whether `migrate` was executed since it was paused.
    pub migrated: bool,
    /// The proxies. Both definitions see the same ones.
    pub accounts: [Account; 2],
    /// What is kept of them here.
    pub records: [Record; 2],
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
    /// Another definition, of the same registry or of another, with the same approvers.
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
        let other =
            (!scope.elsewhere.is_empty()).then(|| Box::new(Self::alone(scope, Side::Second)));
        Self {
            other,
            ..Self::alone(scope, Side::First)
        }
    }

    /// The beginning of one definition.
    fn alone(scope: &Scope, side: Side) -> Self {
        let begins_at = |n: u8| scope.begins_at(n);
        let account = |n: u8| Account {
            runs: Runs::Version(1),
            mark: 1,
            holder: begins_at(n).map_or(Holder::Owner, Holder::Definition),
            births: u8::from(begins_at(n).is_some() && !scope.is_adopted(n)),
        };
        let record = |n: u8| {
            let is_here = begins_at(n) == Some(side);
            let arrived = scope.is_adopted(n);
            Record {
                instance: is_here.then(|| Instance::at(1, arrived)),
                nonce: u8::from(is_here && arrived),
                created: is_here && !arrived,
                accepted: None,
                outdated: false,
            }
        };
        Self {
            side,
            ticks: 0,
            policy: 0,
            creating: (0, 0),
            pausing: None,
            guard: None,
            lambda: true,
            obstructed: false,
            sequence: 1,
            current: 1,
            paused: false,
            migrated: false,
            accounts: [account(0), account(1)],
            records: [record(0), record(1)],
            actions: BTreeMap::new(),
            rounds: BTreeMap::new(),
            signatures: BTreeSet::new(),
            revoked: BTreeSet::new(),
            consents: BTreeMap::new(),
            other: None,
            broken: None,
        }
    }

    /// The same as the other definition sees it; `None` where there is no other one.
    pub fn flipped(&self) -> Option<Self> {
        let mut here = self.clone();
        let mut there = *here.other.take()?;
        here.broken = None;
        there.other = Some(Box::new(here));
        Some(there)
    }

    /// Has the other definition see what this one sees.
    pub(crate) fn share(&mut self) {
        if let Some(other) = &mut self.other {
            other.accounts = self.accounts;
            other.ticks = self.ticks;
        }
    }

    /// The instance at a proxy.
    pub fn instance(&self, proxy: u8) -> Option<Instance> {
        self.records[usize::from(proxy)].instance
    }

    /// Today.
    pub fn day(&self) -> u8 {
        self.ticks * TICK
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
