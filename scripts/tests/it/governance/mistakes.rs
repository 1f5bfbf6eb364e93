//! What people get wrong: the wrong chain, another's key, a manifest that cannot be written.

use crate::prelude::*;
use stylus_upgrades::PROGRAM;
use stylus_upgrades_test_support::require_every_command;

/// A failure that says what happened, what was expected, what was found, and what to do next.
fn refused(answer: &Answer, exit: i32, name: &str) {
    answer.is(exit, name);
    for field in ["message", "expected", "found", "next"] {
        assert!(!answer.said(field).is_empty(), "{answer:?}");
    }
}

#[test]
fn a_registry_that_is_not_on_this_chain_is_reported_and_does_not_look_like_an_empty_one() {
    let (sandbox, other) = (Sandbox::with_counter("Admin", 1), Sandbox::bare());
    let endpoint = other.node.endpoint();
    let approve = format!("approve 0x{}", "11".repeat(32));
    let mut told = Vec::new();
    for words in [
        "status",
        "status A",
        "pending",
        "history A",
        "verify",
        "upgrade A",
        "register A 2.0 counter-v2",
        "create-proxy A 1.0",
        "define B --migrate Admin",
        "plan A 2.0 counter-v2",
        "policy update A Admin2",
        &approve,
    ] {
        let answer = sandbox.run("Admin", &format!("{words} --rpc-url {endpoint}"));
        refused(&answer, 4, "Missing");
        answer.says("found", &[&endpoint]);
        told.push(answer.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"), @"
    message: there is no registry at [address]
    expected: a registry
    found: there is no code on chain 412346 at http://127.0.0.1:[port]
    next: check the address, and that --rpc-url leads to the chain that it is on
    ");
}

#[test]
fn a_key_that_cannot_be_checked_is_not_used() {
    let sandbox = Sandbox::new();
    for (from, name) in [
        ("vitalik.eth", "FromMalformed"),
        ("0x0000000000000000000000000000000000000001", "OtherAddress"),
    ] {
        let mut command = sandbox.command_of("Admin", "define A --migrate Admin");
        let output = command.env("ETH_FROM", from).output();
        refused(&Answer::of(output.expect("it starts")), 2, name);
    }
}

#[test]
fn a_manifest_that_cannot_be_written_is_found_out_before_anything_is_paid_for() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    // Too long for the file that is written beside it.
    let [own, bare] = ["m", "n"].map(|letter| format!("{}.toml", letter.repeat(240)));
    sandbox.write(&own, sandbox.read(MANIFEST));
    sandbox.write(&bare, format!("rpc = {:?}\n", sandbox.node.endpoint()));
    let before = sandbox.nonce();
    sandbox.transcript(&format!(
        "Admin 2 ManifestUnreadable | {CREATE} --save one --manifest {own}
         Admin 2 ManifestUnreadable | registry deploy --save --manifest {bare}"
    ));
    assert_eq!(sandbox.nonce(), before, "something was sent");
}

/// A private key.
const DIGITS: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

/// The key as it may be typed: in each form, with a digit too few or too many, twice, and with a letter for a digit.
fn typed_keys() -> [String; 8] {
    [
        format!("0x{DIGITS}"),
        DIGITS.into(),
        DIGITS.to_uppercase(),
        format!("0x{}", &DIGITS[..63]),
        DIGITS[1..].into(),
        format!("{DIGITS}0"),
        format!("0x{DIGITS}{DIGITS}"),
        DIGITS.replacen("c8cb", "c8ob", 1),
    ]
}

#[test]
fn a_key_that_is_typed_in_place_of_another_word_is_not_repeated() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let commands = [
        "approve KEY",
        "approve KEY --offline",
        "approve KEY --export call.json --as Admin",
        "submit KEY",
        "pending KEY",
        "pending KEY --against KEY",
        "revoke KEY",
        "cancel KEY",
        "execute KEY",
        "pause KEY",
        "resume KEY",
        "register KEY 1.1 counter-v1",
        "send KEY increment()",
        "registry deploy --define KEY",
        "doctor --registry KEY",
        "console --registry KEY",
        "fuzz A KEY",
        "history KEY",
        "status KEY",
        "status --registry KEY",
        "status --network KEY",
        "status --manifest KEY",
        "status --framework-from KEY",
        "status --accept KEY --unlocked KEY",
        "verify KEY",
        "verify A --version KEY --source counter-v1",
        "upgrade KEY",
        "upgrade KEY 2.0",
        "trace KEY",
        "coverage KEY --source KEY",
        "migrate A KEY KEY",
        "plan A 2.0 --action KEY",
        "policy explain KEY",
        "policy explain A --role KEY",
        "policy update KEY Admin",
        "policy update A KEY",
        "policy update A AND(Admin,KEY)",
        "define B --migrate KEY",
        "create-proxy KEY 1.0",
        "create-proxy A KEY",
        "rollback A --to KEY --label 3.0",
        "run-migration KEY",
        "transfer KEY Admin",
        "adopt A KEY 1.0",
        "census KEY",
        "census A --block KEY",
        "call KEY value()",
        "deploy KEY --print",
        "layout show KEY",
        "check A --against KEY",
        "statsu KEY",
        "KEY",
    ];
    let asks_chain = PROGRAM.commands().filter(|one| one.group().asks_chain());
    let names = asks_chain.map(|one| one.name());
    require_every_command(names, commands, &[]);
    for (words, key) in commands.iter().zip(typed_keys().iter().cycle()) {
        require_not_repeated(&sandbox, words, key);
    }
    for key in typed_keys() {
        require_not_repeated(&sandbox, "approve KEY", &key);
        require_not_repeated(&sandbox, "census A --block KEY", &key);
    }
    let unknown = sandbox.run("Admin", &format!("approve 0x{DIGITS}"));
    unknown.is(1, "UnknownAction");
    assert_snapshot!(unknown.refusal(), @"
    message: nobody has proposed the action [hex]: the registry has no event about it
    expected: the event that proposed it
    found: [hex]
    next: the first approver types the whole command, such as migrate; stylus-upgrades pending lists what is open
    ");
    assert_eq!(unknown.said("found"), "0xb6b1…0659");
}

/// Runs the command with the key in it. It is refused, and says none of the digits in the middle of the key.
fn require_not_repeated(sandbox: &Sandbox, words: &str, key: &str) {
    let answer = sandbox.run("Admin", &words.replace("KEY", key));
    let all = format!("{}{}", answer.document, answer.stderr).to_lowercase();
    assert_ne!(answer.exit, Some(0), "{words} {key}: {answer:?}");
    assert!(!all.contains(&DIGITS[20..32]), "{words} {key}: {answer:?}");
}

#[test]
fn a_refused_argument_is_repeated_by_its_ends_and_results_have_all_of_it() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    sandbox.done("Admin", CREATE_SAVED);
    sandbox.done("Admin", &format!("policy update A {BOTH}"));
    let action = sandbox.action("Admin", MIGRATE);
    // The first digits are enough to find it.
    for typed in [&*action, &action[..50]] {
        let refused = sandbox.run("Other", &format!("cancel {typed}"));
        let error = refused.document["error"].to_string();
        assert!(!error.contains(&action[20..32]), "{error}");
        contains(&error, &[&action[2..6]]);
    }
    let word = format!("0x{DIGITS}");
    let differs = sandbox.run("Admin2", &format!("pending {action} --against {word}"));
    differs.is(1, "StateDifference");
    let expected = differs.said("expected");
    contains(expected, &["0xb6b1"]);
    assert!(!expected.contains(&DIGITS[20..32]), "{expected}");
    for command in [
        "call counter f(uint8) WORD",
        "create-proxy A 1.0 --init initialize(uint8) WORD",
        "migrate A 3.0 counter-v2 --call migrate(uint8) WORD",
        #[cfg(feature = "laboratory")]
        "census counter --block-hash WORD",
    ] {
        let refused = sandbox.run("Admin", &command.replace("WORD", &word));
        contains(&refused.document["error"].to_string(), &["b6b1…0659"]);
    }
    let file = format!("call-{word}.json");
    let export = format!("pause A --as Admin --export {file} --export-format json");
    let exported = sandbox.done("Admin", &export);
    assert_eq!(exported["exported"]["file"], *file);
    let sign = format!("approve --offline {file} --out signed-{word}.json");
    let shown = sandbox.shown("Admin", &sign, 0);
    contains(&shown, &[&format!("submit signed-{word}.json")]);
    assert_snapshot!(masked(&shown));
}
