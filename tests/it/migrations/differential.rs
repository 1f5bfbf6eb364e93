//! Old and new code receive the same random calls. They must return the same values, revert alike
//! and emit the same events. The invariants that each version declares must hold in both. (This
//! finds a constant that was changed in one of two functions.)
//!
//! | example | invariant |
//! |---|---|
//! | counter | value = what it started at + step × how often it counted |
//! | ERC-20 | the balances add up to the supply; nobody has more than that |
//! | ERC-721 | a balance is the number of tokens whose owner one is; the list of each owner in the new version holds just these |

use std::collections::BTreeSet;

use alloy::primitives::{Address, B256, U256, fixed_bytes};
use alloy::sol_types::{SolCall, SolValue};
use stylus_upgrades_interface::complex::IComplexMigration::migrateBatchCall;
use stylus_upgrades_interface::full::IInclusion::isCompleteCall;
use stylus_upgrades_interface::reasons::step as kind;
use stylus_upgrades_tests::abi::{ICollection, ICounter, IToken};

use super::chance::Chance;
use super::old::{HANDLER, Twins};
use super::traces::{self, PEOPLE, TOKENS, alone};
use crate::registry::fixture::{account, step};

/// Things that are done to each example, per seed.
const DEEDS: usize = 120;
const SEEDS: u64 = 3;

#[test]
fn the_counter_counts_as_it_did() {
    for (seed, increment) in [(0, 1), (1, 1), (2, 7)] {
        let mut chance = Chance::new(seed);
        // near the end of its range it refuses to go on, and both do
        let start = if seed == 0 {
            U256::MAX - U256::from(9)
        } else {
            U256::from(40)
        };
        let mut twins = Twins::new("counter-v1", &ICounter::initializeCall { value: start });
        let second = twins.fixture.deploy("counter-v2");
        let migrate = ICounter::migrateCall {
            step: U256::from(increment),
        };
        let forward = step("1.0", kind::CALL, migrate.abi_encode().into());
        twins.add("2.0", &second, forward);
        let early = chance.below(5);
        let mut counted = 0;
        for n in 0..20 {
            if n == early {
                twins.upgrade("2.0");
            }
            let done = twins.send_both(chance.below(PEOPLE), &ICounter::incrementCall {});
            counted += u64::from(done.is_ok());
            let late = counted.saturating_sub(early as u64);
            let [old, new] = [twins.stayed, twins.moved]
                .map(|proxy| alone(&twins, proxy, &ICounter::valueCall {}));
            assert_eq!(old, start + U256::from(counted), "seed {seed}");
            let increments = counted - late + increment * late;
            assert_eq!(new, start + U256::from(increments), "seed {seed}");
        }
        assert_eq!(counted, if seed == 0 { 9 } else { 20 });
    }
}

#[test]
fn the_token_moves_as_it_did() {
    let (mut done, mut refused) = (0, 0);
    for seed in 0..SEEDS {
        let mut chance = Chance::new(seed);
        let supply = U256::from(1_000);
        let owner = account(0);
        let mut twins = Twins::new("erc20-v1", &IToken::initializeCall { owner, supply });
        let second = twins.fixture.deploy("erc20-v2");
        let migrate = IToken::migrateCall {}.abi_encode();
        twins.add("2.0", &second, step("1.0", kind::CALL, migrate.into()));
        let early = chance.below(DEEDS / 2);
        for n in 0..DEEDS {
            if n == early {
                twins.upgrade("2.0");
            }
            if traces::token(&mut twins, &mut chance) {
                done += 1;
            } else {
                refused += 1;
            }
            if n % 10 == 0 {
                assert_balanced(&twins, supply);
            }
        }
        assert_balanced(&twins, supply);
        twins.ask(&IToken::nameCall {}).expect("a name");
        twins.ask(&IToken::symbolCall {}).expect("a symbol");
        twins.ask(&IToken::decimalsCall {}).expect("decimals");
        // the data itself, but for the domain of permits that the new version fixed
        let [stayed, mut moved] = twins.data(&["1.0", "2.0"]);
        for slot in [3, 4] {
            assert!(moved.remove(&B256::with_last_byte(slot)).is_some());
        }
        assert_eq!(moved, stayed, "seed {seed}");
    }
    println!("ERC-20, old and new: {done} done, {refused} refused");
    assert!(done > 50 && refused > 50);
}

/// The balances add up to the supply.
fn assert_balanced(twins: &Twins, supply: U256) {
    assert_eq!(twins.ask(&IToken::totalSupplyCall {}), Ok(supply));
    let mut sum = U256::ZERO;
    for owner in (0..PEOPLE).map(account) {
        let balance = twins.ask(&IToken::balanceOfCall { owner });
        let balance = balance.expect("a balance");
        assert!(balance <= supply);
        sum += balance;
        for spender in (0..PEOPLE).map(account) {
            let allowance = IToken::allowanceCall { owner, spender };
            twins.ask(&allowance).expect("an allowance");
        }
    }
    assert_eq!(sum, supply);
}

#[test]
fn the_collection_trades_as_it_did() {
    let (mut done, mut refused) = (0, 0);
    for seed in 0..SEEDS {
        let mut chance = Chance::new(seed);
        let minter = account(0);
        let mut twins = Twins::new("erc721-basic", &ICollection::initializeCall { minter });
        let full = twins.fixture.deploy("erc721-full");
        let complex = twins.complex("erc721-enumerate", "1.0");
        twins.add("2.0", &full, complex);
        let mut tokens = traces::Tokens::default();
        let early = 10 + chance.below(DEEDS / 2);
        for n in 0..DEEDS {
            if n == early {
                enumerate(&mut twins, &tokens);
            }
            if traces::collection(&mut twins, &mut chance, &mut tokens) {
                done += 1;
            } else {
                refused += 1;
            }
            if n % 20 == 0 {
                assert_owned(&twins, &tokens, n >= early);
            }
        }
        assert_owned(&twins, &tokens, true);
        twins.ask(&ICollection::nameCall {}).expect("a name");
        twins.ask(&ICollection::symbolCall {}).expect("a symbol");
        let erc721 = ICollection::supportsInterfaceCall {
            interface_id: fixed_bytes!("80ac58cd"),
        };
        assert_eq!(twins.ask(&erc721), Ok(true));
    }
    println!("ERC-721, old and new: {done} done, {refused} refused");
    assert!(done > 50 && refused > 50);
}

/// The one that moves becomes enumerable.
fn enumerate(twins: &mut Twins, tokens: &traces::Tokens) {
    twins.upgrade("2.0");
    let ids: Vec<U256> = tokens.0.keys().copied().collect();
    let owners: Vec<Address> = tokens.0.values().copied().collect();
    let items = (ids, owners).abi_encode_params();
    let data = (U256::ZERO, items).abi_encode_params().into();
    let batch = migrateBatchCall { data };
    twins.alone(HANDLER, &batch).expect("included");
    twins.end();
}

/// Every token has the owner that it should, and every owner as many as that.
fn assert_owned(twins: &Twins, tokens: &traces::Tokens, enumerable: bool) {
    for token in (0..TOKENS).map(U256::from) {
        let owner = twins.ask(&ICollection::ownerOfCall { token_id: token });
        assert_eq!(owner.ok(), tokens.0.get(&token).copied(), "token {token}");
        let _ = twins.ask(&ICollection::getApprovedCall { token_id: token });
    }
    for owner in (0..PEOPLE).map(account) {
        let owned = tokens.0.iter().filter(|(_, of)| **of == owner);
        let owned: BTreeSet<U256> = owned.map(|(token, _)| *token).collect();
        let balance = twins.ask(&ICollection::balanceOfCall { owner });
        assert_eq!(balance, Ok(U256::from(owned.len())));
        for operator in (0..PEOPLE).map(account) {
            let approved = ICollection::isApprovedForAllCall { owner, operator };
            twins.ask(&approved).expect("yes or no");
        }
        if enumerable {
            let listed = (0..owned.len()).map(|index| {
                let index = U256::from(index);
                let call = ICollection::tokenOfOwnerByIndexCall { owner, index };
                alone(twins, twins.moved, &call)
            });
            assert_eq!(listed.collect::<BTreeSet<U256>>(), owned);
            assert!(alone(twins, twins.moved, &isCompleteCall { owner }));
        }
    }
    if enumerable {
        let supply = alone(twins, twins.moved, &ICollection::totalSupplyCall {});
        assert_eq!(supply, U256::from(tokens.0.len()));
    }
}
