//! The batches of a migration, from where the chain says it is to its last item.

mod probe;

use super::MigrationError;
use super::active::{ActiveMigration, Standing, standing};
use super::cost::Spent;
use super::error::{too_little_gas, total_mismatch, way_out};
use super::items::{Items, encode};
use super::size::Sizer;
use crate::client::{Client, SendResult, SettledTx, TxOutcome, Window};
use crate::error::Refusal;
use crate::ids::TxHash;
use crate::progress::Rate;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Bytes, U256};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::sol_types::{SolCall, SolValue};
use std::time::Instant;
use stylus_upgrades_interface::complex::IComplexMigration as abi;

/// Gas of `migrateNext` beside its budget: the transaction, and the proxy around the frame.
const AROUND: u64 = 120_000;
/// Failures in a row, without progress, that are borne.
const FAILURES: u32 = 3;

/// How the batches are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The handler supplies the items.
    Batches,
    /// The contract knows them.
    Cursor,
}

/// What a transaction carries.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Items, or how many it is thought to reach.
    pub items: u64,
    /// The position that it begins at; `None` where that is not part of it.
    pub position: Option<u64>,
}

/// The batches of a migration.
pub struct BatchRunner {
    client: Client,
    migration: ActiveMigration,
    items: Items,
    /// How the batches are made.
    pub form: Form,
    /// Gas of a transaction, at most.
    gas: u64,
    at_once: usize,
    sizer: Option<Sizer>,
    /// Items that a call of the cursor form migrated.
    cursor_items: Option<u64>,
    /// How far the chain was when it was looked at last, with what settled since.
    pub at: Standing,
    /// Whether something went otherwise than expected: nothing is sent before it was looked again.
    troubled: bool,
    failures: u32,
    /// What was mined and noted nothing, since the chain was looked at last.
    unnoted: Option<Unnoted>,
    /// What it has cost.
    pub spent: Spent,
    /// When it began.
    pub begun: Instant,
    rate: Rate,
}

/// Mined transactions without an event of the migration; the last of them.
struct Unnoted {
    what: String,
    tx: TxHash,
    /// Items of all of them.
    items: u64,
}

impl BatchRunner {
    /// From where `way` is.
    pub fn new(
        client: &Client,
        migration: ActiveMigration,
        items: Items,
        (gas, at_once): (u64, usize),
    ) -> Self {
        let form = match items {
            Items::Known => Form::Cursor,
            _ => Form::Batches,
        };
        Self {
            client: client.clone(),
            at: migration.at,
            migration,
            items,
            form,
            gas,
            at_once: at_once.max(1),
            sizer: None,
            cursor_items: None,
            troubled: true,
            failures: 0,
            unnoted: None,
            spent: Spent::default(),
            begun: Instant::now(),
            rate: Rate::from(0),
        }
    }

    /// The migration has ended: what was gathered for it is not needed any more.
    pub fn close(&mut self) {
        if let Items::Gathered(tokens) = std::mem::replace(&mut self.items, Items::Known) {
            tokens.remove();
        }
    }

    /// Items that there are, as far as is known.
    pub fn total(&self) -> u64 {
        self.items.count().unwrap_or(0).max(self.at.total)
    }

    /// Sends batches until none is left; `false` if somebody ended the migration meanwhile.
    pub async fn run(&mut self, window: &mut Window<Load>) -> Result<bool, MigrationError> {
        self.troubled = true;
        loop {
            for settled in window.settle().await? {
                self.account(settled)?;
            }
            if window.is_empty() && !self.look(window).await? {
                return Ok(false);
            }
            if window.is_empty() && self.left(0) == 0 {
                return self.is_complete().map(|()| true);
            }
            while !self.troubled && window.len() < self.at_once && self.left(items_of(window)) > 0 {
                self.send(window).await?;
            }
            self.report_progress(window);
            window.wait().await;
        }
    }

    /// Where the chain is, now that nothing is on its way. After trouble, also whether it takes
    /// the next items. `false` if the migration has ended.
    async fn look(&mut self, window: &mut Window<Load>) -> Result<bool, MigrationError> {
        if self.troubled {
            window.clear_nonces().await?;
        }
        let found = standing(&self.client, self.migration.proxy).await?;
        let Some(found) = found else {
            return Ok(false);
        };
        if found.back != self.migration.at.back {
            return Err(self.migration.aborted());
        }
        self.compare_progress(found)?;
        if found != self.at {
            self.failures = 0;
            if !self.troubled {
                self.troubled = true; // somebody else migrates
                return Box::pin(self.look(window)).await;
            }
        }
        self.at = found;
        if self.troubled && self.left(0) > 0 {
            let migration = ActiveMigration {
                at: found,
                ..self.migration.clone()
            };
            super::refuse_strangers(&self.client, &migration)?;
            self.troubled = !self.probe().await?;
        }
        Ok(true)
    }

    async fn send(&mut self, window: &mut Window<Load>) -> Result<(), MigrationError> {
        let ahead = items_of(window);
        let position = match self.at.back {
            true => self.at.done.saturating_sub(ahead),
            false => self.at.done + ahead,
        };
        let left = self.left(ahead);
        let (what, calldata, gas, count) = match (self.form, &self.sizer) {
            (Form::Batches, Some(sizer)) => {
                let count = sizer.items().min(left);
                let gas = sizer.gas_for(count);
                let calldata = self.batch(position, count)?;
                let what = format!("{count} items from {position} of {}", self.migration.proxy);
                (what, calldata, gas, count)
            }
            _ => {
                let budget = self.budget()?;
                let calldata = abi::migrateNextCall { gasBudget: budget }.abi_encode();
                let what = format!("the items from {position} of {}", self.migration.proxy);
                // How many it will be is not known before the first one has settled.
                (
                    what,
                    calldata,
                    self.gas,
                    self.cursor_items.unwrap_or(left).min(left),
                )
            }
        };
        let load = Load {
            items: count,
            position: (self.form == Form::Batches).then_some(position),
        };
        match window.send(what, self.request(calldata), gas, load).await? {
            SendResult::Accepted => {}
            SendResult::NonceConflict => self.troubled = true,
            SendResult::TooLarge => self.fewer(|sizer| sizer.too_large(count))?,
        }
        Ok(())
    }

    /// Counts what became of a transaction.
    fn account(&mut self, settled: SettledTx<Load>) -> Result<(), MigrationError> {
        match settled.outcome {
            TxOutcome::Done(receipt) => self.count(&settled.what, settled.load, &receipt)?,
            TxOutcome::Failed {
                receipt,
                out_of_gas,
            } => {
                self.spent
                    .add(receipt.gas_used, receipt.effective_gas_price, None);
                if !self.troubled {
                    self.failures += 1;
                    if out_of_gas || self.failures > FAILURES {
                        let (items, gas) = (settled.load.items, receipt.gas_used);
                        self.fewer(|sizer| sizer.out_of_gas(items, gas))?;
                    }
                }
                self.troubled = true;
            }
            TxOutcome::Lost => {
                self.client
                    .progress()
                    .note("another transaction took the nonce of one of ours");
                self.troubled = true;
            }
        }
        Ok(())
    }

    /// Counts what a mined transaction did, by the event that the migration noted in it.
    fn count(
        &mut self,
        what: &str,
        load: Load,
        receipt: &TransactionReceipt,
    ) -> Result<(), MigrationError> {
        let price = receipt.effective_gas_price;
        self.failures = 0;
        let Some((done, total)) = self.noted(receipt) else {
            self.spent.add(receipt.gas_used, price, Some(0));
            self.ask_for_progress(what, load, receipt);
            return Ok(());
        };
        // Aborted meanwhile, or reorganised: nothing more is sent before the chain was looked at.
        self.troubled |= done != self.at.done && (done > self.at.done) == self.at.back;
        let items = done.abs_diff(self.at.done);
        self.spent.add(receipt.gas_used, price, Some(items));
        (self.at.done, self.at.total) = (done, total);
        self.cursor_items = Some(items.max(1));
        if let (Form::Batches, Some(sizer)) = (self.form, &mut self.sizer) {
            sizer.learn(load.items, receipt.gas_used);
        }
        let (moved, expected) = match (self.form, load.position) {
            (Form::Batches, Some(position)) => (done.abs_diff(position), load.items),
            _ => (items, 1),
        };
        self.require_moved(what, receipt.transaction_hash.into(), moved, expected)
    }

    /// Nothing was noted: the program keeps its state in its own way, and `progress()` says how far
    /// it is. So there is one transaction at a time, and the chain is looked at behind each.
    fn ask_for_progress(&mut self, what: &str, load: Load, receipt: &TransactionReceipt) {
        let items = match self.form {
            Form::Batches => load.items,
            Form::Cursor => 1,
        };
        let before = self.unnoted.take().map_or(0, |before| before.items);
        self.unnoted = Some(Unnoted {
            what: what.into(),
            tx: receipt.transaction_hash.into(),
            items: before + items,
        });
        (self.at_once, self.troubled) = (1, true);
    }

    /// Compares what was mined and noted nothing with what `progress()` says now.
    fn compare_progress(&mut self, found: Standing) -> Result<(), MigrationError> {
        let Some(unnoted) = self.unnoted.take() else {
            return Ok(());
        };
        let moved = found.done.abs_diff(self.at.done);
        self.spent.items += moved;
        self.require_moved(&unnoted.what, unnoted.tx, moved, unnoted.items)
    }

    fn require_moved(
        &self,
        batch: &str,
        tx: TxHash,
        moved: u64,
        items: u64,
    ) -> Result<(), MigrationError> {
        if moved >= items {
            return Ok(());
        }
        let message = format!("{batch} was mined ({tx}) and only {moved} of {items} items counted");
        let refusal = Refusal::new("Stalled", message).with(
            format!("a count that moves by {items}"),
            format!("one that moved by {moved}"),
            format!(
                "look for items in it that the program passes over, and leave them out; or {}",
                way_out(self.migration.proxy)
            ),
        );
        Err(refusal.into())
    }

    /// Fewer items the next time, if that can help.
    fn fewer(&mut self, shrink: impl FnOnce(&mut Sizer) -> bool) -> Result<(), MigrationError> {
        let can = self.sizer.as_mut().is_some_and(shrink);
        if can || (self.form == Form::Cursor && self.failures <= FAILURES) {
            return Ok(());
        }
        Err(too_little_gas(self.gas, None))
    }

    /// What the migration noted in a transaction: done and total.
    fn noted(&self, receipt: &TransactionReceipt) -> Option<(u64, u64)> {
        let ours = receipt
            .logs()
            .iter()
            .filter(|log| log.address() == self.migration.proxy);
        let batch = ours
            .filter_map(|log| log.log_decode::<abi::Batch>().ok())
            .last()?
            .inner
            .data;
        Some((batch.done.try_into().ok()?, batch.total.try_into().ok()?))
    }

    /// Items left behind those that are on their way.
    fn left(&self, ahead: u64) -> u64 {
        let all = match (self.at.back, self.form) {
            (true, _) => self.at.done,
            (false, Form::Cursor) => self.at.total.saturating_sub(self.at.done),
            (false, Form::Batches) => self.items.count().unwrap_or(0).saturating_sub(self.at.done),
        };
        all.saturating_sub(ahead)
    }

    /// Whether the contract agrees that nothing is left.
    fn is_complete(&self) -> Result<(), MigrationError> {
        match self.items.count() {
            Some(found) if !self.at.is_finished() => Err(total_mismatch(self.at.total, found)),
            _ => Ok(()),
        }
    }

    /// The calldata of a batch; turning back it holds the items in front of `position`.
    fn batch(&mut self, position: u64, count: u64) -> Result<Vec<u8>, MigrationError> {
        let first = match self.at.back {
            true => position.saturating_sub(count),
            false => position,
        };
        let items = self.items.read(first, count)?;
        let items = encode(&items, self.items.columns());
        let data: Bytes = (U256::from(position), items).abi_encode_params().into();
        Ok(abi::migrateBatchCall { data }.abi_encode())
    }

    /// The budget of `migrateNext`, in units of gas: 1/64 stays with each frame around it.
    fn budget(&self) -> Result<u64, MigrationError> {
        let inner = self.gas.saturating_sub(AROUND);
        match inner - inner / 32 {
            0 => Err(too_little_gas(self.gas, None)),
            budget => Ok(budget),
        }
    }

    fn request(&self, calldata: Vec<u8>) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(self.at.handler)
            .with_to(self.migration.proxy)
            .with_input(calldata)
    }

    fn report_progress(&self, window: &Window<Load>) {
        let total = self.total();
        let items = self.spent.items;
        let detail = format!(
            "{}, {}, {} on their way",
            self.rate.summary(items, items + self.left(0)),
            self.spent.summary(),
            window.len()
        );
        self.client
            .progress()
            .advance(self.at.done, total, "items", &detail);
    }
}

/// Items that those on their way carry.
fn items_of(window: &Window<Load>) -> u64 {
    window.loads().map(|load| load.items).sum()
}
