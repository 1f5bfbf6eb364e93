//! The registry's rules as a small model, for a model checker that explores every order in which things
//! can happen.
//!
//! The search is written here. stateright 0.31 does the same, but its parallel search gives other counts of states in
//! each run at a bounded depth, and it turns on features of packages that everything here is compiled with.
//!
//! | module | holds |
//! |---|---|
//! | `policy` | policies, and who satisfies them |
//! | `state` | what the registry knows, and what people hold outside of it |
//! | `scope` | the parts of it that are explored |
//! | `transition` | what anybody can do, and what it is refused with |
//! | `way` | how a call reaches the registry: directly, by a contract, in the middle of a call |
//! | `approvals` | approvals and the actions that they gather in |
//! | `execute` | what a governed call does once it is approved |
//! | `instances` | what moves instances |
//! | `invariants` | what no call of anybody may break |
//! | `explore` | every order of calls |
//!
//! The tests send the same calls to the real registry: every answer of every call is brought about there.
#![forbid(unsafe_code)]

mod approvals;
mod execute;
mod explore;
mod instances;
mod invariants;
mod policy;
mod scope;
mod state;
mod transition;
mod way;

pub use approvals::last_day;
pub use explore::{Answer, Answered, Explored, Standing};
pub use invariants::Invariant;
pub use policy::{Policy, Set};
pub use scope::{APPROVERS, Mutation, SCOPES, STRANGER, Scope, TWO_OF_THREE, WALLET};
pub use state::{
    Account, Action, Content, DELAY, Holder, Instance, InstanceState, LIFETIME, Record, Role, Runs,
    Side, SignedApproval, State, Subject, TICK,
};
pub use transition::{Deed, Outcome, Refusal, Transition};
pub use way::Way;
