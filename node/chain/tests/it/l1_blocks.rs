//! L1 block numbers and hashes, as contracts see them.

use crate::common::*;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use stylus_chain::{BlockId, Chain, ChainConfig};

/// NUMBER; BLOCKHASH of the number in calldata.
const NUMBER: [u8; 7] = hex!("435f5260205ff3");
const BLOCKHASH: [u8; 9] = hex!("5f35405f5260205ff3");

struct Contracts {
    number: Address,
    hash: Address,
}

fn contracts(chain: &mut Chain) -> Contracts {
    Contracts {
        number: deploy(chain, &NUMBER),
        hash: deploy(chain, &BLOCKHASH),
    }
}

impl Contracts {
    fn number(&self, chain: &Chain) -> U256 {
        U256::from_be_slice(&call(chain, request(self.number, Bytes::new())).output)
    }

    fn hash(&self, chain: &Chain, of: u64) -> B256 {
        let input = U256::from(of).to_be_bytes::<32>().to_vec();
        B256::from_slice(&call(chain, request(self.hash, input)).output)
    }
}

fn config(l1_block_number: Option<u64>) -> Chain {
    Chain::new(ChainConfig {
        l1_block_number,
        auto_impersonate: true,
        ..ChainConfig::default()
    })
}

#[test]
fn a_chain_starts_at_an_l1_block_that_has_one_before_it() {
    let mut chain = chain();
    let it = contracts(&mut chain);
    assert_eq!(it.number(&chain), U256::ONE);
    assert_ne!(it.hash(&chain, 0), B256::ZERO);
    assert_eq!(it.hash(&chain, 1), B256::ZERO, "not of the present block");
    let block = chain.block(BlockId::latest()).expect("latest");
    assert_eq!(block.l1_block_number, 1);
    assert_eq!(block.header.mix_hash[8..16], 1u64.to_be_bytes());
    assert_eq!(block.receipts[0].l1_block_number, 1);
}

#[test]
fn the_l1_block_number_is_set_at_the_start_and_while_the_chain_runs() {
    let mut chain = config(Some(25_649_571));
    let it = contracts(&mut chain);
    assert_eq!(it.number(&chain), U256::from(25_649_571));
    let before = chain.block_number();
    chain.set_l1_block_number(Some(25_649_600));
    assert_eq!(it.number(&chain), U256::from(25_649_600));
    send(&mut chain, ALICE, request(it.number, Bytes::new()));
    let block = chain.block(BlockId::latest()).expect("latest");
    assert_eq!(block.l1_block_number, 25_649_600);
    let earlier = chain.block(BlockId::number(before - 1)).expect("known");
    assert_eq!(earlier.l1_block_number, 25_649_571);
    // The last 256 have hashes, all different; before and after them there is nothing.
    let (newest, oldest) = (25_649_599, 25_649_600 - 256);
    let hashes: std::collections::BTreeSet<B256> =
        (oldest..=newest).map(|of| it.hash(&chain, of)).collect();
    assert_eq!(hashes.len(), 256);
    assert!(!hashes.contains(&B256::ZERO));
    assert_eq!(it.hash(&chain, oldest - 1), B256::ZERO);
    assert_eq!(it.hash(&chain, newest + 1), B256::ZERO);
    // A revert takes it back.
    let id = chain.snapshot();
    chain.set_l1_block_number(Some(25_649_700));
    chain.revert(id);
    chain.mine(1, None).expect("mines");
    assert_eq!(it.number(&chain), U256::from(25_649_600));
}

#[test]
fn the_l1_block_number_may_follow_the_chains_own() {
    let mut chain = config(None);
    let it = contracts(&mut chain);
    for _ in 0..3 {
        chain.mine(1, None).expect("mines");
        assert_eq!(it.number(&chain), U256::from(chain.block_number()));
        assert_ne!(it.hash(&chain, chain.block_number() - 1), B256::ZERO);
    }
    let past = chain
        .call(
            request(it.number, Bytes::new()),
            BlockId::number(3),
            &stylus_chain::Overrides::default(),
        )
        .expect("known");
    assert_eq!(U256::from_be_slice(&past.output), U256::from(3));
}

#[test]
fn the_ends_of_the_l1_block_numbers_are_numbers_as_others() {
    let mut chain = config(Some(u64::MAX));
    // NUMBER, BLOCKHASH(NUMBER - 1), BLOCKHASH(NUMBER)
    let reader = alloy_primitives::hex!("435f526001430340602052434060405260605ff3");
    let reader = deploy(&mut chain, &reader);
    let read = |chain: &Chain| {
        let output = call(chain, request(reader, Vec::new())).output;
        [0, 32, 64].map(|at| U256::from_be_slice(&output[at..at + 32]))
    };
    for number in [
        u64::MAX,
        0,
        1,
        u64::MAX - 1,
        255,
        256,
        257,
        1 << 63,
        u64::MAX,
    ] {
        chain.set_l1_block_number(Some(number));
        for _ in 0..2 {
            let [shown, parent, own] = read(&chain);
            assert_eq!(shown, U256::from(number));
            assert_eq!(parent.is_zero(), number == 0, "the parent of {number}");
            assert_eq!(own, U256::ZERO);
            chain.mine(3, None).expect("blocks");
        }
        assert_eq!(chain.dump_state().map(|_| ()).ok(), Some(()));
    }
    chain.set_l1_block_number(None);
    chain.mine(3, Some(1)).expect("blocks");
    assert_eq!(read(&chain)[0], U256::from(chain.block_number()));
}
