//! The registry on the chain (DESIGN §4.2).

mod abuse;
mod approvals;
mod birth;
mod cost;
mod lambdas;
mod model;
mod policies;
mod queue;
mod replay;
mod rivals;
mod rollout;
mod story;
mod versions;
pub(crate) mod world;
