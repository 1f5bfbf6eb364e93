//! A fork of the endpoint's chain in this process: the state of one block, read on demand. Nothing
//! is ever sent to the endpoint by it.

mod blocks;
mod foreseen;
mod replay;

pub use blocks::{BlockAnswer, Outcome, PastBlock, PastTransaction};
pub use replay::{ReplayReceipt, Replayed, replay};

use super::{ChainError, Client};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use futures::{StreamExt, stream, try_join};
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use stylus_chain::{Budget, Chain, ChainConfig, Source, SourceAccount};
use tokio::runtime::Handle;

/// Questions under way at a time.
const AT_ONCE: usize = 64;

/// A copy of the chain at one block that is not made yet.
pub struct Fork {
    remote: Remote,
    config: ChainConfig,
    hash: B256,
    /// When its next block is, in Unix seconds; none is right after its block.
    next: Option<u64>,
}

/// The block, and the way to ask for it. It blocks its thread: use it outside of async code.
struct Remote {
    client: Client,
    /// The same, which reads that block.
    pinned: Client,
    block: u64,
    runtime: Handle,
    reads: ReadsLeft,
}

/// How many accounts and slots the endpoint is still asked for: what was read once is kept, and everything else then
/// counts as unreadable.
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
        }
    }

    /// Who is asked for its state.
    pub fn client(&self) -> &Client {
        &self.remote.client
    }

    /// How much may still be read.
    pub fn reads_left(&self) -> ReadsLeft {
        self.remote.reads.clone()
    }

    /// The hash of the block.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// Carries out `work` on a copy of the newest block. Where the endpoint is far, what it reads is foreseen.
    pub async fn tried<T: Send + 'static>(
        client: &Client,
        work: impl Fn(Chain) -> Result<T, ChainError> + Send + Sync + 'static,
    ) -> Result<T, ChainError> {
        let work = Arc::new(work);
        let foreseen = work.clone();
        let fork = Self::newest(client).await?;
        let fork = fork.foreseeing(move |chain| drop(foreseen(chain)));
        fork.await?.carry_out(move |chain| work(chain)).await
    }

    /// The same, where the endpoint is far: what `work` will read is asked for together first. `work` is done several
    /// times for that, on copies that are thrown away.
    pub async fn foreseeing(
        self,
        work: impl Fn(Chain) + Send + Sync + 'static,
    ) -> Result<Self, ChainError> {
        if self.remote.client.is_far() {
            let config = (&self.config, self.next);
            foreseen::read(&self.remote.pinned, config, work).await?;
        }
        Ok(self)
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
            let chain = Chain::fork(self.config, Box::new(self.remote));
            let mut chain = chain.map_err(ChainError::from)?;
            if let Some(next) = self.next {
                chain.set_time(next);
            }
            work(chain)
        });
        carried_out.await.map_err(ChainError::copy_ended)?
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
        let query = word(&self.pinned, (address, slot));
        self.runtime.block_on(query).map_err(|error| {
            format!(
                "slot {slot:#x} of {address} at block {}: {error}",
                self.block
            )
        })
    }

    /// The client remembers what it is answered. What fails here is asked for again, and fails there.
    fn ahead(&self, words: &[(Address, U256)]) {
        if self.reads.0.load(Ordering::Relaxed) < words.len() as u64 {
            return;
        }
        let all = stream::iter(words).map(|one| word(&self.pinned, *one));
        let all = all.buffer_unordered(AT_ONCE).for_each(|_| async {});
        self.runtime.block_on(all);
    }

    fn block_hash(&self, number: u64, _: &Budget) -> Result<B256, String> {
        let head = BlockAnswer::there(&self.client, number.into());
        let head = self.runtime.block_on(head);
        let head = head.map_err(|error| format!("the hash of block {number}: {error}"))?;
        Ok(head.hash)
    }
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
