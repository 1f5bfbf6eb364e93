//! The origins that registries had when they were first met, in the user's state folder: the
//! events need not be read again. A file is believed only as far as the address follows from it.

use super::origin::Origin;
use crate::state_folder::{recall, remember, state_folder};
use alloy::primitives::{Address, B256};
use std::path::{Path, PathBuf};

/// The folder of the files in it.
const REGISTRIES: &str = "registries";

/// A registry on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The chain's id.
    pub chain_id: u64,
    /// The hash of its block 0.
    pub genesis: B256,
    /// The registry.
    pub registry: Address,
}

/// The folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    folder: Option<PathBuf>,
}

impl Remembered {
    /// The user's ([`state_folder`]). Nothing is remembered where there is none.
    pub fn of_user() -> Self {
        Self {
            folder: state_folder(),
        }
    }

    /// The same in that folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
        }
    }

    /// Reads what is remembered; nothing where it cannot be read. It may be anything: the caller derives the
    /// address from it.
    pub fn recall(&self, key: Key) -> Option<Origin> {
        recall(&self.file(key)?)
    }

    /// Remembers it. Where nothing can be written, the events are read the next time, too.
    pub fn remember(&self, key: Key, origin: &Origin) {
        if let Some(file) = self.file(key) {
            remember(&file, origin);
        }
    }

    fn file(&self, key: Key) -> Option<PathBuf> {
        let (chain_id, genesis, registry) = (key.chain_id, key.genesis, key.registry);
        let name = format!("{chain_id}-{genesis:#x}-{registry:#x}.json");
        Some(self.folder.as_ref()?.join(REGISTRIES).join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Salt;

    fn key() -> Key {
        Key {
            chain_id: 7,
            genesis: B256::repeat_byte(1),
            registry: Address::repeat_byte(2),
        }
    }

    fn origin() -> Origin {
        Origin {
            define_policy: "0x01".into(),
            salt: Salt::counted(3).expect("not zero"),
        }
    }

    #[test]
    fn what_is_remembered_is_recalled_for_the_same_chain_and_address_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let remembered = Remembered::in_folder(&folder.path().join("a").join("b"));
        assert_eq!(remembered.recall(key()), None);
        remembered.remember(key(), &origin());
        assert_eq!(remembered.recall(key()), Some(origin()));
        for other in [
            Key {
                chain_id: 8,
                ..key()
            },
            Key {
                genesis: B256::ZERO,
                ..key()
            },
            Key {
                registry: Address::ZERO,
                ..key()
            },
        ] {
            assert_eq!(remembered.recall(other), None);
        }
    }

    #[test]
    fn another_file_or_one_that_cannot_be_written_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let remembered = Remembered::in_folder(folder.path());
        remembered.remember(key(), &origin());
        let file = remembered.file(key()).expect("a file");
        for text in ["", "{}", "[1]", r#"{"define_policy":"0x01","salt":"0x00"}"#] {
            std::fs::write(&file, text).expect("written");
            assert_eq!(remembered.recall(key()), None, "{text}");
        }
        let zero = format!(r#"{{"define_policy":"0x01","salt":"{}"}}"#, B256::ZERO);
        std::fs::write(&file, zero).expect("written");
        assert_eq!(remembered.recall(key()), None, "salt 0");

        std::fs::write(folder.path().join("file"), "").expect("written");
        let nowhere = Remembered::in_folder(&folder.path().join("file"));
        nowhere.remember(key(), &origin());
        assert_eq!(nowhere.recall(key()), None);
    }
}
