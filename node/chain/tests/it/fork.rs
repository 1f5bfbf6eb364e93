//! A chain on top of another one: what it reads, what it leaves alone, which changes it lists.

use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stylus_chain::{
    BlockId, Budget, CallRequest, Chain, ChainConfig, ChainError, Overrides, Source, SourceAccount,
    StatePart,
};

/// `SSTORE(0, SLOAD(0) + 1)`, then `SSTORE(1, 7)`.
const COUNTER: &[u8] = &[
    0x60, 0, 0x54, 0x60, 1, 0x01, 0x60, 0, 0x55, 0x60, 7, 0x60, 1, 0x55, 0,
];

/// Accounts and slots that were requested.
type Requests = Vec<(Address, Option<U256>)>;

/// Another chain in this process, shared so that the test can look at it.
#[derive(Clone)]
struct Other {
    chain: Arc<Mutex<Chain>>,
    requests: Arc<Mutex<Requests>>,
    broken: bool,
    /// An account that cannot be read.
    cut_off: Option<Address>,
    /// Whether each of its answers takes long.
    is_far: bool,
    /// What it was told of, at each time.
    ahead: Arc<Mutex<Vec<Vec<StatePart>>>>,
}

impl Source for Other {
    fn account(&self, address: Address, _: &Budget) -> Result<SourceAccount, String> {
        self.requests.lock().expect("it").push((address, None));
        if self.broken || self.cut_off == Some(address) {
            return Err("the line is cut".into());
        }
        let chain = self.chain.lock().expect("it");
        let found = chain.account(address, BlockId::latest());
        let found = found.map_err(|error| error.to_string())?;
        Ok(SourceAccount {
            balance: found.balance,
            nonce: found.nonce,
            code: found.code,
        })
    }

    fn slot(&self, address: Address, slot: U256, _: &Budget) -> Result<U256, String> {
        self.requests
            .lock()
            .expect("it")
            .push((address, Some(slot)));
        let chain = self.chain.lock().expect("it");
        let found = chain.storage(address, slot, BlockId::latest());
        found.map(Into::into).map_err(|error| error.to_string())
    }

    fn is_far(&self) -> bool {
        self.is_far
    }

    fn ahead(&self, parts: &[StatePart]) {
        self.ahead.lock().expect("it").push(parts.to_vec());
    }
}

fn contract() -> Address {
    Address::repeat_byte(0xcc)
}

fn other() -> Other {
    let mut chain = Chain::new(ChainConfig::default());
    chain.set_code(contract(), Bytes::from_static(COUNTER));
    chain.set_storage_at(contract(), U256::ZERO, B256::with_last_byte(41));
    chain.mine(3, None).expect("blocks");
    Other {
        chain: Arc::new(Mutex::new(chain)),
        requests: Arc::default(),
        broken: false,
        cut_off: None,
        is_far: false,
        ahead: Arc::default(),
    }
}

fn fork(other: &Other) -> Chain {
    let (number, timestamp) = {
        let chain = other.chain.lock().expect("it");
        let head = chain.block(BlockId::latest()).expect("a block");
        (head.header.number, head.header.timestamp)
    };
    let config = ChainConfig {
        number,
        timestamp: Some(timestamp),
        auto_impersonate: true,
        ..ChainConfig::default()
    };
    Chain::fork(config, Box::new(other.clone())).expect("a fork")
}

fn poke(chain: &mut Chain, from: Address) {
    let request = CallRequest {
        to: Some(contract()),
        ..CallRequest::default()
    };
    let hash = chain.submit_unsigned(from, request).expect("sent");
    assert!(chain.receipt(hash).expect("mined").success);
}

fn someone(chain: &Chain) -> Address {
    chain.config().accounts[0].0
}

#[test]
fn changes_are_listed_by_slot_with_both_values_and_without_what_was_restored() {
    let other = other();
    let mut chain = fork(&other);
    let from = someone(&chain);
    let begun = BlockId::from(chain.block_number());
    poke(&mut chain, from);
    chain.set_storage_at(contract(), U256::from(9), B256::with_last_byte(1));
    chain.set_storage_at(contract(), U256::from(9), B256::ZERO);
    let changes = chain.slot_changes(begun, BlockId::latest()).expect("them");
    let own: Vec<_> = changes.iter().filter(|c| c.address == contract()).collect();
    let listed: Vec<_> = own
        .iter()
        .map(|change| (change.slot.to::<u64>(), change.before, change.after))
        .collect();
    let word = B256::with_last_byte;
    assert_eq!(listed, [(0, word(41), word(42)), (1, word(0), word(7))]);
}

#[test]
fn nothing_is_requested_twice_and_a_written_slot_is_not_requested_at_all() {
    let other = other();
    let mut chain = fork(&other);
    let from = someone(&chain);
    poke(&mut chain, from);
    poke(&mut chain, from);
    let mut requests = other.requests.lock().expect("it").clone();
    let all = requests.len();
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), all);
}

#[test]
fn an_account_that_is_created_here_has_none_of_the_storage_beneath() {
    let other = other();
    let mut chain = fork(&other);
    let from = someone(&chain);
    // Returns the code of the counter.
    let mut creation = vec![
        0x60,
        COUNTER.len() as u8,
        0x80,
        0x60,
        11,
        0x60,
        0,
        0x39,
        0x60,
        0,
        0xf3,
    ];
    creation.extend_from_slice(COUNTER);
    let nonce = chain.account(from, BlockId::latest()).expect("it").nonce;
    let created = from.create(nonce);
    other
        .chain
        .lock()
        .expect("it")
        .set_storage_at(created, U256::ZERO, B256::with_last_byte(99));
    let request = CallRequest {
        to: None,
        input: creation.into(),
        ..CallRequest::default()
    };
    assert_eq!(TxKind::from(request.to), TxKind::Create);
    chain.submit_unsigned(from, request).expect("created");
    let word = chain.storage(created, U256::ZERO, BlockId::latest());
    assert_eq!(word.expect("it"), B256::ZERO);
}

#[test]
fn a_line_that_is_cut_is_an_error_and_never_a_zero() {
    let mut other = other();
    other.broken = true;
    let chain = fork(&other);
    let read = chain.account(contract(), BlockId::latest());
    assert!(matches!(read, Err(ChainError::Source(reason)) if reason == "the line is cut"));
    let request = CallRequest {
        to: Some(contract()),
        ..CallRequest::default()
    };
    let called = chain.call(request, BlockId::latest(), &Overrides::default());
    assert!(matches!(called, Err(ChainError::Source(_))));
}

#[test]
fn a_block_that_cannot_be_read_changes_nothing_and_what_needs_nothing_goes_into_another() {
    let mut other = other();
    let from = someone(&fork(&other));
    other.cut_off = Some(contract());
    let mut chain = fork(&other);
    let version = chain.block_number();
    let sent = |to| CallRequest {
        to: Some(to),
        gas: Some(100_000),
        ..CallRequest::default()
    };
    let refused = chain.submit_unsigned(from, sent(contract()));
    assert!(matches!(refused, Err(ChainError::Source(_))));
    assert!(!chain.has_waiting());
    chain.set_automine(false);
    let second = chain.config().accounts[1].0;
    let unread = chain.submit_unsigned(from, sent(contract())).expect("sent");
    let read = chain.submit_unsigned(second, sent(from)).expect("sent");
    assert!(matches!(chain.mine(1, None), Err(ChainError::Source(_))));
    assert_eq!(chain.block_number(), version);
    assert_eq!((chain.nonce(from), chain.nonce(second)), (0, 0));
    assert_eq!(chain.pool().pending.len(), 2);
    let left_out = chain.mine_readable(Duration::MAX, true).expect("a block");
    assert!(matches!(&left_out[..], [(hash, ChainError::Source(_))] if *hash == unread));
    assert!(chain.receipt(read).is_some());
    assert_eq!(*chain.pool().pending[0].tx_hash(), unread);
}

#[test]
fn a_fork_knows_no_state_root_and_gives_no_proof() {
    let other = other();
    let mut chain = fork(&other);
    let from = someone(&chain);
    poke(&mut chain, from);
    let refused = chain.proof(from, Vec::new(), BlockId::latest());
    assert!(matches!(refused, Err(ChainError::NotSupported(_))));
    assert!(chain.storage_root(from, BlockId::latest()).is_err());
    let head = chain.block(BlockId::latest()).expect("known");
    chain.mine(2, None).expect("mines");
    let next = chain.block(BlockId::latest()).expect("known");
    assert_eq!(next.header.state_root, head.header.state_root);
}

#[test]
fn a_source_is_told_of_words_that_are_read_next_and_not_known() {
    let other = other();
    let chain = fork(&other);
    let known = (contract(), U256::ZERO);
    chain
        .storage(known.0, known.1, BlockId::latest())
        .expect("a word");
    let next = StatePart::Slot(contract(), U256::from(9));
    chain.ahead([StatePart::Slot(known.0, known.1), next]);
    assert_eq!(*other.ahead.lock().expect("it"), [vec![next]]);
}

/// The same, where each answer takes long.
fn far() -> Other {
    let is_far = true;
    Other { is_far, ..other() }
}

#[test]
fn a_far_source_is_told_together_of_what_an_execution_lacks() {
    let other = far();
    let mut chain = fork(&other);
    let from = someone(&chain);
    poke(&mut chain, from);
    let told = other.ahead.lock().expect("it").clone();
    let of_contract = |parts: &Vec<StatePart>| {
        let slot = |slot: u64| StatePart::Slot(contract(), U256::from(slot));
        parts.contains(&slot(0)) && parts.contains(&slot(1))
    };
    assert!(told.iter().any(of_contract), "{told:?}");
    let word = |slot: u64| {
        let word = chain.storage(contract(), U256::from(slot), BlockId::latest());
        word.expect("a word")
    };
    assert_eq!([0, 1].map(word), [42, 7].map(B256::with_last_byte));
}

#[test]
fn a_slot_of_one_account_is_read_together_with_those_of_accounts_that_are_used_alike() {
    let other = far();
    let chain = fork(&other);
    let alike = [
        contract(),
        Address::repeat_byte(0xdd),
        Address::repeat_byte(0xee),
    ];
    chain.read_alike(alike);
    let slot = U256::from(5);
    let read = chain.storage(contract(), slot, BlockId::latest());
    read.expect("a word");
    let all = alike.map(|address| StatePart::Slot(address, slot)).to_vec();
    assert_eq!(*other.ahead.lock().expect("it"), [all]);
}

/// Walks through a list, whose entries begin at 2^192, and ends at a zero. Reverts unless the word at 2^200 behind each
/// entry's value is set.
const WALK: &[u8] = &[
    0x5f, 0x5b, // 0: i = 0, again:
    0x80, 0x60, 1, 0x60, 192, 0x1b, 0x01, 0x54, // 2: v = SLOAD((1 << 192) + i)
    0x80, 0x15, 0x60, 35, 0x57, // 10: to the end where v is 0
    0x60, 1, 0x60, 200, 0x1b, 0x01, 0x54, // 15: SLOAD((1 << 200) + v)
    0x15, 0x60, 32, 0x57, // 22: to the revert where that is 0
    0x60, 1, 0x01, 0x60, 1, 0x56, // 26: i + 1, again
    0x5b, 0x5f, 0xfd, // 32: revert
    0x5b, 0x00, // 35: the end
];

#[test]
fn a_list_whose_entries_are_checked_is_read_in_few_rounds() {
    let value = |entry: u64| -> U256 { U256::from(entry * entry + 7) << 8 };
    let first = U256::ONE << 192;
    let other = far();
    {
        let mut there = other.chain.lock().expect("it");
        there.set_code(contract(), Bytes::from_static(WALK));
        for entry in 0..300 {
            there.set_storage_at(contract(), first + U256::from(entry), value(entry).into());
            let checked = (U256::ONE << 200) + value(entry);
            there.set_storage_at(contract(), checked, B256::with_last_byte(entry as u8 | 1));
        }
    }
    let mut chain = fork(&other);
    let from = someone(&chain);
    other.ahead.lock().expect("it").clear();
    poke(&mut chain, from);
    let rounds = other.ahead.lock().expect("it").len();
    assert!((4..=20).contains(&rounds), "{rounds} rounds");
}
