//! The places where an endpoint contradicts the proven trie.

use crate::text::word;
use alloy::primitives::B256;
use serde::Serialize;

/// A difference between the proven trie and what the endpoint gave as its slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotDifference {
    /// keccak256 of the slot.
    pub hash: B256,
    /// The value that was given; none where the slot was withheld.
    pub given: Option<B256>,
    /// The value that is proven; none where there is none.
    pub proven: Option<B256>,
}

impl SlotDifference {
    /// The line for people.
    pub(super) fn line(&self) -> String {
        let show = |value: Option<B256>| value.map_or("nothing".into(), |value| word(&value));
        let did = match (self.given, self.proven) {
            (None, _) => "withheld",
            (_, None) => "added",
            _ => "changed",
        };
        format!(
            "✗ the endpoint {did} the slot with the hash {}: it said {}, and it holds {}",
            self.hash,
            show(self.given),
            show(self.proven)
        )
    }
}
