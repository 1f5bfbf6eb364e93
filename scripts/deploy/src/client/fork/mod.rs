//! A fork of the endpoint's chain in this process: the state of one block, read on demand. Nothing
//! is ever sent to the endpoint by it.

mod blocks;
mod replay;

pub use blocks::{BlockAnswer, Outcome, PastBlock, PastTransaction};
pub use replay::{ReplayReceipt, Replayed, replay};

use super::{ChainError, Client};
use crate::program_code::is_program;
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use futures::{StreamExt, stream, try_join};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stylus_chain::{
    BlockId, Budget, Chain, ChainConfig, ProgramSlots, Source, SourceAccount, StatePart,
};
use stylus_upgrades_interface::chain::{ARB_SYS, ARB_WASM, CREATE2_DEPLOYER};
use tokio::runtime::Handle;

/// Questions under way at a time: the client puts them together.
const AT_ONCE: usize = 1_000;

/// Slots of one account that are asked for by one question for proofs, at most: geth takes 1,024.
const PROVEN_MAX: usize = 1_000;
/// The same, at least: fewer have questions of their own, and so have all where the endpoint takes no more.
const PROVEN_MIN: usize = 200;
/// Questions for proofs under way at a time: an answer has megabytes.
const PROOFS_AT_ONCE: usize = 8;

/// Accounts that nearly all work reads; the first is where fees go on a chain without an account for them.
const USUAL: [Address; 4] = [Address::ZERO, ARB_SYS, ARB_WASM, CREATE2_DEPLOYER];

/// A copy of the chain at one block that is not made yet.
pub struct Fork {
    remote: Remote,
    config: ChainConfig,
    hash: B256,
    /// The time of its next block, in Unix seconds; none is right after its block.
    next: Option<u64>,
    /// Parts of the state that are read first, together.
    first: Vec<StatePart>,
}

/// The block, and the way to ask for it. It blocks its thread: use it outside of async code.
struct Remote {
    client: Client,
    /// The same, which reads that block.
    pinned: Client,
    block: u64,
    runtime: Handle,
    reads: ReadsLeft,
    /// Words that were read with their proofs: the client does not remember them.
    proven: Mutex<HashMap<(Address, B256), B256>>,
    /// Slots in a question for proofs, as far as the endpoint takes them.
    proof_size: AtomicUsize,
}

/// The number of accounts and slots that the endpoint is still asked for: what was read once is kept, and everything
/// else then counts as unreadable.
#[derive(Debug, Clone)]
pub struct ReadsLeft(Arc<AtomicU64>);

impl ReadsLeft {
    /// Allows `reads` from now on.
    pub fn set(&self, reads: u64) {
        self.0.store(reads, Ordering::Relaxed);
    }

    fn take(&self, what: impl Display) -> Result<(), String> {
        let less = |left: u64| left.checked_sub(1);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        taken
            .map(drop)
            .map_err(|_| format!("{what} was not read before, and nothing more is read"))
    }
}

impl Fork {
    /// At the newest block that was seen. What is done there happens when the endpoint's next block would be.
    pub async fn newest(client: &Client) -> Result<Self, ChainError> {
        let block: BlockNumberOrTag = client.newest_block().await?.into();
        let what = format!("block {block}, which was seen");
        let head = client.sooner_or_later(&what, async || BlockAnswer::head(client, block).await);
        let (head, next) = try_join!(head, client.next_block_time())?;
        let next = Some(next);
        Ok(Self {
            next,
            ..Self::of(client, head)
        })
    }

    /// At any block whose state the endpoint still has.
    pub async fn at(client: &Client, block: BlockNumberOrTag) -> Result<Self, ChainError> {
        Ok(Self::of(client, BlockAnswer::there(client, block).await?))
    }

    fn of(client: &Client, head: BlockAnswer) -> Self {
        let number: u64 = head.number.to();
        Self {
            remote: Remote {
                client: client.clone(),
                pinned: client.at(number),
                block: number,
                runtime: Handle::current(),
                reads: ReadsLeft(Arc::new(AtomicU64::new(u64::MAX))),
                proven: Mutex::default(),
                proof_size: AtomicUsize::new(if client.is_far() { PROVEN_MAX } else { 0 }),
            },
            config: ChainConfig {
                chain_id: client.chain_id(),
                number,
                timestamp: Some(head.timestamp.to()),
                l1_block_number: head.l1_block_number.map(|number| number.to()),
                auto_impersonate: true,
                ..ChainConfig::default()
            },
            hash: head.hash,
            next: None,
            first: Vec::new(),
        }
    }

    /// The client that is asked for its state.
    pub fn client(&self) -> &Client {
        &self.remote.client
    }

    /// Returns how much may still be read.
    pub fn reads_left(&self) -> ReadsLeft {
        self.remote.reads.clone()
    }

    /// Reads these parts of the state of a far chain first, together.
    pub fn reading(mut self, parts: impl IntoIterator<Item = StatePart>) -> Self {
        self.first.extend(parts);
        self
    }

    /// The hash of the block.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// Carries out `work` on a copy of the newest block. Of a far chain these parts of the state are read first, together.
    pub async fn tried<T: Send + 'static>(
        client: &Client,
        parts: impl IntoIterator<Item = StatePart>,
        work: impl FnOnce(Chain) -> Result<T, ChainError> + Send + 'static,
    ) -> Result<T, ChainError> {
        let fork = Self::newest(client).await?;
        fork.reading(parts).carry_out(work).await
    }

    /// Carries out `work` on the copy, on a thread that may block.
    pub async fn carry_out<T, E>(
        self,
        work: impl FnOnce(Chain) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<ChainError> + Send + 'static,
    {
        let carried_out = tokio::task::spawn_blocking(move || {
            let first = if self.remote.client.is_far() {
                let parts: BTreeSet<StatePart> =
                    self.remote.usual_parts().chain(self.first).collect();
                parts.into_iter().collect()
            } else {
                Vec::new()
            };
            self.remote.ahead(&first);
            let chain = Chain::fork(self.config, Box::new(self.remote));
            let mut chain = chain.map_err(ChainError::from)?;
            read_first(&chain, first)?;
            if let Some(next) = self.next {
                chain.set_time(next);
            }
            work(chain)
        });
        carried_out.await.map_err(ChainError::copy_ended)?
    }
}

impl Remote {
    /// The parts of the state that work on a far chain reads anyway: what the command has looked at before is likely to be
    /// called.
    fn usual_parts(&self) -> impl Iterator<Item = StatePart> {
        let (arbos, words) = Chain::arbos_words();
        let words = words.into_iter();
        let words = words.map(move |slot| StatePart::Slot(arbos, slot));
        let accounts = self.pinned.transport.accounts_read().into_iter();
        let accounts = accounts.chain(USUAL).chain([arbos]);
        words.chain(accounts.map(StatePart::Account))
    }

    fn proven(&self) -> MutexGuard<'_, HashMap<(Address, B256), B256>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads many slots of one account by their proofs. Where the endpoint refuses so many, none are read, and fewer are
    /// asked for the next time.
    async fn prove(&self, account: Address, slots: Vec<B256>) -> Vec<StatePart> {
        let count = slots.len();
        match self.pinned.proven_words(account, slots.clone()).await {
            Ok(found) => {
                let found = found.into_iter();
                let found = found.map(|(slot, word)| ((account, slot), word));
                self.proven().extend(found);
                Vec::new()
            }
            Err(_) => {
                self.proof_size.fetch_min(count / 2, Ordering::Relaxed);
                let slots = slots.into_iter();
                slots
                    .map(|slot| StatePart::Slot(account, slot.into()))
                    .collect()
            }
        }
    }

    /// Reads what is asked for by proofs: accounts with many slots. Returns the rest.
    async fn prove_many(&self, parts: &[StatePart]) -> Vec<StatePart> {
        let (mut rest, mut slots) = (Vec::new(), BTreeMap::<Address, Vec<B256>>::new());
        for part in parts {
            match part {
                StatePart::Account(_) => rest.push(*part),
                StatePart::Slot(address, slot) => {
                    slots.entry(*address).or_default().push((*slot).into())
                }
            }
        }
        let size = self.proof_size.load(Ordering::Relaxed);
        let mut many = Vec::new();
        for (address, slots) in slots {
            if size < PROVEN_MIN || slots.len() < PROVEN_MIN {
                rest.extend(
                    slots
                        .into_iter()
                        .map(|slot| StatePart::Slot(address, slot.into())),
                );
            } else {
                many.extend(slots.chunks(size).map(|slots| (address, slots.to_vec())));
            }
        }
        let questions = many
            .into_iter()
            .map(|(address, slots)| self.prove(address, slots));
        let mut answers = stream::iter(questions).buffer_unordered(PROOFS_AT_ONCE);
        while let Some(unread) = answers.next().await {
            rest.extend(unread);
        }
        rest
    }

    async fn remember(&self, part: StatePart) {
        match part {
            StatePart::Account(address) => drop(account(&self.pinned, address).await),
            StatePart::Slot(address, slot) => drop(word(&self.pinned, (address, slot)).await),
        }
    }
}

impl Source for Remote {
    fn account(&self, address: Address, _: &Budget) -> Result<SourceAccount, String> {
        self.reads.take(address)?;
        let query = account(&self.pinned, address);
        self.runtime
            .block_on(query)
            .map_err(|error| format!("{address} at block {}: {error}", self.block))
    }

    fn slot(&self, address: Address, slot: U256, _: &Budget) -> Result<U256, String> {
        self.reads
            .take(format_args!("slot {slot:#x} of {address}"))?;
        let proven = self.proven().get(&(address, slot.into())).copied();
        if let Some(word) = proven {
            return Ok(word.into());
        }
        let query = word(&self.pinned, (address, slot));
        self.runtime.block_on(query).map_err(|error| {
            format!(
                "slot {slot:#x} of {address} at block {}: {error}",
                self.block
            )
        })
    }

    fn is_far(&self) -> bool {
        self.client.is_far()
    }

    /// The client remembers what it is answered. What fails here is asked for again, and fails there.
    fn ahead(&self, parts: &[StatePart]) {
        if self.reads.0.load(Ordering::Relaxed) < parts.len() as u64 {
            return;
        }
        self.runtime.block_on(async {
            let rest = self.prove_many(parts).await;
            let all = stream::iter(rest).map(|part| self.remember(part));
            all.buffer_unordered(AT_ONCE).for_each(|()| async {}).await;
        });
    }

    fn block_hash(&self, number: u64, _: &Budget) -> Result<B256, String> {
        let head = BlockAnswer::there(&self.client, number.into());
        let head = self.runtime.block_on(head);
        let head = head.map_err(|error| format!("the hash of block {number}: {error}"))?;
        Ok(head.hash)
    }
}

/// Reads these parts of the state, and the records of the programs among them: who runs one reads that.
fn read_first(chain: &Chain, parts: Vec<StatePart>) -> Result<(), ChainError> {
    let accounts = parts.iter().filter_map(|part| match part {
        StatePart::Account(address) => Some(*address),
        StatePart::Slot(..) => None,
    });
    let accounts: Vec<Address> = accounts.collect();
    chain.ahead(parts);
    let mut records = Vec::new();
    for address in accounts {
        let found = chain.account(address, BlockId::latest())?;
        if is_program(&found.code) {
            let record = ProgramSlots::of(found.code_hash).record;
            records.push(StatePart::Slot(ProgramSlots::ACCOUNT, record.into()));
        }
    }
    chain.ahead(records);
    Ok(())
}

/// An account at the block that a client is pinned to.
async fn account(pinned: &Client, address: Address) -> Result<SourceAccount, ChainError> {
    let (balance, nonce, code) = try_join!(
        pinned.balance(address),
        pinned.transactions_of(address),
        pinned.code(address),
    )?;
    Ok(SourceAccount {
        balance,
        nonce,
        code,
    })
}

/// A storage word there.
async fn word(pinned: &Client, (address, slot): (Address, U256)) -> Result<U256, ChainError> {
    Ok(pinned.storage(address, slot.into()).await?.into())
}
