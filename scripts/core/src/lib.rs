//! The commands that build, deploy, govern and upgrade, and the library beneath them.
//!
//! | module | holds |
//! |---|---|
//! | [`build`] | from source to the bytes that go on chain |
//! | [`client`] | a chain: typed calls, transactions, refusals by name |
//! | [`deploy`] | programs, the framework and the registry onto a chain |
//! | [`model`] | a registry as plain data, read from its views or its events |
//! | [`registry`] | define, register, create, upgrade, migrate, roll out, look |
//! | [`governance`] | deciding together: what is proposed, approvals, checks |
//! | [`review`] | what an approver looks at: findings with severities, storage slot by slot |
//! | [`export`] | calls to files, for approvers that are contracts |
//! | [`expect`] | what must hold after an upgrade, and the contract that checks it |
//! | [`layout`] | where storage keeps what, and whether a version may take it over |
//! | [`steps`] | the initializers and migrations that code declares, and whether a command runs them |
//! | [`interface`] | what callers can use of a module |
//! | [`assess`] | findings, where facts come from, how much was seen, what follows |
//! | [`checks`] | what is known of a way into a version, and every check of it |
//! | [`history`] | what happened, from chain data alone |
//! | [`census`] | what a census is about, and what it tells others |
//! | [`inspect`] | one instance: its storage by variables, its path, its events |
//! | [`deployed`] | what is wrong with code and instances as they are deployed |
//! | [`expiry`] | which programs run, for how long, and what would help |
//! | [`versions`] | what was registered, kept in a folder for version control |
//! | [`project`] | a user's project: new, or made from an existing contract |
//! | [`simulation`] | a copy of the chain in this process, on which things are tried |
//! | [`plan`] | an upgrade tried on a copy of the chain's state |
//! | [`call_tree`], [`functions`] | the calls of a transaction; what calls say, by the interfaces of the code |
//! | [`questions`] | questions that are asked together |
//! | [`report`] | what a command reports: one value, rendered for people, programs and pages |
//! | [`cli`] | the command line: what is typed, parsed and run |
//! | [`commands`] | what each command does, a file each |
//! | [`pipeline`] | a request is resolved, judged, placed, sent and followed |
//! | [`context`] | what a command works with: output, manifest, builder, chain, registry |
//! | [`options`] | arguments that several commands take |
//! | [`loopback`] | HTTP for this machine alone |
//! | [`publication`] | what an explorer is sent of an implementation, and its answers |
//! | [`demo`] | the whole scenario on a private chain |
//! | [`error_catalogue`] | the page of errors, with the words of refusals |
//! | [`migration`] | the handler's part of a complex migration |
//! | [`journal`] | what was sent and not answered yet, for after a kill |
//! | [`manifest`], [`keys`], [`output`] | `stylus-upgrades.toml`; signing keys; stdout and stderr |
//! | [`address`], [`own_file`] | addresses with their checksum; files that nobody else can have written |
//! | [`project_file`] | files of a project, which others may have written: read through no link |
//! | [`secret`] | text that is never printed |
//! | [`error`], [`app_error`] | how a failure is reported; everything that can end a command |
//! | [`file_names`] | what the files and folders beside the manifest are called |
//! | [`ids`] | types of words that are not interchangeable: actions, code hashes |
//! | [`children`] | programs that end with this one |
//! | [`progress`], [`text`] | how long work reports what it is doing |
//! | [`kill_point`] | a test aid |
#![forbid(unsafe_code)]
// Everything that is printed passes through `output`, which makes it safe for a terminal.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod app_error;
pub mod cli;
pub mod commands;
pub mod context;
pub mod demo;
pub mod options;
pub mod pipeline;
pub mod prelude;
pub mod project;
pub mod publication;

pub use stylus_upgrades_common::{
    address, assess, children, cost, error, error_catalogue, file_names, ids, keys, kill_point,
    loopback, manifest, model, names, output, own_database, own_file, progress, project_file,
    questions, report, secret, state_folder, text,
};
pub use stylus_upgrades_deploy::{
    build, call_tree, client, deploy, expect, functions, interface, journal, program_code,
    proxy_code, registry, simulation, steps, versions,
};
pub use stylus_upgrades_lifecycle::{
    census, checks, deployed, expiry, export, governance, history, inspect, layout, migration,
    plan, review,
};
