//! A collection that became enumerable without some of its tokens. Whatever is done with these and
//! the other tokens, the lists stay correct.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_tests::abi::ICollection;

use crate::migrations::chance::Chance;
use crate::registry::fixture::{Fixture, account, complex, initial_step, is};

const GAS: u64 = 30_000_000;
const RUNS: u64 = 3;
const ACTS: usize = 70;
/// Token ids are below it.
const IDS: usize = 16;
const HANDLER: usize = 8;

struct Simulation {
    fixture: Fixture,
    proxy: Address,
    /// The last one is a contract that calls back.
    people: Vec<Address>,
    owners: BTreeMap<U256, Address>,
    included: BTreeSet<U256>,
    approved: BTreeMap<U256, Address>,
}

/// EVM code that calls `target` with `order`, notes in slot 0 whether that went well, and takes
/// the token that it was sent.
fn meddling_receiver(target: Address, order: &[u8]) -> Vec<u8> {
    let length = (order.len() as u16).to_be_bytes();
    let mut code = vec![0x61, length[0], length[1], 0x60, 0, 0x5f, 0x39]; // CODECOPY to 0
    let offset = code.len() - 3;
    code.extend([0x5f, 0x5f, 0x61, length[0], length[1], 0x5f, 0x5f, 0x73]);
    code.extend(target.as_slice());
    code.extend([0x5a, 0xf1, 0x60, 1, 0x01, 0x5f, 0x55]); // GAS CALL, 1 + success in slot 0
    code.extend([0x63, 0x15, 0x0b, 0x7a, 0x02, 0x60, 0xe0, 0x1b, 0x5f, 0x52]);
    code.extend([0x60, 0x20, 0x5f, 0xf3]);
    code[offset] = code.len() as u8;
    code.extend(order);
    code
}

fn id(n: usize) -> U256 {
    U256::from(n)
}

impl Simulation {
    /// A collection at 2.0 to whose migration some owners were never given.
    fn new(chance: &mut Chance) -> Self {
        let admin = account(0);
        let mut fixture = Fixture::new(&is(admin));
        fixture.defined(&is(admin));
        let [basic, full, program] =
            ["erc721-basic", "erc721-full", "erc721-enumerate"].map(|name| fixture.deploy(name));
        let complex = complex("1.0", &program, account(HANDLER));
        for (version, code, step) in [("1.0", basic, initial_step()), ("2.0", full, complex)] {
            let call = calls::migrate("A", version, &code, step);
            fixture.send(admin, &call).expect("current");
        }
        let create = calls::create_proxy(
            "A",
            "1.0",
            0,
            B256::ZERO,
            data(&ICollection::initializeCall { minter: admin }),
        );
        let proxy = fixture.send(admin, &create).expect("born").returned.proxy;
        let mut simulation = Self {
            fixture,
            proxy,
            people: (1..5).map(account).collect(),
            owners: BTreeMap::new(),
            included: BTreeSet::new(),
            approved: BTreeMap::new(),
        };
        let meddling = ICollection::includeCall {
            token_ids: vec![id(3)],
        };
        let receiver = meddling_receiver(proxy, &meddling.abi_encode());
        let receiver = simulation.fixture.deploy_evm(&receiver);
        simulation.fixture.give_ether(receiver);
        simulation.people.push(receiver);
        for n in 0..IDS * 3 / 4 {
            let to = simulation.somebody(chance);
            assert!(simulation.mint(to, id(n)));
        }
        let approved = simulation.people[1];
        let (token, owner) = simulation.owners.first_key_value().expect("one");
        let (token, owner) = (*token, *owner);
        simulation.approve(owner, approved, token);
        simulation.enumerate(chance);
        simulation
    }

    fn somebody(&self, chance: &mut Chance) -> Address {
        self.people[chance.below(self.people.len())]
    }

    fn send(&mut self, from: Address, call: &impl SolCall) -> bool {
        let input = call.abi_encode().into();
        let sent = self.fixture.raw(from, self.proxy, input, U256::ZERO, GAS);
        sent.is_ok()
    }

    fn ask<C: SolCall>(&self, call: &C) -> Option<C::Return> {
        self.fixture.ask(self.proxy, call).ok()
    }

    /// Migrates the tokens of some owners.
    fn enumerate(&mut self, chance: &mut Chance) {
        let version = "2.0".into();
        assert!(self.send(account(0), &Proxy::upgradeToCall { version }));
        let record: BTreeSet<Address> = self
            .people
            .iter()
            .copied()
            .filter(|_| chance.percent(40))
            .collect();
        let tokens: Vec<(U256, Address)> = self
            .owners
            .iter()
            .map(|(token, owner)| (*token, *owner))
            .filter(|(_, owner)| record.contains(owner))
            .collect();
        let (ids, owners): (Vec<U256>, Vec<Address>) = tokens.into_iter().unzip();
        self.included = ids.iter().copied().collect();
        let items: Bytes = (ids, owners).abi_encode_params().into();
        let data = (U256::ZERO, items).abi_encode_params().into();
        let handler = account(HANDLER);
        assert!(self.send(handler, &Complex::migrateBatchCall { data }));
        assert!(self.send(handler, &Complex::endMigrationCall {}));
    }

    fn mint(&mut self, to: Address, token: U256) -> bool {
        let tokens = vec![token];
        let call = ICollection::mintCall {
            to,
            token_ids: tokens,
        };
        let minted = self.send(account(0), &call);
        if minted {
            let found = self.owners.insert(token, to);
            assert_eq!(found, None, "a token was made twice");
        }
        minted
    }

    fn approve(&mut self, owner: Address, to: Address, token: U256) {
        let call = ICollection::approveCall {
            to,
            token_id: token,
        };
        assert!(self.send(owner, &call));
        self.approved.insert(token, to);
    }

    /// One thing that somebody does, right or wrong.
    fn act(&mut self, chance: &mut Chance) {
        let token = id(chance.below(IDS));
        let owner = self.owners.get(&token).copied();
        let approved = self.approved.get(&token).copied();
        let (anybody, to) = (self.somebody(chance), self.somebody(chance));
        let who = match (owner, chance.percent(70)) {
            (Some(owner), true) => owner,
            _ => anybody,
        };
        let may = owner.is_some() && (owner == Some(who) || approved == Some(who));
        match chance.below(6) {
            0 => {
                let may = owner.is_none();
                assert_eq!(self.mint(to, token), may);
                if may {
                    self.included.insert(token);
                }
            }
            1 => {
                let call = ICollection::burnCall { token_id: token };
                assert_eq!(self.send(who, &call), may);
                if may {
                    self.owners.remove(&token);
                    self.included.remove(&token);
                    self.approved.remove(&token);
                }
            }
            2 => {
                let more = (0..chance.below(3)).map(|_| id(chance.below(IDS)));
                let tokens: Vec<U256> = [token].into_iter().chain(more).collect();
                let different: BTreeSet<U256> = tokens.iter().copied().collect();
                // one that is included already is passed over, unless all of them are
                let may = tokens.iter().all(|token| self.owners.contains_key(token))
                    && !different.is_subset(&self.included);
                let call = ICollection::includeCall { token_ids: tokens };
                assert_eq!(self.send(anybody, &call), may);
                if may {
                    self.included.extend(different);
                }
            }
            3 if may && owner == Some(who) => self.approve(who, to, token),
            n => {
                let from = owner.unwrap_or(who);
                let sent = match n {
                    4 => self.send(
                        who,
                        &ICollection::safeTransferFrom_0Call {
                            from,
                            to,
                            token_id: token,
                        },
                    ),
                    _ => self.send(
                        who,
                        &ICollection::transferFromCall {
                            from,
                            to,
                            token_id: token,
                        },
                    ),
                };
                assert_eq!(sent, may);
                if may {
                    self.owners.insert(token, to);
                    self.included.insert(token);
                    self.approved.remove(&token);
                }
            }
        }
    }

    /// Every view against what must be so.
    fn check(&self, what: &str) {
        let total = self
            .ask(&ICollection::totalSupplyCall {})
            .expect("a number");
        assert_eq!(total, id(self.included.len()), "{what}: total");
        let listed = |index: usize| self.ask(&ICollection::tokenByIndexCall { index: id(index) });
        let all: BTreeSet<U256> = (0..self.included.len()).filter_map(listed).collect();
        assert_eq!(all, self.included, "{what}");
        assert_eq!(listed(self.included.len()), None);
        for n in 0..IDS {
            let token = id(n);
            let owner = self.ask(&ICollection::ownerOfCall { token_id: token });
            assert_eq!(owner, self.owners.get(&token).copied(), "{what}: {token}");
            let approved = self.ask(&ICollection::getApprovedCall { token_id: token });
            let known = owner.map(|_| self.approved.get(&token).copied().unwrap_or_default());
            assert_eq!(approved, known, "{what}: {token}");
            let included = self.ask(&ICollection::isIncludedCall { token_id: token });
            assert_eq!(
                included,
                Some(self.included.contains(&token)),
                "{what}: {token}"
            );
        }
        for owner in self.people.iter().copied() {
            let has = self.owners.iter().filter(|(_, other)| **other == owner);
            let has: BTreeSet<U256> = has.map(|(token, _)| *token).collect();
            let lists: BTreeSet<U256> = has.intersection(&self.included).copied().collect();
            let balance = self.ask(&ICollection::balanceOfCall { owner });
            assert_eq!(balance, Some(id(has.len())), "{what}: {owner}");
            let listed = |index| {
                self.ask(&ICollection::tokenOfOwnerByIndexCall {
                    owner,
                    index: id(index),
                })
            };
            let owned: BTreeSet<U256> = (0..lists.len()).filter_map(listed).collect();
            assert_eq!(owned, lists, "{what}: {owner}");
            assert_eq!(listed(lists.len()), None, "{what}: {owner}");
            let complete = self.ask(&ICollection::isCompleteCall { owner });
            assert_eq!(complete, Some(lists == has), "{what}: {owner}");
        }
    }
}

#[test]
fn lists_say_what_is_there_whatever_is_done_with_tokens_that_were_left_out() {
    let (mut rolled_back, mut left_out) = (0, 0);
    for seed in 0..RUNS {
        let chance = &mut Chance::new(seed);
        let mut simulation = Simulation::new(chance);
        left_out += simulation.owners.len() - simulation.included.len();
        simulation.check(&format!("seed {seed}, at the end of the migration"));
        for n in 0..ACTS {
            simulation.act(chance);
            simulation.check(&format!("seed {seed}, {n}"));
        }
        let receiver = *simulation.people.last().expect("one");
        let noted = simulation.fixture.slots_of(receiver);
        match noted.get(&B256::ZERO) {
            None => {}
            Some(one) if *one == B256::with_last_byte(1) => rolled_back += 1,
            Some(other) => panic!("the collection let itself be rolled back: {other}"),
        }
    }
    eprintln!("left out: {left_out}, rolled back in {rolled_back} stories");
    assert!(left_out > 0 && rolled_back > 0);
}
