//! The life of an upgradeable contract: what is checked, tried, approved, migrated and seen of it.
//!
//! | module | holds |
//! |---|---|
//! | [`census`] | what a census is about, and what it tells others |
//! | [`checks`] | what is known of a way into a version, and every check of it |
//! | [`deployed`] | what is wrong with code and instances as they are deployed |
//! | [`expiry`] | which programs run, for how long, and what would help |
//! | [`export`] | calls to files, for approvers that are contracts |
//! | [`governance`] | deciding together: what is proposed, approvals, checks |
//! | [`history`] | what happened, from chain data alone |
//! | [`inspect`] | one instance: its storage by variables, its path, its events |
//! | [`layout`] | where storage keeps what, and whether a version may take it over |
//! | [`migration`] | the handler's part of a complex migration |
//! | [`plan`] | an upgrade tried on a copy of the chain's state |
//! | [`report`] | what a command reports: one value, rendered for people, programs and pages |
//! | [`review`] | what an approver looks at: findings with severities, storage slot by slot |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod census;
pub mod checks;
pub mod deployed;
pub mod expiry;
pub mod export;
pub mod governance;
pub mod history;
pub mod inspect;
pub mod layout;
pub mod migration;
pub mod plan;
pub mod review;

// The modules of lower crates, under the same names: `crate::error` is one thing in every crate.
use stylus_upgrades_common::{
    address, assess, children, cost, error, file_names, ids, kill_point, manifest, model, names,
    output, own_database, own_file, progress, questions, report, state_folder, text,
};
use stylus_upgrades_deploy::{
    build, call_tree, client, deploy, expect, functions, interface, journal, program_code,
    registry, simulation, steps,
};
