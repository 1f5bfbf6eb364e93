//! `demo`: the whole story on a private chain.

use super::context::Context;
use crate::error::Error;
use crate::output::Outcome;

pub(super) async fn run(_context: &Context) -> Result<Outcome, Error> {
    Err(Error::Node {
        reason: "not built in yet".into(),
    })
}
