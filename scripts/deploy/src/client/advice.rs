//! For every refusal that people meet: what was expected, what was found, what to do next.

use super::value_words::{plain, quoted};
use crate::error_catalogue::{ErrorWords, WordsField, error_words};
use crate::model::InstanceState;
use crate::text::shell_word;
use alloy::dyn_abi::DynSolValue;

/// The meaning of a refusal for the one who meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The expected state.
    pub expected: String,
    /// The state that was found.
    pub found: String,
    /// The next step.
    pub next: String,
}

impl Advice {
    pub(super) fn new(
        expected: impl Into<String>,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self {
            expected: expected.into(),
            found: found.into(),
            next: next.into(),
        }
    }

    /// Returns the advice for an error of the framework, the chain or the language.
    pub(super) fn of(name: &str, arguments: &[DynSolValue]) -> Option<Self> {
        let words = error_words(name)?;
        let argument = |at: usize| arguments.get(at).map(plain);
        let text = |field: WordsField| words.text(field, argument);
        let reason = reason(name, words, arguments);
        // The words of the contract itself are quoted: they are none of this program's.
        let written = match name {
            "Error" => quoted,
            _ => plain,
        };
        Some(Self {
            expected: filled(&text(WordsField::Expected), arguments, &reason, plain),
            found: filled(&text(WordsField::Found), arguments, &reason, written),
            next: filled(&text(WordsField::Next), arguments, &reason, |argument| {
                shell_word(&plain(argument))
            }),
        })
    }
}

/// The meaning of the reason among the arguments of an error.
fn reason(name: &str, words: &ErrorWords, arguments: &[DynSolValue]) -> String {
    if name == "NotMigrating"
        && let Some(state) = arguments.get(1).and_then(DynSolValue::as_uint)
    {
        let state = u8::try_from(state.0).unwrap_or(u8::MAX);
        return InstanceState::from(state).word().to_owned();
    }
    words.text(WordsField::Reason, |at| arguments.get(at).map(plain))
}

/// Replaces `{0}`, `{1}` and so on in a text by the arguments, and `{why}` by the reason.
fn filled(
    text: &str,
    arguments: &[DynSolValue],
    reason: &str,
    written: impl Fn(&DynSolValue) -> String,
) -> String {
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (place, rest) = piece.split_once('}').unwrap_or_default();
        let argument = place.parse().ok().and_then(|at: usize| arguments.get(at));
        filled += &match argument {
            Some(argument) => written(argument),
            None if place == "why" => reason.to_owned(),
            None => String::new(),
        };
        filled += rest;
    }
    filled
}
