//! The list of the programs, as it stands in `artifacts/manifest.toml`.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// The tools that the programs were built with, and the facts of each of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The compiler, as `rustc -V` calls itself.
    pub rustc: String,
    /// The tool that encoded the modules again for the chain.
    pub encoder: String,
    /// The programs, in the order in which they are built.
    pub programs: Vec<Entry>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name, which is its file's as well.
    pub name: String,
    /// Bytes of its code on chain.
    pub size: usize,
    /// keccak256 of them.
    pub codehash: B256,
    /// The address at which the CREATE2 deployer puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The hash of the sources that it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_hash: Option<B256>,
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Its text.
    ///
    /// # Errors
    /// If it cannot be written as TOML.
    pub fn to_text(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|error| error.to_string())
    }

    /// The program of that name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.programs.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_unknown_words_are_refused() {
        let manifest = Manifest {
            rustc: "rustc 1".into(),
            encoder: "encoder 2".into(),
            programs: vec![Entry {
                name: "one".into(),
                size: 3,
                codehash: B256::repeat_byte(1),
                address: Some(Address::repeat_byte(2)),
                source_hash: None,
            }],
        };
        let text = manifest.to_text().expect("TOML");
        assert_eq!(Manifest::parse(&text), Ok(manifest));
        let refused = Manifest::parse(&format!("{text}more = 1\n")).expect_err("unknown");
        assert!(refused.contains("more"), "{refused}");
    }
}
