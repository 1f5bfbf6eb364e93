//! One call of one module in both engines.

use stylus_vm::pages::{PageCounters, PageParams};
use stylus_vm::{
    Activated, Answer, CallContext, Event, OutcomeKind, Reply, Request, Rules, Run, activate,
    inspect,
};

use super::other;

/// The circumstances of a call.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) calldata: Vec<u8>,
    pub(crate) ink: u64,
    pub(crate) words: u32,
    pub(crate) stylus_version: u16,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Success,
    Revert,
    OutOfInk,
    OutOfStack,
    /// With the cause's label.
    Failure(&'static str),
}

/// What can be seen of a call.
#[derive(PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) end: End,
    /// What the ink counter holds.
    pub(crate) ink: u64,
    /// What the stack counter holds.
    pub(crate) words: u32,
    pub(crate) output: Vec<u8>,
    pub(crate) memory: Vec<u8>,
}

/// What became of a module.
pub(crate) enum Pairing {
    /// It runs in both engines.
    Both(Pair),
    /// The activation refuses it.
    Refused,
    /// The parser of tinywasm 0.10.0 loses track of operand widths in unreachable code.
    Unreadable,
}

/// The error that such modules give.
const UNREADABLE: &str = "logical operand width mismatch";

impl Pairing {
    /// An error when the second engine refuses what the first takes.
    pub(crate) fn of(wasm: &[u8], rules: &Rules) -> Result<Self, String> {
        let Ok(activated) = activate(wasm, rules, &mut { u64::MAX }) else {
            return Ok(Self::Refused);
        };
        let metered = inspect::metered_module(wasm, rules).map_err(|error| error.to_string())?;
        match tinywasm::parse_bytes(&metered).map_err(|error| error.to_string()) {
            Ok(metered) => Ok(Self::Both(Pair { activated, metered })),
            Err(error) if error.contains(UNREADABLE) => Ok(Self::Unreadable),
            Err(error) => Err(error),
        }
    }
}

/// A module in both engines.
pub(crate) struct Pair {
    activated: Activated,
    metered: tinywasm::Module,
}

impl Pair {
    /// A pair whose first engine runs the metered module as it is, too.
    pub(crate) fn unrewritten(wasm: &[u8], rules: &Rules) -> Result<Self, String> {
        let text = |error: stylus_vm::ActivationError| error.to_string();
        let activated = inspect::activate_unrewritten(wasm, rules).map_err(text)?;
        let metered = inspect::metered_module(wasm, rules).map_err(text)?;
        let metered = tinywasm::parse_bytes(&metered).map_err(|error| error.to_string())?;
        Ok(Self { activated, metered })
    }

    /// Runs the call in both; the error names the difference.
    pub(crate) fn call(&self, case: &Case) -> Result<End, String> {
        let own = self.first(case)?;
        let other = other::run(&self.metered, self.activated.info.footprint, case)?;
        if own == other {
            return Ok(own.end);
        }
        let mut text = format!("{case:?}: ");
        if own.memory != other.memory {
            let position = own
                .memory
                .iter()
                .zip(&other.memory)
                .position(|(a, b)| a != b);
            text.push_str(&format!(
                "memory of {} and {} bytes, first difference at {position:?}; ",
                own.memory.len(),
                other.memory.len()
            ));
        }
        let shown = |seen: &Observed| {
            let (end, ink, words) = (seen.end, seen.ink, seen.words);
            format!(
                "{end:?}, ink {ink}, words {words}, output {:02x?}",
                seen.output
            )
        };
        text.push_str(&format!("own {}; other {}", shown(&own), shown(&other)));
        Err(text)
    }

    /// Runs the call in the first engine alone.
    pub(crate) fn first(&self, case: &Case) -> Result<Observed, String> {
        let context = CallContext {
            calldata: case.calldata.clone().into(),
            start_ink: Some(case.ink),
            ink_price: 10_000,
            max_depth_words: case.words,
            arbos_version: 51,
            reentrant: true,
            ..CallContext::default()
        };
        let mut pages = PageCounters::default();
        pages.open(self.activated.info.footprint, &PageParams::default());
        let mut run =
            Run::start(&self.activated.program, context).map_err(|error| error.to_string())?;
        let mut answer = None;
        let outcome = loop {
            match run.resume(answer.take()) {
                Event::Request(Request::AddPages { pages: more }) => {
                    let gas = pages.open(more, &PageParams::default());
                    answer = Some(Answer::new(gas, Reply::Done));
                }
                Event::Request(other) => return Err(format!("an unexpected request: {other:?}")),
                Event::Done(outcome) => break outcome,
            }
        };
        let end = match outcome.kind {
            OutcomeKind::Success => End::Success,
            OutcomeKind::Revert => End::Revert,
            OutcomeKind::OutOfInk => End::OutOfInk,
            OutcomeKind::OutOfStack => End::OutOfStack,
            OutcomeKind::TooLong => return Err("it was stopped without a bound".into()),
            OutcomeKind::Failure => End::Failure(
                outcome
                    .error
                    .as_ref()
                    .map_or("none", crate::vectors::labels::of_failure),
            ),
        };
        Ok(Observed {
            end,
            ink: outcome.raw_ink,
            words: outcome.stack_words_left,
            output: outcome.output.to_vec(),
            memory: run.memory().to_vec(),
        })
    }
}
