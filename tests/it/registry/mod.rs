//! The registry on the chain (DESIGN §4.2).

mod abuse;
mod approvals;
mod birth;
mod lambdas;
mod layouts;
mod model;
mod parts;
mod policies;
mod queue;
mod replaced;
pub(crate) mod replay;
mod rivals;
mod rollout;
mod scale;
mod storage;
mod story;
mod team;
mod versions;
pub(crate) mod world;
