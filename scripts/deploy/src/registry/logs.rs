//! Logs of any range: asked for in one piece, and in smaller ones where the endpoint refuses.

use super::Registry;
use crate::client::{BlockSpan, ChainError, Client, Look, Unanswered, is_behind, once_there};
use crate::progress::Rate;
use crate::questions::ask_all;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent;
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use stylus_upgrades_interface::chain::IStylusDeployer::ContractDeployed;
use stylus_upgrades_interface::chain::{ARB_SYS, STYLUS_DEPLOYER};

/// Pages of blocks that are asked for together, where the endpoint bounds them.
const PAGES_AT_ONCE: usize = 16;
/// Accounts of one filter, at most: geth's limit.
const ACCOUNTS_MAX: usize = 1_000;
/// Blocks from which on it is worth some thirty requests to begin at the account's creation.
const WORTH_A_SEARCH: u64 = 4_096;

/// Blocks that one request always covers: these are not worth a look at what was kept.
const NARROW: u64 = 10;
/// Blocks that are read where nobody wants to wait: most endpoints give them in one request, the narrowest in some ten.
const FEW: u64 = 128;

/// Topics to look for, by position: any of those that are listed there; an empty list is every one.
pub type Topics<'a> = [&'a [B256]; 3];

/// All logs of `account` with these topics from block `from` to block `to`, in order. Where the
/// endpoint refuses a range or cannot answer it, half of it is tried, down to a single block, and
/// what was read stays read.
///
/// # Errors
/// What the endpoint says to a single block, or that it cannot be reached.
pub async fn logs(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
    from: u64,
    to: u64,
) -> Result<Vec<Log>, ChainError> {
    let store = client.events_of(account);
    let Some(store) = store.filter(|_| from == 0 || to.saturating_sub(from) >= NARROW) else {
        return collected(client, &filter(account, topics), (from, to)).await;
    };
    let Some(mut look) = store.look(client, to).await? else {
        return collected(client, &filter(account, topics), (from, to)).await;
    };
    begin_at_creation(client, account, &mut look).await;
    read(client, account, &mut look).await?;
    let filter = filter(account, topics).from_block(from);
    Ok(look.logs(|log| filter.rpc_matches(log)))
}

/// Reads what is missing.
async fn read(client: &Client, account: Address, look: &mut Look<'_>) -> Result<(), ChainError> {
    let Some((from, to)) = look.missing() else {
        return Ok(());
    };
    let keep = async |page, end| look.add(page, end).await.map(|()| true);
    let filter = filter(account, [&[]; 3]);
    let read = pages(client, &filter, (from, to), whole(from, to), keep).await;
    read.inspect_err(|_| look.keep_read())
}

/// Reads nothing that is older than the account, where nothing is known and somebody says when it was created.
async fn begin_at_creation(client: &Client, account: Address, look: &mut Look<'_>) {
    if look.known_to().is_none()
        && let Some(block) = created_in(client, account).await
    {
        look.begin_at(block);
    }
}

/// The block in which somebody says that the account was created, if the Stylus deployer did so there. It does so once,
/// and nothing of the account is earlier.
async fn created_in(client: &Client, account: Address) -> Option<u64> {
    let store = client.events_of(account)?;
    if let Some(known) = store.created_in() {
        return known;
    }
    let block = store.said_created_in()?;
    let topics: Topics<'_> = [&[ContractDeployed::SIGNATURE_HASH], &[], &[]];
    let logs = range(client, STYLUS_DEPLOYER, topics, block, block).await;
    let is_it = |log: &Log| {
        let event = log.log_decode::<ContractDeployed>();
        event.is_ok_and(|event| event.inner.deployedContract == account)
    };
    let found = logs.ok()?.iter().any(is_it).then_some(block);
    store.keep_created_in(found);
    found
}

/// Events that took no long reading.
#[derive(Debug, Clone, Default)]
pub struct AtHand {
    /// In order.
    pub logs: Vec<Log>,
    /// The first block of which they were not read, as the endpoint wants many requests for these and later ones.
    pub unread_from: Option<u64>,
}

impl AtHand {
    /// Returns those with that word as their second indexed argument, such as an action.
    pub fn about(&self, word: B256) -> Vec<&Log> {
        let is_about = |log: &&Log| log.topics().get(2) == Some(&word);
        self.logs.iter().filter(is_about).collect()
    }
}

/// Like [`all_logs`], without reading for long: where neither earlier commands have kept the events nor one request
/// brings them, they are left out.
///
/// # Errors
/// As [`logs`].
pub async fn logs_at_hand(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
) -> Result<AtHand, ChainError> {
    let newest = client.newest_block().await?;
    let whole = async || {
        let logs = logs(client, account, topics, 0, newest).await?;
        let unread_from = None;
        Ok::<_, ChainError>(AtHand { logs, unread_from })
    };
    let Some(store) = client.events_of(account) else {
        return whole().await;
    };
    let filter = filter(account, topics);
    let wanted = |log: &Log| filter.rpc_matches(log);
    if let Some((logs, first)) = store.without_rest(newest, wanted).await {
        let unread_from = Some(first);
        return Ok(AtHand { logs, unread_from });
    }
    let Some(mut look) = store.look(client, newest).await? else {
        return whole().await;
    };
    begin_at_creation(client, account, &mut look).await;
    let many = look.missing().filter(|(from, to)| to - from >= FEW);
    if let Some(blocks) = many
        && !read_at_once(client, account, &mut look, blocks).await?
    {
        let after = look.known_to().map(|last| last.saturating_add(1));
        let first = after.unwrap_or(blocks.0);
        look.leave_out(first);
        let (logs, unread_from) = (look.logs(wanted), Some(first));
        return Ok(AtHand { logs, unread_from });
    }
    read(client, account, &mut look).await?;
    let (logs, unread_from) = (look.logs(wanted), None);
    Ok(AtHand { logs, unread_from })
}

/// Reads what is missing, if the endpoint gives it in one piece. Whether it did.
async fn read_at_once(
    client: &Client,
    account: Address,
    look: &mut Look<'_>,
    (from, to): (u64, u64),
) -> Result<bool, ChainError> {
    let filter = filter(account, [&[]; 3]).from_block(from).to_block(to);
    let logs = match at_once(client, &filter).await {
        Err(error) if may_be_too_long(&error) => return Ok(false),
        logs => logs?,
    };
    look.add(logs, to).await?;
    Ok(true)
}

/// The first logs of `account` with these topics, in order: at least one, if there is any up to now. What
/// is known of later ones is left out where the endpoint gives them in pages.
///
/// # Errors
/// As [`logs`].
pub async fn first_logs(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
) -> Result<Vec<Log>, ChainError> {
    let newest = client.newest_block().await?;
    let created = created_in(client, account).await;
    if let Some(block) = created {
        let of_construction = range(client, account, topics, block, block).await?;
        if !of_construction.is_empty() {
            return Ok(of_construction);
        }
    }
    let from = created.unwrap_or(0);
    let mut first = Vec::new();
    let keep = async |page, _| {
        first = page;
        Ok::<_, ChainError>(first.is_empty())
    };
    let filter = filter(account, topics);
    pages(client, &filter, (from, newest), whole(from, newest), keep).await?;
    Ok(first)
}

/// Like [`logs`], from the endpoint itself.
async fn collected(
    client: &Client,
    filter: &Filter,
    blocks: (u64, u64),
) -> Result<Vec<Log>, ChainError> {
    let mut found = Vec::new();
    let keep = async |page, _| {
        found.extend::<Vec<Log>>(page);
        Ok::<_, ChainError>(true)
    };
    pages(client, filter, blocks, whole(blocks.0, blocks.1), keep).await?;
    Ok(found)
}

/// A span that reads a range in one page, if the endpoint gives it.
fn whole(from: u64, to: u64) -> BlockSpan {
    BlockSpan::whole(to.saturating_sub(from).saturating_add(1))
}

/// Reads the logs that match a filter, a page of blocks at a time, as long as `keep` wants more. It is told the last block
/// of each page. Where the endpoint bounds ranges, several pages are asked for together.
///
/// # Errors
/// As [`logs`], and those of `keep`.
pub async fn pages<E: From<ChainError>>(
    client: &Client,
    filter: &Filter,
    (from, to): (u64, u64),
    span: BlockSpan,
    mut keep: impl AsyncFnMut(Vec<Log>, u64) -> Result<bool, E>,
) -> Result<(), E> {
    let subject = subject(filter);
    let (mut count, mut continues) = (0, true);
    let mut start = from;
    let (mut paged, progress) = (None, client.progress());
    let mut span = client.teller().learned_span(span);
    while start <= to && continues {
        let page_count = if span.is_bounded() { PAGES_AT_ONCE } else { 1 };
        let ranges = ranges(start, to, span.blocks).take(page_count);
        let asked = ranges.map(async |(start, end)| {
            let page = filter.clone().from_block(start).to_block(end);
            let answer = if end > start {
                at_once(client, &page).await
            } else {
                filtered(client, &page).await
            };
            (start, end, answer)
        });
        for (first, end, answer) in join_all(asked).await {
            match answer {
                Ok(logs) => {
                    span.went_well(logs.len());
                    count += logs.len();
                    continues = keep(logs, end).await? && end < to;
                    start = end.saturating_add(1);
                    if !continues {
                        break;
                    }
                }
                Err(error)
                    if end > first
                        && !bounds_accounts(filter, &error)
                        && may_be_too_long(&error) =>
                {
                    let words = match &error {
                        ChainError::Rpc(refused) => refused.message.as_str(),
                        _ => "",
                    };
                    span.refused(end - first + 1, words);
                    if paged.is_none() {
                        start = start.max(first_with_code(client, filter, start, to).await);
                        progress.begin(&format!("reading the events of {subject}"));
                        paged = Some((start, Rate::from(0)));
                    }
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some((first, rate)) = &paged {
            let (done, total) = (start - first, (to - first).saturating_add(1));
            let detail = format!("{}, {count} events", rate.summary(done, total));
            progress.advance(done, total, "blocks", &detail);
        }
    }
    client.teller().keep_span(&span);
    if paged.is_some() {
        progress.end(&format!("the events of {subject} were read in pages"));
    }
    Ok(())
}

/// Ranges of so many blocks, each with its last block, up to the block `to`.
fn ranges(from: u64, to: u64, blocks: u64) -> impl Iterator<Item = (u64, u64)> {
    let end_of = move |start: u64| to.min(start.saturating_add(blocks - 1));
    let first = (from <= to).then(|| (from, end_of(from)));
    std::iter::successors(first, move |(_, end)| {
        let start = end.checked_add(1).filter(|start| *start <= to)?;
        Some((start, end_of(start)))
    })
}

/// The accounts of a filter, in words.
fn subject(filter: &Filter) -> String {
    let mut accounts = filter.address.iter();
    match (accounts.next(), accounts.next()) {
        (Some(account), None) => account.to_string(),
        _ => format!("{} accounts", filter.address.len()),
    }
}

/// Returns true if a shorter range may be answered. Limits have many words; what is none of them is refused
/// for a single block, too. A node that does not have the blocks has none of a shorter range either.
fn may_be_too_long(error: &ChainError) -> bool {
    match error {
        ChainError::Rpc(refused) => !refused.is_method_not_found() && !is_behind(error),
        ChainError::Unreachable { reason, .. } => match reason {
            Unanswered::Deadline { .. } | Unanswered::TooLarge => true,
            Unanswered::Status { status, .. } => matches!(status, 400 | 413 | 422 | 500..=599),
            _ => false,
        },
        _ => false,
    }
}

/// The block in which the account of a filter got its code, if the endpoint has the state of the block before;
/// else `from`. Nothing was emitted before, and a chain may have hundreds of millions of blocks.
///
/// An endpoint that has dropped the state of old blocks may say of any account that it had no code
/// then. ArbSys has code in every block, so what it says of that account tells whether it knows.
async fn first_with_code(client: &Client, filter: &Filter, from: u64, to: u64) -> u64 {
    let (mut without, mut with) = (from, to);
    let mut accounts = filter.address.iter().copied();
    let (Some(account), None) = (accounts.next(), accounts.next()) else {
        return from;
    };
    if with - without < WORTH_A_SEARCH {
        return from;
    }
    let code_of = async |account: Address, block: u64| {
        let code = client.provider().get_code_at(account);
        code.block_id(block.into())
            .await
            .ok()
            .map(|code| !code.is_empty())
    };
    let has_code = async |block: u64| code_of(account, block).await;
    if has_code(with).await != Some(true) || has_code(without).await != Some(false) {
        return from;
    }
    while with - without > 1 {
        let middle = without + (with - without) / 2;
        match has_code(middle).await {
            Some(true) => with = middle,
            Some(false) => without = middle,
            None => return from,
        }
    }
    match code_of(ARB_SYS, without).await {
        Some(true) => with,
        _ => from,
    }
}

/// Like [`logs`], over the whole chain up to now.
///
/// # Errors
/// As [`logs`].
pub async fn all_logs(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
) -> Result<Vec<Log>, ChainError> {
    logs_since(client, account, topics, 0).await
}

/// The newest event of those kinds that the registry has of a proxy, the second indexed argument of such events.
///
/// # Errors
/// As [`logs`].
pub async fn newest_of(
    registry: Registry<'_>,
    events: &[B256],
    proxy: Address,
) -> Result<Option<Log>, ChainError> {
    let topics: Topics<'_> = [events, &[], &[proxy.into_word()]];
    let logs = all_logs(registry.client, registry.address, topics).await?;
    Ok(logs.into_iter().next_back())
}

/// Like [`logs`], from that block up to now.
///
/// # Errors
/// As [`logs`].
pub async fn logs_since(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
    from: u64,
) -> Result<Vec<Log>, ChainError> {
    let newest = client.newest_block().await?;
    logs(client, account, topics, from, newest).await
}

/// The newest log with that first topic of each of these accounts, by account; none where an account has no such log.
/// Each account comes with a block from which on its newest log is likely: what is not there is looked for in all blocks.
///
/// # Errors
/// As [`logs`].
pub async fn newest_logs(
    client: &Client,
    topic: B256,
    mut accounts: Vec<(Address, u64)>,
) -> Result<BTreeMap<Address, Log>, ChainError> {
    let newest = client.newest_block().await?;
    accounts.sort_by_key(|(_, block)| *block);
    let mut found = of_many(client, topic, &accounts, newest).await?;
    accounts.retain(|(account, block)| *block > 0 && !found.contains_key(account));
    accounts.iter_mut().for_each(|(_, block)| *block = 0);
    found.extend(of_many(client, topic, &accounts, newest).await?);
    Ok(found)
}

/// The newest log of each of these accounts between its block and the block `to`. The accounts are in the order of their
/// blocks.
async fn of_many(
    client: &Client,
    topic: B256,
    accounts: &[(Address, u64)],
    to: u64,
) -> Result<BTreeMap<Address, Log>, ChainError> {
    let lists = accounts.chunks(ACCOUNTS_MAX).map(async |list| {
        let from = list.first().map_or(0, |(_, block)| *block);
        let list = list.iter().map(|(account, _)| *account).collect();
        of_list(client, topic, list, (from, to)).await
    });
    let logs = ask_all(lists).await?.into_iter().flatten();
    Ok(logs.map(|log| (log.address(), log)).collect())
}

/// The logs of a list of accounts, in order; of parts of it where the endpoint bounds such lists.
async fn of_list(
    client: &Client,
    topic: B256,
    list: Vec<Address>,
    blocks: (u64, u64),
) -> Result<Vec<Log>, ChainError> {
    let (mut lists, mut logs) = (vec![list], Vec::new());
    while let Some(mut list) = lists.pop() {
        let filter = Filter::new().address(list.clone()).event_signature(topic);
        match collected(client, &filter, blocks).await {
            Ok(found) => logs.extend(found),
            Err(error) if bounds_accounts(&filter, &error) => {
                let half = list.split_off(list.len() / 2);
                lists.extend([list, half]);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(logs)
}

/// Returns true if an endpoint refuses a filter because of its many accounts.
fn bounds_accounts(filter: &Filter, error: &ChainError) -> bool {
    let ChainError::Rpc(refused) = error else {
        return false;
    };
    filter.address.len() > 1 && refused.message.to_lowercase().contains("address")
}

/// All logs of several accounts with one of these first topics, in order, by one request; `None` where the endpoint does
/// not give them at once.
///
/// # Errors
/// What keeps the endpoint from answering, but that the range or the answer is too large.
pub async fn logs_at_once(
    client: &Client,
    accounts: &[Address],
    topics: &[B256],
) -> Result<Option<Vec<Log>>, ChainError> {
    let newest = client.newest_block().await?;
    let mut filter = Filter::new().address(accounts.to_vec());
    filter.topics[0] = topics.to_vec().into();
    let filter = filter.from_block(0).to_block(newest);
    match at_once(client, &filter).await {
        Err(error) if may_be_too_long(&error) => Ok(None),
        logs => logs.map(Some),
    }
}

fn filter(account: Address, topics: Topics<'_>) -> Filter {
    let mut filter = Filter::new().address(account);
    for (slot, topic) in filter.topics.iter_mut().zip(topics) {
        *slot = topic.to_vec().into();
    }
    filter
}

async fn range(
    client: &Client,
    account: Address,
    topics: Topics<'_>,
    from: u64,
    to: u64,
) -> Result<Vec<Log>, ChainError> {
    filtered(
        client,
        &filter(account, topics).from_block(from).to_block(to),
    )
    .await
}

/// A filter as it is sent: accounts and topics in order, so that the same question is the same text.
fn in_order(filter: &Filter) -> Value {
    fn sort(value: &mut Value) {
        if let Value::Array(words) = value {
            words.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
        }
    }
    let mut document = json!(filter);
    sort(&mut document["address"]);
    let topics = document["topics"].as_array_mut();
    topics.into_iter().flatten().for_each(sort);
    document
}

/// The logs that match a filter, in order. Whether its range is too long shows at once: trouble is borne by another
/// question, which is answered whatever the range is.
async fn at_once(client: &Client, filter: &Filter) -> Result<Vec<Log>, ChainError> {
    let hasty = client.bearing(Duration::ZERO, Duration::MAX);
    match filtered(&hasty, filter).await {
        Err(ChainError::Unreachable { reason, .. }) if reason.may_pass() => {}
        logs => return logs,
    }
    let teller = client.teller();
    let answered = teller.provider().get_block_number().await;
    answered.map_err(|error| teller.error("eth_blockNumber", error))?;
    match filtered(&hasty, filter).await {
        Err(error) if !may_be_too_long(&error) => filtered(client, filter).await,
        logs => logs,
    }
}

/// The logs that match a filter, in order.
async fn filtered(client: &Client, filter: &Filter) -> Result<Vec<Log>, ChainError> {
    let teller = client.teller();
    let asked = once_there(async || {
        let provider = teller.provider();
        let logs = provider.raw_request::<_, Vec<Log>>("eth_getLogs".into(), [in_order(filter)]);
        let logs = logs.await;
        logs.map_err(|error| teller.error("eth_getLogs", error))
    });
    let mut logs = asked.await?;
    if let Some(other) = logs.iter().find(|log| !filter.rpc_matches(log)) {
        let (block, by) = (other.block_number.unwrap_or_default(), other.address());
        let accounts: Vec<String> = filter.address.iter().map(Address::to_string).collect();
        let (from, to) = (filter.get_from_block(), filter.get_to_block());
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        return Err(teller.contradiction(format!(
            "a log of {by} in block {block} among those of {} from block {from} to {to}",
            accounts.join(", ")
        )));
    }
    logs.sort_by_key(|log| (log.block_number, log.log_index));
    Ok(logs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::RpcError;
    use std::sync::{Arc, Mutex};
    use stylus_upgrades_test_support::http::{respond, serve};

    /// The logs between two blocks of an endpoint that has none, and how often it is asked for them.
    async fn asked(from: u64, to: u64) -> (Result<Vec<Log>, ChainError>, usize) {
        let requests = Arc::new(Mutex::new(0));
        let count = requests.clone();
        let address = serve(move |stream, message| {
            let request: Value = serde_json::from_slice(&message.body).expect("JSON");
            let mut result = json!("0x1");
            if request["method"] == "eth_getLogs" {
                *count.lock().expect("it") += 1;
                result = json!([]);
            }
            let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": result});
            let _ = respond(stream, "200 OK", "", &answer.to_string());
        });
        let client = Client::connect(&format!("http://{address}")).await;
        let client = client.expect("it answers");
        let found = logs(&client, Address::ZERO, [&[]; 3], from, to).await;
        let requests = *requests.lock().expect("it");
        (found, requests)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_last_block_that_a_number_can_name_is_asked_for_once() {
        let (found, requests) = asked(u64::MAX - 3, u64::MAX).await;
        assert_eq!((found.expect("none"), requests), (Vec::new(), 1));
    }

    #[test]
    fn a_shorter_range_is_tried_where_it_may_help() {
        let refused = |message: &str| {
            may_be_too_long(&ChainError::Rpc(RpcError {
                endpoint: "http://127.0.0.1:8547".into(),
                what: "eth_getLogs".into(),
                code: -32_000,
                message: message.into(),
            }))
        };
        assert!(refused("block range is too wide"));
        assert!(!refused("invalid block range params"), "it is behind");
    }
}
