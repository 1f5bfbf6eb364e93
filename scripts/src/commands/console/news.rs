//! Whether the registry's events are still those that a page was drawn from.

use super::super::context::Context;
use crate::app_error::Error;
use crate::client::Client;
use crate::console::live::News;
use crate::registry::logs_since;
use alloy::primitives::{Address, B256, keccak256};
use alloy::sol_types::SolValue;
use futures::stream::{Stream, unfold};
use std::time::Duration;

/// How often the chain is asked.
const PAUSE: Duration = Duration::from_millis(1_000);
/// Blocks before the first look that a reorganisation may take back.
const BEHIND: u64 = 64;
/// Looks without news behind which the connection is shown to be there.
const QUIET: u32 = 15;

/// What is known since the page was opened.
struct Watch {
    context: Context,
    client: Option<(Client, Address)>,
    /// The first block that is looked at.
    from: u64,
    /// What the events were.
    seen: Option<B256>,
    is_gone: bool,
    quiet: u32,
}

/// News, as they come.
pub(super) fn of(context: Context) -> impl Stream<Item = News> {
    let watch = Watch {
        context,
        client: None,
        from: 0,
        seen: None,
        is_gone: false,
        quiet: 0,
    };
    unfold(watch, async |mut watch| {
        loop {
            if let Some(news) = watch.next().await {
                return Some((news, watch));
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}

impl Watch {
    async fn next(&mut self) -> Option<News> {
        let looked = self.look().await;
        let news = match (looked, self.is_gone) {
            (Err(error), false) => {
                self.is_gone = true;
                let document = self.context.output.failure_of(&error);
                let why = document
                    .get("error")
                    .and_then(|one| one["message"].as_str());
                Some(News::Gone(why.unwrap_or_default().to_owned()))
            }
            (Err(_), true) => None,
            (Ok(found), was_gone) => {
                self.is_gone = false;
                let before = self.seen.replace(found);
                let is_new = before.is_some_and(|before| before != found);
                match (was_gone, is_new) {
                    (true, _) => Some(News::Back),
                    (_, true) => Some(News::Changed),
                    _ => None,
                }
            }
        };
        self.quiet = match news {
            Some(_) => 0,
            None => self.quiet + 1,
        };
        if self.quiet >= QUIET {
            self.quiet = 0;
            return Some(News::Nothing);
        }
        news
    }

    /// A hash of the registry's events: new ones change it, and so does a reorganisation.
    async fn look(&mut self) -> Result<B256, Error> {
        let (client, registry) = match &self.client {
            Some(known) => known.clone(),
            None => {
                let client = self.context.reader().await?;
                let newest = client.newest_block().await?;
                self.from = newest.saturating_sub(BEHIND);
                let known = (client, self.context.registry()?);
                self.client = Some(known.clone());
                known
            }
        };
        let logs = logs_since(&client, registry, [None; 3], self.from).await?;
        let all: Vec<(B256, u64)> = logs
            .iter()
            .map(|log| {
                let index = log.log_index.unwrap_or_default();
                (log.block_hash.unwrap_or_default(), index)
            })
            .collect();
        Ok(keccak256(all.abi_encode()))
    }
}
