//! Text that must not be printed, wherever it turns up: keys, passwords, and what an RPC URL carries
//! besides its host.

use crate::secret::HIDDEN;
use std::sync::{Mutex, PoisonError};

/// Shorter secrets are not looked for: they would be found in ordinary words.
const SHORTEST: usize = 6;

/// Digits of a private key.
const KEY_DIGITS: usize = 64;
/// The number of bytes of a secret's beginning are hidden where a text was cut after them, at least.
const SHORTEST_CUT: usize = 3;
/// The mark where a text was cut: see [`super::shortened`].
const CUT: &str = "… (";

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
        self.hide_as(text, str::to_owned)
    }

    /// `text` without any of them, where each is written in another form.
    pub(super) fn hide_as(&self, text: &str, written: impl Fn(&str) -> String) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<String> = all.iter().map(|secret| written(secret)).collect();
        let mut out = text.to_owned();
        for secret in &all {
            out = without_cut(out, secret);
        }
        for secret in &all {
            out = if is_key(secret) {
                replaced(out, secret, HIDDEN)
            } else {
                out.replace(secret.as_str(), HIDDEN)
            };
        }
        out
    }
}

/// Returns true if a secret is a private key, whose digits have no case.
fn is_key(secret: &str) -> bool {
    secret.len() == KEY_DIGITS && secret.bytes().all(|c| c.is_ascii_hexdigit())
}

/// `text` with `by` in the place of `digits`, in whatever case they stand there.
fn replaced(mut text: String, digits: &str, by: &str) -> String {
    let digits = digits.to_ascii_lowercase();
    while let Some(at) = text.to_ascii_lowercase().find(&digits) {
        text.replace_range(at..at + digits.len(), by);
    }
    text
}

/// `text` without the beginning of `secret` where the text was cut within it.
fn without_cut(text: String, secret: &str) -> String {
    let Some((before_cuts, last)) = text.rsplit_once(CUT) else {
        return text;
    };
    let mut out = String::with_capacity(text.len());
    for part in before_cuts.split(CUT) {
        let lengths = secret.char_indices().map(|(at, _)| at).rev();
        let begun = lengths
            .take_while(|at| *at >= SHORTEST_CUT)
            .find_map(|at| part.strip_suffix(secret.get(..at)?));
        match begun {
            Some(before) => {
                out.push_str(before);
                out.push_str(HIDDEN);
            }
            None => out.push_str(part),
        }
        out.push_str(CUT);
    }
    out.push_str(last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::shortened;

    #[test]
    fn the_digits_of_a_key_have_no_case() {
        let key = "ab12cd34".repeat(8);
        let secrets = Secrets::default();
        secrets.add(&key);
        secrets.add("hunter2");
        let mixed = "aB12Cd34".repeat(8);
        assert_eq!(
            secrets.hide(&format!("0x{mixed} Hunter2")),
            "0x(hidden) Hunter2"
        );
    }

    #[test]
    fn a_secret_is_hidden_wherever_a_text_was_cut() {
        let secret = "0123456789abcdefghij";
        let secrets = Secrets::default();
        secrets.add(secret);
        let text = format!("no key {secret} is known here");
        for limit in 0..text.len() {
            let shown = secrets.hide(&shortened(&text, limit));
            assert!(!shown.contains("0123"), "{limit}: {shown}");
        }
        let markup = Secrets::default();
        markup.add("a&b<c>d\"e");
        let written = |secret: &str| maud::html! { (secret) }.into_string();
        let page = format!("<p>{}</p>", written("key=a&b<c>d\"e"));
        assert_eq!(markup.hide_as(&page, written), "<p>key=(hidden)</p>");
        let whole = secrets.hide(&format!("{text} {}", shortened(&text, 20)));
        assert!(!whole.contains("0123"), "{whole}");
        assert_eq!(
            secrets.hide("0123… (7 more characters)"),
            "(hidden)… (7 more characters)"
        );
        assert_eq!(
            secrets.hide("nothing… (7 more characters)"),
            "nothing… (7 more characters)"
        );
    }
}
