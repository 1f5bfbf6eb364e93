//! A TimelockController of OpenZeppelin decides with a key: schedule, wait, execute.

use crate::prelude::*;
use alloy::sol;

use super::fixture::Fixture;

sol! {
    interface ITimelock {
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
    }
}

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
    let schedule = ITimelock::scheduleCall {
        target: fixture.registry(),
        value: U256::ZERO,
        data: data.clone(),
        predecessor: B256::ZERO,
        salt: B256::ZERO,
        delay: minimum,
    };
    fixture.send(timelock, &schedule).await;
    let execute = ITimelock::executeCall {
        target: fixture.registry(),
        value: U256::ZERO,
        payload: data,
        predecessor: B256::ZERO,
        salt: B256::ZERO,
    };
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
