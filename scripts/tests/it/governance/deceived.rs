//! What somebody puts between an approver and the code: other proxies, false events. And who keeps
//! a migration from going through.

use crate::prelude::*;
use alloy::sol_types::SolEvent;
use stylus_upgrades::build::Framework;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::Upgraded;
use stylus_upgrades_interface::reasons::proxy_kind;

/// An endpoint that keeps back the logs for which `is_hidden` holds.
fn hiding(sandbox: &Sandbox, is_hidden: impl Fn(&Value) -> bool + Send + Sync + 'static) -> Relay {
    Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
        let logs = answer["result"].as_array_mut();
        if let (true, Some(logs)) = (request["method"] == "eth_getLogs", logs) {
            logs.retain(|log| !is_hidden(log));
        }
    })
}

#[test]
fn code_that_is_a_proxy_of_somebody_is_neither_registered_nor_migrated_to() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let deployed = sandbox.done("Admin", "deploy counter-v2");
    let code = account(&deployed, "address");
    let way = format!("A 2.0 {code} --call migrate(uint256) 5");
    for slot in [slots::IMPLEMENTATION, slots::BEACON] {
        sandbox.set_slot(code, slot, Address::repeat_byte(9).into_word());
        sandbox.transcript(&format!(
            "Admin 1 HiddenProxy | register {way}
             Admin 1 HiddenProxy | migrate {way}"
        ));
        sandbox.set_slot(code, slot, B256::ZERO);
    }
    sandbox
        .done("Admin", MIGRATE)
        .has(json!({"executed": true}));
}

#[test]
fn verify_finds_a_proxy_between_an_instance_and_its_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let proxy = sandbox.proxies()[0];
    let middle = Address::repeat_byte(9).into_word();
    sandbox.set_slot(proxy, slots::IMPLEMENTATION, middle);
    let verified = sandbox.run("Other", "verify A");
    let failed = ["implementation", "last Upgraded"].map(|what| format!("{what} of {proxy}"));
    assert_eq!(checks(verified.ends(1), false), failed);
}

#[test]
fn verify_fails_where_a_part_of_the_framework_has_other_code() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let part = Framework::pinned().expect("it").storage.address;
    sandbox.set_code(part, hex!("00"));
    sandbox.run("Other", "verify A").is(1, "CodeChanged");
}

#[test]
fn verify_finds_an_event_of_an_upgrade_that_never_happened() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let proxy = sandbox.proxies()[0];
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
        assert!(mined(chain, sender, proxy, Bytes::new(), 100_000).success);
        chain.set_code(proxy, own);
    });
    let verified = sandbox.run("Other", "verify A");
    let found = checks(verified.ends(1), false);
    assert_eq!(found, [format!("last Upgraded of {proxy}")]);
}

#[test]
#[ignore = "nightly: an endpoint that deceives, many commands, about 7 s"]
fn a_migration_that_fails_for_one_moves_the_others_and_names_it() {
    let sandbox = Sandbox::with_counter("Admin", 3);
    let second = sandbox.proxies()[1];
    sandbox.set_slot(second, slots::migrated("2.0"), slots::SET);
    let accept = format!("--accept AlreadyMigrated:{second}");
    let went = sandbox.run("Admin", &format!("{MIGRATE} {accept}"));
    let document = went.ends(5);
    document.has(json!({"executed": true}));
    let skipped = list(document, "skipped");
    assert_eq!(skipped.len(), 1, "{document:#}");
    let told = skipped[0].to_string();
    assert!(
        told.to_lowercase().contains(&format!("{second:#x}")),
        "{told}"
    );
    assert!(told.contains("AlreadyMigrated"), "{told}");
}

#[test]
fn an_endpoint_without_events_has_nothing_to_say_about_what_is_open() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let action = sandbox.action("Admin", MIGRATE);
    let all = hiding(&sandbox, |_| true);
    // One that keeps back a single event: that the definition was created.
    let created = abi::DefinitionCreated::SIGNATURE_HASH.to_string();
    let one = hiding(&sandbox, move |log| log["topics"][0] == created.as_str());
    let approve = ["approve", "approve --offline"].map(|approve| format!("{approve} {action}"));
    let short = format!("approve {}", &action[..10]);
    for (words, relay) in [
        ("pending", &all),
        ("pending A", &all),
        ("status", &all),
        (&approve[0], &all),
        (&short, &all),
        (&approve[1], &all),
        ("pending", &one),
        ("status", &one),
    ] {
        sandbox.run_at(relay, "Admin2", words).is(4, "EventsHidden");
    }
    let unknown = format!("approve {}", B256::repeat_byte(7));
    let answer = sandbox.run("Admin2", &unknown);
    assert_eq!(error(&answer), "UnknownAction", "{answer:?}");
}

#[test]
fn a_definition_that_an_endpoint_leaves_out_is_known_by_what_was_kept() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", "define B --migrate Admin");
    let hidden = keccak256("A").to_string();
    let relay = hiding(&sandbox, move |log| log["topics"][1] == hidden.as_str());
    let found = sandbox.run_at(&relay, "Other", "verify");
    found.is(4, "EventsHidden");
    assert_snapshot!(found.refusal(), @r#"
    message: http://127.0.0.1:[port] shows no event of [address] about "A"
    expected: the events since it was created
    found: none, although the registry's views or its nonce show that there are some
    next: ask another endpoint (--rpc-url): this one leaves events out, or has dropped old blocks
    "#);
}

#[test]
fn an_instance_whose_events_an_endpoint_hides_is_noticed() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let [first, second] = [1, 2].map(|salt| {
        let created = format!("{CREATE} --kind evm --salt {}", B256::with_last_byte(salt));
        account(&sandbox.done("Admin", &created), "proxy")
    });
    let transferred = abi::InstanceRemoved::SIGNATURE_HASH.to_string();
    sandbox.set_code(second, hex!(""));
    sandbox.done("Admin", &format!("transfer {second} --remove"));
    let created = first.into_word().to_string();
    // The registry's nonce counts no proxy that the orders contract created, and nothing that left.
    let arrives = hiding(&sandbox, move |log| log["topics"][2] == created.as_str());
    let leaves = hiding(&sandbox, move |log| {
        log["topics"][0] == transferred.as_str()
    });
    let mut told = Vec::new();
    for relay in [&arrives, &leaves] {
        for words in ["pending", "status"] {
            let found = sandbox.run_at(relay, "Other", words);
            told.push(found.is(4, "EventsHidden").refusal());
        }
        for words in ["verify A", "history A"] {
            let found = sandbox.run_at(relay, "Other", words);
            let failed = checks(found.ends(1), false);
            assert!(failed.contains(&"views of the registry"), "{failed:?}");
        }
        let found = sandbox.run_at(relay, "Other", "doctor");
        let findings = list(found.ends(1), "findings").iter();
        let says = texts(findings, "message").join("\n");
        told.push(masked(&says));
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"));
}

/// Anybody may approve half of an adoption and give it up.
#[test]
fn half_an_adoption_that_is_cancelled_hides_nothing_from_anybody() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", &["define", "A", "--migrate", BOTH]);
    sandbox.agreed(BOTH, "register A 1.0 counter-v1");
    let proxy = Address::repeat_byte(0x77);
    sandbox.set_code(proxy, hex!("5f5ffd"));
    let adopt = abi::adoptCall {
        name: "A".into(),
        proxy,
        kind: proxy_kind::UUPS,
        version: "1.0".into(),
    };
    sandbox.send(0, &adopt);
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let looks = || {
        for words in ["pending", "status", "verify", "history A"] {
            sandbox.done("Other", words);
        }
        sandbox.done("Other", "doctor");
    };
    looks();
    sandbox.done("Admin", &format!("cancel {action}"));
    looks();
}

#[test]
fn a_page_that_lacks_an_instance_or_has_one_twice_is_not_believed() {
    let sandbox = Sandbox::with_counter("Admin", 3);
    for is_doubled in [false, true] {
        let relay = Relay::lying(&sandbox.node.endpoint(), move |request, answer| {
            let call = &request["params"][0];
            let data = [&call["input"], &call["data"]]
                .into_iter()
                .find_map(Value::as_str)
                .and_then(|data| hex::decode(data).ok());
            let is_page =
                data.is_some_and(|data| data.starts_with(&abi::instancePageCall::SELECTOR));
            if request["method"] != "eth_call" || !is_page {
                return;
            }
            let page = hex::decode(text(answer, "result")).expect("bytes");
            let mut page = abi::instancePageCall::abi_decode_returns(&page).expect("a page");
            let last = page.pop().expect("an instance");
            page.extend(is_doubled.then(|| page[0].clone()));
            assert_ne!(page.last().map(|entry| entry.proxy), Some(last.proxy));
            let page = abi::instancePageCall::abi_encode_returns(&page);
            answer["result"] = json!(hex::encode_prefixed(page));
        });
        for words in ["pause A", "status A"] {
            let answer = sandbox.run_at(&relay, "Admin", words);
            answer.is(4, "Unreachable");
            assert!(
                error(&answer).is_empty() || answer.stderr.contains("instances of"),
                "{answer:?}"
            );
        }
    }
}
