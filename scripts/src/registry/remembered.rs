//! What the addresses of registries followed from when they were first met, in the user's state folder: the
//! events need not be read again. A file is believed only as far as the address follows from it.

use super::origin::Origin;
use crate::own_file;
use alloy::primitives::{Address, B256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names the folder.
const STATE: &str = "STYLUS_UPGRADES_STATE";
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
    /// The user's: `STYLUS_UPGRADES_STATE`, else `stylus-upgrades` below `XDG_STATE_HOME` or
    /// `~/.local/state`. Nothing is remembered where there is none of them.
    pub fn of_user() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::chosen(
            variable(STATE),
            variable("XDG_STATE_HOME"),
            std::env::home_dir(),
        )
    }

    fn chosen(own: Option<OsString>, xdg: Option<OsString>, home: Option<PathBuf>) -> Self {
        let below = |folder: PathBuf| folder.join("stylus-upgrades");
        // XDG: what is relative is ignored.
        let xdg = xdg.map(PathBuf::from).filter(|folder| folder.is_absolute());
        let xdg = xdg.or_else(|| Some(home?.join(".local").join("state")));
        Self {
            folder: own.map(PathBuf::from).or(xdg.map(below)),
        }
    }

    /// The same in that folder.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
        }
    }

    /// What is remembered; nothing where it cannot be read. It may be anything: whoever asks derives the
    /// address from it.
    pub fn recall(&self, key: Key) -> Option<Origin> {
        let text = own_file::read(&self.file(key)?).ok()??;
        serde_json::from_str(&text).ok()
    }

    /// Remembers it. Where nothing can be written, the events are read the next time, too.
    pub fn remember(&self, key: Key, origin: &Origin) {
        let (Some(file), Ok(mut text)) = (self.file(key), serde_json::to_string_pretty(origin))
        else {
            return;
        };
        text.push('\n');
        let Some(folder) = file.parent() else { return };
        let outer = folder.parent().and_then(Path::parent);
        let made = outer.map_or(Ok(()), std::fs::create_dir_all);
        let mut own = folder.parent().into_iter().chain([folder]);
        if made.is_ok() && own.try_for_each(own_file::folder).is_ok() {
            let _ = own_file::write(&file, text.as_bytes());
        }
    }

    fn file(&self, key: Key) -> Option<PathBuf> {
        let Key {
            chain_id,
            genesis,
            registry,
        } = key;
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
    fn a_file_that_is_none_of_ours_or_cannot_be_written_is_nothing() {
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

    #[test]
    fn the_folder_is_the_one_that_was_named_else_that_of_the_user() {
        let chosen = |own: &str, xdg: &str, home: &str| {
            let value = |text: &str| Some(OsString::from(text)).filter(|text| !text.is_empty());
            let home = value(home).map(PathBuf::from);
            let found = Remembered::chosen(value(own), value(xdg), home).folder;
            found.map(|folder| folder.display().to_string())
        };
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(chosen("/own", "/xdg", "/home"), is("/own"));
        assert_eq!(chosen("", "/xdg", "/home"), is("/xdg/stylus-upgrades"));
        let home = is("/home/.local/state/stylus-upgrades");
        assert_eq!(chosen("", "relative", "/home"), home);
        assert_eq!(chosen("", "", "/home"), home);
        assert_eq!(chosen("", "", ""), None);
    }
}
