//! What somebody puts between an approver and the code: other proxies, false events. And who keeps
//! a migration from going through.

use crate::prelude::*;
use alloy::sol_types::SolEvent;
use stylus_upgrades::build::Framework;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::registry::IRegistry::DefinitionCreated;
use stylus_upgrades_interface::slots;

const MIGRATE: [&str; 6] = ["A", "2.0", "counter-v2", "--call", "migrate(uint256)", "5"];

fn set(sandbox: &Sandbox, who: Address, slot: B256, word: B256) {
    sandbox.chain(move |chain| chain.set_storage_at(who, slot.into(), word));
}

fn proxies(sandbox: &Sandbox) -> Vec<Address> {
    let status = sandbox.done("Other", "status A");
    let instances = status["definitions"][0]["instances"].as_array();
    let instances = instances.expect("instances").iter();
    instances
        .map(|instance| text(instance, "proxy").parse().expect("an address"))
        .collect()
}

/// The checks that do not hold.
fn failed(document: &Value) -> Vec<&str> {
    let checks = document["checks"].as_array().expect("checks").iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| text(check, "what"))
        .collect()
}

#[test]
fn code_that_is_a_proxy_of_somebody_is_neither_registered_nor_migrated_to() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let code = text(&deployed, "address");
    let account: Address = code.parse().expect("an address");
    for slot in [slots::IMPLEMENTATION, slots::BEACON] {
        set(&sandbox, account, slot, Address::repeat_byte(9).into_word());
        let way = ["--call", "migrate(uint256)", "5"];
        for command in ["register", "migrate"] {
            let words = [[command, "A", "2.0", code].as_slice(), &way].concat();
            let refused = sandbox.run("Admin", &words);
            assert_eq!(refused.exit, Some(1), "{refused:?}");
            assert_eq!(error(&refused), "HiddenProxy");
        }
        set(&sandbox, account, slot, B256::ZERO);
    }
    let words = [&["migrate"], &MIGRATE[..]].concat();
    assert_eq!(sandbox.done("Admin", &words)["executed"], true);
}

#[test]
fn verify_finds_a_proxy_between_an_instance_and_its_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let [proxy] = proxies(&sandbox)[..] else {
        panic!("one instance");
    };
    let middle = Address::repeat_byte(9);
    set(&sandbox, proxy, slots::IMPLEMENTATION, middle.into_word());
    let verified = sandbox.run("Other", "verify A");
    assert_eq!(verified.exit, Some(1));
    assert_eq!(
        failed(&verified.document),
        [
            format!("implementation of {proxy}"),
            format!("last Upgraded of {proxy}")
        ]
    );
}

#[test]
fn verify_fails_where_a_part_of_the_framework_has_other_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let part = Framework::pinned().expect("it").storage.address;
    sandbox.chain(move |chain| chain.set_code(part, Bytes::from_static(&[0x00])));
    let answer = sandbox.run("Other", "verify A");
    answer.is(1, "CodeChanged");
}

#[test]
fn verify_finds_an_event_of_an_upgrade_that_never_happened() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let [proxy] = proxies(&sandbox)[..] else {
        panic!("one instance");
    };
    // LOG2(0, 0, Upgraded, an address)
    let mut lie = vec![0x7f];
    lie.extend(Address::repeat_byte(9).into_word());
    lie.push(0x7f);
    lie.extend(Upgraded::SIGNATURE_HASH);
    lie.extend([0x5f, 0x5f, 0xa2, 0x00]);
    let sender = sandbox.node.addresses()[3];
    sandbox.chain(move |chain| {
        let own = chain.account(proxy, BlockId::latest()).expect("it").code;
        chain.set_code(proxy, lie.into());
        chain.impersonate(sender);
        let request = CallRequest {
            to: Some(proxy),
            gas: Some(100_000),
            value: U256::ZERO,
            input: Bytes::new(),
            ..CallRequest::default()
        };
        let hash = chain.submit_unsigned(sender, request).expect("accepted");
        assert!(chain.receipt(hash).expect("mined").success);
        chain.set_code(proxy, own);
    });
    let verified = sandbox.run("Other", "verify A");
    assert_eq!(verified.exit, Some(1));
    assert_eq!(
        failed(&verified.document),
        [format!("last Upgraded of {proxy}")]
    );
}

#[test]
#[ignore = "nightly: an endpoint that deceives, many commands, about 7 s"]
fn a_migration_that_fails_for_one_of_a_handful_names_it_and_what_to_do() {
    let sandbox = Sandbox::with_counter("Admin", 3);
    let [_, second, _] = proxies(&sandbox)[..] else {
        panic!("three instances");
    };
    set(&sandbox, second, slots::migrated("2.0"), slots::SET);
    let words = [&["migrate"], &MIGRATE[..]].concat();
    let refused = sandbox.run("Admin", &words);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert_eq!(error(&refused), "AlreadyMigrated");
    let reported = &refused.document["error"];
    assert!(
        text(reported, "message").contains(&second.to_string()),
        "{reported}"
    );
    assert!(text(reported, "next").contains("at most 4"), "{reported}");

    // the way that it tells: with five that lag, rollout skips it
    for _ in 0..2 {
        sandbox.done("Admin", &CREATE);
    }
    let went = sandbox.run("Admin", &words);
    assert_eq!(went.document["executed"], true, "{went:?}");
    assert_eq!(went.document["left"], 1, "{went:?}");
}

#[test]
fn an_endpoint_without_events_has_nothing_to_say_about_what_is_open() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let words = [&["migrate"], &MIGRATE[..]].concat();
    let proposed = sandbox.proposed("Admin", &words);
    let action = text(&proposed, "action");
    let all = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["method"] == "eth_getLogs" {
            answer["result"] = json!([]);
        }
    });
    // One that keeps back a single event: that the definition was created.
    let created = DefinitionCreated::SIGNATURE_HASH.to_string();
    let one = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let logs = answer["result"].as_array_mut();
        if let ("eth_getLogs", Some(logs)) = (request["method"].as_str().unwrap_or_default(), logs)
        {
            logs.retain(|log| log["topics"][0] != created.as_str());
        }
    });
    let (all, one) = (all.endpoint(), one.endpoint());
    for (words, url) in [
        (&["pending"][..], &all),
        (&["pending", "A"], &all),
        (&["status"], &all),
        (&["approve", action], &all),
        (&["approve", &action[..10]], &all),
        (&["approve", "--offline", action], &all),
        (&["pending"], &one),
        (&["status"], &one),
    ] {
        let answer = sandbox.run("Admin2", &[words, &["--rpc-url", url]].concat());
        assert_eq!(
            (answer.exit, error(&answer)),
            (Some(4), "EventsHidden"),
            "{words:?}: {answer:?}"
        );
    }
    let unknown = B256::repeat_byte(7).to_string();
    let answer = sandbox.run("Admin2", &format!("approve {unknown}"));
    assert_eq!(error(&answer), "UnknownAction", "{answer:?}");
}

#[test]
fn a_definition_that_an_endpoint_leaves_out_is_known_by_what_was_kept() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", "define B --migrate Admin");
    let hidden = keccak256("A").to_string();
    let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let logs = answer["result"].as_array_mut();
        if let ("eth_getLogs", Some(logs)) = (request["method"].as_str().unwrap_or_default(), logs)
        {
            logs.retain(|log| log["topics"][1] != hidden.as_str());
        }
    });
    let words = ["verify", "--rpc-url", &relay.endpoint()];
    let found = sandbox.run("Other", &words);
    found.is(4, "EventsHidden");
    assert!(
        text(&found.document["error"], "message").contains("\"A\""),
        "{found:?}"
    );
}
