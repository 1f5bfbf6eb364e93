//! Random calls of users, sent to old and new code alike.

use crate::prelude::*;
use stylus_upgrades_tests::abi::ICollection;

use super::chance::Chance;
use super::old::Twins;
use crate::registry::fixture::account;

/// How many accounts take part.
pub(super) const PEOPLE: usize = 5;
/// Numbers of tokens of a collection.
pub(super) const TOKENS: usize = 30;

/// Token → owner, as the results show.
#[derive(Debug, Default)]
pub(super) struct Tokens(pub(super) BTreeMap<U256, Address>);

/// One of those who take part, or now and then nobody.
pub(super) fn somebody(chance: &mut Chance) -> Address {
    if chance.percent(4) {
        Address::ZERO
    } else {
        account(chance.below(PEOPLE))
    }
}

/// Something with a token of a collection; whether it was done.
pub(super) fn collection(twins: &mut Twins, chance: &mut Chance, tokens: &mut Tokens) -> bool {
    let token = U256::from(chance.below(TOKENS));
    let to = somebody(chance);
    let owner = tokens.0.get(&token).copied();
    // mostly the owner acts
    let by_owner = (0..PEOPLE).find(|n| Some(account(*n)) == owner);
    let from = match by_owner {
        Some(owner) if chance.percent(70) => owner,
        _ => chance.below(PEOPLE),
    };
    let holder = match owner {
        Some(owner) if chance.percent(90) => owner,
        _ => somebody(chance),
    };
    match chance.below(10) {
        0..4 => {
            let mint = ICollection::mintCall {
                to,
                token_ids: vec![token],
            };
            let by = if chance.percent(90) { 0 } else { from };
            let done = twins.send_both(by, &mint).is_ok();
            if done {
                tokens.0.insert(token, to);
            }
            done
        }
        4..6 => {
            let data = ICollection::transferFromCall {
                from: holder,
                to,
                token_id: token,
            };
            moved(twins.send_both(from, &data).is_ok(), token, to, tokens)
        }
        6 => {
            let data = ICollection::safeTransferFrom_0Call {
                from: holder,
                to,
                token_id: token,
            };
            moved(twins.send_both(from, &data).is_ok(), token, to, tokens)
        }
        7 => {
            let approve = ICollection::approveCall {
                to,
                token_id: token,
            };
            twins.send_both(from, &approve).is_ok()
        }
        8 => {
            let approve = ICollection::setApprovalForAllCall {
                operator: to,
                approved: chance.percent(60),
            };
            twins.send_both(from, &approve).is_ok()
        }
        _ => {
            let burn = ICollection::burnCall { token_id: token };
            let done = twins.send_both(from, &burn).is_ok();
            if done {
                tokens.0.remove(&token);
            }
            done
        }
    }
}

fn moved(done: bool, token: U256, to: Address, tokens: &mut Tokens) -> bool {
    if done {
        tokens.0.insert(token, to);
    }
    done
}
