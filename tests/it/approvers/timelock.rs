//! A TimelockController of OpenZeppelin decides with a key: schedule, wait, execute.

use crate::prelude::*;
use stylus_upgrades_tests::peers;

use super::fixture::Fixture;

const TIMELOCK: &str = "@openzeppelin/contracts/build/contracts/TimelockController.json";
const DELAY: u64 = 172_800;

#[tokio::test]
async fn a_timelock_is_an_approver() {
    let fixture = Fixture::new().await;
    let admin = fixture.owner(0).address();
    let (minimum, one) = (U256::from(DELAY), vec![admin]);
    let arguments = (minimum, one.clone(), one, Address::ZERO).abi_encode_params();
    let timelock = fixture.deploy(TIMELOCK, &arguments).await;
    fixture.decided_with(timelock);
    let register = "register A 1.0 counter-v1";
    fixture.approved(&register);

    let (document, data) = fixture.exported(&register, "text");
    assert_eq!(document["executes"], true, "{document}");
    let file = std::fs::read_to_string(fixture.path("call")).expect("a file");
    assert_eq!(file, format!("{data}\n"));
    let schedule = peers::schedule(fixture.registry(), data.clone(), DELAY);
    fixture.send(timelock, &schedule).await;
    let execute = peers::execute(fixture.registry(), data);
    let early = fixture.client.call(timelock, &execute).await;
    assert!(early.is_err(), "before the delay has passed");
    let wait = |chain: &mut stylus_chain::Chain| {
        chain.increase_time(DELAY);
        chain.mine(1, None).expect("a block");
    };
    fixture.node.with_chain(wait).expect("the chain");
    let sent = fixture.send(timelock, &execute).await;
    assert!(
        sent.event_of::<IRegistry::Executed>(fixture.registry())
            .is_some()
    );
    assert_eq!(fixture.current(), "1.0");
}
