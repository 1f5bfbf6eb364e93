//! One frame of a program.

use std::fmt;

use crate::engine::{Instance, Step};
use crate::frame::{Escape, Frame, Interrupt, SuspendedCall};
use crate::guard::guarded;
use crate::hooks::Call;
use crate::units::{Gas, Ink};
use crate::{Answer, CallContext, Event, Failure, Outcome, OutcomeKind, Program, StartError};

/// A frame of a program, parked between requests. It holds no native stack: any number can wait.
pub struct Run {
    instance: Instance,
    state: State,
}

enum State {
    /// Nothing ran yet.
    Fresh { argument: u32 },
    /// The chain owes an answer.
    Suspended(SuspendedCall),
    /// It is over.
    Over(Outcome),
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Fresh { .. } => "fresh",
            State::Suspended(suspended) => suspended.hook.name(),
            State::Over(_) => "over",
        };
        f.debug_struct("Run")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

/// The way in which a frame stopped for good.
enum End {
    Status(u32),
    Escaped(Escape),
    StackOverflow,
}

impl Run {
    /// Instantiates the program. Nothing runs until the first [`Run::resume`].
    ///
    /// # Errors
    /// [`StartError`] when the engine cannot instantiate.
    pub fn start(program: &Program, ctx: CallContext) -> Result<Self, StartError> {
        let stack_words = ctx.max_depth_words;
        let argument = u32::try_from(ctx.calldata.len())
            .map_err(|_| StartError("calldata of 4 GiB or more".into()))?;
        let frame = Frame::new(ctx, program.stylus_version);
        let ink = frame
            .ctx
            .start_ink
            .map_or_else(|| frame.gas_to_ink(Gas(frame.ctx.gas)), Ink);
        let mut instance = guarded(|| program.compiled.instantiate(Box::new(frame)))
            .unwrap_or_else(|panic| Err(StartError(format!("it panicked: {panic}"))))?;
        instance.guest().set_ink_left(ink);
        instance.set_stack_left(stack_words);
        Ok(Self {
            instance,
            state: State::Fresh { argument },
        })
    }

    /// Bounds the ink that the program may use between two requests. One that needs more ends as
    /// [`OutcomeKind::TooLong`], before it has used all of its ink.
    pub fn ration(&mut self, ink: u64) {
        let mut guest = self.instance.guest();
        guest.store.data_mut().at_once = Some(ink);
        guest.ration();
    }

    /// Runs until the next request or the end. Give `None` first, then the answer to each
    /// request. Once over, it gives its outcome again; anything else out of turn is a failure.
    ///
    /// A panic is a failure without gas left.
    pub fn resume(&mut self, answer: Option<Answer>) -> Event {
        guarded(|| self.advance(answer)).unwrap_or_else(|panic| {
            let outcome = Outcome {
                kind: OutcomeKind::Failure,
                error: Some(Failure::Internal(panic)),
                ..Outcome::default()
            };
            self.state = State::Over(outcome.clone());
            Event::Done(outcome)
        })
    }

    fn advance(&mut self, answer: Option<Answer>) -> Event {
        let over = State::Over(Outcome::default());
        let step = match (std::mem::replace(&mut self.state, over), answer) {
            (State::Fresh { argument }, None) => self.instance.begin(argument),
            (State::Suspended(suspended), Some(answer)) => match self.complete(suspended, answer) {
                Ok(result) => self.instance.resume(result),
                Err(escape) => return self.finish(End::Escaped(escape)),
            },
            (State::Over(outcome), _) => {
                self.state = State::Over(outcome.clone());
                return Event::Done(outcome);
            }
            _ => return self.finish(End::Escaped(Escape::Failed(Failure::OutOfOrder))),
        };
        match step {
            Step::Returned(status) => self.finish(End::Status(status)),
            Step::Trapped(failure) => self.finish(End::Escaped(Escape::Failed(failure))),
            Step::StackOverflow => self.finish(End::StackOverflow),
            Step::Suspended => {
                let frame = self.instance.frame().as_mut();
                match frame.and_then(|frame| frame.interrupt.take()) {
                    Some(Interrupt::Request(request, suspended)) => {
                        self.state = State::Suspended(suspended);
                        Event::Request(request)
                    }
                    Some(Interrupt::Leaving(escape)) => self.finish(End::Escaped(escape)),
                    None => self.finish(End::Escaped(Escape::Failed(Failure::OutOfOrder))),
                }
            }
        }
    }

    /// The linear memory as it is now, after the end too.
    pub fn memory(&self) -> &[u8] {
        self.instance.memory()
    }

    /// Returns the number of host functions that are recorded so far, and the bytes of their arguments and results.
    pub fn traced(&mut self) -> (usize, usize) {
        let frame = self.instance.frame().as_ref();
        frame.map_or((0, 0), |frame| {
            let records = frame.trace.len();
            let bytes = frame
                .traced
                .saturating_sub(records * crate::frame::RECORD_BYTES);
            (records, bytes)
        })
    }

    /// Hands the answer to the host function that asked.
    fn complete(
        &mut self,
        suspended: SuspendedCall,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        let SuspendedCall {
            hook,
            pending,
            ink_before,
        } = suspended;
        let Some(mut frame) = self.instance.frame().take() else {
            return Err(Escape::Failed(Failure::OutOfOrder));
        };
        let mut call = Call {
            guest: self.instance.guest(),
            frame: &mut frame,
            hook,
        };
        let result = call.complete(pending, answer);
        call.guest.ration();
        let ink_after = call.guest.ink_left();
        if result.is_ok() {
            frame.record(hook, ink_before, ink_after);
        }
        *self.instance.frame() = Some(frame);
        result
    }

    /// Classifies the end: out of stack first, then out of ink, then what happened.
    fn finish(&mut self, end: End) -> Event {
        let raw_ink = self.instance.guest().ink_left();
        let stack_words_left = self.instance.stack_left();
        let exhausted = self.instance.exhausted();
        let is_rationed = self.instance.guest().store.data().held > 0;
        let frame = self.instance.frame().take();
        let status = match &end {
            End::Status(status) | End::Escaped(Escape::Exit(status)) => Some(*status),
            _ => None,
        };
        let (kind, error) = match end {
            End::Status(0) => (OutcomeKind::Success, None),
            End::Status(_) => (OutcomeKind::Revert, None),
            End::StackOverflow => (OutcomeKind::OutOfStack, None),
            End::Escaped(_) if stack_words_left == 0 => (OutcomeKind::OutOfStack, None),
            End::Escaped(_) if exhausted && is_rationed => (OutcomeKind::TooLong, None),
            End::Escaped(_) if exhausted => (OutcomeKind::OutOfInk, None),
            End::Escaped(Escape::OutOfInk) => (OutcomeKind::OutOfInk, None),
            End::Escaped(Escape::Exit(0)) => (OutcomeKind::Success, None),
            End::Escaped(Escape::Exit(_)) => (OutcomeKind::Revert, None),
            End::Escaped(Escape::Failed(failure)) => (OutcomeKind::Failure, Some(failure)),
        };
        let ink_left = match (kind, &error) {
            (OutcomeKind::OutOfInk | OutcomeKind::OutOfStack, _) => Ink::default(),
            (_, Some(Failure::Internal(_))) => Ink::default(),
            _ => raw_ink,
        };
        let mut outcome = Outcome {
            kind,
            ink_left: ink_left.0,
            raw_ink: raw_ink.0,
            stack_words_left,
            error,
            status: status.filter(|_| matches!(kind, OutcomeKind::Success | OutcomeKind::Revert)),
            blocks: self.instance.blocks(),
            ..Outcome::default()
        };
        if let Some(frame) = frame {
            outcome.gas_left = frame.ink_to_gas(ink_left).0;
            outcome.trace_cut = frame.traced > crate::frame::TRACE_BYTES;
            outcome.trace = frame.trace;
            outcome.preimages = frame.preimages;
            outcome.console = frame.console;
            if matches!(kind, OutcomeKind::Success | OutcomeKind::Revert) {
                outcome.output = frame.output;
            }
        }
        self.state = State::Over(outcome.clone());
        Event::Done(outcome)
    }
}
