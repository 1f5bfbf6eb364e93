//! A registry as plain data, and the one place that asks its views. The same types follow from its
//! views ([`Registry`]) and from its events ([`Definition::feed`]); [`differences`] tells where they do not agree.
//!
//! | module | holds |
//! |---|---|
//! | [`kinds`] | kinds and states: what the chain numbers, by name |
//! | [`definition`] | definitions, versions, instances, actions |
//! | [`step`] | what a step into a version runs, and the contract that it names |
//! | [`reader`] | what the views say |
//! | [`fold`] | what follows from the events |
//! | [`compare`] | whether both say the same |
//! | [`in_use`] | which accounts' code is in use |
//! | [`version_graph`] | the ways between versions, and what each runs |
pub mod compare;
pub mod definition;
pub mod fold;
pub mod in_use;
pub mod kinds;
pub mod reader;
pub mod step;
pub mod version_graph;

pub use compare::{Difference, differences, head_differences};
pub use definition::{
    Acceptance, Action, Begun, Definition, Details, Head, Instance, ListedInstance, Readiness,
    RecordedCode, Slice, Unlike, Version, definition_id, of_whom,
};
pub use fold::{ROLES, is_of_sequence, is_timed, role_asked_for, role_of};
pub use in_use::{ProxySamples, Role, Used};
pub use kinds::{BlockedBy, DefinitionState, InstanceState, ProxyKind, StepKind};
pub use reader::{Block, INSTANCE_PAGE, PathStep, Registry, Seen, Views};
pub use step::{Named, named, runs};
pub use version_graph::{MigrationBypass, MigrationCode, PathLoss, StepAddition, VersionGraph};
