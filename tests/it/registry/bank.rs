//! A bank behind a proxy, who has money in it, and who wants that: what an audit found that could be done to users'
//! money, with what everybody holds before and after it.

use crate::prelude::*;
use crate::registry::errors::*;
use alloy::sol_types::Revert;
use stylus_upgrades_interface::reasons::step as step_kind;

use stylus_upgrades_tests::peers::{self, ITimelock};

use super::adopted::creation;
use super::adopted::fixture::{
    Kind, TRANSPARENT_4, TRANSPARENT_5, UUPS_5, admin_of, adopt, compiled, runs,
};
use super::attacked::attackers_registry;
use super::fixture::{Done, Fixture, Reverted, account, initial_step, is, new_proxy, refused};

alloy::sol! {
    #[derive(Debug)]
    interface IBank {
        function initialize(bool refuses) external;
        function own(address first) external;
        function deposit() external payable;
        function withdraw() external;
        function balanceOf(address who) external view returns (uint256);
        function migrate() external;
        function drain(address to) external;
    }

    interface IRobber {
        function deposit(address bank) external payable;
        function rob(address to, bytes data) external;
        function outcome() external view returns (bytes);
    }

}

/// Who governs.
pub(super) const TEAM: usize = 0;
/// Who attacks.
pub(super) const THIEF: usize = 5;
/// Who has nothing but the role `create`.
const CREATOR: usize = 6;
/// Who has money in the bank.
pub(super) const ALICE: usize = 7;
/// Anybody.
pub(super) const STRANGER: usize = 8;
pub(super) const DAY: u64 = 86_400;
pub(super) const CREATED: [u8; 2] = [proxy_kind::WASM, proxy_kind::EVM];

pub(super) fn ether(n: u64) -> U256 {
    U256::from(n) * U256::from(10u64.pow(18))
}

/// The team's definition A with a bank as 1.0, and an instance in which Alice has money.
pub(super) struct Town {
    pub(super) fixture: Fixture,
    pub(super) code: Code,
    pub(super) bank: Address,
}

impl Town {
    /// With a bank behind a proxy of the framework.
    pub(super) fn new(kind: u8) -> Self {
        let (fixture, code) = Self::first("Bank1");
        let bank = Address::ZERO;
        let mut town = Self {
            fixture,
            code,
            bank,
        };
        town.bank = town.created(TEAM, kind, 1, "1.0", false);
        town.alice_deposits();
        town
    }

    /// With one behind a proxy of OpenZeppelin that was adopted.
    pub(super) fn adopted(kind: Kind, code: &str) -> Self {
        let (mut fixture, code) = Self::first(code);
        let admin = admin_of(&fixture, "A");
        let bank = if kind.kind == proxy_kind::UUPS {
            let init = IBank::ownCall { first: admin };
            kind.create_with(&mut fixture, &code, init.abi_encode())
        } else {
            let init = IBank::initializeCall { refuses: false };
            let bank = kind.create_with(&mut fixture, &code, init.abi_encode());
            kind.give(&mut fixture, bank, admin);
            bank
        };
        fixture.accepted(TEAM, &adopt(kind.kind, bank));
        let mut town = Self {
            fixture,
            code,
            bank,
        };
        town.alice_deposits();
        town
    }

    fn first(code: &str) -> (Fixture, Code) {
        let mut fixture = Fixture::of_one();
        let code = compiled(&mut fixture, code);
        fixture.add("1.0", &code, initial_step());
        (fixture, code)
    }

    fn created(&mut self, by: usize, kind: u8, salt: u8, version: &str, refuses: bool) -> Address {
        let init = IBank::initializeCall { refuses }.abi_encode();
        let create = calls::create_proxy("A", version, kind, B256::repeat_byte(salt), init);
        self.fixture.created(by, &create)
    }

    /// A governed call of the team's.
    pub(super) fn govern<C: SolCall>(&mut self, call: &C) -> Result<Done<C::Return>, Reverted> {
        self.fixture.send(account(TEAM), call)
    }

    fn pay<C: SolCall>(&mut self, from: usize, to: Address, call: &C, value: U256) {
        let paid = self.fixture.pay(account(from), to, call, value);
        paid.expect("done");
    }

    pub(super) fn holds(&self, who: Address) -> U256 {
        self.fixture.balance(who)
    }

    pub(super) fn version(&self) -> String {
        self.fixture.instance(self.bank).version
    }

    pub(super) fn state(&self) -> u8 {
        self.fixture.instance(self.bank).state
    }

    pub(super) fn current(&self) -> String {
        self.fixture.definition().current
    }

    /// A migration to 2.0 with that code.
    pub(super) fn second(&mut self, code: &str) -> (Code, IRegistry::migrateCall) {
        let code = compiled(&mut self.fixture, code);
        let way = super::fixture::step("1.0", 0, Bytes::new());
        let order = calls::migrate("A", "2.0", &code, way);
        (code, order)
    }

    /// Anybody rolls out to all.
    pub(super) fn rollout(&mut self) -> Done<u16> {
        self.fixture.follow()
    }

    fn alice_deposits(&mut self) {
        self.pay(ALICE, self.bank, &IBank::depositCall {}, ether(10));
        assert_eq!(self.holds(self.bank), ether(10));
    }

    /// Alice takes out what she has there, and finds all of it.
    pub(super) fn alice_withdraws(&mut self) {
        let who = account(ALICE);
        let holds = self.fixture.ask(self.bank, &IBank::balanceOfCall { who });
        assert_eq!(holds, Ok(ether(10)));
        self.pay(ALICE, self.bank, &IBank::withdrawCall {}, U256::ZERO);
        assert_eq!(self.holds(self.bank), U256::ZERO);
    }

    /// The thief's contract, which has 1 ether there.
    fn robber(&mut self) -> Address {
        let robber = compiled(&mut self.fixture, "Robber").implementation;
        let deposit = IRobber::depositCall { bank: self.bank };
        self.pay(THIEF, robber, &deposit, ether(1));
        assert_eq!(self.holds(self.bank), ether(11));
        robber
    }

    /// The thief withdraws, and has that sent in the middle of it. He gets what was his.
    fn rob(&mut self, robber: Address, to: Address, call: &impl SolCall) -> Done<()> {
        let data = call.abi_encode().into();
        let rob = IRobber::robCall { to, data };
        let robbed = self.fixture.send_to(account(THIEF), robber, &rob);
        let robbed = robbed.expect("robbed");
        assert_eq!(self.holds(robber), ether(1), "what was his");
        assert_eq!(self.holds(self.bank), ether(10), "Alice's money");
        robbed.with(())
    }

    /// OpenZeppelin's TimelockController: the team proposes, and anybody executes what is a day old.
    fn timelock(&mut self) -> Address {
        let (proposers, executors) = (vec![account(TEAM)], vec![Address::ZERO]);
        let arguments = (U256::from(DAY), proposers, executors, Address::ZERO).abi_encode_params();
        let path = "@openzeppelin/contracts/build/contracts/TimelockController.json";
        let code = self.fixture.deploy_code(&creation(path, &arguments));
        code.implementation
    }

    /// The team schedules a call of the registry, and a day passes; what executes it.
    fn matured(&mut self, timelock: Address, call: &impl SolCall) -> ITimelock::executeCall {
        let (registry, data) = (self.fixture.registry, Bytes::from(call.abi_encode()));
        let schedule = peers::schedule(registry, data.clone(), DAY);
        self.pay(TEAM, timelock, &schedule, U256::ZERO);
        self.fixture.wait(DAY + 1);
        peers::execute(registry, data)
    }
}

/// F1 (a): the approvers are talked into adopting a proxy that another registry has paused, and that looks as if it
/// obeyed them therefore. Once it is resumed, they could migrate nothing any more.
#[test]
fn a_proxy_that_another_registry_has_paused_is_not_adopted_and_stops_no_migration() {
    let mut town = Town::new(proxy_kind::WASM);
    let other = attackers_registry(&mut town.fixture, &town.code);
    let own = town.fixture.registry;
    town.fixture.registry = other;
    let bait = town.created(THIEF, proxy_kind::EVM, 1, "1.0", false);
    town.fixture.pause(THIEF);
    town.fixture.registry = own;
    let adopted = town.govern(&adopt(proxy_kind::TRANSPARENT_5, bait));
    town.fixture.at(other, |it| it.resume(THIEF));
    let (two, order) = town.second("Bank2");
    town.fixture.migrates(TEAM, &order);
    assert_eq!(town.version(), "2.0", "{adopted:?}");
    assert_eq!(runs(&town.fixture, town.bank), two.implementation);
    town.fixture.is_no_instance(bait);
    town.alice_withdraws();
}

/// F15: the bank has a function of the name that tells whether a proxy belongs to its admin. It would be adopted and
/// could never be given back.
#[test]
fn a_transparent_proxy_whose_code_answers_as_the_proxy_does_can_be_given_back() {
    let mut town = Town::adopted(TRANSPARENT_4, "AnsweringBank");
    let to = account(STRANGER);
    let nonce = town.fixture.nonce(town.bank);
    let given = calls::transfer_proxy("A", town.bank, to, String::new(), nonce);
    let given = town.govern(&given);
    assert!(given.is_ok(), "it stays for ever: {given:?}");
    town.fixture.is_no_instance(town.bank);
    let admin = town.fixture.slot(town.bank, slots::ADMIN);
    assert_eq!(admin, to.into_word());
    town.alice_withdraws();
}

/// F2: what was done to beacon proxies, with the kinds that there are.
#[test]
fn a_stranger_who_executes_a_matured_migration_in_his_withdrawal_is_paid_once() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        let robber = town.robber();
        let policy = format!("AND({},AFTER({DAY}))", is(account(TEAM)));
        town.fixture.set("migrate", &policy);
        let (_, order) = town.second("Bank2");
        town.govern(&order).expect("proposed");
        town.fixture.wait(DAY + 1);

        town.rob(robber, town.fixture.registry, &order);
        assert_eq!(town.current(), "2.0");
        assert_eq!(town.version(), "1.0", "nothing has moved");
        // nor does it move in the middle of his next withdrawal
        let robber = town.robber();
        let rollout = calls::rollout("A", [town.bank]);
        let robbed = town.rob(robber, town.fixture.registry, &rollout);
        robbed.skips(town.bank, in_progress().abi_encode());
        assert_eq!(town.version(), "1.0");
        // anybody moves it who is not in the middle of anything
        town.rollout();
        assert_eq!(town.version(), "2.0");
        town.alice_withdraws();
    }
}

/// F3.
#[test]
fn a_stranger_who_executes_a_timelocks_migration_in_his_withdrawal_is_paid_once() {
    for (kind, [one, two]) in [
        (TRANSPARENT_4, ["Bank1", "Bank2"]),
        (TRANSPARENT_5, ["Bank1", "Bank2"]),
        (UUPS_5, ["UupsBank1", "UupsBank2"]),
    ] {
        let mut town = Town::adopted(kind, one);
        let robber = town.robber();
        let timelock = town.timelock();
        town.fixture.set("migrate", &is(timelock));
        let (_, order) = town.second(two);
        let execute = town.matured(timelock, &order);

        town.rob(robber, timelock, &execute);
        assert_eq!(town.current(), "2.0");
        assert_eq!(town.version(), "1.0");
        let robber = town.robber();
        let rollout = calls::rollout("A", [town.bank]);
        let robbed = town.rob(robber, town.fixture.registry, &rollout);
        robbed.skips(town.bank, not_direct(robber).abi_encode());
        assert_eq!(town.version(), "1.0");
        // anybody moves it who is not in the middle of anything
        town.rollout();
        assert_eq!(town.version(), "2.0");
        town.alice_withdraws();
    }
}

/// F9.
#[test]
fn a_pause_that_a_thief_executes_in_his_withdrawal_says_so_and_anybody_completes_it() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        let robber = town.robber();
        let timelock = town.timelock();
        let either = format!("OR({},{})", is(timelock), is(account(TEAM)));
        town.fixture.set("pause", &either);
        let pause = calls::pause_first("A", [town.bank]);
        let execute = town.matured(timelock, &pause);

        let robbed = town.rob(robber, timelock, &execute);
        // The bank runs on, for whatever he wants it to. Everybody sees that, and completes the pause.
        let bank = town.bank;
        robbed.skips(bank, in_progress().abi_encode());
        assert_eq!(robbed.events::<IRegistry::Paused>().len(), 1);
        assert_eq!(town.state(), instance_state::LIVE);
        let again = town.govern(&pause);
        refused(again, definition_paused());
        let done = town.rollout();
        assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 1);
        let withdraw = IBank::withdrawCall {};
        let withdrawn = town.fixture.send_to(account(ALICE), bank, &withdraw);
        assert_eq!(town.holds(bank), ether(10), "nothing leaves it");
        refused(withdrawn, in_progress());
        assert_eq!(town.state(), instance_state::PAUSED);
        town.fixture.resume(TEAM);
        town.alice_withdraws();
    }
}

/// F5: while a bank is paused its code becomes other code. A resume gives that code to nobody.
#[test]
fn a_bank_is_not_resumed_with_code_that_changed_in_its_pause() {
    let created = CREATED.map(Town::new);
    let adopted = [TRANSPARENT_4, TRANSPARENT_5].map(|kind| Town::adopted(kind, "Bank1"));
    for mut town in created.into_iter().chain(adopted) {
        town.fixture.pause(TEAM);
        let solidity = Solidity::compile(&Lines).expect("compiled");
        let thief = &solidity.contract("Thief").expect("it").runtime;
        let implementation = town.code.implementation;
        town.fixture.chain.set_code(implementation, thief.clone());

        let resumed = town.fixture.resume(TEAM);
        let (bank, to) = (town.bank, Address::repeat_byte(0x77));
        let drained = town
            .fixture
            .send_to(account(THIEF), bank, &IBank::drainCall { to });
        assert_eq!(town.holds(bank), ether(10), "Alice's money");
        refused(drained, in_progress());
        assert_eq!(town.state(), instance_state::PAUSED);
        let skipped = resumed.skipped();
        assert_eq!((skipped.len(), skipped[0].proxy), (1, bank));
        // the next version is the way out
        let (_, order) = town.second("Bank2");
        town.fixture.migrates(TEAM, &order);
        assert_eq!(town.state(), instance_state::LIVE);
        assert_eq!(town.version(), "2.0");
        town.alice_withdraws();
    }
}

/// F14: who may create makes no instance at a version that no step leads away from; who decides versions may.
#[test]
fn who_may_only_create_stops_no_migration_by_an_instance_without_a_path() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        let code = compiled(&mut town.fixture, "Bank1");
        town.fixture.add("1.5", &code, initial_step());
        town.fixture.set("create", &is(account(CREATOR)));
        let create = IRegistry::createProxyCall {
            version: "1.5".into(),
            ..new_proxy(kind, 2, Bytes::new())
        };
        town.fixture
            .refuses(CREATOR, &create, not_current("1.5", "1.0"));
        let stray = town.created(TEAM, kind, 2, "1.5", false);
        let (two, order) = town.second("Bank2");
        let migrated = town.fixture.migrates(TEAM, &order);
        assert_eq!(town.version(), "2.0");
        assert_eq!(runs(&town.fixture, town.bank), two.implementation);
        let reason = no_path("1.5", "2.0");
        migrated.skips(stray, reason.abi_encode());
        assert_eq!(town.fixture.instance(stray).version, "1.5");
        town.alice_withdraws();
    }
}

/// F14: who may create chooses the data of an instance such that its step reverts.
#[test]
fn who_may_only_create_stops_no_migration_by_an_instance_whose_step_reverts() {
    for kind in CREATED {
        let mut town = Town::new(kind);
        town.fixture.set("create", &is(account(CREATOR)));
        let stray = town.created(CREATOR, kind, 2, "1.0", true);
        let (_, mut order) = town.second("Bank2");
        order.step.kind = step_kind::FOREIGN_CALL;
        order.step.data = IBank::migrateCall {}.abi_encode().into();
        let migrated = town.fixture.migrates(TEAM, &order);
        assert_eq!(town.version(), "2.0");
        migrated.skips(stray, Revert::from("refuses").abi_encode());
        // it blocks nobody
        assert_eq!(town.rollout().returned, 0);
        assert_eq!(town.fixture.instance(stray).version, "1.0");
        town.alice_withdraws();
    }
}
