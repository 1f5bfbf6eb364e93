//! The commands, a file each: its declaration, its arguments, what it does, and what it reports. What several of them ask
//! stands in `pipeline`.

pub(crate) mod about;
pub(crate) mod adopt;
pub(crate) mod approve;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod create_proxy;
pub(crate) mod define;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod execute;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod layout;
pub(crate) mod node;
pub(crate) mod pause;
pub mod pending;
pub mod plan;
pub mod policy;
pub(crate) mod project;
pub(crate) mod registry;
pub mod replay;
pub mod review;
pub(crate) mod revoke;
pub(crate) mod run_migration;
pub(crate) mod sign;
pub(crate) mod status;
pub(crate) mod submit;
pub(crate) mod transfer;
pub(crate) mod upgrade;
pub(crate) mod verify;
pub(crate) mod version;

pub(crate) use crate::context::spec;

use spec::Command;

/// The commands of the core, in the order of the help.
pub static COMMANDS: &[&dyn Command] = &[
    &project::NEW,
    &project::INIT,
    &check::SPEC,
    &layout::SPEC,
    &node::SPEC,
    &demo::SPEC,
    &deploy::SPEC,
    &registry::SPEC,
    &define::SPEC,
    &version::REGISTER,
    &create_proxy::SPEC,
    &call::CALL,
    &call::SEND,
    &plan::SPEC,
    &version::MIGRATE,
    &upgrade::SPEC,
    &run_migration::SPEC,
    &version::ROLLBACK,
    &adopt::SPEC,
    &transfer::SPEC,
    &pause::PAUSE,
    &pause::RESUME,
    &policy::SPEC,
    &pending::SPEC,
    &approve::SPEC,
    &execute::SPEC,
    &submit::SPEC,
    &revoke::REVOKE,
    &revoke::CANCEL,
    &status::SPEC,
    &history::SPEC,
    &verify::SPEC,
    &explain::SPEC,
    &about::COMPLETIONS,
    &about::MAN,
];
