//! State, transaction and receipt roots, and proofs against them, checked by alloy-trie.

use crate::common::*;
use alloy_consensus::{TrieAccount, proofs};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rpc_types::{EIP1186AccountProofResponse as AccountProof, serde_helpers::JsonStorageKey};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, proof::verify_proof};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use stylus_chain::{BlockId, CallRequest, Chain};

/// The state root, computed from everything that a dump lists.
fn from_scratch(chain: &Chain) -> B256 {
    let state = chain.dump_state().expect("dumps");
    let content = serde_json::to_value(&state).expect("JSON");
    let accounts: BTreeMap<Address, Value> =
        serde_json::from_value(content["accounts"].clone()).expect("accounts");
    let leaves = accounts.into_iter().map(|(address, account)| {
        let read = |name: &str| account.get(name).cloned().unwrap_or_default();
        let slots: BTreeMap<U256, U256> = match read("storage") {
            Value::Null => BTreeMap::new(),
            slots => serde_json::from_value(slots).expect("slots"),
        };
        let code: Bytes = serde_json::from_value(read("code")).expect("code");
        let slots = slots.into_iter().map(|(slot, value)| (slot.into(), value));
        let account = TrieAccount {
            nonce: read("nonce").as_u64().expect("a number"),
            balance: serde_json::from_value(read("balance")).expect("a balance"),
            storage_root: alloy_trie::root::storage_root_unhashed(slots),
            code_hash: keccak256(&code),
        };
        (address, account)
    });
    alloy_trie::root::state_root_unhashed(leaves.collect::<BTreeMap<_, _>>())
}

fn header(chain: &Chain, id: BlockId) -> alloy_consensus::Header {
    chain.block(id).expect("known").header.clone()
}

fn keys(slots: &[U256]) -> Vec<JsonStorageKey> {
    let keys = slots.iter().map(|slot| B256::from(*slot).into());
    keys.collect()
}

/// Checks an account's proof, and those of its slots, against a root.
fn verify(root: B256, address: Address, proof: &AccountProof) {
    let exists = proof.nonce > 0 || !proof.balance.is_zero() || !proof.code_hash.is_zero();
    let account = TrieAccount {
        nonce: proof.nonce,
        balance: proof.balance,
        storage_root: proof.storage_hash,
        code_hash: proof.code_hash,
    };
    let value = exists.then(|| alloy_rlp::encode(account));
    let key = Nibbles::unpack(keccak256(address));
    verify_proof(root, key, value, &proof.account_proof).expect("the account is proved");
    for slot in &proof.storage_proof {
        let key = Nibbles::unpack(keccak256(slot.key.as_b256()));
        let value = (!slot.value.is_zero()).then(|| alloy_rlp::encode(slot.value));
        let storage_root = if exists {
            proof.storage_hash
        } else {
            EMPTY_ROOT_HASH
        };
        verify_proof(storage_root, key, value, &slot.proof).expect("the slot is proved");
    }
}

#[test]
fn every_block_carries_the_roots_of_its_state_transactions_and_receipts() {
    let mut chain = chain();
    assert_eq!(
        header(&chain, BlockId::latest()).state_root,
        from_scratch(&chain)
    );
    let counter = install(&mut chain, &counter());
    for _ in 0..3 {
        send(&mut chain, ALICE, request(counter, Bytes::new()));
        let block = chain.block(BlockId::latest()).expect("known");
        assert_eq!(block.header.state_root, from_scratch(&chain));
        let envelopes: Vec<_> = block
            .transactions
            .iter()
            .map(|tx| tx.envelope.clone())
            .collect();
        assert_eq!(
            block.header.transactions_root,
            proofs::calculate_transaction_root(&envelopes)
        );
        assert_ne!(block.header.receipts_root, EMPTY_ROOT_HASH);
    }
    // Empty blocks leave the state as it is.
    let root = header(&chain, BlockId::latest()).state_root;
    chain.mine(10, None).expect("mines");
    assert_eq!(header(&chain, BlockId::latest()).state_root, root);
    // What is changed from outside of blocks enters the next one's root.
    chain.set_balance(BOB, U256::from(5));
    assert_eq!(header(&chain, BlockId::latest()).state_root, root);
    chain.mine(1, None).expect("mines");
    assert_eq!(
        header(&chain, BlockId::latest()).state_root,
        from_scratch(&chain)
    );
    assert_ne!(header(&chain, BlockId::latest()).state_root, root);
}

#[test]
fn proofs_of_accounts_and_slots_hold_at_every_block_and_exclude_what_is_not_there() {
    let mut chain = chain();
    let counter = install(&mut chain, &counter());
    for count in 0..5u64 {
        send(&mut chain, ALICE, request(counter, Bytes::new()));
        let slot = U256::from(keccak256([count as u8]).0[0]) + U256::from(1_000);
        chain.set_storage_at(counter, slot, B256::with_last_byte(9));
    }
    chain.mine(3, None).expect("mines");
    let slots = [U256::ZERO, U256::from(1), U256::MAX];
    let nobody = Address::repeat_byte(0x5a);
    for number in 0..=chain.block_number() {
        let id = BlockId::number(number);
        let root = header(&chain, id).state_root;
        for address in [ALICE, BOB, counter, nobody, ARB_WASM] {
            let proof = chain.proof(address, keys(&slots), id).expect("proved");
            verify(root, address, &proof);
        }
    }
    let [head, edited] = [chain.block_number(), 3].map(BlockId::number);
    let proved = |id| {
        chain
            .proof(counter, Vec::new(), id)
            .expect("proved")
            .storage_hash
    };
    let read = |id| chain.storage_root(counter, id).expect("known");
    assert_eq!(read(head), proved(head));
    // A slot was set after that block, from outside of blocks.
    assert_ne!(read(edited), proved(edited));
    let latest = chain
        .proof(counter, keys(&slots), BlockId::latest())
        .expect("proved");
    assert_eq!(latest.storage_proof[0].value, U256::from(5));
    let absent = chain
        .proof(nobody, keys(&slots), BlockId::latest())
        .expect("proved");
    assert_eq!(absent.storage_hash, B256::ZERO);
    // A proof of something else does not hold.
    let mut wrong = latest.clone();
    wrong.balance += U256::from(1);
    let root = header(&chain, BlockId::latest()).state_root;
    assert!(std::panic::catch_unwind(|| verify(root, counter, &wrong)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roots_are_those_of_a_recomputation_through_edits_blocks_snapshots_and_dumps(
        steps in prop::collection::vec((0..8u8, 0..12u8, 0..4u64), 1..40),
    ) {
        let mut chain = chain();
        let mut snapshots = Vec::new();
        for (step, who, value) in steps {
            let address = Address::repeat_byte(who);
            match step {
                0 => chain.set_balance(address, U256::from(value)),
                1 => chain.set_nonce(address, value),
                2 | 3 => chain.set_storage_at(address, U256::from(who % 3), U256::from(value).into()),
                4 => {
                    let value = U256::from(value);
                    let to = request(address, Bytes::new());
                    send(&mut chain, ALICE, CallRequest { value, ..to });
                }
                5 => snapshots.push(chain.snapshot()),
                6 => {
                    if let Some(id) = snapshots.pop() {
                        prop_assert!(chain.revert(id));
                    }
                }
                _ => {
                    let state = chain.dump_state().expect("dumps");
                    chain.load_state(state).expect("loads");
                    snapshots.clear();
                }
            }
            if value == 3 {
                chain.mine(1, None).expect("mines");
                prop_assert_eq!(header(&chain, BlockId::latest()).state_root, from_scratch(&chain));
                let proof = chain.proof(address, keys(&[U256::ZERO]), BlockId::latest()).expect("proved");
                verify(from_scratch(&chain), address, &proof);
            }
        }
        chain.mine(1, None).expect("mines");
        prop_assert_eq!(header(&chain, BlockId::latest()).state_root, from_scratch(&chain));
    }
}
