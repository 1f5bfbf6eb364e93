//! Text that must not be printed, wherever it turns up: keys, passwords, and what an RPC URL carries
//! besides its host.

use crate::secret::HIDDEN;
use alloy::hex;
use std::sync::{Mutex, PoisonError};

/// Shorter secrets are not looked for: they would be found in ordinary words.
const SHORTEST: usize = 6;

/// How many bytes of a secret's beginning are hidden where a text was cut behind them, at least.
const SHORTEST_CUT: usize = 3;
/// What follows where a text was cut: see [`super::shortened`].
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

    /// Whether a request carries a private key, as a number or as a text.
    pub(super) fn key_in_request(&self, request: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_key = |one: &&String| one.len() == 64 && one.bytes().all(|c| c.is_ascii_hexdigit());
        let mut keys = all.iter().filter(is_key);
        keys.any(|key| {
            let texts = [key.to_lowercase(), key.to_uppercase()].map(hex::encode);
            request.contains(key) || texts.iter().any(|text| request.contains(text))
        })
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
        for secret in all.iter().filter(|secret| text.contains(secret.as_str())) {
            out = out.replace(secret.as_str(), HIDDEN);
        }
        out
    }
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
