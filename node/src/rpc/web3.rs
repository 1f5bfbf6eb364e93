//! `web3_*` and `net_*`.

use alloy::primitives::{Bytes, keccak256};

use super::args::Args;
use super::{RpcResult, Table, ok};
use crate::node::Node;

pub(super) const METHODS: Table = &[
    ("web3_clientVersion", client_version),
    ("web3_sha3", sha3),
    ("net_version", version),
    ("eth_networkId", version),
    ("net_listening", listening),
    ("net_peerCount", peer_count),
];

/// The version of anvil whose methods and flags this node offers. Hardhat's network helpers refuse
/// a node whose version does not begin with a name that they know.
const ANVIL: &str = "anvil/v1.7.1";

/// Name and version of this program and of the rules it runs, behind the name that tools know.
pub(super) fn version_text(node: &Node) -> String {
    format!(
        "{ANVIL} (stylus-devnode/{} arbos-{})",
        env!("CARGO_PKG_VERSION"),
        node.chain.arbos_version()
    )
}

fn client_version(node: &mut Node, _: &Args) -> RpcResult {
    ok(version_text(node))
}

fn sha3(_: &mut Node, args: &Args) -> RpcResult {
    ok(keccak256(args.get::<Bytes>(0, "data")?))
}

fn version(node: &mut Node, _: &Args) -> RpcResult {
    ok(node.chain.chain_id().to_string())
}

fn listening(_: &mut Node, _: &Args) -> RpcResult {
    ok(true)
}

fn peer_count(_: &mut Node, _: &Args) -> RpcResult {
    ok("0x0")
}
