//! What happened and whether it still holds, by commands and by the library beneath.

use crate::governance::sandbox::ROLLBACK;
use crate::prelude::*;
use stylus_upgrades::client::Client;
use stylus_upgrades::history::{Wanted, read};
use stylus_upgrades::names::Names;
use stylus_upgrades_interface::registry::IRegistry;

/// A definition with everything in its history: approvals, a cancelled action, an open one, a
/// policy update, a migration and the way back.
fn eventful() -> Sandbox {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 2);
    let open = sandbox.run("Admin", &MIGRATE).document;
    sandbox.done("Admin", &format!("revoke {}", text(&open, "action")));
    sandbox.done("Admin", &format!("cancel {}", text(&open, "action")));
    sandbox.run("Admin", &MIGRATE);
    sandbox.done("Admin2", &MIGRATE);
    sandbox.done("Admin", "policy update A OR(Admin,Admin2)");
    sandbox.done("Admin2", &ROLLBACK);
    sandbox.done("Admin", "policy update A --role create AND(Admin,Other)");
    // The code of 3.0 declares the initializer of 1.0 alone.
    let create = "create-proxy A 3.0 --accept=initializer-omitted";
    assert_eq!(sandbox.run("Other", &create).exit, Some(3));
    sandbox
}

fn checks(document: &Value) -> &Vec<Value> {
    document["checks"].as_array().expect("checks")
}

#[test]
fn history_reports_who_did_what_when_under_which_policy() {
    let sandbox = eventful();
    let history = sandbox.done("Other", "history A");
    let entries = history["entries"].as_array().expect("entries");
    let whats: Vec<_> = entries.iter().map(|entry| text(entry, "what")).collect();
    for what in [
        "definition A created",
        "approved migration to 2.0 (1/2)",
        "revoked migration to 2.0",
        "cancelled migration to 2.0",
        "approved migration to 2.0 (2/2)",
        "executed migration to 2.0",
        "2.0 is current",
        "policy of migrate is OR(Admin,Admin2)",
        "executed migration to 3.0",
        "approved an instance at 3.0 (1/2)",
    ] {
        assert!(whats.contains(&what), "{what:?} in {whats:?}");
    }
    let executed = entries
        .iter()
        .find(|e| e["what"] == "executed migration to 2.0");
    let executed = executed.expect("it");
    assert_eq!(text(executed, "policy"), "AND(Admin,Admin2)");
    let later = entries
        .iter()
        .find(|e| e["what"] == "executed migration to 3.0");
    assert_eq!(text(later.expect("it"), "policy"), "OR(Admin,Admin2)");
    let approvals = entries.iter().filter(|e| e["event"] == "Approved");
    let whos: Vec<_> = approvals
        .map(|entry| text(entry, "who").to_owned())
        .collect();
    let people = sandbox.node.addresses();
    assert!(
        whos.contains(&people[0].to_checksum(None)) || whos.contains(&format!("{:#x}", people[0]))
    );
    let added = entries
        .iter()
        .find(|e| e["event"] == "VersionAdded")
        .expect("it");
    assert_eq!(text(added, "codehash").len(), 66);
    assert!(
        checks(&history).iter().all(|check| check["ok"] == true),
        "{history}"
    );
    assert_eq!(history["differences"], json!([]));
    let (exit, lines) = sandbox.reported("Other", "history A");
    assert_eq!(exit, Some(0));
    assert!(
        lines
            .iter()
            .any(|line| line.contains("Admin2  executed migration to 2.0"))
    );
}

#[test]
#[ignore = "nightly: a long history, read by many commands, about 32 s"]
fn changed_code_and_slots_are_found_and_exit_1() {
    let sandbox = eventful();
    assert_eq!(sandbox.run("Other", "verify A").exit, Some(0));
    let status = sandbox.done("Admin", "status A");
    let definition = &status["definitions"][0];
    let address =
        |value: &Value, field: &str| -> Address { text(value, field).parse().expect("it") };
    let implementation = address(&definition["versions"][1], "implementation");
    let proxy = address(&definition["instances"][0], "proxy");
    sandbox.chain(move |chain| chain.set_code(implementation, Bytes::from_static(&[0x5f])));
    let changed = sandbox.run("Other", "history A");
    changed.is(1, "Checks");
    let failed: Vec<_> = checks(&changed.document)
        .iter()
        .filter(|check| check["ok"] == false)
        .map(|check| text(check, "what"))
        .collect();
    assert_eq!(failed, ["code of 2.0"]);

    let slot = stylus_upgrades_interface::slots::IMPLEMENTATION.into();
    let word = implementation.into_word();
    sandbox.chain(move |chain| chain.set_storage_at(proxy, slot, word));
    let hidden = sandbox.run("Other", "verify");
    assert_eq!(hidden.exit, Some(1));
    let failed: Vec<_> = checks(&hidden.document)
        .iter()
        .filter(|check| check["ok"] == false)
        .map(|check| text(check, "what").to_owned())
        .collect();
    for what in ["implementation", "last Upgraded"] {
        let wanted = format!("{what} of {proxy}");
        assert!(failed.contains(&wanted), "{wanted} in {failed:?}");
    }
}

#[test]
#[ignore = "nightly: a long history, read by many commands, about 25 s"]
fn verify_knows_a_source_from_another_and_refuses_to_check_nothing() {
    let sandbox = Sandbox::new();
    let empty = sandbox.run("Other", "verify");
    empty.is(1, "NothingToCheck");
    let unknown = sandbox.run("Other", "history Nobody");
    unknown.is(1, "DefinitionNotFound");
    sandbox.done("Admin", "define A --migrate Admin");
    sandbox.done("Admin", "register A 1.0 counter-v1");
    let right = "verify A --version 1.0 --source counter-v1";
    assert_eq!(sandbox.run("Other", &right).exit, Some(0));
    let whole = sandbox.done("Other", "verify --framework");
    let proxyless = checks(&whole)
        .iter()
        .filter(|check| text(check, "what").starts_with("code of the "));
    assert_eq!(proxyless.count(), 7);
    let wrong = "verify A --source counter-v2";
    assert_eq!(sandbox.run("Other", &wrong).exit, Some(1));
}

#[test]
fn the_registry_has_a_history_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate Admin");
    let history = sandbox.done("Other", &["history", ""]);
    let entries = history["entries"].as_array().expect("entries");
    assert!(
        entries
            .iter()
            .any(|entry| entry["what"] == "executed definition A")
    );
    assert_eq!(history["differences"], json!([]));
}

#[test]
fn an_expired_program_is_found_by_verify() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.wait(366 * 86_400);
    let expired = sandbox.run("Other", "verify A");
    assert_eq!(expired.exit, Some(1));
    let failed: Vec<_> = checks(&expired.document)
        .iter()
        .filter(|check| check["ok"] == false)
        .map(|check| text(check, "what"))
        .collect();
    // Nobody has read the views of a registry that cannot run.
    assert_eq!(
        failed,
        [
            "activation of the registry",
            "activation of 1.0",
            "views of the registry"
        ]
    );
}

/// The registry of the sandbox's manifest.
fn registry(sandbox: &Sandbox) -> Address {
    let manifest = std::fs::read_to_string(sandbox.path("stylus-upgrades.toml")).expect("it");
    manifest
        .lines()
        .find_map(|line| line.strip_prefix("registry = \""))
        .and_then(|rest| rest.trim_end_matches('"').parse().ok())
        .expect("the registry")
}

#[tokio::test]
async fn a_layout_that_is_published_as_the_name_of_a_definition_is_not_in_its_history() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let registry = registry(&sandbox);
    let stranger = sandbox
        .node
        .accounts()
        .mnemonic()
        .last()
        .expect("one")
        .clone();
    let client = Client::connect(&sandbox.node.endpoint()).await.expect("it");
    let client = client.with_signer(stranger);
    let names = Names::default();
    let before = read(client.registry(registry), "A", &names, Wanted::All)
        .await
        .expect("it");
    let document = Bytes::from_static(b"A");
    let publish = IRegistry::publishLayoutCall { document };
    client
        .send("publish", registry, &publish, U256::ZERO)
        .await
        .expect("anyone may");
    let after = read(client.registry(registry), "A", &names, Wanted::All)
        .await
        .expect("it");
    assert_eq!(after.entries.len(), before.entries.len());
    assert!(
        after
            .entries
            .iter()
            .all(|entry| entry.event != "LayoutPublished")
    );
}
