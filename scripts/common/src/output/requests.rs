//! Requests that stay on this machine, because they carry a key that was typed in the wrong place.

use super::Output;
use crate::assess::FindingId;
use crate::error::Refusal;
use crate::request_check::RequestCheck;

impl RequestCheck for Output {
    fn withheld(&self, request: &str) -> Option<Refusal> {
        const NEXT: &str = "remove a key from the history of the shell";
        if self.secrets.key_in_request(request) {
            let says = "an argument is the private key of the sender, or of an account with a name";
            let refusal = Refusal::new("PrivateKeyTyped", says);
            let next = format!("no request carried it; {NEXT}");
            return Some(
                refusal
                    .with("an id, a name or a value", "a private key", next)
                    .usage(),
            );
        }
        let (word, id) = (self.typed.in_request(request)?, FindingId::POSSIBLE_KEY);
        let says = format!("{word} may be a private key, and a request would carry it as a text");
        let refusal = Refusal::new("PossibleKey", says).with(
            format!("a name or a label with fewer hexadecimal digits, or --accept {id}"),
            word,
            format!("no request carried it; {NEXT}; if it is none, give --accept {id}"),
        );
        Some(refusal.usage())
    }
}
