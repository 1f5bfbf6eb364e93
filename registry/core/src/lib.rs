//! State and rules of the registry, shared by its parts. A part holds nothing itself: it runs
//! by delegatecall on the registry's storage.
//!
//! | module | holds |
//! |---|---|
//! | [`definition`], [`version`] | definitions; versions, their code and steps |
//! | [`store`] | slots and packed words |
//! | [`label`] | what a name, label or role may be |
//! | [`policy`] | the policy language: parser, rules, evaluation (pure) |
//! | [`parts`] | the parts, and how one answers |
//! | [`path`] | the search for a path between versions (pure) |
//! | [`route`] | the path of an instance to a version, with its steps |
//! | [`action`] | open actions: approvals, timelocks, rounds, proposer slots |
//! | [`authority`] | policies in storage, and who satisfies them |
//! | [`instances`] | instances: kind, state, complex step, transitions |
//! | [`lock`] | the transient locks: the registry's, and an instance's own |
//! | [`runnable`] | whether code can run, and is what was approved |
//! | [`abi`] | calldata, return data |
//! | [`encoding`] | whether calldata of a governed call are in canonical encoding |
//! | [`errors`], [`events`] | what it reverts with and emits |
//! | [`chain`] | calls, logs, reverts, other accounts |
//! | [`create2`] | where proxies are created |
//! | [`admin`] | the account that adopted proxies are given to |
//! | [`adopted`] | what adopted proxies are ordered to do |
//! | [`orders`] | what the registry has an instance do |
//! | [`acceptance`] | proxies that a definition expects from other registries |
//! | [`build`] | values that the build compiles in |
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod abi;
pub mod acceptance;
pub mod action;
pub mod admin;
pub mod adopted;
pub mod authority;
pub mod build;
pub mod chain;
pub mod create2;
pub mod definition;
pub mod encoding;
pub mod errors;
pub mod events;
pub mod instances;
pub mod label;
pub mod lock;
pub mod orders;
pub mod parts;
pub mod path;
pub mod policy;
pub mod route;
pub mod runnable;
pub mod store;
pub mod version;
