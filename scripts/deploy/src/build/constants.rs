//! Addresses and code hashes of the framework that crates name and have compiled in, so that no
//! slot holds them and no migration can change them.

use crate::ids::CodeHash;
use alloy::primitives::{Address, Bytes};
use std::collections::BTreeMap;

/// A value of the framework for the crates that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// The environment variable holds it.
    Text(String),
    /// The environment variable holds the path of a file with it.
    File(Bytes),
}

/// Values by the names of the environment variables.
pub type Constants = BTreeMap<String, Constant>;

impl Constant {
    /// The value.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::File(bytes) => bytes,
        }
    }
}

/// The prefix of the names of the framework's build constants.
pub(super) const PREFIX: &str = "STYLUS_UPGRADES_";

/// Adds address and code hash of a program.
pub(super) fn account(constants: &mut Constants, name: &str, address: Address, codehash: CodeHash) {
    let codehash = Constant::Text(hex::encode(codehash));
    set(constants, name, Constant::Text(hex::encode(address)));
    set(constants, &format!("{name}_CODEHASH"), codehash);
}

/// Adds a value.
pub(super) fn set(constants: &mut Constants, name: &str, value: Constant) {
    constants.insert(format!("{PREFIX}{name}"), value);
}
