//! A complex migration, tried on a copy: the same batches and the same end, within a budget.

use super::budget::Budget;
use super::runner::{BatchRunner, Ran};
use super::{Ended, active, end, gas_of_a_transaction};
use crate::client::{ChainError, Client};
use crate::error::{Exit, Explain};
use crate::progress::Progress;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use std::sync::Arc;
use stylus_upgrades_interface::complex::IComplexMigration as abi;
use stylus_upgrades_interface::registry::IRegistry::NotSupported;

/// The error of a program that takes its items from the handler.
const ITEMS_NEEDED: &str = "ItemsNeeded";

/// The result of a migration on a copy.
#[derive(Debug, Default)]
pub struct Tried {
    /// Batches that were tried.
    pub batches: u64,
    /// Items that were not tried; `None` where it came to its end.
    pub left: Option<u64>,
    /// The refusal of a batch, or of the end.
    pub refused: Option<ChainError>,
}

/// Returns the account that sends the batches of the migration that `proxy` is in; `None` if it is in none.
///
/// # Errors
/// Trouble with the copy.
pub async fn handler(client: &Client, proxy: Address) -> Result<Option<Address>, ChainError> {
    let at = active::standing(client, proxy).await?;
    Ok(at.map(|at| at.handler))
}

/// Sends the batches of the migration that `proxy` is in, and ends it, as its handler does. What begins when it ends is
/// tried, too, as far as the budget goes. Lists of items are nobody's but the handler's: a program that takes one is
/// left at its start. `progress` is told how many entries are done.
///
/// # Errors
/// Trouble with the copy.
pub async fn try_out(
    client: &Client,
    proxy: Address,
    budget: &mut Budget,
    progress: &Arc<dyn Progress>,
) -> Result<Tried, ChainError> {
    let gas = gas_of_a_transaction(client).await? / 2;
    let mut tried = Tried::default();
    while let Some(migration) = active::find(client, proxy).await? {
        let is_own = migration.at.handler == client.sender("batches")?;
        // A program that counts no items of its own would end at once.
        let is_counted = migration.at.total > 0 || !takes_batches(client, proxy).await?;
        if !is_own || !is_counted {
            tried.left = Some(migration.at.total);
            break;
        }
        let runner = BatchRunner::new(client, migration.clone(), None, gas);
        let mut runner = runner.within(*budget, progress.clone());
        let ran = match runner.run().await {
            Ok(Ran::Complete) => end(client, &migration).await.map(Some),
            Ok(Ran::Stopped | Ran::Ended) => Ok(None),
            Err(error) => Err(error),
        };
        *budget = runner.budget.unwrap_or(*budget);
        tried.batches += runner.spent.transactions;
        let at = runner.at;
        let left = at.total.saturating_sub(at.done);
        match ran {
            Ok(Some(Ended::By(_) | Ended::Already)) => tried.left = None,
            Ok(Some(Ended::NotYet) | None) => {
                tried.left = Some(left);
                break;
            }
            Err(error) if error.is_told(ITEMS_NEEDED) => {
                tried.left = Some(left);
                break;
            }
            Err(error) if error.exit() == Exit::Chain => return Err(error),
            Err(error) => {
                tried.left = Some(left);
                tried.refused = Some(error);
                break;
            }
        }
    }
    Ok(tried)
}

/// Returns true if the program takes items from its handler, if only for one direction. One that knows all of them does not
/// support that.
async fn takes_batches(client: &Client, proxy: Address) -> Result<bool, ChainError> {
    let data = (U256::ZERO, Bytes::new()).abi_encode_params().into();
    let nothing = abi::migrateBatchCall { data }.abi_encode().into();
    match client
        .call_raw("migrateBatch", proxy, nothing, U256::ZERO)
        .await
    {
        Err(error) if error.is_refused_as::<NotSupported>() => Ok(false),
        Err(error) if error.exit() == Exit::Chain && !error.is_halted() => Err(error),
        _ => Ok(true),
    }
}
