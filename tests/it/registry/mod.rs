//! The registry on the chain (DESIGN §4.2).

mod abuse;
pub(crate) mod adopted;
mod approvals;
mod creation;
mod definition;
mod explored;
pub(crate) mod fixture;
mod kinds;
mod lambdas;
mod layouts;
mod lifecycle;
mod model;
mod other_admins;
mod parts;
mod pause;
mod policies;
mod queue;
mod replaced;
pub(crate) mod replay;
mod rivals;
mod rollout;
mod scale;
mod signed;
mod storage;
mod team;
mod versions;
