//! Approvers that are contracts: a Safe and a timelock of others, from npm, decide with a key.

mod adopted;
mod adopter;
mod answers;
mod compiled;
mod control;
mod exchanged;
mod fixture;
mod honest;
mod initializers;
mod judged;
mod linked;
mod plugin;
mod safe;
mod signed;
mod timelock;
mod undescribed;
mod unowned;
