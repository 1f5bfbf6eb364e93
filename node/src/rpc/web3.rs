//! `web3_*` and `net_*`.

use std::collections::BTreeMap;

use alloy::primitives::{Bytes, keccak256};

use super::answer::ok;
use super::args::RpcArgs;
use super::method::RpcMethod::{Lookup, Read};
use super::method::{MethodTable, RpcResult};
use crate::view::NodeView;

pub(super) const METHODS: MethodTable = &[
    ("web3_clientVersion", Lookup(client_version)),
    ("web3_sha3", Read(sha3)),
    ("net_version", Lookup(version)),
    ("eth_networkId", Lookup(version)),
    ("net_listening", Lookup(listening)),
    ("net_peerCount", Lookup(peer_count)),
    ("rpc_modules", Lookup(modules)),
];

/// The version of anvil whose methods and flags this node offers. Hardhat's network helpers refuse
/// a node whose version does not begin with a name that they know.
const ANVIL: &str = "anvil/v1.7.1";

/// The name that tools know, then name and version of this program and of the rules that it runs.
pub(super) fn version_text(view: &NodeView) -> String {
    format!(
        "{ANVIL} (stylus-devnode/{} arbos-{})",
        env!("CARGO_PKG_VERSION"),
        view.chain.arbos_version()
    )
}

fn client_version(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(version_text(view))
}

fn sha3(_: &NodeView, args: &RpcArgs) -> RpcResult {
    ok(keccak256(args.get::<Bytes>(0, "data")?))
}

fn version(view: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(view.chain.chain_id().to_string())
}

fn listening(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok(true)
}

/// The namespaces, each at geth's version.
fn modules(_: &NodeView, _: &RpcArgs) -> RpcResult {
    let all = [
        "anvil", "debug", "eth", "evm", "net", "rpc", "txpool", "web3",
    ];
    ok(all
        .into_iter()
        .map(|name| (name, "1.0"))
        .collect::<BTreeMap<_, _>>())
}

fn peer_count(_: &NodeView, _: &RpcArgs) -> RpcResult {
    ok("0x0")
}
