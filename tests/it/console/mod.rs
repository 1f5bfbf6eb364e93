//! The console: what it answers to requests, and what people with a browser wallet can do.

mod browser;
mod checks;
mod depth;
mod documents;
mod guarded;
mod hostile;
mod live;
mod many;
pub(crate) mod process;
mod waiting;
mod wrong_values;
