//! Every promise of the framework, once: ABI, events, errors, slots, limits and reason
//! numbers, storage. Contracts, command line and tests import them from here; there is no logic beyond reading a
//! constant and the bytes of a stored word.
//!
//! | module | holds |
//! |---|---|
//! | [`proxy`] | what every proxy answers, emits and reverts with |
//! | [`adopted`] | what is called on proxies of others |
//! | [`check`] | the check of a step: asked before and after an instance is upgraded |
//! | [`evm_proxy`] | the shapes of our EVM programs |
//! | [`registry`] | what the registry answers, emits and reverts with |
//! | [`registry_storage`] | what the registry stores, and where |
//! | [`parts`] | which program of the registry answers which call |
//! | [`orders`] | the contract that creates and orders EVM proxies |
//! | [`layouts`] | the contract that keeps layout documents |
//! | [`instance`] | the calls that only a proxy and its registry make to each other |
//! | [`migratable`] | initializers, migrations and their errors |
//! | [`complex`] | complex migrations: paused, in batches |
//! | [`lazy`] | lazy migrations: on first write |
//! | [`full`] | full migrations: what only history tells |
//! | [`role`] | the roles that the registry asks for |
//! | [`policy`] | the lambda contract of a policy |
//! | [`ids`] | types of values that look alike and are not interchangeable |
//! | [`slots`] | storage and transient slots, each derived from its definition |
//! | [`reasons`] | names for every reason number |
//! | [`limits`] | every bound, with its unit |
//! | [`signed`] | what approvers sign offline: the EIP-712 types of governed calls |
//! | [`sections`] | custom sections of a contract's module |
//! | [`build`] | values that the build derives and passes on |
//! | [`chain`] | addresses and selectors of the chain that the framework relies on |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod adopted;
pub mod build;
pub mod chain;
pub mod check;
pub mod complex;
pub mod evm_proxy;
pub mod full;
pub mod ids;
pub mod instance;
pub mod layouts;
pub mod lazy;
pub mod limits;
pub mod migratable;
pub mod orders;
pub mod parts;
pub mod policy;
pub mod proxy;
pub mod reasons;
pub mod registry;
pub mod registry_storage;
pub mod role;
pub mod sections;
pub mod signed;
pub mod slots;
