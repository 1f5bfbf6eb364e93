//! From a request to what holds on the chain: facts are gathered, judged, placed, sent and followed. Every command that
//! checks or sends something asks this folder.

pub mod action;
pub(crate) mod adoption;
pub mod approver;
pub mod arrivals;
pub(crate) mod calldata;
pub mod census_subject;
pub(crate) mod check_options;
pub mod checked;
pub(crate) mod confirm;
pub mod control;
pub(crate) mod creation;
pub(crate) mod effects;
pub(crate) mod expectations;
pub(crate) mod export;
pub(crate) mod facts;
pub(crate) mod function_name;
pub mod fuzz;
pub mod inspection;
pub(crate) mod judge;
pub(crate) mod kept;
pub(crate) mod path;
pub(crate) mod propose;
pub(crate) mod rollout;
pub mod shown;
pub(crate) mod simulate;
pub mod simulated_upgrade;
pub mod standing;
pub(crate) mod stuck;
pub(crate) mod transfer;
pub(crate) mod uncompared;
pub mod unknown;
pub(crate) mod verifiable;
pub(crate) mod version_interface;
pub(crate) mod work;
