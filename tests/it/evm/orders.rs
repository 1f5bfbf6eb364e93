//! The orders contract and the EVM proxies that it creates.

use crate::prelude::*;
use stylus_chain::Receipt;
use stylus_upgrades::build::evm::{
    Assembly, evm_proxy_code, evm_proxy_creation_code, op, orders_code, stub_code,
};
use stylus_upgrades_interface::chain::CREATE2_DEPLOYER;
use stylus_upgrades_interface::orders::IOrders::{createCall, giveCall, ordersOfCall};

use super::fixture::{Fixture, account, echoed, order};
use super::programs::{batch, call, destroying, echo, refusing, statically, writing};

const OWNER: usize = 1;
const OTHER: usize = 2;
const STRANGER: usize = 3;
const SALT: B256 = B256::repeat_byte(0x5a);

/// An orders contract whose proxies have `program` in place of UpgradeabilityStorage.
struct Set {
    fixture: Fixture,
    stub: Address,
    storage: Address,
    orders: Address,
}

impl Set {
    fn new(program: &[u8]) -> Self {
        let mut fixture = Fixture::new();
        let stub = fixture.create2(&stub_code());
        let storage = fixture.create2(program);
        let orders = fixture.create2(&orders_code(stub, storage));
        Self {
            fixture,
            stub,
            storage,
            orders,
        }
    }

    /// Where the proxy of that creator lies.
    fn address_of(&self, creator: Address, salt: B256) -> Address {
        let init_code = evm_proxy_creation_code(self.stub, self.storage);
        let init_code = [&init_code[..], &creator.abi_encode()].concat();
        self.orders.create2(salt, keccak256(init_code))
    }

    #[track_caller]
    fn create(&mut self, creator: Address, salt: B256) -> (Address, Receipt) {
        let input = createCall { salt }.abi_encode();
        let done = self.fixture.done(creator, self.orders, 0, input);
        let proxy = createCall::abi_decode_returns(&done.output).expect("an address");
        (proxy, done)
    }

    /// A set with a proxy of [`OWNER`].
    fn with_proxy(program: &[u8]) -> (Self, Address) {
        let mut set = Self::new(program);
        let (proxy, _) = set.create(account(OWNER), SALT);
        (set, proxy)
    }

    #[track_caller]
    fn refused(&mut self, from: Address, input: impl Into<Bytes>) {
        self.fixture.refused(from, self.orders, 0, input);
    }

    fn orders_of(&self, proxy: Address) -> Address {
        self.fixture.ask(self.orders, &ordersOfCall { proxy })
    }

    /// What an order says that is passed on, without a transaction.
    fn ordered(&self, from: Address, input: Bytes) -> (bool, Bytes) {
        let outcome = self.fixture.call(from, self.orders, input);
        (outcome.success, outcome.output)
    }
}

fn create(salt: B256) -> Vec<u8> {
    createCall { salt }.abi_encode()
}

fn give(proxy: Address, to: Address) -> Vec<u8> {
    giveCall { proxy, to }.abi_encode()
}

#[test]
fn a_proxy_lies_where_its_creator_and_salt_say_and_says_who_decides() {
    let mut set = Set::new(&echo());
    let owner = account(OWNER);
    let (proxy, done) = set.create(owner, SALT);
    assert_eq!(proxy, set.address_of(owner, SALT));
    assert_eq!(
        set.fixture.code(proxy),
        evm_proxy_code(set.orders, set.storage)
    );
    let slot = |name| set.fixture.slot(proxy, name);
    assert_eq!(slot(slots::ADMIN), owner.into_word());
    assert_eq!(slot(slots::IMPLEMENTATION), set.stub.into_word());
    assert_eq!(set.orders_of(proxy), owner);
    let entry = set.fixture.slot(set.orders, proxy.into_word());
    assert_eq!(entry, owner.into_word());
    let [log] = &done.logs[..] else {
        panic!("one event: {:?}", done.logs);
    };
    assert_eq!(log.address, proxy);
    let expected = Proxy::AdminChanged {
        previousAdmin: Address::ZERO,
        newAdmin: owner,
    };
    assert_eq!(
        Proxy::AdminChanged::decode_log_data(&log.data),
        Ok(expected)
    );
    // What everybody else calls runs on the stub.
    let (stranger, input) = (account(STRANGER), vec![1, 2, 3, 4]);
    let outcome = set.fixture.call(stranger, proxy, input);
    assert!(!outcome.success);
    assert_eq!(outcome.output[..], Proxy::UpgradeInProgress::SELECTOR);
}

#[test]
fn creators_with_the_same_salt_create_different_proxies_of_one_code() {
    let mut set = Set::new(&echo());
    let found = [OWNER, OTHER].map(|who| set.create(account(who), SALT).0);
    assert_ne!(found[0], found[1]);
    let [first, second] = found.map(|proxy| keccak256(set.fixture.code(proxy)));
    assert_eq!(first, second);
    let (again, _) = set.create(account(OWNER), B256::ZERO);
    assert!(!found.contains(&again));
    assert_eq!(set.orders_of(found[0]), account(OWNER));
    assert_eq!(set.orders_of(found[1]), account(OTHER));
}

#[test]
fn whoever_runs_the_init_code_alone_creates_other_code() {
    let mut set = Set::new(&echo());
    let (genuine, _) = set.create(account(OWNER), SALT);
    let init_code = evm_proxy_creation_code(set.stub, set.storage);
    let init_code = [&init_code[..], &account(OWNER).abi_encode()].concat();
    let stranger = account(STRANGER);
    let deployer = CREATE2_DEPLOYER;
    let input = [SALT.as_slice(), &init_code].concat();
    set.fixture.done(stranger, deployer, 0, input);
    let forged = deployer.create2(SALT, keccak256(&init_code));
    assert_eq!(
        set.fixture.code(forged),
        evm_proxy_code(deployer, set.storage)
    );
    assert_ne!(set.fixture.code(forged), set.fixture.code(genuine));
    assert_eq!(set.orders_of(forged), Address::ZERO);
}

#[test]
fn a_proxy_is_created_once() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let owner = account(OWNER);
    let again = set.fixture.send(owner, set.orders, 0, create(SALT));
    assert!(!again.success);
    assert_eq!(again.output, Bytes::new());
    set.fixture
        .done(owner, set.orders, 0, give(proxy, account(OTHER)));
    for who in [OWNER, OTHER] {
        let again = set.fixture.send(owner, set.orders, 0, create(SALT));
        assert!(!again.success, "{who}");
    }
    assert_eq!(set.orders_of(proxy), account(OTHER));
    // The one who was given it creates one of his own with that salt.
    let (own, _) = set.create(account(OTHER), SALT);
    assert_ne!(own, proxy);
    assert_eq!(set.orders_of(proxy), account(OTHER));
}

/// Creates a proxy, has it destroy itself and gives it away, in one transaction: what is left is the entry.
#[test]
fn what_destroyed_itself_in_its_creation_is_not_created_again() {
    for is_given in [false, true] {
        let mut set = Set::new(&destroying());
        let registry = set.fixture.create2(&batch());
        let proxy = set.address_of(registry, SALT);
        let other = account(OTHER);
        let mut calls = vec![
            call(set.orders, &create(SALT)),
            call(set.orders, &order(proxy, b"")),
        ];
        if is_given {
            calls.push(call(set.orders, &give(proxy, other)));
        }
        set.fixture.done(account(0), registry, 0, calls.concat());
        assert_eq!(set.fixture.code(proxy), Bytes::new());
        for slot in [slots::ADMIN, slots::IMPLEMENTATION] {
            assert_eq!(set.fixture.slot(proxy, slot), B256::ZERO);
        }
        let holder = if is_given { other } else { registry };
        assert_eq!(set.orders_of(proxy), holder);

        let again = call(set.orders, &create(SALT));
        set.fixture.refused(account(0), registry, 0, again);
        assert_eq!(set.fixture.code(proxy), Bytes::new());
        assert_eq!(set.orders_of(proxy), holder);
        // Nor does the other create it, whose word is in another init code.
        let (own, _) = set.create(other, SALT);
        assert_ne!(own, proxy);
        assert_eq!(set.fixture.code(proxy), Bytes::new());
    }
}

#[test]
fn what_destroyed_itself_is_not_created_again_in_the_same_transaction() {
    let mut set = Set::new(&destroying());
    let registry = set.fixture.create2(&batch());
    let proxy = set.address_of(registry, SALT);
    let calls = [
        call(set.orders, &create(SALT)),
        call(set.orders, &order(proxy, b"")),
        call(set.orders, &create(SALT)),
    ];
    let sent = set.fixture.send(account(0), registry, 0, calls.concat());
    assert!(!sent.success);
    assert_eq!(set.orders_of(proxy), Address::ZERO);
    assert_eq!(set.fixture.code(proxy), Bytes::new());
    // None of it happened, so it is created now.
    set.fixture
        .done(account(0), registry, 0, call(set.orders, &create(SALT)));
    assert_eq!(set.orders_of(proxy), registry);
}

#[test]
fn who_orders_a_proxy_gives_it_and_orders_it_no_more() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let (owner, other) = (account(OWNER), account(OTHER));
    let done = set.fixture.done(owner, set.orders, 0, give(proxy, other));
    assert_eq!((done.output, done.logs.len()), (Bytes::new(), 0));
    assert_eq!(set.orders_of(proxy), other);
    set.refused(owner, order(proxy, b"call"));
    set.refused(owner, give(proxy, owner));
    let (success, _) = set.ordered(other, order(proxy, b"call"));
    assert!(success);
    // The proxy itself does not change: what its admin slot holds is an order.
    let admin = set.fixture.slot(proxy, slots::ADMIN);
    assert_eq!(admin, owner.into_word());
    set.fixture.done(other, set.orders, 0, give(proxy, owner));
    assert_eq!(set.orders_of(proxy), owner);
}

#[test]
fn a_proxy_is_given_by_who_orders_it_and_to_an_account() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let (owner, other, stranger) = (account(OWNER), account(OTHER), account(STRANGER));
    set.refused(stranger, give(proxy, stranger));
    set.refused(proxy, give(proxy, stranger));
    set.refused(owner, give(proxy, Address::ZERO));
    set.refused(owner, give(account(4), other)); // never created
    set.refused(owner, give(Address::ZERO, other));
    let mut high = give(proxy, other);
    for byte in [4, 15, 36, 47] {
        high[byte] = 1; // above one of the two addresses
        set.refused(owner, high.clone());
        high[byte] = 0;
    }
    // A word that is 2^160, whose address would be zero.
    let mut zero = give(proxy, Address::ZERO);
    zero[47] = 1;
    set.refused(owner, zero);
    set.refused(owner, high[..67].to_vec());
    assert_eq!(set.orders_of(proxy), owner);
    // More than the arguments is what the ABI leaves out.
    set.fixture
        .done(owner, set.orders, 0, [high, vec![0]].concat());
    assert_eq!(set.orders_of(proxy), other);
}

#[test]
fn an_order_reaches_the_proxy_with_value_and_comes_back_as_it_is() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let owner = account(OWNER);
    let before = set.fixture.balance(proxy);
    let done = set
        .fixture
        .done(owner, set.orders, 7, order(proxy, b"called"));
    assert_eq!(done.output, echoed(set.orders, 7, b"called"));
    assert!(done.logs.is_empty());
    assert_eq!(set.fixture.balance(proxy) - before, U256::from(7));
    assert_eq!(set.fixture.balance(set.orders), U256::ZERO);
    // Called by who orders it itself, it is a call of a user: the stub says no.
    let outcome = set.fixture.call(owner, proxy, b"called".to_vec());
    assert_eq!(outcome.output[..], Proxy::UpgradeInProgress::SELECTOR);
}

#[test]
fn a_failing_order_gives_back_its_value_and_what_it_reverts_with() {
    let (mut set, proxy) = Set::with_proxy(&refusing());
    let owner = account(OWNER);
    let sent = set
        .fixture
        .send(owner, set.orders, 7, order(proxy, b"called"));
    assert!(!sent.success && sent.halt.is_none());
    assert_eq!(sent.output, echoed(set.orders, 7, b"called"));
    assert_eq!(set.fixture.balance(proxy), U256::ZERO);
    assert_eq!(set.fixture.balance(set.orders), U256::ZERO);
}

#[test]
fn a_static_call_passes_through_and_writes_nothing() {
    for (program, reads) in [(echo(), true), (writing(), false)] {
        let mut set = Set::new(&program);
        let reader = set.fixture.create2(&statically());
        let proxy = set.address_of(reader, SALT);
        // The reader becomes who orders a proxy, by a gift: it makes static calls alone.
        let (given, _) = set.create(account(OWNER), SALT);
        set.fixture
            .done(account(OWNER), set.orders, 0, give(given, reader));
        let ask = |input: &[u8]| {
            let outcome = set
                .fixture
                .call(account(0), reader, order(set.orders, input));
            assert!(outcome.success, "{outcome:?}");
            let (success, data) = outcome.output.split_at(32);
            (U256::from_be_slice(success) == U256::ONE, data.to_vec())
        };
        let (success, data) = ask(&order(given, b"read"));
        assert_eq!(success, reads);
        if reads {
            assert_eq!(data, echoed(set.orders, 0, b"read"));
        }
        let question = ordersOfCall { proxy: given }.abi_encode();
        assert_eq!(ask(&question), (true, reader.abi_encode()));
        assert_eq!(ask(&create(SALT)), (false, vec![]));
        assert_eq!(ask(&give(given, account(0))), (false, vec![]));
        assert_eq!(set.fixture.code(proxy), Bytes::new());
    }
}

#[test]
fn a_stranger_orders_nothing_and_nobody_an_account_without_an_entry() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let (owner, stranger) = (account(OWNER), account(STRANGER));
    set.refused(stranger, order(proxy, b"called"));
    set.refused(proxy, order(proxy, b"called"));
    set.refused(set.storage, order(proxy, b"called"));
    let precompile = Address::with_last_byte(0x64);
    for other in [
        Address::ZERO,
        set.orders,
        set.storage,
        owner,
        account(4),
        precompile,
    ] {
        set.refused(owner, order(other, b"called"));
    }
    let value = set
        .fixture
        .send(stranger, set.orders, 7, order(proxy, b"called"));
    assert!(!value.success);
    assert_eq!(set.fixture.balance(set.orders), U256::ZERO);
}

#[test]
fn a_word_above_an_address_is_no_proxy() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    for byte in 0..12 {
        let mut input = order(proxy, b"called").to_vec();
        input[byte] = 1;
        set.refused(account(OWNER), input);
    }
    // The selectors that an approver, a lambda or a token is called with.
    for signature in [
        "isValidSignature(bytes32,bytes)",
        "satisfied(bytes32)",
        "fallback()",
    ] {
        let selector = &keccak256(signature)[..4];
        let input = [selector, &order(proxy, b"called")].concat();
        set.refused(account(OWNER), input);
    }
}

/// A proxy whose address ends in a zero, which a shorter word would be read as.
#[test]
fn calldata_shorter_than_a_word_are_no_order() {
    let mut set = Set::new(&echo());
    let owner = account(OWNER);
    let salts = (0..).map(|n: u64| B256::from(U256::from(n)));
    let ends_in_zero = |salt: &B256| set.address_of(owner, *salt).0[19] == 0;
    let salt = salts.into_iter().find(ends_in_zero).expect("one of 256");
    let (proxy, _) = set.create(owner, salt);
    let input = order(proxy, b"!");
    assert_eq!(input.len(), 33);
    for size in [0, 1, 3, 4, 12, 31] {
        set.refused(owner, input.slice(..size));
        set.fixture
            .refused(owner, set.orders, 1, input.slice(..size));
    }
    let empty = echoed(set.orders, 0, b"");
    assert_eq!(set.ordered(owner, input.slice(..32)), (true, empty));
    let one = echoed(set.orders, 0, b"!");
    assert_eq!(set.ordered(owner, input), (true, one));
}

#[test]
fn functions_take_their_arguments_and_no_value() {
    let (mut set, proxy) = Set::with_proxy(&echo());
    let owner = account(OWNER);
    let question = ordersOfCall { proxy }.abi_encode();
    for call in [
        create(B256::ZERO),
        give(proxy, account(OTHER)),
        question.clone(),
    ] {
        set.fixture.refused(owner, set.orders, 1, call.clone());
        set.refused(owner, call[..call.len() - 1].to_vec());
        set.refused(owner, call[..4].to_vec());
    }
    set.refused(owner, vec![0xff; 100]);
    assert_eq!(set.orders_of(proxy), owner);
    assert_eq!(set.orders_of(account(OTHER)), Address::ZERO);
    let mut high = question;
    high[15] = 1;
    let answer = set.ordered(owner, high.into());
    assert_eq!(answer, (true, Address::ZERO.abi_encode().into()));
}

/// A proxy whose code calls the orders contract while an order is under way.
#[test]
fn a_proxy_that_calls_back_has_no_rights_of_its_own() {
    let (mut set, proxy) = Set::with_proxy(&batch());
    let (owner, stranger) = (account(OWNER), account(STRANGER));
    let orders = set.orders;
    let back = |input: &[u8]| order(proxy, &call(orders, input));
    let inputs = [
        back(&order(proxy, b"")),
        back(&give(proxy, stranger)),
        back(&give(proxy, proxy)),
    ];
    for input in inputs {
        set.refused(owner, input);
    }
    assert_eq!(set.orders_of(proxy), owner);
    // What it creates is its own, and does not touch what others have.
    let input = back(&create(SALT));
    let done = set.fixture.done(owner, set.orders, 0, input);
    let created = createCall::abi_decode_returns(&done.output).expect("an address");
    assert_eq!(created, set.address_of(proxy, SALT));
    assert_eq!(set.orders_of(created), proxy);
    assert_eq!(set.orders_of(proxy), owner);
    // So it orders that one, in the middle of an order, and gives it away.
    let deeper = order(
        created,
        &call(set.orders, &ordersOfCall { proxy }.abi_encode()),
    );
    let deeper = order(proxy, &call(set.orders, &deeper));
    let done = set.fixture.done(owner, set.orders, 0, deeper);
    assert_eq!(done.output, Bytes::from(owner.abi_encode()));
    let gives = order(proxy, &call(set.orders, &give(created, stranger)));
    set.fixture.done(owner, set.orders, 0, gives);
    assert_eq!(set.orders_of(created), stranger);
}

/// Who orders a proxy is called by it and orders again: there is no lock, since nothing is written.
#[test]
fn an_order_inside_of_an_order_passes() {
    let mut set = Set::new(&batch());
    let registry = set.storage; // which is such a program as well
    let proxy = set.address_of(registry, SALT);
    let asks = call(set.orders, &ordersOfCall { proxy }.abi_encode());
    let inner = call(set.orders, &order(proxy, &asks));
    let outer = call(set.orders, &order(proxy, &call(registry, &inner)));
    let calls = [call(set.orders, &create(SALT)), outer];
    let done = set.fixture.done(account(0), registry, 0, calls.concat());
    assert_eq!(done.output, Bytes::from(registry.abi_encode()));
}

#[test]
fn a_megabyte_goes_through_and_comes_back() {
    let data = vec![0xa5; 1 << 20];
    for (program, success) in [(echo(), true), (refusing(), false)] {
        let (set, proxy) = Set::with_proxy(&program);
        let found = set.ordered(account(OWNER), order(proxy, &data));
        assert_eq!(found.0, success);
        assert_eq!(found.1.len(), data.len() + 64);
        assert!(found.1 == echoed(set.orders, 0, &data));
    }
}

#[test]
fn an_order_leaves_all_but_a_64th_of_the_gas_to_the_proxy() {
    let gas = Assembly::default()
        .ops(&[op::GAS, op::PUSH0, op::MSTORE])
        .push(&[32])
        .ops(&[op::PUSH0, op::RETURN])
        .code();
    let (set, proxy) = Set::with_proxy(&gas);
    let (_, left) = set.ordered(account(OWNER), order(proxy, b""));
    let given = 1u64 << 40;
    let hops = 2; // the proxy, and its delegatecall
    let at_least = (0..hops).fold(given - 100_000, |gas, _| gas - gas / 64);
    assert!(U256::from_be_slice(&left) >= U256::from(at_least));
}
