//! The meaning of numbers in refusals, and programs that do not run.

use crate::error_catalogue::{WordsField, fixed_words, reason_words};

/// Says why an implementation cannot run, in words.
pub fn not_runnable_reason(reason: u8) -> String {
    reason_words("ImplementationNotRunnable", reason)
}

/// The reason why the registry refuses a policy, by the number in `InvalidPolicy`.
pub fn policy_reason(reason: u8) -> String {
    reason_words("InvalidPolicy", reason)
}

/// The commands that activate a program again.
pub(super) fn how_to_activate() -> String {
    fixed_words("ProgramNotActivated", WordsField::Next)
}

/// The beginnings of Nitro's errors, through every endpoint, where a program does not run.
const NOT_RUNNABLE: [&str; 3] = [
    "ProgramNotActivated(",
    "ProgramNeedsUpgrade(",
    "ProgramExpired(",
];

/// Returns true if an error says that a program does not run.
pub(super) fn is_not_runnable(error: &str) -> bool {
    NOT_RUNNABLE.iter().any(|name| error.contains(name))
}
