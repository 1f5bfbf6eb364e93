//! The node inside a process.

use serde_json::json;
use stylus_devnode::{NodeConfig, NodeError, spawn};

use crate::support::{block_number, mine, node, refused, rpc};

#[test]
fn two_nodes_run_side_by_side_and_know_nothing_of_each_other() {
    let (first, second) = (node(), node());
    assert_ne!(first.port(), second.port());
    mine(first.port());
    assert_eq!(block_number(first.port()), "0x1");
    assert_eq!(block_number(second.port()), "0x0");
}

#[test]
fn a_node_may_be_dropped_inside_an_async_runtime() {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            drop(node());
        });
}

#[test]
fn a_port_in_use_is_a_typed_error() {
    let first = node();
    let error = spawn(NodeConfig {
        port: first.port(),
        ..NodeConfig::default()
    })
    .unwrap_err();
    assert!(
        matches!(error, NodeError::AddressInUse { address } if address.port() == first.port()),
        "{error}"
    );
}

#[test]
fn with_chain_reaches_the_chain_between_two_requests() {
    let node = node();
    let number = node.with_chain(|chain| {
        chain.mine(3, None).unwrap();
        chain.block_number()
    });
    assert_eq!(number.unwrap(), 3);
    assert_eq!(block_number(node.port()), "0x3");
}

#[test]
fn a_panic_in_work_is_an_error_and_the_node_continues() {
    let node = node();
    let error = node.with_chain(|_| panic!("on purpose")).unwrap_err();
    assert!(error.to_string().contains("on purpose"), "{error}");
    assert_eq!(rpc(node.port(), "eth_chainId", json!([])), "0x64aba");
    let found = refused(node.port(), "eth_nothing", json!([]));
    assert_eq!(found, -32601);
}

#[test]
fn a_handle_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&node());
}
