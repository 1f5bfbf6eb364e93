//! The orders contract, called by contracts that want what others have.

use crate::prelude::*;
use stylus_upgrades_interface::orders::IOrders;

use super::{ATTACKER, IImpostor, VICTIM, attackers_registry, created_by, impostor};
use crate::registry::errors::not_an_instance;
use crate::registry::fixture::{Fixture, account, framework, refused};
use crate::registry::kinds::create;

fn passed_on(proxy: Address, order: &impl SolCall) -> Bytes {
    [proxy.into_word().as_slice(), &order.abi_encode()]
        .concat()
        .into()
}

/// Holds: whatever it is called with, and whoever calls it, it orders no proxy of somebody else.
#[test]
fn nobody_orders_or_gives_what_another_created() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let registry = fixture.registry;
    let orders = framework().orders.address;
    let init = calls::initialize_counter(7);
    let proxy = create(&mut fixture, proxy_kind::EVM, &init);
    let wallet = fixture.deploy("hostile").implementation;
    let own = impostor(&mut fixture, &code, "");
    let his = created_by(&mut fixture, own, "1.0");
    let give = |proxy, to| IOrders::giveCall { proxy, to };
    let upgrade = calls::upgrade_to("1.0");
    let mut dirty = passed_on(proxy, &upgrade).to_vec();
    dirty[11] = 1;
    let mut dirty_give = give(proxy, wallet).abi_encode();
    dirty_give[4] = 1;
    let attempts: Vec<Bytes> = vec![
        passed_on(proxy, &upgrade),
        passed_on(proxy, &Proxy::registryCall {}),
        proxy.into_word().to_vec().into(),
        proxy.into_word()[..31].to_vec().into(),
        dirty.into(),
        data(&give(proxy, wallet)),
        dirty_give.into(),
        data(&give(his, Address::ZERO)),
        // nobody's: an account that was never created, itself, the registry
        passed_on(Address::ZERO, &upgrade),
        passed_on(orders, &give(proxy, wallet)),
        passed_on(registry, &calls::rollout("A", [proxy])),
        data(&give(Address::ZERO, wallet)),
    ];
    let before = fixture.slots_of(orders);
    for input in attempts {
        fixture
            .send_bytes(ATTACKER, orders, input.clone())
            .expect_err("of an account");
        let through = act(vec![call_bytes(orders, input)]);
        fixture
            .send_to(account(ATTACKER), wallet, &through)
            .expect_err("of a contract");
    }
    // who orders a proxy of his own names this registry in it, or gives it: it is no instance
    fixture
        .send_to(
            account(ATTACKER),
            own,
            &IImpostor::giveCall {
                orders,
                proxy: his,
                to: registry,
            },
        )
        .expect("his");
    fixture.is_no_instance(his);
    refused(
        fixture.send(account(VICTIM), &calls::rollout("A", [his])),
        not_an_instance(his),
    );
    let after = fixture.slots_of(orders);
    let changed: Vec<_> = after
        .iter()
        .filter(|(slot, value)| before.get(*slot) != Some(*value))
        .collect();
    assert_eq!(changed.len(), 1, "his own entry");
    assert_eq!(after[&proxy.into_word()], registry.into_word());
}

/// Holds: one salt gives each creator a proxy of his own, once.
#[test]
fn a_salt_that_another_used_first_takes_no_address() {
    let (mut fixture, code) = Fixture::with_first_version("counter-v1");
    let other = attackers_registry(&mut fixture, &code);
    let salt = keccak256(("A", U256::from(1u8), B256::ZERO).abi_encode_params());
    let orders = framework().orders.address;
    let create_directly = IOrders::createCall { salt };
    let direct = fixture
        .accepted_by(orders, ATTACKER, &create_directly)
        .returned;
    fixture
        .send_to(account(ATTACKER), orders, &create_directly)
        .expect_err("twice");
    let init = data(&calls::initialize_counter(7));
    let creation = calls::create_proxy("A", "1.0", proxy_kind::EVM, B256::ZERO, init);
    let theirs = fixture.at(other, |it| it.created(ATTACKER, &creation));
    let ours = fixture.created(VICTIM, &creation);
    assert_eq!(BTreeSet::from([direct, theirs, ours]).len(), 3);
    let orders_of = |proxy| fixture.ask(orders, &IOrders::ordersOfCall { proxy });
    let found = [direct, theirs, ours].map(orders_of);
    assert_eq!(found, [account(ATTACKER), other, fixture.registry].map(Ok));
}

fn call_bytes(to: Address, input: Bytes) -> Bytes {
    data(&IHostile::callCall {
        target: to,
        value: U256::ZERO,
        data: input,
    })
}
