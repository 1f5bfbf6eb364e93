//! What can go wrong with a manifest.

use super::FILE;
use crate::address::AddressError;
use crate::error::{Exit, Explain};
use crate::own_file::FileError;
use alloy::primitives::Address;
use std::path::PathBuf;
use thiserror::Error;

/// What can go wrong with a manifest.
#[derive(Debug, Error, Explain)]
#[explain(exit = Exit::Usage)]
pub enum ManifestError {
    /// The file cannot be had, or others may have written it.
    #[error("the manifest cannot be used: {0}")]
    #[explain(
        name = match _0.is_io() {
            true => "ManifestUnreadable",
            false => "ManifestUntrusted",
        },
        of = _0
    )]
    File(#[from] FileError),
    /// The file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    #[explain(
        name = "ManifestUnreadable",
        expected = "a file that can be read",
        found = "{reason}",
        next = "check the path and its permissions"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        reason: String,
    },
    /// The file is no manifest.
    #[error("{} line {line}, column {column}: {reason}", path.display())]
    #[explain(
        name = "ManifestSyntax",
        expected = "network, rpc, registry, chain_id, explorer, key, proxy, [aliases] and [networks.NAME] in TOML",
        found = "{excerpt}",
        next = "correct line {line}"
    )]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The parser's words.
        reason: String,
        /// The line itself.
        excerpt: String,
    },
    /// A key stands in it.
    #[error("{}: {entry} is a private key; it is not repeated here", path.display())]
    #[explain(
        name = "ManifestSecret",
        expected = "where the key lies: {{ account = NAME }}, {{ keystore = FILE }}, {{ private_key_path = FILE }}, or \
                    {{ unlocked = ADDRESS }} for an account that the endpoint holds",
        found = "a private key in a file that others read",
        next = "take it out; if others may have read it, use another key"
    )]
    Secret {
        /// The file.
        path: PathBuf,
        /// Its entry.
        entry: String,
    },
    /// An alias that nobody could use.
    #[error("{}: {alias:?} cannot be an alias: {reason}", path.display())]
    #[explain(
        name = "ManifestAlias",
        expected = "a letter, then letters, digits, '_', '-' or '.': no address, no word of policies",
        found = match alias.is_empty() {
            true => "an empty name".to_owned(),
            false => alias.clone(),
        },
        next = "give it another name"
    )]
    Alias {
        /// The file.
        path: PathBuf,
        /// The alias.
        alias: String,
        /// Why not.
        reason: &'static str,
    },
    /// An address whose checksum does not hold.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Another address stands there already.
    #[error("{} has another {entry}", path.display())]
    #[explain(
        name = "ManifestDiffers",
        expected = "{offered}",
        found = "{held}",
        next = "remove {entry} there, or save under another name"
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// `registry`, or the alias.
        entry: String,
        /// What was to be saved.
        offered: Address,
        /// What stands there.
        held: String,
    },
    /// The alias stands for an address already, and a new one was to be saved under it.
    #[error("{} has {alias} already", path.display())]
    #[explain(
        name = "ManifestDiffers",
        expected = "an alias that is not taken",
        found = "{held}",
        next = "remove {alias} there, or save under another name"
    )]
    Taken {
        /// The file.
        path: PathBuf,
        /// The alias.
        alias: String,
        /// Its address.
        held: String,
    },
    /// A registry stands there, and another one was to be deployed and saved.
    #[error("{} names a registry already", path.display())]
    #[explain(
        name = "ManifestDiffers",
        expected = "a manifest without a registry",
        found = "{held}",
        next = "it is used as it is; to deploy another one, leave --save out, or remove `registry` there"
    )]
    HasRegistry {
        /// The file.
        path: PathBuf,
        /// The registry.
        held: Address,
    },
    /// A name that the manifest does not have.
    #[error("{name:?} is neither an address nor an alias")]
    #[explain(
        expected = match known.is_empty() {
            true => "0x and 40 hexadecimal digits; there are no aliases".to_owned(),
            false => format!("0x and 40 hexadecimal digits, or one of {}", known.join(", ")),
        },
        found = "{name}",
        next = "add {name} to [aliases] in {FILE}"
    )]
    UnknownAlias {
        /// The name.
        name: String,
        /// The aliases there are.
        known: Vec<String>,
    },
    /// The same, where an instance was expected.
    #[error("{name:?} is no instance: neither an address nor an alias")]
    #[explain(
        name = "UnknownAlias",
        expected = "the address of an instance, or its alias",
        found = "{name}",
        next = "a definition is upgraded by `stylus-upgrades migrate {name} {version}`; an instance's alias is added to \
                [aliases] in {FILE}"
    )]
    NotAnInstance {
        /// The name.
        name: String,
        /// The version that was wanted.
        version: String,
    },
    /// A network that the manifest does not have.
    #[error("the manifest has no network {name:?}")]
    #[explain(
        name = "UnknownNetwork",
        expected = match known.is_empty() {
            true => format!("a table [networks.{name}] in {FILE}; there is none"),
            false => format!("one of {}", known.join(", ")),
        },
        found = "{name}",
        next = "give --network (or STYLUS_UPGRADES_NETWORK) another name, or add the table"
    )]
    UnknownNetwork {
        /// The name.
        name: String,
        /// The networks there are.
        known: Vec<String>,
    },
    /// A network that nobody could use.
    #[error("{}: {entry}: {reason}", path.display())]
    #[explain(
        name = "ManifestNetwork",
        expected = "{expected}",
        found = "{reason}",
        next = "correct {entry}"
    )]
    Network {
        /// The file.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// What it should be.
        expected: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A network without the id of its chain.
    #[error("{}: [networks.{network}] does not say which chain it is", path.display())]
    #[explain(
        name = "ManifestNetwork",
        expected = "chain_id = NUMBER in [networks.{network}]: the endpoint's is compared with it before anything is sent",
        found = "no chain_id",
        next = "add it, such as 42161 for Arbitrum One, 421614 for Arbitrum Sepolia; `cast chain-id --rpc-url URL` asks an endpoint"
    )]
    NoChainId {
        /// The file.
        path: PathBuf,
        /// The network.
        network: String,
    },
    /// A variable of the environment that the RPC URL is made with.
    #[error("the manifest's RPC URL cannot be made: {reason}")]
    #[explain(
        name = "RpcUrlVariable",
        expected = "{expected}",
        found = "{reason}",
        next = "{next}"
    )]
    Variable {
        /// What is wrong.
        reason: String,
        /// What was expected.
        expected: String,
        /// What to do.
        next: String,
    },
}
