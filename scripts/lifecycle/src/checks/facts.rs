//! Facts about a transition: an instance comes to a version, from another one or at its creation.

use crate::assess::{Fact, Role};
use crate::expect::Expectations;
use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::layout::{Audit, Live, Pair, Side};
use crate::model::{MigrationBypass, StepKind};
use alloy::primitives::{Address, Bytes};
use serde::Serialize;
use std::collections::BTreeSet;
use stylus_layout::{DeclaredStep, Layout};

/// The place at which facts of [`Origin::Chain`](crate::assess::Origin::Chain) are read: all of one transition at one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReadAt {
    /// The registry.
    pub registry: Address,
    /// Its chain.
    pub chain_id: u64,
    /// The block; nothing where each was read at what was the newest one.
    pub block: Option<u64>,
}

/// A transition to a version: what is taken over, what comes, and what runs in between.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The definition.
    pub name: String,
    /// The version before; empty where nothing is taken over.
    pub from: String,
    /// The version.
    pub to: String,
    /// The stage of the decision about it.
    pub stage: Stage,
    /// The role of the caller: the sources' permissions are the word of the proposer, and of nobody else.
    pub role: Role,
    /// The place at which chain facts were read; nothing where no chain was asked.
    pub read_at: Option<ReadAt>,
    /// The layout of what is taken over.
    pub old: Option<Side>,
    /// The structs in it that stylus-sdk before 0.10 counts shorter; none where it is known that no such SDK built its code.
    pub counted_shorter: BTreeSet<String>,
    /// The layout of what comes.
    pub new: Side,
    /// True if the code is that of an earlier version.
    pub goes_back: bool,
    /// Of code that was there before: the versions since then whose step ran a migration, in their order, with what it was.
    pub migrated_since: Vec<(String, StepKind)>,
    /// The migrations that instances could leave out by the new step, or that its own way leaves out.
    pub bypasses: Vec<MigrationBypass>,
    /// The versions from which instances have no path to the new one.
    pub lost_paths: Vec<LostPath>,
    /// The contents of live storage where the new version begins to use it.
    pub live: Fact<Live>,
    /// The interface that callers had, and the one that they have.
    pub callers: Callers,
    /// Agreement of the document with the code about its functions; nothing where both are compared.
    pub published: Option<Fact<()>>,
    /// The initializers and migrations that the code declares.
    pub declared: Fact<Declared>,
    /// Functions of the code that proxies answer themselves, as far as its constants tell. The attributes of the
    /// framework refuse them when it is built.
    pub reserved: Fact<Vec<&'static str>>,
    /// Functions that replace the code of its proxy, as far as its bytes and its document show them.
    pub replacing: Vec<String>,
    /// Findings in the sources of the code; nothing where nobody is asked to search them, as in [`Code`](super::Code).
    pub audit: Option<Fact<Audit>>,
    /// Bytes of code that is new, and how many it may have; nothing where that was told before.
    pub size: Option<Fact<(usize, usize)>>,
    /// Evidence that its sources build to the code; and the same of the program of its migration.
    pub sources: Vec<Fact<()>>,
    /// The step or creation that runs.
    pub runs: Runs,
    /// Adopted proxies in whose storage no constructor has run, where the code may have one.
    pub open_to_constructor: Fact<Vec<Address>>,
    /// The name of the new code.
    pub code: String,
    /// Every version of the definition.
    pub labels: Vec<String>,
    /// The versions with the code of the version before, itself among them.
    pub same_code: Vec<String>,
    /// The version that is current; empty where there is none.
    pub current: String,
}

/// A version from which instances have no path to a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPath {
    /// Its label.
    pub label: String,
    /// The number of upgrades that take an instance there, where the way has too many steps for one; nothing where there is
    /// no way.
    pub upgrades: Option<usize>,
    /// The number of instances at it.
    pub instances: usize,
    /// True if instances are created at it.
    pub is_current: bool,
}

/// The stage of the decision about a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is decided on now.
    Proposed,
    /// Somebody proposed it, and others judge it.
    Judged(Built),
    /// It is registered: what callers lose was asked then.
    Registered,
}

/// The parts of somebody else's proposal that were built and compared here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Built {
    /// True if the code has the layout and the steps of its document, or there is nothing to compare.
    pub document: bool,
    /// The code.
    pub code: bool,
    /// The program of its migration.
    pub program: bool,
}

/// The initializers and migrations that code declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// These are all.
    Steps(Vec<DeclaredStep>),
    /// It is code of the EVM: none that a proxy of the framework would run, and it cannot say what it has of others.
    OfEvm,
}

impl Declared {
    /// Initializers and migrations that a proxy of this framework runs.
    pub fn steps(&self) -> &[DeclaredStep] {
        match self {
            Self::Steps(steps) => steps,
            Self::OfEvm => &[],
        }
    }
}

/// The interface that callers had, and the one that they have.
#[derive(Debug, Clone)]
pub enum Callers {
    /// Nobody calls a version before it.
    None,
    /// The code stays the same, and so does what they can use.
    Same(Box<Fact<Callable>>),
    /// Both.
    Of {
        /// Of the version before.
        old: Box<Fact<Callable>>,
        /// Of the new version.
        new: Box<Fact<Callable>>,
    },
}

impl Callers {
    /// Returns the interface after the transition, if there were callers before.
    pub fn after(&self) -> Option<&Fact<Callable>> {
        match self {
            Self::None => None,
            Self::Same(all) => Some(all),
            Self::Of { new, .. } => Some(new),
        }
    }
}

/// The step or creation that runs on the transition to a version.
#[derive(Debug, Clone)]
pub enum Runs {
    /// Nothing that is known yet, or ever: the code is registered, or taken over as it is.
    Nothing,
    /// A step between two versions.
    Step {
        /// The kind of the step.
        kind: StepKind,
        /// keccak256 of its script or program; zero where it has none.
        script: CodeHash,
        /// Its calldata.
        data: Bytes,
        /// The function as it was typed; empty where calldata were given.
        typed: String,
        /// The program of a complex migration.
        program: Option<Box<Program>>,
        /// The fields of the script or of that program; nothing where neither runs.
        fields: Option<Box<Fact<Layout>>>,
        /// The expectations of its check; nothing where it has none.
        expected: Option<Fact<Expectations>>,
    },
    /// The creation of an instance.
    Creation {
        /// The calldata of its initializer.
        data: Bytes,
        /// The function as it was typed; empty where calldata were given.
        typed: String,
    },
}

/// The program of a complex migration.
#[derive(Debug, Clone)]
pub struct Program {
    /// The migrations that it declares.
    pub declared: Fact<Vec<DeclaredStep>>,
    /// The code that continues with the contract after it.
    pub ending: Fact<Ending>,
}

/// The code that continues with a contract once its complex migration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The framework's UpgradeabilityStorage.
    pub storage: Address,
    /// True if the program is linked to it.
    pub is_linked: bool,
    /// True if it is on the chain.
    pub is_there: bool,
}

impl Transition {
    /// Both layouts, where something is taken over.
    pub fn pair(&self) -> Option<Pair<'_>> {
        let kind = match &self.runs {
            Runs::Step { kind, .. } => *kind,
            Runs::Nothing | Runs::Creation { .. } => StepKind::None,
        };
        Some(Pair {
            name: &self.name,
            from: &self.from,
            to: &self.to,
            old: self.old.as_ref()?,
            new: &self.new,
            runs_migration: kind != StepKind::None,
            goes_back: self.goes_back,
        })
    }
}
