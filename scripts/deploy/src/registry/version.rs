//! A version to be added, as the governed calls take it.

use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// A version to be added.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The definition's name.
    pub name: String,
    /// The version's label.
    pub version: String,
    /// Its code.
    pub code: Code,
    /// The way into it.
    pub step: Step,
}

impl From<NewVersion> for abi::addVersionCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}

impl From<NewVersion> for abi::migrateCall {
    fn from(new: NewVersion) -> Self {
        Self {
            name: new.name,
            version: new.version,
            code: new.code,
            step: new.step,
        }
    }
}
