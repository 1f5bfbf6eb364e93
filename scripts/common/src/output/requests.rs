//! Requests that stay on this machine, because they carry a key that was typed in the wrong place.

use super::Output;
use super::secrets::SearchedRequest;
use crate::assess::FindingId;
use crate::error::Refusal;
use crate::request_check::RequestCheck;
use alloy::primitives::Address;

/// What to do where a key was typed in the wrong place.
const NEXT: &str = "no request carried it; remove a key from the history of the shell";

impl Output {
    /// Refuses, and hides, what was typed and is the private key of one of these accounts.
    pub fn require_no_key_of(&self, accounts: &[Address]) -> Result<(), Refusal> {
        let keys = self.typed.keys_of(accounts);
        keys.iter().for_each(|key| self.hide(key));
        match keys.is_empty() {
            true => Ok(()),
            false => Err(key_typed()),
        }
    }
}

impl RequestCheck for Output {
    fn withheld(&self, request: &str) -> Option<Refusal> {
        let request = SearchedRequest::of(request);
        if self.secrets.key_in(&request) {
            return Some(key_typed());
        }
        let (word, id) = (self.typed.in_request(&request)?, FindingId::POSSIBLE_KEY);
        let says = format!("{word} may be a private key, and a request would carry it as a text");
        let refusal = Refusal::new("PossibleKey", says).with(
            format!("a name or a label with fewer hexadecimal digits, or --accept {id}"),
            word,
            format!("{NEXT}; if it is none, give --accept {id}"),
        );
        Some(refusal.usage())
    }
}

fn key_typed() -> Refusal {
    let says = "an argument is the private key of the sender, or of an account with a name";
    let refusal = Refusal::new("PrivateKeyTyped", says);
    let refusal = refusal.with("an id, a name or a value", "a private key", NEXT);
    refusal.usage()
}
