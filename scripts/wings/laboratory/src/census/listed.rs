//! The entries of a mapping, listed for a migration at the newest block.

use super::{Anchor, Census, Options, Subject, Wanted, take};
use crate::client::{ChainError, Client};
use crate::text::count;
use alloy::primitives::Address;
use futures::future::LocalBoxFuture;
use std::path::Path;
use stylus_upgrades_core::census::Entries;

/// The newest block, with the account's storage root in it.
///
/// # Errors
/// As [`Anchor::find`].
pub async fn at(client: &Client, account: Address) -> Result<Box<dyn Entries>, ChainError> {
    let anchor = Anchor::find(client, account, Wanted::default(), None).await?;
    Ok(Box::new(anchor))
}

impl Entries for Anchor {
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
            let options = Options {
                out: Some(file.to_owned()),
                entries: Some(field.to_owned()),
                ..Options::default()
            };
            Ok(missing(
                &take(client, self.clone(), subject, &options).await?,
            ))
        })
    }
}

/// Says what may be an entry and is not explained.
fn missing(census: &Census) -> Option<String> {
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
