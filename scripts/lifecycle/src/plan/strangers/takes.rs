//! Gains of a stranger by a call: ether, and tokens by the events of those. Only what he has more than ever before counts:
//! who gets back what he paid in has gained nothing.

use crate::client::ChainError;
use crate::plan::fresh_accounts::{PROBE, STRANGER};
use crate::simulation::Simulation;
use alloy::primitives::{Address, B256, I256, Log, U256, keccak256};
use alloy::sol;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use stylus_chain::{AccountChange, BlockId, Receipt};

sol! {
    /// The functions that all tokens have.
    interface IToken {
        function balanceOf(address holder) external view returns (uint256);
        function transfer(address to, uint256 amount) external returns (bool);
    }
}

/// The event of ERC-1155 that has lists.
const BATCH: &str = "TransferBatch(address,address,address,uint256[],uint256[])";
/// Events of tokens by which somebody's tokens leave him, and which of their topics is he: in the order of ERC-20 and
/// ERC-721, ERC-1155, ERC-6909, then ERC-2309.
const TRANSFERS: [(&str, usize); 5] = [
    ("Transfer(address,address,uint256)", 1),
    ("TransferSingle(address,address,address,uint256,uint256)", 2),
    (BATCH, 2),
    ("Transfer(address,address,address,uint256,uint256)", 1),
    ("ConsecutiveTransfer(uint256,uint256,address,address)", 2),
];
/// The event of ArbSys about ether that leaves for the parent chain, and the word of it that has the wei.
const TO_L1: &str =
    "L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)";
const TO_L1_WEI: usize = 4;
/// The address of ArbSys.
const ARB_SYS: Address = Address::with_last_byte(0x64);
/// Events by which somebody's tokens may be taken, who is the first topic.
const APPROVALS: [(&str, usize); 2] = [
    ("Approval(address,address,uint256)", 1),
    ("ApprovalForAll(address,address,bool)", 1),
];
/// All of them by their topic.
static OF_TOKENS: LazyLock<BTreeMap<B256, (&str, usize, bool)>> = LazyLock::new(|| {
    let transfers = TRANSFERS.map(|(event, whose)| (keccak256(event), (event, whose, true)));
    let approvals = APPROVALS.map(|(event, whose)| (keccak256(event), (event, whose, false)));
    transfers.into_iter().chain(approvals).collect()
});

/// A gain of a stranger by a call, or a loss of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// It in words.
    pub(super) what: String,
    /// The amount, in wei or in units of the token.
    pub(super) amount: U256,
}

impl Taken {
    /// Returns true if another call brings as much of the same, or about as much.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let about = other.amount.saturating_mul(U256::from(2));
        self.what == other.what && self.amount <= about
    }
}

/// An asset that somebody can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asset {
    Ether,
    /// Of that token; of one that has numbers, that number.
    Token(Address, Option<B256>),
    /// The balance that the account itself reports for the stranger.
    Balance,
}

/// The stranger's gains since the beginning, and the most that it was, of each asset.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    assets: BTreeMap<Asset, (I256, I256)>,
    /// True if the stranger has paid something: an account's later gift may have been bought.
    has_paid: bool,
}

/// The changes of it by one call.
#[derive(Debug, Default)]
pub(super) struct Moves {
    assets: BTreeMap<Asset, (I256, String)>,
    /// The takings that nobody has in a ledger.
    others: Vec<Taken>,
    /// Others for whom it has made tokens.
    made_for: BTreeSet<B256>,
    /// Accounts that it has made.
    created: Vec<Address>,
    has_paid: bool,
}

impl Ledger {
    /// Lists the stranger's gains by a call.
    pub(super) fn gains(&self, moves: &Moves) -> Vec<Taken> {
        let gained = moves.assets.iter().filter_map(|(asset, (change, what))| {
            let (has, most) = self.assets.get(asset).copied().unwrap_or_default();
            let gain = has.saturating_add(*change).saturating_sub(most);
            let amount = U256::try_from(gain).ok()?;
            let what = what.clone();
            (!amount.is_zero()).then_some(Taken { what, amount })
        });
        gained.chain(moves.others.iter().cloned()).collect()
    }

    /// Notes what a call has changed.
    pub(super) fn add(&mut self, moves: &Moves) {
        self.has_paid |= moves.has_paid;
        for (asset, (change, _)) in &moves.assets {
            let (has, most) = self.assets.entry(*asset).or_default();
            *has = has.saturating_add(*change);
            *most = (*most).max(*has);
        }
    }
}

/// Asks the account for the stranger's balance, if it is a token.
pub(super) fn balance(copy: &Simulation, account: Address) -> Option<U256> {
    let holder = *STRANGER;
    copy.ask(account, &IToken::balanceOfCall { holder }).ok()
}

/// Lists the changes of the stranger's assets by the call since the beginning of a copy; `paid` is the price of the call.
pub(super) fn moved(
    copy: &Simulation,
    receipt: &Receipt,
    account: Address,
    had: Option<U256>,
    ledger: &Ledger,
    paid: U256,
) -> Result<Moves, ChainError> {
    let mut moves = Moves {
        has_paid: ledger.has_paid || !paid.is_zero(),
        ..Moves::default()
    };
    let changes = copy.account_changes()?;
    let is_new =
        |change: &AccountChange| change.before.code.is_empty() && !change.after.code.is_empty();
    let is_his =
        |change: &&AccountChange| [*STRANGER, *PROBE].contains(&change.address) || is_new(change);
    let mut ether = I256::ZERO;
    for account in changes.iter().filter(is_his) {
        let change = signed(account.after.balance).saturating_sub(signed(account.before.balance));
        ether = ether.saturating_add(change);
    }
    moves.move_of(Asset::Ether, ether, || "it pays ether out".into());
    let created = changes.iter().filter(|change| is_new(change));
    moves.created = created.map(|change| change.address).collect();
    for log in &receipt.logs {
        moves.leave_for_l1(log);
        if !moves.created.contains(&log.address) {
            moves.by_event(log, account);
        }
    }
    let is_told = |(asset, _): (&Asset, &(I256, String))| matches!(asset, Asset::Token(token, _) if *token == account);
    if let (Some(had), Some(has)) = (had, balance(copy, account))
        && !moves.has_paid
        && !moves.assets.iter().any(is_told)
    {
        let change = signed(has).saturating_sub(signed(had));
        moves.move_of(Asset::Balance, change, || "it mints tokens".into());
    }
    Ok(moves)
}

impl Moves {
    /// Returns true if the stranger has paid something, now or before.
    pub(super) const fn has_paid(&self) -> bool {
        self.has_paid
    }

    /// Accounts that the call has made.
    pub(super) fn created(&self) -> &[Address] {
        &self.created
    }

    fn move_of(&mut self, asset: Asset, change: I256, what: impl FnOnce() -> String) {
        if !change.is_zero() {
            let (moved, _) = self
                .assets
                .entry(asset)
                .or_insert_with(|| (I256::ZERO, what()));
            *moved = moved.saturating_add(change);
        }
    }

    /// Ether that leaves for the stranger on the parent chain.
    fn leave_for_l1(&mut self, log: &Log) {
        let topics = log.topics();
        let is_it = log.address == ARB_SYS && topics.first() == Some(&keccak256(TO_L1));
        let is_his = topics.get(1) == Some(&STRANGER.into_word());
        let wei = words(log).nth(TO_L1_WEI).unwrap_or_default();
        if is_it && is_his {
            self.move_of(Asset::Ether, signed(wei), || {
                "it pays ether out on the parent chain".into()
            });
        }
    }

    /// Adds the movement that an event of a token reports.
    fn by_event(&mut self, log: &Log, account: Address) {
        let topics = log.topics();
        let known = topics.first().and_then(|topic| OF_TOKENS.get(topic));
        let Some((event, whose, is_transfer)) = known else {
            return;
        };
        let (Some(from), Some(to)) = (topics.get(*whose), topics.get(whose + 1)) else {
            return;
        };
        let number = topics.get(whose + 2).copied();
        let amount = if *event == BATCH {
            of_batch(log)
        } else {
            words(log).last()
        };
        // Of ERC-721 there is one of each number.
        let amount = amount.or(number.map(|_| U256::ONE)).unwrap_or_default();
        let is_stranger = |topic: &B256| {
            [*STRANGER, *PROBE]
                .iter()
                .any(|his| *topic == his.into_word())
        };
        let is_own_token = log.address == account;
        let is_own = *from == account.into_word();
        let is_minted = *from == B256::ZERO;
        let whose = if is_own {
            format!("{event} of its tokens at {}", log.address)
        } else if is_minted && is_own_token {
            "it mints tokens".into()
        } else if is_minted {
            format!("it mints tokens at {}", log.address)
        } else {
            format!("{event} of another's tokens at {}", log.address)
        };
        if is_stranger(from) && is_stranger(to) || amount.is_zero() {
            return;
        }
        let asset = Asset::Token(log.address, number);
        if *is_transfer && is_stranger(from) {
            self.move_of(asset, signed(amount).saturating_neg(), || whose);
        } else if is_stranger(to) {
            let is_bought = self.has_paid && (is_own || is_minted);
            if *is_transfer {
                if !is_bought {
                    self.move_of(asset, signed(amount), || whose);
                }
            } else if is_own || is_own_token {
                // What others allow him elsewhere is not the account's doing.
                self.others.push(Taken {
                    what: whose,
                    amount,
                });
            }
        } else if *is_transfer && is_own_token && is_minted {
            // What is made and destroyed in one call is nobody's.
            self.made_for.insert(*to);
        } else if *is_transfer
            && is_own_token
            && *to == B256::ZERO
            && !is_own
            && !self.made_for.contains(from)
        {
            let what = "it burns another's tokens".into();
            self.others.push(Taken { what, amount });
        }
    }
}

/// The amounts of a batch together: the second of its lists.
fn of_batch(log: &Log) -> Option<U256> {
    let bytes = usize::try_from(words(log).nth(1)?).ok()?;
    let mut list = words(log).skip(bytes / 32);
    let count = usize::try_from(list.next()?).ok()?;
    Some(list.take(count).fold(U256::ZERO, U256::saturating_add))
}

/// The words of an event's data.
fn words(log: &Log) -> impl Iterator<Item = U256> {
    let all = log.data.data.chunks_exact(32);
    all.map(U256::from_be_slice)
}

/// A number that may be taken off.
fn signed(number: U256) -> I256 {
    I256::try_from(number).unwrap_or(I256::MAX)
}

/// Reads the ether of an account on a copy, in wei.
pub(super) fn ether(copy: &Simulation, account: Address) -> Result<U256, ChainError> {
    Ok(copy.chain.account(account, BlockId::latest())?.balance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(asset: Asset, change: i64) -> Moves {
        let mut moves = Moves::default();
        let change = I256::try_from(change).expect("a number");
        moves.move_of(asset, change, || "it".into());
        moves
    }

    #[test]
    fn who_gets_back_what_he_paid_in_has_gained_nothing() {
        let mut ledger = Ledger::default();
        ledger.add(&moves(Asset::Ether, -5));
        assert_eq!(ledger.gains(&moves(Asset::Ether, 5)), []);
        let gained = ledger.gains(&moves(Asset::Ether, 7));
        assert_eq!(gained.len(), 1);
        assert_eq!(gained[0].amount, U256::from(2));
        // What was got once and given away is his to take back.
        ledger.add(&moves(Asset::Ether, 105));
        ledger.add(&moves(Asset::Ether, -100));
        assert_eq!(ledger.gains(&moves(Asset::Ether, 100)), []);
        assert_eq!(ledger.gains(&moves(Asset::Balance, 1)).len(), 1);
    }
}
