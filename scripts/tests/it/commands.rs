//! The command line as a process, against a node in this one: what it prints, how it exits.

use crate::prelude::*;

#[test]
fn a_contract_is_deployed_governed_upgraded_and_brought_back_by_commands() {
    let sandbox = Sandbox::bare();
    sandbox.done("Admin", "registry deploy --save");
    let defined = sandbox.done("Admin", "define A --migrate Admin");
    defined.has(json!({"approvals": 1, "required": 1, "executed": true}));
    let first = sandbox.done("Admin", "register A 1.0 counter-v1");
    assert_eq!(text(&first, "version"), "1.0");
    let v1 = text(&first, "implementation");
    let created = sandbox.done("Admin", CREATE);
    let proxy = text(&created, "proxy");
    assert!(created["gas"].as_u64() > Some(21_000), "{created}");

    let second = sandbox.done("Admin", REGISTER);
    let v2 = text(&second, "implementation");
    let upgrade = format!("upgrade {proxy} 2.0");
    sandbox.run("Other", &upgrade).is(1, "UpgradeNotAuthorized");
    sandbox
        .done("Admin", &upgrade)
        .has(json!({"from": "1.0", "to": "2.0"}));
    let back = "--script counter-back --call back() --accept function-removed:step()";
    sandbox.transcript(&format!(
        "Admin 1 AlreadyAtVersion | {upgrade}
         Admin 0                  | migrate A 2.0 {v2} --from 1.0 --call migrate(uint256) 5
         Admin 0                  | migrate A 3.0 {v1} {back}"
    ));
    let definition = sandbox.definition("A");
    definition.has(json!({"current": "3.0"}));
    definition["instances"][0].has(json!({"version": "3.0"}));
    let versions = list(&definition, "versions");
    assert_eq!(versions[0]["codehash"], versions[2]["codehash"]);
    sandbox
        .done("Admin", "upgrade A")
        .has(json!({"upgraded": 0, "left": 0}));
}

#[test]
fn an_instance_is_not_created_without_an_initializer_by_oversight() {
    let sandbox = Sandbox::new();
    sandbox.transcript(
        "Admin 0                    | define A --migrate Admin
         Admin 0                    | register A 1.0 counter-v1
         Admin 1 InitializerOmitted | create-proxy A 1.0",
    );
    let bare = "create-proxy A 1.0 --accept=initializer-omitted";
    let [noted, initialized] = [bare, CREATE].map(|words| {
        let answer = sandbox.run("Admin", words);
        answer.ends(0);
        answer.notes()
    });
    assert_snapshot!(noted, @"
    no --init: no initializer runs at creation, and none can ever run on this instance
    create a proxy of A 1.0  (decided by create)
    sending create a proxy of A 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    assert_snapshot!(initialized, @"
    create a proxy of A 1.0  (decided by create)
      initializer   calls initialize(uint256)
        value       7 (uint256)
    sending create a proxy of A 1.0: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
}

#[test]
fn a_definition_is_paused_and_resumed_with_all_its_instances() {
    let sandbox = Sandbox::new();
    sandbox.transcript(
        "Admin 0 | define A --migrate AND(Admin,Other) --create Admin
         Admin 3 | register A 1.0 counter-v1
         Other 0 | register A 1.0 counter-v1",
    );
    for n in 1..=6 {
        let create = format!("create-proxy A 1.0 --salt {n} --init initialize(uint256) {n}");
        sandbox.done("Admin", &create);
    }
    let are_all = |state: &str| {
        let definition = sandbox.definition("A");
        assert_eq!(text(&definition, "state"), state);
        assert_eq!(texts(list(&definition, "instances"), "state"), [state; 6]);
    };
    sandbox
        .done("Admin", "pause A")
        .has(json!({"executed": true}));
    are_all("paused");
    sandbox.done("Admin", "verify A");
    let before = sandbox.nonce();
    let again = sandbox.shown("Other", "pause A", 0);
    assert_snapshot!(masked(&again), @"A is paused already");
    assert_eq!(sandbox.nonce(), before, "something was sent");
    // A migration is possible meanwhile: the plan resumes on the copy, and upgrades what was paused.
    let plan = "plan A 2.0 counter-v2 --call migrate(uint256) 5";
    let planned = sandbox.done("Admin", plan);
    contains(&planned["transactions"].to_string(), &["resume A"]);
    planned.has(json!({"untried": 0}));
    assert!(!planned.to_string().contains("HiddenProxy"), "{planned:#}");

    // The whole policy resumes.
    let action = sandbox.action("Admin", "resume A");
    sandbox.done("Other", &format!("approve {action}"));
    are_all("live");
    let history = sandbox.done("Admin", "history A").to_string();
    contains(&history, &["InstanceResumed"]);
    sandbox.done("Admin", "verify A");
}

#[test]
fn the_same_code_deployed_again_is_active_already() {
    let sandbox = Sandbox::bare();
    let first = sandbox.done("Admin", "deploy counter-v1");
    assert!(first["activation"]["tx"].is_string(), "{first}");
    let second = sandbox.done("Admin", "deploy counter-v1");
    second.has(json!({"codehash": first["codehash"], "activation": null, "active": true}));
}

#[test]
fn wrong_use_and_what_is_no_program_are_refused_by_name() {
    let sandbox = Sandbox::bare();
    sandbox.write("bad.wasm", b"\0asm\x01\0\0\0\xff");
    std::fs::create_dir(sandbox.path("folder.json")).expect("a folder");
    for (words, exit, name) in [
        ("deploy", 2, "Usage"),
        ("deploy no-such-thing", 2, "NotAContract"),
        ("deploy bad.wasm", 1, "NotWasm"),
        ("status", 2, "Usage"),
        ("upgrade Nobody 2.0", 2, "UnknownAlias"),
        ("layout diff old.json counter-v2", 1, "File"),
        ("layout show folder.json", 2, "NotAContract"),
        ("verify Counter --version 9.0", 2, "Usage"),
    ] {
        let answer = sandbox.run("Admin", words);
        answer.is(exit, name);
        answer.said("next");
    }
    let mistyped = [
        "staus",
        "regster",
        "call counter f -x",
        "--account policy define X",
        "status --jsn",
        "plan A 1.0 --from 1",
        #[cfg(feature = "laboratory")]
        "trace 0x85a7",
        "send me f() --value 1eth",
        "node --prot 8700",
    ];
    let told = mistyped.map(|words| sandbox.run("Admin", words).is(2, "Usage").refusal());
    assert_snapshot!(told.join("\n\n"));
    let of_definition = sandbox.run("Admin", "layout diff Counter counter-v2");
    of_definition.is(2, "NotAContract");
    assert_snapshot!(of_definition.refusal(), @"
    message: Counter is neither a contract crate nor a .wasm file
    expected: a folder with Cargo.toml, or a .wasm file
    found: Counter
    next: give the folder of a crate, a .wasm file, or Counter@live: the version that is live of the definition Counter
    ");
    let without_key = sandbox.raw("registry deploy --json");
    Answer::of(without_key).is(2, "NoKey");
    assert_eq!(sandbox.nonce(), 0, "something was sent");
}
