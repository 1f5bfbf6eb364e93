//! From a request to what holds on the chain: facts are gathered, judged, placed, sent and followed. Every command that
//! checks or sends something asks this folder.

pub(crate) mod action;
pub(crate) mod adoption;
pub(crate) mod approver;
pub(crate) mod arrivals;
pub(crate) mod calldata;
pub(crate) mod check_options;
pub(crate) mod checked;
pub(crate) mod confirm;
pub(crate) mod effects;
pub(crate) mod expectations;
pub(crate) mod export;
pub(crate) mod facts;
pub(crate) mod function_name;
pub(crate) mod inspection;
pub(crate) mod judge;
pub(crate) mod kept;
pub(crate) mod path;
pub(crate) mod propose;
pub(crate) mod rollout;
pub(crate) mod shown;
pub(crate) mod simulate;
pub(crate) mod simulated_upgrade;
pub(crate) mod standing;
pub(crate) mod transfer;
pub(crate) mod uncompared;
pub(crate) mod unknown;
pub(crate) mod verifiable;
pub(crate) mod work;
