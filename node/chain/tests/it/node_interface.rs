//! NodeInterface: what the RPC answers in the place of a contract.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, sol};
use stylus_chain::{BlockId, Chain, ChainConfig, ChainError, Overrides};

const NODE_INTERFACE: Address = Address::with_last_byte(0xc8);

sol! {
    function blockL1Num(uint64 number) external view returns (uint64);
    function l2BlockRangeForL1(uint64 number) external view returns (uint64 first, uint64 last);
    function getL1Confirmations(bytes32 hash) external view returns (uint64);
    function constructOutboxProof(uint64 size, uint64 leaf) external view returns (bytes32 send, bytes32 root, bytes32[] memory proof);
    function gasEstimateComponents(address to, bool creates, bytes calldata data) external payable returns (uint64 gas, uint64 gasForL1, uint256 baseFee, uint256 l1BaseFee);
    function gasEstimateL1Component(address to, bool creates, bytes calldata data) external payable returns (uint64 gasForL1, uint256 baseFee, uint256 l1BaseFee);
    function withdrawEth(address destination) external payable returns (uint256);
}

fn estimate(chain: &Chain, data: Vec<u8>) -> Result<u64, ChainError> {
    let mut question = request(NODE_INTERFACE, data);
    question.gas = None;
    chain.estimate_gas(question, BlockId::latest(), &Overrides::default())
}

/// A chain with the gas cap of Nitro's RPC.
fn capped() -> Chain {
    Chain::new(ChainConfig {
        auto_impersonate: true,
        ..ChainConfig::default()
    })
}

#[test]
fn estimates_are_split_and_cost_what_was_measured_on_nitro() {
    let chain = capped();
    let (to, creates, data) = (Address::ZERO, false, Bytes::new());
    let whole = gasEstimateComponentsCall {
        to,
        creates,
        data: data.clone(),
    };
    let parts = ask(&chain, NODE_INTERFACE, whole.clone());
    assert_eq!((parts.gas, parts.gasForL1), (21_000, 0));
    assert_eq!(parts.baseFee, U256::from(100_000_000));
    assert_eq!(parts.l1BaseFee, U256::ZERO);
    assert_eq!(estimate(&chain, whole.abi_encode()).ok(), Some(0x12fc));
    let l1 = gasEstimateL1ComponentCall { to, creates, data };
    assert_eq!(ask(&chain, NODE_INTERFACE, l1.clone()).gasForL1, 0);
    assert_eq!(estimate(&chain, l1.abi_encode()).ok(), Some(0xfd9));

    // NodeInterface itself is no contract, and what fails has no estimate.
    let virtual_one = gasEstimateComponentsCall {
        to: NODE_INTERFACE,
        ..whole.clone()
    };
    let init = Bytes::from_static(&hex!("5f5ffd"));
    let reverting = gasEstimateComponentsCall {
        creates: true,
        data: init,
        ..whole
    };
    for refused in [virtual_one, reverting] {
        let refused = refused.abi_encode();
        let said = call(&chain, request(NODE_INTERFACE, refused.clone())).halt;
        assert!(
            halted(&said).starts_with("execution reverted: "),
            "{said:?}"
        );
        let estimated = estimate(&chain, refused);
        assert!(
            matches!(estimated, Err(ChainError::Reverted { .. })),
            "{estimated:?}"
        );
    }
}

#[test]
fn blocks_are_found_by_their_l1_block() {
    let mut chain = capped();
    chain.mine(2, None).expect("mines");
    let number = 1;
    let l1 = blockL1NumCall { number };
    assert_eq!(ask(&chain, NODE_INTERFACE, l1.clone()), 1);
    assert_eq!(estimate(&chain, l1.abi_encode()).ok(), Some(817));
    let range = l2BlockRangeForL1Call { number };
    let found = ask(&chain, NODE_INTERFACE, range.clone());
    assert_eq!((found.first, found.last), (0, 2));
    assert_eq!(estimate(&chain, range.abi_encode()).ok(), Some(820));
    let hash = B256::ZERO;
    for unknown in [
        blockL1NumCall { number: 9 }.abi_encode(),
        l2BlockRangeForL1Call { number: 9 }.abi_encode(),
        getL1ConfirmationsCall { hash }.abi_encode(),
        vec![1, 2, 3, 4],
        vec![],
    ] {
        let outcome = call(&chain, request(NODE_INTERFACE, unknown));
        assert!(halted(&outcome.halt).starts_with("execution reverted: "));
    }
    // A transaction finds an empty account, as on Nitro.
    done(&mut chain, ALICE, request(NODE_INTERFACE, Bytes::new()));
}

#[test]
fn messages_to_l1_are_proved_to_be_in_the_tree() {
    let mut chain = capped();
    let ask_for = |chain: &Chain, size, leaf| {
        ask(
            chain,
            NODE_INTERFACE,
            constructOutboxProofCall { size, leaf },
        )
    };
    let empty = ask_for(&chain, 0, 0);
    assert_eq!(
        (empty.send, empty.root),
        (B256::ZERO, keccak256(B256::ZERO))
    );
    assert!(empty.proof.is_empty());
    let sys = Address::with_last_byte(0x64);
    let destination = address!("9A5899c745DF3E466b77e25eC6F1a2960cC8AA9c");
    let withdraw = withdrawEthCall { destination }.abi_encode();
    for _ in 0..3 {
        done(&mut chain, ALICE, request(sys, withdraw.clone()));
    }
    let root = chain
        .block(BlockId::latest())
        .expect("known")
        .header
        .extra_data
        .clone();
    for leaf in 0..3 {
        let found = ask_for(&chain, 3, leaf);
        assert_eq!(found.root[..], root[..]);
        let mut node = keccak256(found.send);
        for (level, beside) in found.proof.iter().enumerate() {
            let both = match (leaf >> level) & 1 {
                0 => [node, *beside],
                _ => [*beside, node],
            };
            node = keccak256([both[0].as_slice(), both[1].as_slice()].concat());
        }
        assert_eq!(node, found.root, "{leaf}");
    }
    let beyond = constructOutboxProofCall { size: 4, leaf: 0 }.abi_encode();
    assert!(call(&chain, request(NODE_INTERFACE, beyond)).halt.is_some());
}
