//! Programs expire after 365 days unless somebody keeps them alive. These tests show what stops
//! working then, and who can restore it.

use crate::prelude::*;
use crate::registry::errors::cannot_run;
use stylus_upgrades_interface::reasons::not_runnable;

use super::fixture::Scenario;
use crate::registry::fixture::{framework, refused};

#[test]
fn a_framework_that_expired_makes_no_proxy() {
    let mut scenario = Scenario::new();
    scenario.wait(366 * 86_400);
    let parts = framework().parts.iter().map(|part| part.address);
    for program in parts.chain([scenario.registry, scenario.code.implementation]) {
        scenario.activate(program);
    }
    let query = calls::proxy_address("A", 0, B256::repeat_byte(2));
    let proxy = scenario.view(&query).expect("an address");
    let creation = scenario.creation(2, "1.0");
    let expired = |implementation| cannot_run(implementation, not_runnable::EXPIRED);
    let storage = framework().storage.address;
    refused(scenario.govern(&creation), expired(storage));
    scenario.activate(storage);
    refused(scenario.govern(&creation), expired(proxy));
    scenario.activate(framework().proxy.address);
    scenario.govern(&creation).expect("created");
}
