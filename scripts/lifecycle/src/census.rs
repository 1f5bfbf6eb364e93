//! The subject of a census, and the text that it gives to others. The laboratory takes a census; see its `census`.

use crate::client::{ChainError, Client};
use alloy::primitives::Address;
use futures::future::LocalBoxFuture;
use serde::Serialize;
use std::path::Path;
use stylus_layout::Layout;

/// The subject of a census.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The instance.
    pub proxy: Address,
    /// Its version, as the endpoint says.
    pub version: String,
    /// The code that its implementation slot must name for that; none while it is paused.
    pub implementation: Option<Address>,
    /// The layout of its version, or why it is not known.
    pub layout: Result<Layout, String>,
    /// The labels of its definition's versions.
    pub versions: Vec<String>,
    /// True if the EVM runs its code.
    pub is_evm: bool,
}

/// The amount that one field stores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FieldCount {
    /// `erc7201:…`; empty for what is counted from slot 0; `framework` for what the proxy keeps.
    pub area: String,
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Entries of its mappings.
    pub entries: u64,
    /// Slots that are not zero; one that several fields share counts once, for the first of them.
    pub slots: u64,
    /// Bytes of those.
    pub bytes: u64,
}

/// A census as a page shows it.
#[derive(Debug, Clone)]
pub struct CensusPage {
    /// The instance.
    pub proxy: Address,
    /// The block, and a note if these are not all slots.
    pub heading: Vec<String>,
    /// The fields that store something.
    pub fields: Vec<FieldCount>,
    /// Deviations from the expected state, or a line that there are none.
    pub findings: Vec<String>,
}

/// A block at which the entries of a mapping can be listed.
pub trait Entries {
    /// Its number.
    fn block(&self) -> u64;

    /// Writes the entries of the field `field` of an instance into a new file, if none may be missing; else returns why
    /// one may be.
    fn write<'a>(
        &'a self,
        client: &'a Client,
        subject: &'a Subject,
        field: &'a str,
        file: &'a Path,
    ) -> LocalBoxFuture<'a, Result<Option<String>, ChainError>>;
}
