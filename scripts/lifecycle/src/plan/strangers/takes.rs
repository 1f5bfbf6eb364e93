//! What a call brings to a stranger: ether, and tokens by the events of those.

use super::STRANGER;
use crate::client::ChainError;
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, Log, U256, keccak256};
use stylus_chain::{AccountChange, Receipt};

/// Events of tokens by which somebody's tokens leave him or may be taken, and which of their topics is he: in the order
/// of ERC-20 and ERC-721, then ERC-1155.
const OF_TOKENS: [(&str, usize); 5] = [
    ("Transfer(address,address,uint256)", 1),
    ("Approval(address,address,uint256)", 1),
    ("ApprovalForAll(address,address,bool)", 1),
    ("TransferSingle(address,address,address,uint256,uint256)", 2),
    (
        "TransferBatch(address,address,address,uint256[],uint256[])",
        2,
    ),
];

/// What a call brings to a stranger, or to the account that he names, or what of others it destroys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// It in words.
    pub(super) what: String,
    /// How much of it, in wei or in units of the token.
    amount: U256,
}

impl Taken {
    /// Whether a call brought as much of the same before, or about as much.
    pub(super) fn is_as(&self, before: &Self) -> bool {
        let about = before.amount.saturating_mul(U256::from(2));
        self.what == before.what && self.amount <= about
    }
}

/// What the call since the beginning of a copy, for which the stranger paid that much, has brought to `receivers` of an
/// account, or made at its cost: so much ether; where he paid nothing, tokens too.
pub(super) fn taken(
    copy: &Simulation,
    receipt: &Receipt,
    account: Address,
    (receivers, paid): ([Address; 2], U256),
) -> Result<Vec<Taken>, ChainError> {
    let changes = copy.account_changes()?;
    let is_richer = |one: &AccountChange| one.after.balance > one.before.balance;
    let mut gains = changes
        .iter()
        .filter(|one| receivers.contains(&one.address));
    let is_his = gains.any(is_richer);
    let own = changes.iter().find(|one| one.address == account);
    let wei = own.map(|one| one.before.balance.saturating_sub(one.after.balance));
    let wei = wei.filter(|wei| is_his && !wei.is_zero());
    let ether = wei.map(|amount| Taken {
        what: "it pays ether out".into(),
        amount,
    });
    // What he buys is his.
    let logs = receipt.logs.iter().filter(|_| paid.is_zero());
    let tokens = logs.filter_map(|log| of_token(log, account, receivers));
    Ok(ether.into_iter().chain(tokens).collect())
}

/// What an event of a token says that was taken.
fn of_token(log: &Log, account: Address, receivers: [Address; 2]) -> Option<Taken> {
    let topics = log.topics();
    let (event, whose) = OF_TOKENS
        .iter()
        .find(|(event, _)| topics.first() == Some(&keccak256(event)))?;
    let receiver = topics.get(whose + 1)?;
    // A transfer of nothing takes nothing. An id is a topic.
    let amount = log
        .data
        .data
        .last_chunk::<32>()
        .copied()
        .map(U256::from_be_bytes);
    let amount = amount.unwrap_or_default();
    let is_some = topics.len() > 3 || !amount.is_zero();
    let from = topics.get(*whose).filter(|_| is_some)?;
    let is_his = receivers.iter().any(|one| *receiver == one.into_word());
    let is_own_token = log.address == account;
    let of_nobody = *from == B256::ZERO;
    let of_another = !of_nobody && *from != STRANGER.into_word();
    let what = match (is_own_token, is_his) {
        (true, true) if of_nobody => "it mints tokens".to_owned(),
        (_, true) if *from == account.into_word() => {
            format!("{event} of its tokens at {}", log.address)
        }
        (true, true) if of_another => format!("{event} of another's tokens"),
        (true, false) if of_another && *receiver == B256::ZERO && event.starts_with("Transfer") => {
            "it burns another's tokens".to_owned()
        }
        _ => return None,
    };
    Some(Taken { what, amount })
}
