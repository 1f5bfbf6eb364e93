//! `node`: the local chain, in this process, until it is told to end.

use super::context::Context;
use crate::error::Error;
use crate::output::Outcome;
use std::ffi::OsString;

pub(super) async fn run(_context: &Context, _flags: &[OsString]) -> Result<Outcome, Error> {
    Err(Error::Node {
        reason: "not built in yet".into(),
    })
}
