//! The registry on the chain (DESIGN §4.2).

mod approvals;
mod birth;
mod policies;
mod rollout;
mod story;
mod versions;
mod world;
