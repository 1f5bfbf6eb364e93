//! Text that must not be printed, wherever it turns up: keys, passwords, and what an RPC URL carries
//! besides its host.

use crate::secret::HIDDEN;
use std::sync::{Mutex, PoisonError};

/// Shorter secrets are not looked for: they would be found in ordinary words.
const SHORTEST: usize = 6;

/// The secrets that a run knows.
#[derive(Default)]
pub(super) struct Secrets(Mutex<Vec<String>>);

impl Secrets {
    /// Text that is hidden from now on.
    pub(super) fn add(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() < SHORTEST {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|known| known == secret) {
            all.push(secret.to_owned());
            // The longest first: one secret may be a part of another.
            all.sort_by_key(|known| std::cmp::Reverse(known.len()));
        }
    }

    /// `text` without any of them.
    pub(super) fn hide(&self, text: &str) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = text.to_owned();
        for secret in all.iter().filter(|secret| text.contains(secret.as_str())) {
            out = out.replace(secret.as_str(), HIDDEN);
        }
        out
    }
}
