//! The runs of each basic block of each program: the transactions are carried out again on a copy of the chain as it
//! was before them.

use super::TransactionSelector;
use crate::client::{
    BlockAnswer, ChainError, Client, Fork, Outcome, PastBlock, PastTransaction, Replayed, replay,
};
use crate::error::Refusal;
use crate::ids::{CodeHash, TxHash};
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use stylus_chain::{CallOptions, Chain, CountedCode, TraceKind};
use stylus_vm::BasicBlock;

/// Transactions that are counted, and blocks that are carried out again, at most.
const MOST: usize = 1_000;
/// The number of things that are asked for at once.
const AT_ONCE: usize = 32;

/// Nobody reads the recording.
const SHORTEST: TraceKind = TraceKind::Call(CallOptions {
    only_top: true,
    logs: false,
});

/// The counts of what ran in programs.
#[derive(Debug, Default)]
pub struct ExecutionCounts {
    /// The basic blocks of each program that ran, with how often.
    pub programs: BTreeMap<CodeHash, Vec<BasicBlock>>,
    /// Each code of the EVM that ran, with how often its instructions did.
    pub codes: BTreeMap<CodeHash, CountedCode>,
    /// The number of transactions that were counted.
    pub transactions: usize,
    /// The number of transactions that were not: ArbOS' own, and messages from L1.
    pub left_out: usize,
    /// The transactions that did something else on the copy than they really did.
    pub unfaithful: Vec<TxHash>,
}

/// The transactions of a block that are counted; none means all of them.
type ChosenHashes = Option<BTreeSet<TxHash>>;

/// Carries out again what is selected, each transaction once.
///
/// # Errors
/// Where it cannot be carried out again; what the endpoint says.
pub async fn count_executions(
    client: &Client,
    selectors: &[TransactionSelector],
) -> Result<ExecutionCounts, ChainError> {
    let mut counts = ExecutionCounts::default();
    for span in split_into_spans(&select_blocks(client, selectors).await?) {
        let mut blocks = Vec::new();
        for chunk in span.chunks(AT_ONCE) {
            let answers = chunk
                .iter()
                .map(|(number, _)| BlockAnswer::read(client, *number));
            for (answer, (_, chosen)) in try_join_all(answers).await?.iter().zip(chunk) {
                blocks.push(read_block(client, answer, chosen.as_ref(), &mut counts).await?);
            }
        }
        if counts.transactions > MOST {
            return Err(too_many(counts.transactions));
        }
        let Some(before) = blocks.first().map(|block| block.number.saturating_sub(1)) else {
            continue;
        };
        let fork = Fork::at(client, before.into()).await?;
        let ran = fork
            .carry_out(move |chain| carry_out(chain, &blocks))
            .await?;
        counts.add(ran);
    }
    Ok(counts)
}

/// Finds the blocks of what is selected, in order.
async fn select_blocks(
    client: &Client,
    selectors: &[TransactionSelector],
) -> Result<BTreeMap<u64, ChosenHashes>, ChainError> {
    let mut all: BTreeMap<u64, ChosenHashes> = BTreeMap::new();
    for selector in selectors {
        match selector {
            TransactionSelector::Blocks(range) => {
                let blocks = range.end().saturating_sub(*range.start()).saturating_add(1);
                let blocks = usize::try_from(blocks).unwrap_or(usize::MAX);
                if blocks.saturating_add(all.len()) > MOST {
                    return Err(too_many(blocks));
                }
                let newest = client.newest_block().await?;
                if *range.end() > newest {
                    return Err(not_yet(*range.end(), newest));
                }
                all.extend(range.clone().map(|number| (number, None)));
            }
            TransactionSelector::Transaction(tx) => {
                let receipt = client.receipt_now(*tx).await?;
                let number = receipt.and_then(|receipt| receipt.block_number);
                let number = number.ok_or_else(|| client.transaction_not_found(*tx))?;
                let chosen = all.entry(number).or_insert_with(|| Some(BTreeSet::new()));
                if let Some(chosen) = chosen {
                    chosen.insert(*tx);
                }
            }
        }
    }
    Ok(all)
}

fn too_many(found: usize) -> ChainError {
    let message = format!("{found} transactions or blocks are too many");
    let refusal = Refusal::new("TooMany", message).with(
        format!("at most {MOST} of each"),
        found.to_string(),
        "name fewer blocks",
    );
    refusal.usage().into()
}

/// A block that was named and is not made.
fn not_yet(block: u64, newest: u64) -> ChainError {
    let message = format!("there is no block {block} yet");
    let refusal = Refusal::new("NotYet", message).with(
        format!("blocks up to {newest}, the newest"),
        block.to_string(),
        "name older blocks, or another --rpc-url",
    );
    refusal.usage().into()
}

/// Groups blocks that follow each other, so that one copy serves them.
fn split_into_spans(blocks: &BTreeMap<u64, ChosenHashes>) -> Vec<Vec<(u64, ChosenHashes)>> {
    let mut spans: Vec<Vec<(u64, ChosenHashes)>> = Vec::new();
    for (number, chosen) in blocks {
        let block = (*number, chosen.clone());
        match spans.last_mut() {
            Some(span) if span.last().is_some_and(|(last, _)| last + 1 == *number) => {
                span.push(block)
            }
            _ => spans.push(vec![block]),
        }
    }
    spans
}

/// Reads a block with its transactions, and the outcomes of those that are counted.
async fn read_block(
    client: &Client,
    answer: &BlockAnswer,
    chosen: Option<&BTreeSet<TxHash>>,
    counts: &mut ExecutionCounts,
) -> Result<PastBlock, ChainError> {
    let mut transactions: Vec<_> = answer
        .transactions
        .iter()
        .filter_map(PastTransaction::read)
        .collect();
    for transaction in &mut transactions {
        let hash = transaction.hash;
        transaction.is_wanted = chosen.is_none_or(|chosen| chosen.contains(&hash));
        if transaction.is_wanted {
            transaction.outcome = Outcome::read(client, hash).await?;
            counts.transactions += 1;
        }
    }
    match chosen {
        None => counts.left_out += answer.transactions.len().saturating_sub(transactions.len()),
        Some(chosen) => {
            let read: BTreeSet<TxHash> = transactions
                .iter()
                .map(|transaction| transaction.hash)
                .collect();
            if let Some(tx) = chosen.difference(&read).next() {
                let message = format!(
                    "{tx} is of the chain itself or a message from L1, and cannot be carried out again"
                );
                let refusal = Refusal::new("OfTheChain", message).with(
                    "a transaction that somebody signed",
                    "one of another type",
                    "name others",
                );
                return Err(refusal.into());
            }
        }
    }
    Ok(answer.with(transactions))
}

/// Sends everything again, and then executes what is wanted where it stood, with counters.
fn carry_out(mut chain: Chain, blocks: &[PastBlock]) -> Result<ExecutionCounts, ChainError> {
    let mut ran = ExecutionCounts::default();
    let replayed = replay(&mut chain, blocks, None)?;
    chain.count_blocks();
    chain.count_instructions();
    let transactions = blocks.iter().flat_map(|block| &block.transactions);
    let pairs = transactions.zip(replayed);
    for (transaction, replayed) in pairs.filter(|(transaction, _)| transaction.is_wanted) {
        let hash = transaction.hash;
        match replayed {
            Replayed::Mined(receipt) => {
                chain.trace(hash.0, SHORTEST)?;
                if receipt.outcome != transaction.outcome {
                    ran.unfaithful.push(hash);
                }
            }
            Replayed::Rejected(_) => ran.unfaithful.push(hash),
        }
    }
    let counted = chain.count_blocks().into_iter();
    ran.programs = counted
        .map(|(hash, blocks)| (hash.into(), blocks))
        .collect();
    let codes = chain.count_instructions().into_iter();
    ran.codes = codes.map(|(hash, code)| (hash.into(), code)).collect();
    Ok(ran)
}

impl ExecutionCounts {
    /// Adds what ran on another copy.
    fn add(&mut self, other: Self) {
        self.unfaithful.extend(other.unfaithful);
        for (hash, code) in other.codes {
            let sum = self.codes.entry(hash).or_default();
            sum.add(&code.runs);
            sum.code = code.code;
        }
        for (hash, blocks) in other.programs {
            let sums = self.programs.entry(hash).or_default();
            if sums.is_empty() {
                *sums = blocks
            } else {
                for (sum, block) in sums.iter_mut().zip(blocks) {
                    sum.runs = sum.runs.saturating_add(block.runs);
                }
            }
        }
    }
}
