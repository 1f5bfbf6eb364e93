//! Probes of the next items, before they are sent: a refusal is reported by name and place, and gas is measured.

use super::super::GAS_MAX;
use super::super::active::standing;
use super::super::error::{less_than_l1, too_little_gas, way_out};
use super::super::items::Items;
use super::super::size::Sizer;
use super::{BatchRunner, Form};
use crate::client::{ChainError, Revert};
use crate::error::Refusal;
use alloy::network::TransactionBuilder;
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::complex::IComplexMigration as abi;
use stylus_upgrades_interface::migratable::IMigratable::NotInUpgrade;
use stylus_upgrades_interface::registry::IRegistry::NotSupported;

/// Items of the second measurement.
const MEASURED: u64 = 16;

impl BatchRunner {
    /// Probes if the chain takes the next items: a refusal is reported by name and place, and gas is measured. `false` if
    /// the chain moved meanwhile.
    pub(super) async fn probe(&mut self) -> Result<bool, ChainError> {
        if self.form == Form::Cursor {
            return self.probe_cursor().await;
        }
        let one = match self.estimate(1).await {
            Ok(one) => one,
            Err(error) => return self.refused(error, 1).await,
        };
        if one > self.gas {
            return Err(too_little_gas(self.gas, Some(one)));
        }
        let again = self
            .sizer
            .as_ref()
            .filter(|_| self.failures > 0)
            .map(Sizer::items);
        let many = again.unwrap_or(MEASURED).min(self.left());
        let all = match self.estimate(many).await {
            Ok(all) => all,
            Err(error) => return self.refused(error, many).await,
        };
        if self.sizer.is_none() {
            let bytes = 32 * self.items.as_ref().map_or(0, Items::columns);
            self.sizer = Some(Sizer::measured(self.gas, bytes, one, many, all));
        }
        Ok(true)
    }

    async fn probe_cursor(&mut self) -> Result<bool, ChainError> {
        let Some(error) = self.cursor_refusal(self.gas).await? else {
            return Ok(true);
        };
        if !is_for_want_of_gas(&error) {
            return self.refused(error, 1).await;
        }
        let calldata = abi::migrateNextCall { gasBudget: 0 }.abi_encode();
        let proxy = Some(self.migration.proxy);
        let l1 = self.client.l1_gas(proxy, calldata.into()).await;
        let l1 = l1.unwrap_or_default();
        if error.is_below_intrinsic_gas() || l1 >= self.gas {
            return Err(less_than_l1(self.gas, l1));
        }
        if l1 > self.l1_gas {
            self.l1_gas = l1;
            return Ok(false); // with a budget that leaves the share for L1
        }
        match self.cursor_refusal(GAS_MAX).await? {
            None => Err(too_little_gas(self.gas, None)),
            Some(error) if error.is_out_of_gas() => Err(too_little_gas(self.gas, None)),
            Some(error) => self.refused(error, 1).await,
        }
    }

    /// Returns the reason why the chain refuses the next items in a transaction of `gas`, with the budget of the run.
    async fn cursor_refusal(&self, gas: u64) -> Result<Option<ChainError>, ChainError> {
        let budget = self.budget()?;
        let call = abi::migrateNextCall { gasBudget: budget };
        let request = self.request(call.abi_encode()).with_gas_limit(gas);
        let Err(error) = self.client.provider().call(request).await else {
            return Ok(None);
        };
        let what = "migrateNext";
        Ok(Some(self.client.error(what, error).of_call(what)))
    }

    /// Interprets a refusal of the next `count` items.
    async fn refused(&mut self, error: ChainError, count: u64) -> Result<bool, ChainError> {
        let ChainError::Refused { revert, .. } = error else {
            return Err(error);
        };
        if standing(&self.client, self.migration.proxy).await? != Some(self.at) {
            return Ok(false); // somebody else has moved it meanwhile
        }
        let has_moved = revert.is::<abi::BatchOutOfOrder>()
            || revert.is::<abi::NothingLeft>()
            || revert.is::<abi::ContractPaused>()
            || revert.is::<NotInUpgrade>();
        if has_moved {
            return Ok(false);
        }
        if let Some(error) = revert.decoded::<abi::BudgetTooSmall>() {
            let needed = self.gas_for(error.needed);
            return Err(too_little_gas(self.gas, Some(needed)));
        }
        let is_other_form = revert.is::<NotSupported>();
        match self.form {
            Form::Batches if is_other_form => {
                self.client
                    .progress()
                    .note("the contract knows its items by itself: no list is needed");
                self.form = Form::Cursor;
                Ok(false)
            }
            Form::Cursor if is_other_form => {
                let (program, proxy) = (self.migration.program, self.migration.proxy);
                let message = format!("the program {program} takes its items from the handler");
                let refusal = Refusal::new("ItemsNeeded", message).with(
                    "--items FILE, --gather erc721 or --gather census:FIELD",
                    "no items",
                    format!("stylus-upgrades run-migration {proxy} --items FILE"),
                );
                Err(refusal.usage().into())
            }
            Form::Cursor => {
                let place = format!("the batch that begins at item {}", self.at.done);
                let next = "correct the program; what is migrated stays migrated";
                Err(item_refused(&place, next, self.abortable(), &revert))
            }
            Form::Batches => self.find_refused(revert, count).await,
        }
    }

    /// The first of the next `count` items that the contract refuses: with it a batch is refused,
    /// and without it is not.
    async fn find_refused(&mut self, mut why: Revert, count: u64) -> Result<bool, ChainError> {
        let (mut good, mut bad) = (0, count);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            match self.estimate(middle).await {
                Ok(_) => good = middle,
                Err(ChainError::Refused { revert, .. }) => (bad, why) = (middle, revert),
                Err(error) => return Err(error),
            }
        }
        let position = if self.at.back {
            self.at.done.saturating_sub(bad)
        } else {
            self.at.done.saturating_add(bad - 1)
        };
        let place = match &mut self.items {
            Some(items) => items.place(position)?,
            None => format!("item {position}"),
        };
        let next = "correct the list; what is migrated stays migrated";
        Err(item_refused(&place, next, self.abortable(), &why))
    }

    /// The proxy, as long as its migration can still be rolled back.
    fn abortable(&self) -> Option<Address> {
        (!self.at.back).then_some(self.migration.proxy)
    }

    /// Gas of a batch of the next items, in units of gas.
    async fn estimate(&mut self, count: u64) -> Result<u64, ChainError> {
        let calldata = self.batch(self.at.done, count)?;
        let request = self.request(calldata);
        self.client.estimate("migrateBatch", &request).await
    }
}

/// Returns true if more gas could change the answer. A proxy whose call runs out of gas reverts without data.
fn is_for_want_of_gas(error: &ChainError) -> bool {
    let is_empty = error
        .revert()
        .is_some_and(|revert| revert.data().is_empty());
    let is_budget = error.is_refused_as::<abi::BudgetTooSmall>();
    is_empty || is_budget || error.is_below_intrinsic_gas() || error.is_out_of_gas()
}

/// The contract refuses an item; it can abort the migration of `abort`, or is rolling back.
fn item_refused(place: &str, next: &str, abort: Option<Address>, revert: &Revert) -> ChainError {
    let next = match abort {
        None => next.to_owned(),
        Some(proxy) => format!(
            "{next}; where a batch has made continuing impossible, {}",
            way_out(proxy)
        ),
    };
    let refusal = Refusal::of(revert).saying(format!("{place}: {revert}"));
    refusal.advising(next).into()
}
