//! The entries of a mapping, listed for a migration at the newest block.

use super::{BlockSelector, CensusOptions, CensusReport, StorageAnchor, Subject, take};
use crate::client::{ChainError, Client};
use crate::text::count;
use alloy::primitives::Address;
use futures::future::LocalBoxFuture;
use std::path::Path;
use stylus_upgrades_core::census::Entries;

/// The newest block, with the account's storage root in it.
///
/// # Errors
/// As [`StorageAnchor::find`].
pub async fn find_entries(
    client: &Client,
    account: Address,
) -> Result<Box<dyn Entries>, ChainError> {
    let anchor = StorageAnchor::find(client, account, BlockSelector::default(), None).await?;
    Ok(Box::new(anchor))
}

impl Entries for StorageAnchor {
    fn block(&self) -> u64 {
        self.block
    }

    fn write<'a>(
        &'a self,
        client: &'a Client,
        subject: &'a Subject,
        field: &'a str,
        file: &'a Path,
    ) -> LocalBoxFuture<'a, Result<Option<String>, ChainError>> {
        Box::pin(async move {
            if let Err(why) = &subject.layout {
                return Ok(Some(why.clone()));
            }
            let options = CensusOptions {
                out: Some(file.to_owned()),
                entries: Some(field.to_owned()),
                ..CensusOptions::default()
            };
            Ok(describe_missing(
                &take(client, self.clone(), subject, &options).await?,
            ))
        })
    }
}

/// Describes what may be an entry and is not explained.
fn describe_missing(census: &CensusReport) -> Option<String> {
    if !census.complete {
        return Some("the endpoint did not return all slots".into());
    }
    let first = census.storage.unexplained.first()?;
    let left = count(census.storage.left(), "slot");
    Some(format!(
        "{left} not explained, the first with the hash {}",
        first.leaf.hash
    ))
}
