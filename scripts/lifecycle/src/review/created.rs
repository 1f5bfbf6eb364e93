//! Creation of an instance: its address, the code that it runs, and the storage that it would have.

use crate::ids::CodeHash;
use crate::plan::{Change, Creation, ether};
use alloy::primitives::Address;
use serde::Serialize;

/// The instance that is created.
#[derive(Debug, Serialize)]
pub struct Created {
    /// The definition.
    pub definition: String,
    /// The version.
    pub version: String,
    /// The kind of the proxy, in words.
    pub kind: String,
    /// The account with the version's code; none where nobody registered the version.
    pub implementation: Option<Address>,
    /// The hash of that code.
    pub codehash: Option<CodeHash>,
    /// The result of the creation on a copy; none where it could not be tried.
    pub tried: Option<Creation>,
}

impl Created {
    /// Lines for people.
    pub fn lines(&self) -> Vec<String> {
        let (name, version, kind) = (&self.definition, &self.version, &self.kind);
        let mut lines = vec![format!("creates    {name} {version}, {kind}")];
        if let (Some(account), Some(hash)) = (self.implementation, self.codehash) {
            lines.push(format!("  code     {account} {hash}"));
        }
        let Some(tried) = &self.tried else {
            return lines;
        };
        lines.push(format!("  proxy    {}", tried.proxy));
        for values in tried.changes.iter().flat_map(Change::values) {
            lines.push(format!("  holds    {}: {}", values.name, values.after));
        }
        lines.extend(
            tried
                .balance
                .map(|wei| format!("  ether    {}", ether(wei))),
        );
        let others = tried.others.iter();
        lines.extend(others.map(|other| format!("  changes  {}", other.words())));
        let events = tried.events.iter();
        lines.extend(events.map(|event| format!("  emits    {}", event.what)));
        lines
    }
}
