//! The end of a complex step, and a path of several steps, with too little gas. How far an instance goes must not depend
//! on the gas that is supplied.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;

use super::fixture::{Scenario, plain};
use crate::registry::fixture::{account, complex, step};

const HANDLER: usize = 4;
/// Gas between two tries: less than any check of a program takes.
const GAS_STEP: usize = 1_499;

#[test]
fn a_stranger_cannot_cut_a_path_off_by_giving_little_gas() {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    let handler = account(HANDLER);
    let current = |scenario: &mut Scenario, to: &str, code: Code, step: Step| {
        let order = calls::migrate("A", to, &code, step);
        scenario.govern(&order).expect("current");
    };
    let code = scenario.code.clone();
    current(
        &mut scenario,
        "2.0",
        code,
        complex("1.0", &program, handler),
    );
    assert_eq!(scenario.follow().returned, 1);
    let passes = data(&act(vec![]));
    for (from, to, package) in [
        ("2.0", "3.0", "points-v2"),
        ("3.0", "4.0", "ledger-v2"),
        ("4.0", "5.0", "hostile"),
    ] {
        let code = scenario.deploy(package);
        let step = match package {
            "hostile" => step(from, 4, passes.clone()),
            _ => plain(from),
        };
        current(&mut scenario, to, code, step);
    }
    // the end of the step, then what is left of the path
    let proxy = scenario.proxy;
    let end = data(&Complex::endMigrationCall {});
    let rollout = data(&calls::rollout("A", [proxy]));
    let registry = scenario.registry;
    for (to, order, before, after, least) in [
        (proxy, end, "1.0", "2.0", 30),
        (registry, rollout, "2.0", "5.0", 100),
    ] {
        let mut tries = 0;
        for gas in (60_000..3_000_000).step_by(GAS_STEP) {
            tries += 1;
            let sent = scenario.raw(handler, to, order.clone(), U256::ZERO, gas);
            if sent.is_ok() {
                break;
            }
            assert_eq!(scenario.version(proxy), before);
        }
        eprintln!("{after} with the gas of try {tries}");
        assert!(tries > least);
        assert_eq!(scenario.version(proxy), after, "all of it, or nothing");
    }
    scenario.assert_at("5.0", instance_state::LIVE);
}
