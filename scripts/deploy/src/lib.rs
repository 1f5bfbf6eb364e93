//! From source to a contract on chain, and a copy of the chain on which calls are tried.
//!
//! | module | holds |
//! |---|---|
//! | [`build`] | from source to the bytes that go on chain |
//! | [`trace`], [`call_tree`], [`functions`] | the calls of a transaction; what calls say, by the interfaces of the code |
//! | [`client`] | a chain: typed calls, transactions, refusals by name |
//! | [`deploy`] | programs, the framework and the registry onto a chain |
//! | [`expect`] | what must hold after an upgrade, and the contract that checks it |
//! | [`interface`] | what callers can use of a module |
//! | [`journal`] | what was sent and not answered yet, for after a kill |
//! | [`registry`] | define, register, create, upgrade, migrate, roll out, look |
//! | [`simulation`] | a copy of the chain in this process, on which things are tried |
//! | [`steps`] | the initializers and migrations that code declares, and whether a command runs them |
//! | [`versions`] | what was registered, kept in a folder for version control |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod build;
pub mod call_tree;
pub mod client;
pub mod deploy;
pub mod expect;
pub mod functions;
pub mod interface;
pub mod journal;
pub mod program_code;
pub mod proxy_code;
pub mod registry;
pub mod simulation;
pub mod steps;
pub mod versions;

// The modules of lower crates, under the same names: `crate::error` is one thing in every crate.
use stylus_upgrades_common::{
    address, assess, children, cost, error, error_catalogue, file_names, ids, keys, kill_point,
    loopback, model, output, own_database, own_file, progress, project_file, questions,
    state_folder, text,
};
