//! The command line as a process, against a node in this one: what it prints, how it exits.

use crate::governance::sandbox::{Sandbox, error, text};

mod keys;

#[test]
fn a_contract_is_deployed_governed_upgraded_and_brought_back_by_commands() {
    let sandbox = Sandbox::bare();
    sandbox.done("Admin", "registry deploy --save");

    let defined = sandbox.done("Admin", "define A --migrate Admin");
    assert_eq!(
        (&defined["approvals"], &defined["required"]),
        (&1.into(), &1.into())
    );
    assert_eq!(defined["executed"], true);

    let first = sandbox.done("Admin", "register A 1.0 counter-v1");
    assert_eq!(text(&first, "version"), "1.0");
    let v1 = text(&first, "implementation").to_owned();
    let created = sandbox.done("Admin", "create-proxy A 1.0 --init initialize(uint256) 7");
    let proxy = text(&created, "proxy").to_owned();
    assert!(created["gas"].as_u64().is_some_and(|gas| gas > 21_000));

    let second = "register A 2.0 counter-v2 --call migrate(uint256) 5";
    let v2 = text(&sandbox.done("Admin", &second), "implementation").to_owned();
    let stranger = sandbox.run("Other", &format!("upgrade {proxy} 2.0"));
    stranger.is(1, "UpgradeNotAuthorized");
    let upgraded = sandbox.done("Admin", &format!("upgrade {proxy} 2.0"));
    assert_eq!(
        (text(&upgraded, "from"), text(&upgraded, "to")),
        ("1.0", "2.0")
    );
    let again = sandbox.run("Admin", &format!("upgrade {proxy} 2.0"));
    again.is(1, "AlreadyAtVersion");

    sandbox.done(
        "Admin",
        &format!("migrate A 2.0 {v2} --from 1.0 --call migrate(uint256) 5"),
    );
    sandbox.done(
        "Admin",
        &format!("migrate A 3.0 {v1} --script counter-back --call back() --accept function-removed:step()"),
    );
    let status = sandbox.done("Admin", "status A");
    let definition = &status["definitions"][0];
    assert_eq!(
        (
            text(definition, "current"),
            text(&definition["instances"][0], "version")
        ),
        ("3.0", "3.0")
    );
    assert_eq!(
        definition["versions"][0]["codehash"],
        definition["versions"][2]["codehash"]
    );
    let rolled = sandbox.done("Admin", "upgrade A");
    assert_eq!(
        (&rolled["upgraded"], &rolled["left"]),
        (&0.into(), &0.into())
    );
}

#[test]
fn an_instance_is_not_created_without_an_initializer_by_oversight() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", "define A --migrate Admin");
    sandbox.done("Admin", "register A 1.0 counter-v1");
    let forgotten = sandbox.run("Admin", "create-proxy A 1.0");
    forgotten.is(1, "InitializerOmitted");
    let bare = sandbox.run("Admin", "create-proxy A 1.0 --accept=initializer-omitted");
    assert_eq!(bare.exit, Some(0), "it is meant");
    let note = "no initializer runs at creation, and none can ever run";
    assert!(bare.stderr.contains(note), "{}", bare.stderr);
    let init = "create-proxy A 1.0 --init initialize(uint256) 7";
    let whole = sandbox.run("Admin", &init);
    assert_eq!(whole.exit, Some(0));
    assert!(!whole.stderr.contains(note), "{}", whole.stderr);
}

#[test]
fn a_definition_is_paused_and_resumed_with_all_its_instances() {
    let sandbox = Sandbox::new();
    sandbox.done(
        "Admin",
        "define A --migrate AND(Admin,Other) --create Admin",
    );
    let register = "register A 1.0 counter-v1";
    assert_eq!(sandbox.run("Admin", &register).exit, Some(3));
    assert_eq!(sandbox.run("Other", &register).exit, Some(0));
    for n in ["1", "2", "3", "4", "5", "6"] {
        let create = ["create-proxy", "A", "1.0", "--salt", n];
        sandbox.done(
            "Admin",
            &[&create[..], &["--init", "initialize(uint256)", n]].concat(),
        );
    }
    let states = |wanted: &str| {
        let status = sandbox.done("Admin", "status A");
        let definition = &status["definitions"][0];
        let instances = definition["instances"].as_array().expect("instances");
        let count = instances.iter().filter(|one| text(one, "state") == wanted);
        (text(definition, "state").to_owned(), count.count())
    };
    let paused = sandbox.done("Admin", "pause A");
    assert_eq!(paused["executed"], true, "{paused}");
    assert_eq!(states("paused"), ("paused".to_owned(), 6));
    sandbox.done("Admin", "verify A");
    let again = sandbox.run("Other", "pause A");
    again.is(1, "DefinitionPaused");
    let next = text(&again.document["error"], "next");
    assert!(next.starts_with("it is paused already"), "{next}");
    let planned = sandbox.run("Admin", "plan A 2.0 counter-v2");
    let findings = planned.document.to_string();
    assert_eq!(planned.exit, Some(1));
    assert!(findings.contains("DefinitionPaused"), "{findings}");
    assert!(!findings.contains("HiddenProxy"), "{findings}");

    let one = sandbox.run("Admin", "resume A");
    assert_eq!(
        one.exit,
        Some(3),
        "the whole policy resumes: {}",
        one.stderr
    );
    let action = text(&one.document, "action");
    let two = sandbox.run("Other", &format!("approve {action}"));
    assert_eq!(two.exit, Some(0), "{}", two.stderr);
    assert_eq!(states("live"), ("live".to_owned(), 6));
    let history = sandbox.done("Admin", "history A").to_string();
    assert!(history.contains("InstanceResumed"), "{history}");
    sandbox.done("Admin", "verify A");
}

#[test]
fn the_same_code_deployed_again_is_active_already() {
    let sandbox = Sandbox::bare();
    let first = sandbox.done("Admin", "deploy counter-v1");
    let second = sandbox.done("Admin", "deploy counter-v1");
    assert_eq!(first["codehash"], second["codehash"]);
    assert!(first["activation"]["tx"].is_string() && second["activation"].is_null());
    assert_eq!(second["active"], true);
}

#[test]
fn wrong_use_exits_2_and_names_what_was_expected() {
    let sandbox = Sandbox::bare();
    for (words, name) in [
        (&["deploy"][..], "Usage"),
        (&["deploy", "no-such-thing"], "NotAContract"),
        (&["status"], "Usage"),
        (&["upgrade", "Nobody", "2.0"], "UnknownAlias"),
    ] {
        let answer = sandbox.run("Admin", words);
        assert_eq!((answer.exit, error(&answer)), (Some(2), name), "{words:?}");
        assert!(answer.document["error"]["next"].is_string(), "{words:?}");
    }
}

#[test]
fn a_manifest_with_a_syntax_error_is_named_with_its_line() {
    let sandbox = Sandbox::bare();
    std::fs::write(
        sandbox.path("stylus-upgrades.toml"),
        "rpc = \"x\"\nregistry = \n",
    )
    .expect("written");
    let answer = sandbox.run("Admin", "status");
    answer.is(2, "ManifestSyntax");
    assert!(text(&answer.document["error"], "message").contains("line 2"));
}

#[test]
fn a_chain_that_is_not_there_exits_4() {
    let sandbox = Sandbox::bare();
    let answer = sandbox.run("Admin", "deploy counter-v1 --rpc-url http://127.0.0.1:9");
    answer.is(4, "Unreachable");
}

#[test]
fn a_file_that_is_no_wasm_is_refused_before_anything_is_sent() {
    let sandbox = Sandbox::bare();
    std::fs::write(sandbox.path("bad.wasm"), b"\0asm\x01\0\0\0\xff").expect("written");
    let answer = sandbox.run("Admin", "deploy bad.wasm");
    answer.is(1, "NotWasm");
}
