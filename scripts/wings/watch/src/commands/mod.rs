//! The commands of the watch.

pub(crate) mod doctor;
