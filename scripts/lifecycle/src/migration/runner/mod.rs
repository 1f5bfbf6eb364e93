//! The batches of a migration, from where the chain says it is to its last item: one after the other, each as large as
//! one transaction may be. Arbitrum One takes 7,000,000 gas a second for long, and a batch up to half of 32,000,000:
//! more of them at once would only raise the price.

mod probe;

use super::active::{ActiveMigration, Standing, standing};
use super::budget::Budget;
use super::cost::Spent;
use super::error::{too_little_gas, total_mismatch, way_out};
use super::items::{Items, encode};
use super::size::Sizer;
use crate::client::{ChainError, Client};
use crate::error::Refusal;
use crate::progress::{Progress, Rate};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Bytes, TxHash, U256};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolValue};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stylus_upgrades_interface::complex::IComplexMigration as abi;

/// Gas of `migrateNext` beside its budget: the transaction, and the proxy around the frame.
const AROUND: u64 = 120_000;
/// Failures in a row, without progress, that are borne.
const FAILURES: u32 = 3;
/// The time for which a node may show the state before a transaction whose receipt it has.
const LAG_MAX: Duration = Duration::from_secs(30);
/// The time for which others may take this key's nonces while the chain shows no progress.
const CONFLICT_MAX: Duration = Duration::from_secs(120);
/// Pause between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(100);

/// The form of the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The handler supplies the items.
    Batches,
    /// The contract knows them.
    Cursor,
}

/// The batches of a migration.
pub struct BatchRunner {
    client: Client,
    migration: ActiveMigration,
    /// None where the contract knows them.
    items: Option<Items>,
    /// The form of the batches.
    pub form: Form,
    /// Gas of a transaction, at most.
    gas: u64,
    /// Gas of it that pays for L1, once a budget without that share was too large.
    l1_gas: u64,
    sizer: Option<Sizer>,
    /// The progress on the chain when it was last read.
    pub at: Standing,
    failures: u32,
    /// Since when this key's nonces are taken, without progress.
    conflict: Option<Instant>,
    /// The costs so far.
    pub spent: Spent,
    /// The start of the run.
    pub begun: Instant,
    rate: Rate,
    /// The rest of the trial's budget; none where all is sent.
    pub(super) budget: Option<Budget>,
    /// The listener for its course.
    progress: Arc<dyn Progress>,
}

/// The end of a run of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// No item is left.
    Complete,
    /// Somebody ended the migration meanwhile.
    Ended,
    /// The budget is used up, and items are left.
    Stopped,
}

impl BatchRunner {
    /// From where `migration` is, in transactions of `gas` at most.
    pub fn new(
        client: &Client,
        migration: ActiveMigration,
        items: Option<Items>,
        gas: u64,
    ) -> Self {
        Self {
            client: client.clone(),
            at: migration.at,
            migration,
            form: match items {
                None => Form::Cursor,
                Some(_) => Form::Batches,
            },
            items,
            gas,
            l1_gas: 0,
            sizer: None,
            failures: 0,
            conflict: None,
            spent: Spent::default(),
            begun: Instant::now(),
            rate: Rate::from(0),
            budget: None,
            progress: client.shared_progress(),
        }
    }

    /// A trial of the same, as far as a budget goes. `progress` listens in place of the copy's own.
    pub(super) fn within(self, budget: Budget, progress: Arc<dyn Progress>) -> Self {
        Self {
            budget: Some(budget),
            progress,
            ..self
        }
    }

    /// Sends batches until none is left, or the budget is used up.
    pub async fn run(&mut self) -> Result<Ran, ChainError> {
        let mut troubled = true;
        loop {
            if troubled {
                if !self.look().await? {
                    return Ok(Ran::Ended);
                }
                troubled = self.left() > 0 && !self.probe().await?;
            }
            if self.left() == 0 {
                return self.is_complete().map(|()| Ran::Complete);
            }
            if self.budget.as_mut().is_some_and(|left| !left.take()) {
                return Ok(Ran::Stopped);
            }
            if troubled {
                tokio::time::sleep(PAUSE).await
            } else {
                troubled = !self.send().await?
            }
            self.report_progress();
        }
    }

    /// Reads the progress on the chain, now that nothing is on its way. `false` if the migration has ended.
    async fn look(&mut self) -> Result<bool, ChainError> {
        self.client.clear("run-migration").await?;
        let Some(found) = standing(&self.client, self.migration.proxy).await? else {
            return Ok(false);
        };
        if found.back != self.migration.at.back {
            return Err(self.migration.aborted());
        }
        if found != self.at {
            (self.failures, self.conflict) = (0, None);
        }
        if found.since(self.at).is_none() {
            let progress = self.client.progress();
            progress.note("the chain went back: looking again at what is there");
        }
        self.at = found;
        super::refuse_strangers(&self.client, self.migration.proxy, found)?;
        Ok(true)
    }

    /// Sends the next items, and waits for what comes of them. `false` if that is not what was expected: the chain has
    /// to be looked at.
    async fn send(&mut self) -> Result<bool, ChainError> {
        let (from, proxy) = (self.at.done, self.migration.proxy);
        let (calldata, gas, count) = match (self.form, &self.sizer) {
            (Form::Batches, Some(sizer)) => {
                let count = sizer.items().min(self.left());
                let gas = sizer.gas_for(count);
                (self.batch(from, count)?, gas, count)
            }
            _ => {
                let budget = self.budget()?;
                let call = abi::migrateNextCall { gasBudget: budget };
                (call.abi_encode(), self.gas, 1)
            }
        };
        let what = match self.form {
            Form::Batches => format!("{count} items from {from} of {proxy}"),
            Form::Cursor => format!("the items from {from} of {proxy}"),
        };
        let request = self.request(calldata).with_gas_limit(gas);
        let receipt = match self.client.transact_with_gas_limit(&what, request).await {
            Ok(receipt) => receipt,
            Err(error) if error.is_too_large() && self.form == Form::Batches => {
                self.fewer(|sizer| sizer.too_large(count))?;
                return Ok(true);
            }
            Err(error) if error.is_nonce_taken() => {
                let since = *self.conflict.get_or_insert_with(Instant::now);
                if since.elapsed() >= CONFLICT_MAX {
                    return Err(error);
                }
                let progress = self.client.progress();
                progress.note(&format!("a batch waits: {error}"));
                tokio::time::sleep(PAUSE).await;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        self.client.forget(receipt.transaction_hash.into());
        if receipt.status() {
            self.count(&what, count, &receipt).await
        } else {
            self.failed(gas, count, &receipt).map(|()| false)
        }
    }

    /// Counts what a mined transaction did: by the event that the migration noted in it; by how far the chain is after
    /// it where the program notes none. Whether it did what was expected.
    async fn count(
        &mut self,
        what: &str,
        items: u64,
        receipt: &TransactionReceipt,
    ) -> Result<bool, ChainError> {
        (self.failures, self.conflict) = (0, None);
        let found = match self.noted(receipt) {
            Some(noted) => Some(noted),
            None => self.moved_on().await?,
        };
        let moved = found.and_then(|found| found.since(self.at));
        let cost = self.client.cost(receipt);
        self.spent.add(cost, Some(moved.unwrap_or(0)));
        let (Some(found), Some(moved)) = (found, moved) else {
            return Ok(false); // ended, aborted, or undone
        };
        if moved < items {
            let tx = receipt.transaction_hash;
            return match self.client.receipt_now(tx.into()).await? {
                None => Ok(false), // undone
                Some(_) => Err(self.stalled(what, tx, items, moved)),
            };
        }
        self.at = found;
        if let (Form::Batches, Some(sizer)) = (self.form, &mut self.sizer) {
            sizer.learn(items, receipt.gas_used);
        }
        Ok(true)
    }

    /// Returns the progress of the migration after a transaction, as it noted in it.
    fn noted(&self, receipt: &TransactionReceipt) -> Option<Standing> {
        let logs = receipt.logs().iter();
        let own = logs.filter(|log| log.address() == self.migration.proxy);
        let batch = own.filter_map(|log| log.log_decode::<abi::Batch>().ok());
        let abi::Batch { done, total } = batch.last()?.inner.data;
        Some(Standing {
            done: done.try_into().ok()?,
            total: total.try_into().ok()?,
            ..self.at
        })
    }

    /// Reads the progress on the chain, once it differs from before; a node may lag, and a copy does not.
    async fn moved_on(&self) -> Result<Option<Standing>, ChainError> {
        let mined = Instant::now();
        let is_copy = self.budget.is_some();
        loop {
            let found = standing(&self.client, self.migration.proxy).await?;
            if found != Some(self.at) || is_copy || mined.elapsed() >= LAG_MAX {
                return Ok(found);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Counts a transaction that was mined and failed.
    fn failed(
        &mut self,
        limit: u64,
        items: u64,
        receipt: &TransactionReceipt,
    ) -> Result<(), ChainError> {
        let gas = receipt.gas_used;
        self.spent.add(self.client.cost(receipt), None);
        self.failures += 1;
        // A frame that runs out leaves 1/64 to each one around it.
        let is_out_of_gas = gas >= limit - limit / 16;
        if is_out_of_gas || self.failures > FAILURES {
            self.fewer(|sizer| sizer.out_of_gas(items, gas))
        } else {
            Ok(())
        }
    }

    /// A batch was mined and moved the count by less than its items: the next one would be it again.
    fn stalled(&self, batch: &str, tx: TxHash, items: u64, moved: u64) -> ChainError {
        let message = format!("{batch} was mined ({tx}) and only {moved} of {items} items counted");
        let refusal = Refusal::new("Stalled", message).with(
            format!("a count that moves by {items}"),
            format!("one that moved by {moved}"),
            format!(
                "look for items in it that the program passes over, and leave them out; or {}",
                way_out(self.migration.proxy)
            ),
        );
        refusal.into()
    }

    /// Fewer items the next time, if that can help.
    fn fewer(&mut self, shrink: impl FnOnce(&mut Sizer) -> bool) -> Result<(), ChainError> {
        let can = self.sizer.as_mut().is_some_and(shrink);
        if can || (self.form == Form::Cursor && self.failures <= FAILURES) {
            return Ok(());
        }
        Err(too_little_gas(self.gas, None))
    }

    /// Items that are left.
    fn left(&self) -> u64 {
        let total = self.items.as_ref().map_or(0, Items::count);
        match self.form {
            _ if self.at.back => self.at.done,
            Form::Cursor => self.at.total.saturating_sub(self.at.done),
            Form::Batches => total.saturating_sub(self.at.done),
        }
    }

    /// Checks that the contract agrees that nothing is left.
    fn is_complete(&self) -> Result<(), ChainError> {
        match &self.items {
            Some(items) if !self.at.is_finished() => {
                Err(total_mismatch(self.at.total, items.count()))
            }
            _ => Ok(()),
        }
    }

    /// The calldata of a batch; rolling back, it holds the items in front of `position`.
    fn batch(&mut self, position: u64, count: u64) -> Result<Vec<u8>, ChainError> {
        let first = if self.at.back {
            position.saturating_sub(count)
        } else {
            position
        };
        let items = match &mut self.items {
            Some(items) => encode(&items.read(first, count)?, items.columns()),
            None => Bytes::new(),
        };
        let data: Bytes = (U256::from(position), items).abi_encode_params().into();
        Ok(abi::migrateBatchCall { data }.abi_encode())
    }

    /// The budget of `migrateNext`, in units of gas: 1/64 stays with each frame around it.
    fn budget(&self) -> Result<u64, ChainError> {
        let inner = self.gas.saturating_sub(AROUND + self.l1_gas);
        match inner - inner / 32 {
            0 => Err(too_little_gas(self.gas, None)),
            budget => Ok(budget),
        }
    }

    /// Gas of a transaction whose budget is at least `budget`.
    fn gas_for(&self, budget: u64) -> u64 {
        let inner = budget.saturating_add(budget / 31 + 1);
        inner.saturating_add(AROUND + self.l1_gas)
    }

    fn request(&self, calldata: Vec<u8>) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(self.at.handler)
            .with_to(self.migration.proxy)
            .with_input(calldata)
    }

    fn report_progress(&self) {
        let found = self.items.as_ref().map_or(0, Items::count);
        let items = self.spent.items;
        let rate = self.rate.summary(items, items.saturating_add(self.left()));
        let (done, total) = (self.at.done, found.max(self.at.total));
        if self.budget.is_some() {
            let progress = &self.progress;
            progress.advance_on_terminal(done, total, "entries", &rate);
        } else {
            let detail = format!("{rate}, {}", self.spent.cost);
            self.progress.advance(done, total, "items", &detail);
        }
    }
}
