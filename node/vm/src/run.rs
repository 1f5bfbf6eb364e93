//! One frame of a program.

use thiserror::Error;

use crate::{Answer, CallContext, Event, Program};

/// A frame of a program, parked between requests.
#[derive(Debug)]
pub struct Run {}

/// Why a program could not be started. Not a verdict on the program: the embedder's machine is
/// out of memory or the program was compiled by something else.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the engine could not start the program: {0}")]
pub struct StartError(pub String);

impl Run {
    /// Instantiates the program. Nothing runs until the first [`Run::resume`].
    ///
    /// # Errors
    /// [`StartError`] when the engine cannot instantiate.
    pub fn start(_program: &Program, _ctx: CallContext) -> Result<Self, StartError> {
        Err(StartError("not built yet".into()))
    }

    /// Runs until the next request or the end. Give `None` first, then the answer to each request.
    pub fn resume(&mut self, _answer: Option<Answer>) -> Event {
        unreachable!("no run can be started")
    }
}
