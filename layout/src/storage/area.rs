//! The names of areas, and the slots at which they begin.

use std::fmt;

use alloy_primitives::{U256, keccak256};
use stylus_upgrades_interface::slots;

/// The prefix of the id of an ERC-7201 namespace.
const ERC7201: &str = "erc7201:";
/// The prefix of a text whose hash is the root.
const HASH: &str = "keccak256:";
/// The prefix of a text whose hash minus one is the root.
const HASH_MINUS_ONE: &str = "keccak256-1:";

/// The root of an area in the style that preceded ERC-7201: `keccak256("text")`, or one less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashRoot {
    text: String,
    is_one_less: bool,
}

impl HashRoot {
    /// Creates the root at the hash of a text.
    pub fn from_text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            is_one_less: false,
        }
    }

    /// Returns the root one slot before the hash; none if this root is that one.
    pub fn minus_one(self) -> Option<Self> {
        let is_one_less = !self.is_one_less;
        is_one_less.then_some(Self {
            is_one_less,
            ..self
        })
    }

    /// The slot.
    pub fn slot(&self) -> U256 {
        let hash = U256::from_be_bytes(keccak256(&self.text).0);
        hash.wrapping_sub(U256::from(u8::from(self.is_one_less)))
    }
}

impl fmt::Display for HashRoot {
    /// The name of the area: `keccak256:text`, or `keccak256-1:text` for the slot before the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.is_one_less {
            HASH_MINUS_ONE
        } else {
            HASH
        };
        write!(f, "{prefix}{}", self.text)
    }
}

/// The slot at which an area begins; none if its name does not determine it.
pub(super) fn area_root(name: &str) -> Option<U256> {
    if let Some(id) = name.strip_prefix(ERC7201) {
        return Some(slots::erc7201(id.as_bytes()).into());
    }
    let hash = name.strip_prefix(HASH).map(HashRoot::from_text);
    let one_less = name.strip_prefix(HASH_MINUS_ONE).map(HashRoot::from_text);
    let root = hash.or_else(|| one_less?.minus_one())?;
    Some(root.slot())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_begins_at_the_slot_of_its_name() {
        let hash = U256::from_be_bytes(keccak256("diamond.standard.diamond.storage").0);
        let root = HashRoot::from_text("diamond.standard.diamond.storage");
        assert_eq!(root.slot(), hash);
        assert_eq!(area_root(&root.to_string()), Some(hash));
        let before = root.minus_one().expect("the slot before");
        assert_eq!(
            before.to_string(),
            "keccak256-1:diamond.standard.diamond.storage"
        );
        assert_eq!(area_root(&before.to_string()), Some(hash - U256::ONE));
        assert_eq!(before.minus_one(), None);
        assert_eq!(area_root("custom:space"), None);
    }
}
