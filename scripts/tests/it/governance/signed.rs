//! Approvals given offline: two keys sign, each in a folder of its own, and a stranger submits.

use crate::prelude::*;
use alloy::dyn_abi::TypedData;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;

/// A folder that has the manifest, and a key of one of the team.
fn folder_of(sandbox: &Sandbox, key: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in [MANIFEST, key] {
        std::fs::copy(sandbox.path(name), folder.path().join(name)).expect("copied");
    }
    folder
}

/// Runs a command there, with that key.
fn run(sandbox: &Sandbox, folder: &Path, key: &str, words: &(impl Words + ?Sized)) -> Answer {
    let mut command = sandbox.command_of(key, words);
    Answer::of(command.current_dir(folder).output().expect("it starts"))
}

fn hand_over(name: &str, from: &Path, to: &Path) {
    std::fs::copy(from.join(name), to.join(name)).expect("copied");
}

/// The key of one of the team.
fn key(sandbox: &Sandbox, name: &str) -> PrivateKeySigner {
    sandbox.read(name).trim().parse().expect("a key")
}

/// The calldata of a pause in a file, and an approval of it by Admin.
fn pause_signed(sandbox: &Sandbox) -> Value {
    sandbox.transcript(
        "Admin 0 | pause A --as Admin --export pause.txt --export-format text
         Admin 0 | approve --offline pause.txt --out signed.json",
    );
    sandbox.json("signed.json")
}

#[test]
fn no_export_is_written_into_sources_which_it_would_change() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    std::fs::create_dir_all(sandbox.path("crate/deep")).expect("a folder");
    sandbox.write("crate/Cargo.toml", "[package]");
    for file in ["crate/pause.json", "crate/deep/pause.json"] {
        let refused = sandbox.run("Admin", &format!("pause A --as Admin --export {file}"));
        refused.is(2, "ExportInSources");
        assert!(!sandbox.path(file).exists(), "{file}");
    }
    sandbox.done("Admin", "pause A --as Admin --export pause.json");
}

#[test]
fn two_sign_in_two_folders_and_a_stranger_submits() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let [ana, ben, stranger] = ["Admin", "Admin2", "Other"].map(|key| folder_of(&sandbox, key));
    let (ana, ben, stranger) = (ana.path(), ben.path(), stranger.path());

    let export = format!("{MIGRATE} --as Admin --export call.json --export-format json");
    run(&sandbox, ana, "Admin", &export).ends(0);
    // Ana has built 2.0 herself.
    let sign = "approve --offline call.json --out ana.json";
    let signed = run(&sandbox, ana, "Admin", sign);
    let signed = signed.ends(0);
    signed.has(json!({"display": {"function": "migrate"}, "executed": false}));
    assert!(signed["coverage"].is_object(), "{signed}");

    hand_over("ana.json", ana, ben);
    // What an exported call says of the functions of 2.0 is no proof to who has not.
    let sign = "approve --offline ana.json --out ben.json";
    run(&sandbox, ben, "Admin2", sign).is(1, "NotChecked");
    let sign = format!("{sign} --accept absent:interface");
    let also = run(&sandbox, ben, "Admin2", &sign);
    let also = also.ends(0);
    also.has(json!({"deadline": signed["deadline"]}));
    // The same call at the same registry; what is signed names who signs it.
    for same in ["domain", "calldata"] {
        assert_eq!(also["digests"][same], signed["digests"][same], "{same}");
    }
    assert_ne!(also["digests"]["eip712"], signed["digests"]["eip712"]);
    assert!(sandbox.open("A").is_empty());

    hand_over("ana.json", ana, stranger);
    hand_over("ben.json", ben, stranger);
    let submit = "submit ana.json ben.json --accept absent:interface";
    let done = run(&sandbox, stranger, "Other", submit);
    let done = done.ends(0);
    done.has(json!({"approvals": 2, "required": 2, "executed": true, "action": signed["action"]}));
    assert_eq!(list(done, "transactions").len(), 2);
    assert_eq!(list(done, "checks").len(), 5);
    holds(done);
}

#[test]
fn signatures_and_calls_of_approvers_add_up() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", "pause A");
    let action = sandbox.action("Admin2", "resume A");
    sandbox.transcript(&format!(
        "Admin 0 | approve --offline {action} --out ana.json
         Other 0 | submit ana.json"
    ));
    assert_snapshot!(masked(&sandbox.shown("Other", "submit ana.json", 0)), @"
    [hash] was executed already, by Other ([address]) in [hash]
    nothing was compared, and nothing was sent
    ");
    assert_eq!(text(&sandbox.definition("A"), "state"), "live");
}

#[test]
fn what_a_wallet_signs_is_submitted_with_its_signer() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    pause_signed(&sandbox);
    let typed = "approve --offline pause.txt --typed-data wallet.json --json";
    assert!(!sandbox.raw(typed).status.success(), "of nobody");
    let output = sandbox.raw(&format!("{typed} --approver Admin2"));
    assert!(output.status.success(), "{output:?}");
    let typed: TypedData = serde_json::from_value(sandbox.json("wallet.json")).expect("it");
    let wallet = key(&sandbox, "Admin2");
    let hash = typed.eip712_signing_hash().expect("a digest");
    let signature = wallet.sign_hash_sync(&hash).expect("signed");
    let signature = hex::encode_prefixed(signature.as_bytes());
    let both = format!("submit signed.json --signature {signature}");
    let unknown = sandbox.run("Other", &format!("{both} --signer Nobody"));
    assert_eq!(error(&unknown), "UnknownAlias");
    let missing = sandbox.run("Other", "submit wallet.json");
    assert_eq!(error(&missing), "SignatureMissing");
    let done = sandbox.done("Other", &format!("{both} --signer Admin2"));
    let mut signers = [key(&sandbox, "Admin").address(), wallet.address()];
    signers.sort();
    done.has(json!({"signers": signers, "executed": true}));
}

#[test]
fn what_a_wallet_signs_and_who_submits_is_checked_as_an_approval() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let export = "--as Admin --export call.json --export-format json";
    let migrate = "migrate A 2.0 counter-v2 --accept=migration-omitted";
    sandbox.done("Admin", &format!("{migrate} {export}"));
    let typed = "approve --offline call.json --typed-data wallet.json";
    let refused = sandbox.run("Admin", typed);
    refused.ends(1);
    assert!(!sandbox.path("wallet.json").exists());
    // The call was only exported: nothing is kept here of the functions of 2.0.
    let known = "--accept=migration-omitted --accept absent:interface";
    let typed = sandbox.done("Admin", &format!("{typed} {known}"));
    assert!(typed["coverage"].is_object(), "{typed}");
    let sign = "approve --offline call.json --out signed.json";
    sandbox.done("Admin", &format!("{sign} {known}"));
    let before = sandbox.run("Other", "submit signed.json");
    assert_eq!(error(&before), error(&refused));
    let done = sandbox.done("Other", &format!("submit signed.json {known}"));
    done.has(json!({"executed": true}));
    assert!(done["coverage"].is_object(), "{done}");
}

/// What names that approver in a file.
fn approved_by(account: Address) -> Value {
    json!({"approval": {"approver": account}, "message": {"approver": account.to_string()}})
}

#[test]
fn what_is_not_as_it_was_signed_is_refused_by_name() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let whole = pause_signed(&sandbox);
    let other = key(&sandbox, TEAM[3]).address();
    let second = key(&sandbox, TEAM[1]).address();
    let elsewhere = "0x00000000000000000000000000000000000000aa";
    let shown = "0x00000000000000000000000000000000000000AA";
    let far =
        json!({"approval": {"deadline": u64::MAX}, "message": {"deadline": u64::MAX.to_string()}});
    for (expected, changes) in [
        (
            "ApprovalOtherChain",
            json!({"approval": {"chainId": 1}, "domain": {"chainId": 1}}),
        ),
        (
            "ApprovalOtherRegistry",
            json!({"approval": {"registry": elsewhere}, "domain": {"verifyingContract": elsewhere}}),
        ),
        ("ApprovalTampered", json!({"message": {"name": "B"}})),
        (
            "ApprovalTampered",
            json!({"domain": {"verifyingContract": shown}}),
        ),
        ("DeadlineTooFar", far),
        ("SignerNotAnApprover", approved_by(other)),
        // An approval counts for who is named in it, and for nobody else.
        ("SignatureOfAnother", approved_by(second)),
    ] {
        let mut changed = whole.clone();
        for (part, value) in changes.as_object().expect("parts") {
            match value.as_object() {
                Some(members) => members
                    .iter()
                    .for_each(|(name, value)| changed[part][name] = value.clone()),
                None => changed[part] = value.clone(),
            }
        }
        sandbox.write("changed.json", changed.to_string());
        let answer = sandbox.run("Other", "submit changed.json");
        assert_eq!(error(&answer), expected, "{answer:?}");
        if expected == "ApprovalTampered" {
            let place = ["message.name", "domain.verifyingContract"];
            let message = answer.said("message");
            assert!(
                place.iter().any(|place| message.contains(place)),
                "{message}"
            );
        }
        for field in ["expected", "found", "next"] {
            answer.said(field);
        }
    }
    std::fs::copy(sandbox.path("signed.json"), sandbox.path("copy.json")).expect("copied");
    let twice = sandbox.run("Other", "submit signed.json copy.json");
    assert_eq!(error(&twice), "SignerTwice");
    let stranger = sandbox.run("Other", "approve --offline pause.txt");
    assert_eq!(error(&stranger), "NotAnApprover");
    assert_snapshot!(stranger.refusal(), @"
    message: pause A was refused: NotAnApprover([address]): the policy of migrate does not name that address
    expected: an approver of role migrate
    found: [address]
    next: use the key of an approver; stylus-upgrades policy explain A --role migrate tells who decides
    ");
    let missing = sandbox.run("Admin", "approve --offline anna.json");
    assert_snapshot!(missing.refusal(), @r#"
    message: "anna.json" does not identify one action
    expected: 0x and 64 digits, or 0x and the first 8 or more of an action
    found: something else
    next: stylus-upgrades pending lists open actions; to name a file, give its path
    "#);
    let until = whole["approval"]["deadline"].as_u64().expect("seconds") + DAY;
    let later = "approve --offline pause.txt --out later.json --deadline";
    sandbox.done("Admin2", &format!("{later} {until}"));
    let differ = sandbox.run("Other", "submit signed.json later.json");
    assert_eq!(error(&differ), "ApprovalsDiffer");
    sandbox.transcript(&format!("Admin2 2 DeadlineTooFar | {later} 4102444800"));
    sandbox.done("Admin", "policy update A Admin");
    let ended = sandbox.run("Other", "submit signed.json");
    ended.is(1, "ApprovalOutdated");
    assert_snapshot!(ended.refusal(), @"
    message: what was signed is not open any more: it was executed or cancelled, or the policy has changed
    expected: the action [hash], which the same call would approve now
    found: [hash]
    next: stylus-upgrades history A tells what happened; if it is still wanted, have it signed again
    ");
    sandbox.wait(32 * DAY);
    let late = sandbox.run("Other", "submit signed.json");
    assert_eq!(error(&late), "ApprovalExpired");
    let past = "approve --offline pause.txt --deadline 1000000000";
    assert_eq!(error(&sandbox.run("Admin", past)), "ApprovalExpired");
    assert!(sandbox.open("A").is_empty());
}

#[test]
fn a_file_that_says_two_things_or_is_for_elsewhere_is_not_signed() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let mut both = pause_signed(&sandbox);
    sandbox.done("Admin", "pause A");
    sandbox.run("Admin2", "pause A");
    let export = "resume A --as Admin --export resume.json --export-format json";
    sandbox.done("Admin", export);
    let exported = sandbox.json("resume.json");
    // What approves one call and carries the calldata of another.
    both["data"] = exported["data"].clone();
    let mut cases = vec![("ApprovalMalformed", both)];
    for (expected, member, value) in [
        ("ApprovalOtherChain", "chainId", json!(1)),
        ("ApprovalOtherRegistry", "to", exported["from"].clone()),
        ("ApprovalMalformed", "value", json!("1")),
        ("ApprovalMalformed", "note", json!("harmless")),
    ] {
        let mut changed = exported.clone();
        changed[member] = value;
        cases.push((expected, changed));
    }
    let mut bare = exported.clone();
    bare.as_object_mut().expect("members").remove("chainId");
    cases.push(("ApprovalMalformed", bare));
    for (expected, file) in cases {
        sandbox.write("given.json", file.to_string());
        let refused = sandbox.run("Admin2", "approve --offline given.json --out out.json");
        assert_eq!(error(&refused), expected, "{refused:?}");
        assert!(!sandbox.path("out.json").exists());
    }
    sandbox.done("Admin2", "approve --offline resume.json --out out.json");
}

#[test]
fn an_approval_that_somebody_signed_is_not_written_over() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let whole = pause_signed(&sandbox);
    for (key, flag) in [("Admin", "--typed-data"), ("Admin2", "--out")] {
        let sign = format!("approve --offline pause.txt {flag} signed.json");
        assert_eq!(error(&sandbox.run(key, &sign)), "ApprovalExists");
        assert_eq!(sandbox.json("signed.json"), whole);
    }
    // One's own of the same call is, and what nobody signed yet.
    sandbox.transcript(
        "Admin  0 | approve --offline pause.txt --out signed.json
         Admin2 0 | approve --offline pause.txt --typed-data wallet.json
         Admin2 0 | approve --offline wallet.json --out wallet.json",
    );
}

/// One of three proposes the call first and cancels it. What the two others have signed for the round after that counts.
#[test]
fn what_was_signed_for_the_round_after_a_cancel_counts_after_it() {
    let sandbox = Sandbox::with_counter("OutOf(2,Admin,Admin2,Other)", 1);
    sandbox.done("Other", "pause A");
    sandbox.transcript(
        "Admin 0 | resume A --as Admin --export resume.txt --export-format text
         Admin 0 | approve --offline resume.txt --after-cancels 1 --out ana.json
         Admin2 0 | approve --offline ana.json --after-cancels 1 --out ben.json",
    );
    let early = sandbox.run("Admin", "submit ana.json ben.json");
    early.is(1, "ApprovalOutdated");
    let action = sandbox.action("Other", "resume A");
    sandbox.done("Other", &format!("cancel {action}"));
    let done = sandbox.done("Admin", "submit ana.json ben.json");
    done.has(json!({"approvals": 2, "executed": true}));
    assert_eq!(text(&sandbox.definition("A"), "state"), "live");
}
