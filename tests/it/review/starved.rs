//! The end of a complex step with too little gas. How far the path continues must not depend on
//! the gas that the handler supplies.

use crate::prelude::*;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;

use super::fixture::{Scenario, plain};
use crate::registry::fixture::{account, complex, step};

const HANDLER: usize = 4;
/// Gas between two tries: less than any check of a program takes.
const GAS_STEP: usize = 1_499;

#[test]
fn a_handler_cannot_cut_a_path_off_by_giving_little_gas() {
    let mut scenario = Scenario::new();
    let program = scenario.deploy("points-cursor");
    let handler = account(HANDLER);
    scenario.add("2.0", complex("1.0", &program, handler));
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
        scenario.add_code(to, code, step);
    }
    let proxy = scenario.proxy;
    scenario.upgrade(proxy, "5.0").expect("started");
    let end: Bytes = Complex::endMigrationCall {}.abi_encode().into();
    let mut tries = 0;
    for gas in (60_000..3_000_000).step_by(GAS_STEP) {
        tries += 1;
        let sent = scenario.raw(handler, proxy, end.clone(), U256::ZERO, gas);
        if sent.is_ok() {
            break;
        }
        assert_eq!(scenario.version(proxy), "1.0");
    }
    eprintln!("ended with the gas of try {tries}");
    assert!(tries > 100);
    assert_eq!(scenario.version(proxy), "5.0", "all of it, or nothing");
}
