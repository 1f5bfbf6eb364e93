//! Pausing a definition and resuming it: who may, what is refused meanwhile, where each instance continues, and that it
//! does so with the very code and data.

mod approval;
mod insider;
mod instances;
mod obstacles;
mod replaced;

use crate::prelude::*;
use crate::registry::fixture::{Done, Fixture, Reverted, account, is, new_proxy};
use crate::registry::replay::agrees_with_the_views;

/// A definition whose policy is that, with counters at 1.0, which hold 1, 2 …
fn counters(policy: &str, instances: u8) -> (Fixture, Vec<Address>) {
    let (mut fixture, _) = Fixture::with_first_version("counter-v1");
    let proxies = (1..=instances).map(|n| create(&mut fixture, n).expect("created"));
    let proxies = proxies.collect();
    if policy != is(account(0)) {
        fixture.set("migrate", policy);
    }
    (fixture, proxies)
}

fn create(fixture: &mut Fixture, n: u8) -> Result<Address, Reverted> {
    let init = calls::initialize_counter(n.into()).abi_encode();
    let call = new_proxy((n + 1) % 2, n, init); // WASM and EVM proxies in turn
    Ok(fixture.send(account(0), &call)?.returned.proxy)
}

fn rollout(fixture: &mut Fixture, proxies: &[Address]) -> Done<u16> {
    let done = fixture.accepted(5, &calls::rollout("A", proxies));
    agrees_with_the_views(fixture, "A");
    done
}

fn state(fixture: &Fixture, proxy: Address) -> u8 {
    fixture.instance(proxy).state
}

fn value(fixture: &Fixture, proxy: Address) -> Result<U256, Reverted> {
    fixture.ask(proxy, &ICounter::valueCall {})
}

/// What the chain holds of an instance: its code hash and every slot.
fn holds(fixture: &Fixture, proxy: Address) -> (B256, Vec<(B256, B256)>) {
    let slots = fixture.slots_of(proxy).into_iter().collect();
    (fixture.code_hash(proxy), slots)
}
