//! Answers that differ, with the reason for it, and the findings about them.

use super::view_calls::ViewCall;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity, Together};
use crate::client::show;
use crate::names::Names;
use crate::output::shortened;
use crate::text::count;
use alloy::dyn_abi::{DynSolType, DynSolValue, FunctionExt, Specifier};
use alloy::json_abi::Function;
use alloy::primitives::{Address, Bytes};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Characters of a value that are shown, at most.
const VALUE_MAX: usize = 200;
/// Answers that one note lists, at most.
const LISTED_MAX: usize = 16;
/// Functions that describe a token. Its users read them once and keep the answer.
const METADATA: [&str; 3] = ["decimals()", "name()", "symbol()"];

/// The reason for which an answer may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerCause {
    /// The check of the step expects the new value.
    Expected,
    /// The new code reads words that the upgrade writes.
    Written,
    /// The new code reads words that the upgrade writes and that no layout declares.
    Unexplained,
    /// A version reads storage, and the new code reads no word that the upgrade writes.
    Unwritten,
    /// Neither version reads storage: the code alone decides it.
    Code,
}

/// A view function of an instance that answers otherwise after the upgrade.
#[derive(Debug, Clone)]
pub(super) struct ChangedAnswer {
    /// Its signature.
    signature: String,
    /// The call in words, with its argument.
    call: String,
    proxy: Address,
    /// The answers; none where the call reverts.
    before: Option<Vec<DynSolValue>>,
    after: Option<Vec<DynSolValue>>,
    /// True if callers keep a constant of this function: see [`is_kept`].
    is_kept: bool,
    pub(super) cause: AnswerCause,
}

impl ChangedAnswer {
    /// Returns the change of an answer; none where it has the same value. Its cause is set later.
    pub(super) fn new(
        call: &ViewCall<'_>,
        proxy: Address,
        before: Option<&Bytes>,
        after: Option<&Bytes>,
        names: &Names,
    ) -> Option<Self> {
        if before == after {
            return None;
        }
        let decoded = |answer: &Bytes| {
            let values = call.function.abi_decode_output(answer);
            values.unwrap_or_else(|_| vec![DynSolValue::Bytes(answer.to_vec())])
        };
        let (before, after) = (before.map(decoded), after.map(decoded));
        let argument = call.argument.as_ref();
        let argument = argument.map(|argument| in_words(argument, names));
        let (name, argument) = (&call.function.name, argument.unwrap_or_default());
        (before != after).then(|| Self {
            signature: call.function.signature(),
            call: format!("{name}({argument})"),
            proxy,
            before,
            after,
            is_kept: is_kept(call.function),
            cause: AnswerCause::Unwritten,
        })
    }

    /// Returns true if the answers are these two texts.
    pub(super) fn is_text(&self, before: &str, after: &str) -> bool {
        let text = |text: &str| DynSolValue::String(text.to_owned());
        self.is(&text(before), &text(after))
    }

    /// Returns true if the answers are these two accounts.
    pub(super) fn is_account(&self, before: Address, after: Address) -> bool {
        self.is(&before.into(), &after.into())
    }

    fn is(&self, before: &DynSolValue, after: &DynSolValue) -> bool {
        let is = |answer: &Option<Vec<DynSolValue>>, value: &DynSolValue| {
            answer.as_deref() == Some(std::slice::from_ref(value))
        };
        is(&self.before, before) && is(&self.after, after)
    }

    /// Returns true if the change has to be accepted. A function that reverted before has no answer that callers rely on.
    fn is_danger(&self) -> bool {
        self.before.is_some()
            && match self.cause {
                AnswerCause::Expected | AnswerCause::Written => false,
                AnswerCause::Unexplained | AnswerCause::Unwritten => true,
                AnswerCause::Code => self.is_kept || self.after.is_none(),
            }
    }

    /// Says why the answer differs, after a colon.
    const fn reason(&self) -> &'static str {
        match self.cause {
            AnswerCause::Expected => "the check of the step expects it",
            AnswerCause::Written => "the upgrade writes what it reads",
            AnswerCause::Unexplained => {
                "the upgrade writes a word that it reads, and no layout declares that word"
            }
            AnswerCause::Unwritten => "the upgrade writes no word that it reads",
            AnswerCause::Code => "it reads no storage, so the code decides it",
        }
    }

    /// The finding that refuses the change. `others` is the number of other instances with the same change.
    fn refusal(&self, others: usize, names: &Names, together: &Arc<Together>) -> Finding {
        let id = FindingId::about(FindingKind::AnswerChanged, &self.signature);
        let more = if others > 0 {
            format!(" and of {}", count(others, "other instance"))
        } else {
            String::new()
        };
        let says = format!(
            "{} of {}{more}: {} → {}: {}",
            self.call,
            names.long(self.proxy),
            answer_words(self.before.as_deref(), names),
            answer_words(self.after.as_deref(), names),
            self.reason()
        );
        Finding::of_several(Part::Simulation, (id, &self.signature), says, together)
    }
}

/// Returns true if the callers of a function keep its answer although no storage holds it: it names an account, a role, a
/// domain or another hash, or describes a token. Numbers and texts of other functions, such as limits and names of
/// releases, are what a new version may change.
fn is_kept(function: &Function) -> bool {
    let names_something =
        |ty: DynSolType| matches!(ty, DynSolType::Address | DynSolType::FixedBytes(32));
    let mut types = function
        .outputs
        .iter()
        .filter_map(|output| output.resolve().ok());
    types.any(names_something) || METADATA.contains(&function.signature().as_str())
}

/// Reports answers that differ: a danger for each function that has to be accepted, and one note about all others.
pub(super) fn report_changes(
    changes: &[ChangedAnswer],
    version: &str,
    names: &Names,
) -> Vec<Finding> {
    let together = Arc::new(Together {
        name: "AnswerChanged",
        message: format!(
            "functions answer otherwise after the upgrade to {version}, and no migration explains it"
        ),
        expected: "the same answer, or a migration that writes what the function reads".into(),
        found: None,
        next: "correct the storage or the constant of the new version, or declare the new answer (--expect)"
            .into(),
    });
    let (refused, listed): (Vec<&ChangedAnswer>, Vec<&ChangedAnswer>) =
        changes.iter().partition(|change| change.is_danger());
    let mut functions: BTreeMap<&str, Vec<&ChangedAnswer>> = BTreeMap::new();
    for change in refused {
        functions.entry(&change.signature).or_default().push(change);
    }
    let refused = functions.values().filter_map(|changes| {
        let first = changes.first()?;
        let others = count_others(first, changes);
        Some(first.refusal(others, names, &together))
    });
    let mut findings: Vec<Finding> = refused.collect();
    findings.extend(note_changes(&listed, &functions, names));
    findings
}

/// The number of instances with a change besides that of the first one.
fn count_others(first: &ChangedAnswer, changes: &[&ChangedAnswer]) -> usize {
    let mut proxies: Vec<Address> = changes.iter().map(|change| change.proxy).collect();
    proxies.sort_unstable();
    proxies.dedup();
    proxies.retain(|proxy| *proxy != first.proxy);
    proxies.len()
}

/// The note about answers that need not be accepted. A function that is refused is not listed again.
fn note_changes(
    listed: &[&ChangedAnswer],
    refused: &BTreeMap<&str, Vec<&ChangedAnswer>>,
    names: &Names,
) -> Option<Finding> {
    let mut calls: BTreeMap<&str, Vec<&ChangedAnswer>> = BTreeMap::new();
    for change in listed {
        if !refused.contains_key(change.signature.as_str()) {
            calls.entry(&change.call).or_default().push(change);
        }
    }
    let mut words: Vec<String> = calls
        .values()
        .filter_map(|changes| {
            let first = changes.first()?;
            let others = count_others(first, changes);
            let more = (others > 0).then(|| format!(" and {} more", count(others, "instance")));
            Some(format!(
                "{}: {} → {} ({}{}: {})",
                first.call,
                answer_words(first.before.as_deref(), names),
                answer_words(first.after.as_deref(), names),
                names.long(first.proxy),
                more.unwrap_or_default(),
                first.reason()
            ))
        })
        .collect();
    let others = words.len().saturating_sub(LISTED_MAX);
    words.truncate(LISTED_MAX);
    words.extend((others > 0).then(|| count(others, "other call")));
    let kind = FindingKind::AnswerChanged;
    (!words.is_empty())
        .then(|| Finding::named(Part::Simulation, Severity::Note, kind, words.join("; ")))
}

/// An answer in words.
fn answer_words(answer: Option<&[DynSolValue]>, names: &Names) -> String {
    match answer {
        None => "reverts".into(),
        Some([value]) => in_words(value, names),
        Some(values) => {
            let values = values.iter().map(|value| in_words(value, names));
            format!("({})", values.collect::<Vec<_>>().join(", "))
        }
    }
}

fn in_words(value: &DynSolValue, names: &Names) -> String {
    let words = match value {
        DynSolValue::Address(account) => names.long(*account),
        value => show(value),
    };
    shortened(&words, VALUE_MAX).into_owned()
}

#[cfg(test)]
mod tests;
