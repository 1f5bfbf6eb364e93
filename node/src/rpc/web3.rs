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

/// Name and version of this program and of the rules it runs.
pub(super) fn version_text(node: &Node) -> String {
    format!(
        "stylus-devnode/v{}/arbos-{}",
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
