//! The commands of the laboratory.

pub(crate) mod census;
pub(crate) mod coverage;
pub(crate) mod fuzz;
pub(crate) mod trace;
