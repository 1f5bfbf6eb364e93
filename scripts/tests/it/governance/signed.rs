//! Approvals given offline: two keys sign, each in a folder of its own, and a stranger submits.

use crate::governance::sandbox::TEAM;
use crate::prelude::*;
use alloy::dyn_abi::TypedData;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;

const BOTH: &str = "AND(Admin,Admin2)";
const DAY: u64 = 86_400;

/// A folder that has the manifest, and a key of one of the team.
fn folder_of(sandbox: &Sandbox, key: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["stylus-upgrades.toml", key] {
        std::fs::copy(sandbox.path(name), folder.path().join(name)).expect("copied");
    }
    folder
}

/// Runs a command there, with that key.
fn run(
    sandbox: &Sandbox,
    folder: &Path,
    key: &str,
    words: &(impl Words + ?Sized),
) -> (Option<i32>, Value) {
    let words = &words.list()[..];
    let words = [words, &["--json", "--private-key-path", key]].concat();
    let output = sandbox.command(&words).current_dir(folder).output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let document = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        document.unwrap_or_else(|_| panic!("{said}")),
    )
}

fn hand_over(name: &str, from: &Path, to: &Path) {
    std::fs::copy(from.join(name), to.join(name)).expect("copied");
}

/// The key of one of the team.
fn key(sandbox: &Sandbox, name: &str) -> PrivateKeySigner {
    let text = std::fs::read_to_string(sandbox.path(name)).expect("a key");
    text.trim().parse().expect("a key")
}

/// The calldata of a pause in a file, and an approval of it by Admin.
fn pause_signed(sandbox: &Sandbox) -> PathBuf {
    let export = "pause A --as Admin --export pause.txt --export-format text";
    sandbox.done("Admin", &export);
    sandbox.done("Admin", "approve --offline pause.txt --out signed.json");
    sandbox.path("signed.json")
}

#[test]
fn two_sign_in_two_folders_and_a_stranger_submits() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let [ana, ben, stranger] = ["Admin", "Admin2", "Other"].map(|key| folder_of(&sandbox, key));
    let (ana, ben, stranger) = (ana.path(), ben.path(), stranger.path());

    let mut export = MIGRATE.to_vec();
    export.extend(["--as", "Admin", "--export", "call.json"]);
    export.extend(["--export-format", "json"]);
    let (exit, exported) = run(&sandbox, ana, "Admin", &export);
    assert_eq!(exit, Some(0), "{exported}");
    // Ana has built 2.0 herself.
    let sign = "approve --offline call.json --out ana.json";
    let (exit, signed) = run(&sandbox, ana, "Admin", &sign);
    assert_eq!(exit, Some(0), "{signed}");
    assert_eq!(signed["display"]["function"], "migrate");
    assert_eq!(signed["executed"], false);
    assert!(signed["coverage"].is_object(), "{signed}");

    hand_over("ana.json", ana, ben);
    // What an exported call says of the functions of 2.0 is no proof to who has not.
    let named = ["--accept", "absent:interface"];
    let sign = "approve --offline ana.json --out ben.json";
    let (exit, refused) = run(&sandbox, ben, "Admin2", &sign);
    assert_eq!(
        (exit, &refused["error"]["name"]),
        (Some(1), &json!("NotChecked"))
    );
    let sign = [&sign.list()[..], &named].concat();
    let (exit, also) = run(&sandbox, ben, "Admin2", &sign);
    assert_eq!(exit, Some(0), "{also}");
    assert_eq!(also["digests"], signed["digests"]);
    assert_eq!(also["deadline"], signed["deadline"]);
    assert_eq!(sandbox.done("Admin", "pending A")["actions"], json!([]));

    hand_over("ana.json", ana, stranger);
    hand_over("ben.json", ben, stranger);
    let submit = [&["submit", "ana.json", "ben.json"][..], &named].concat();
    let (exit, done) = run(&sandbox, stranger, "Other", &submit);
    assert_eq!(exit, Some(0), "{done}");
    assert_eq!(
        (&done["approvals"], &done["required"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(done["executed"], true);
    assert_eq!(done["action"], signed["action"]);
    assert_eq!(done["transactions"].as_array().map(Vec::len), Some(1));
    let checks = done["checks"].as_array().expect("checks");
    assert!(checks.len() == 5 && checks.iter().all(|check| check["ok"] == true));
}

#[test]
fn signatures_and_calls_of_approvers_add_up() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    sandbox.done("Admin", "pause A");
    let proposed = sandbox.proposed("Admin2", "resume A");
    let action = text(&proposed, "action");
    sandbox.done(
        "Admin",
        &format!("approve --offline {action} --out ana.json"),
    );
    let done = sandbox.done("Other", "submit ana.json");
    assert_eq!(done["executed"], true);
    let again = sandbox.run("Other", "submit ana.json");
    assert_eq!(error(&again), "ApprovalOutdated");
}

#[test]
fn what_a_wallet_signs_is_submitted_with_its_signer() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    pause_signed(&sandbox);
    let typed = "approve --offline pause.txt --typed-data wallet.json --json";
    let output = sandbox.raw(&typed);
    assert!(output.status.success(), "{output:?}");
    let typed = std::fs::read_to_string(sandbox.path("wallet.json")).expect("a file");
    let typed: TypedData = serde_json::from_str(&typed).expect("typed data");
    let wallet = key(&sandbox, "Admin2");
    let hash = typed.eip712_signing_hash().expect("a digest");
    let signature = wallet.sign_hash_sync(&hash).expect("signed");
    let signature = alloy::hex::encode_prefixed(signature.as_bytes());
    let both = ["submit", "signed.json", "--signature", &signature];
    let unknown = [&both[..], &["--signer", "Nobody"]].concat();
    assert_eq!(error(&sandbox.run("Other", &unknown)), "UnknownAlias");
    let missing = sandbox.run("Other", "submit wallet.json");
    assert_eq!(error(&missing), "SignatureMissing");
    let done = sandbox.done("Other", &[&both[..], &["--signer", "Admin2"]].concat());
    let mut signers = [key(&sandbox, "Admin").address(), wallet.address()];
    signers.sort();
    assert_eq!(done["signers"], json!(signers));
    assert_eq!(done["executed"], true);
}

#[test]
fn what_a_wallet_signs_and_who_submits_is_checked_as_an_approval() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    let mut export = MIGRATE[..4].to_vec();
    export.extend([
        "--accept=migration-omitted",
        "--as",
        "Admin",
        "--export",
        "call.json",
    ]);
    export.extend(["--export-format", "json"]);
    sandbox.done("Admin", &export);
    let typed = [
        "approve",
        "--offline",
        "call.json",
        "--typed-data",
        "wallet.json",
    ];
    let refused = sandbox.run("Admin", &typed);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    assert!(!sandbox.path("wallet.json").exists());
    // The call was only exported: nothing is kept here of the functions of 2.0.
    let known = ["--accept=migration-omitted", "--accept", "absent:interface"];
    let meant = [&typed[..], &known].concat();
    let typed = sandbox.done("Admin", &meant);
    assert!(typed["coverage"].is_object(), "{typed}");
    let sign = [
        &["approve", "--offline", "call.json", "--out", "signed.json"],
        &known[..],
    ];
    sandbox.done("Admin", &sign.concat());
    let submit = ["submit", "signed.json"];
    let before = sandbox.run("Other", &submit);
    assert_eq!(error(&before), error(&refused));
    let done = sandbox.done("Other", &[&submit[..], &known].concat());
    assert_eq!(done["executed"], true);
    assert!(done["coverage"].is_object(), "{done}");
}

#[test]
fn what_is_not_as_it_was_signed_is_refused_by_name() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let signed = pause_signed(&sandbox);
    let whole: Value =
        serde_json::from_slice(&std::fs::read(signed).expect("a file")).expect("JSON");
    let other = key(&sandbox, TEAM[3]).address();
    let second = key(&sandbox, TEAM[1]).address();
    let elsewhere = json!("0x00000000000000000000000000000000000000aa");
    let shown = json!("0x00000000000000000000000000000000000000AA");
    type Change<'a> = (&'a str, Value);
    let cases: [(&str, Vec<Change<'_>>); 7] = [
        (
            "ApprovalOtherChain",
            vec![
                ("/approval/chainId", json!(1)),
                ("/domain/chainId", json!(1)),
            ],
        ),
        (
            "ApprovalOtherRegistry",
            vec![
                ("/approval/registry", elsewhere.clone()),
                ("/domain/verifyingContract", elsewhere.clone()),
            ],
        ),
        ("ApprovalTampered", vec![("/message/name", json!("B"))]),
        (
            "ApprovalTampered",
            vec![("/domain/verifyingContract", shown)],
        ),
        (
            "DeadlineTooFar",
            vec![
                ("/approval/deadline", json!(u64::MAX)),
                ("/message/deadline", json!(u64::MAX.to_string())),
            ],
        ),
        ("SignerNotAnApprover", vec![("/signer", json!(other))]),
        ("SignatureOfAnother", vec![("/signer", json!(second))]),
    ];
    for (expected, changes) in cases {
        let mut changed = whole.clone();
        for (place, value) in changes {
            *changed.pointer_mut(place).expect("it is there") = value;
        }
        std::fs::write(sandbox.path("changed.json"), changed.to_string()).expect("written");
        let answer = sandbox.run("Other", "submit changed.json");
        assert_eq!(error(&answer), expected, "{answer:?}");
        if expected == "ApprovalTampered" {
            let message = text(&answer.document["error"], "message");
            assert!(
                message.contains("message.name") || message.contains("domain.verifyingContract")
            );
        }
        for field in ["expected", "found", "next"] {
            assert!(answer.document["error"][field].is_string(), "{answer:?}");
        }
    }
    std::fs::copy(sandbox.path("signed.json"), sandbox.path("copy.json")).expect("copied");
    let twice = sandbox.run("Other", "submit signed.json copy.json");
    assert_eq!(error(&twice), "SignerTwice");
    let stranger = sandbox.run("Other", "approve --offline pause.txt");
    assert_eq!(error(&stranger), "NotAnApprover");
    let expected = text(&stranger.document["error"], "expected");
    assert!(
        expected.starts_with("an approver of role migrate: AND("),
        "{expected}"
    );
    let missing = sandbox.run("Admin", "approve --offline anna.json");
    let message = text(&missing.document["error"], "message");
    assert_eq!(message, "\"anna.json\" does not identify one action");
    let until = whole["approval"]["deadline"].as_u64().expect("seconds") + DAY;
    let until = until.to_string();
    let mut other = [
        "approve",
        "--offline",
        "pause.txt",
        "--out",
        "later.json",
        "--deadline",
        &until,
    ];
    sandbox.done("Admin2", &other);
    let differ = sandbox.run("Other", "submit signed.json later.json");
    assert_eq!(error(&differ), "ApprovalsDiffer");
    other[6] = "4102444800";
    let far = sandbox.run("Admin2", &other);
    far.is(2, "DeadlineTooFar");
    sandbox.wait(32 * DAY);
    let late = sandbox.run("Other", "submit signed.json");
    assert_eq!(error(&late), "ApprovalExpired");
    let past = "approve --offline pause.txt --deadline 1000000000";
    assert_eq!(error(&sandbox.run("Admin", &past)), "ApprovalExpired");
    assert_eq!(sandbox.done("Admin", "pending A")["actions"], json!([]));
}

#[test]
fn a_file_that_says_two_things_or_is_for_elsewhere_is_not_signed() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let signed = pause_signed(&sandbox);
    let mut export = vec!["resume", "A", "--as", "Admin", "--export", "resume.json"];
    export.extend(["--export-format", "json"]);
    sandbox.done("Admin", "pause A");
    sandbox.run("Admin2", "pause A");
    sandbox.done("Admin", &export);
    let of = |path: &Path| -> Value {
        serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
    };
    let exported = of(&sandbox.path("resume.json"));
    // What approves one call and carries the calldata of another.
    let mut both = of(&signed);
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
        std::fs::write(sandbox.path("given.json"), file.to_string()).expect("written");
        let refused = sandbox.run("Admin2", "approve --offline given.json --out out.json");
        assert_eq!(error(&refused), expected, "{refused:?}");
        assert!(!sandbox.path("out.json").exists());
    }
    let sign = "approve --offline resume.json --out out.json";
    sandbox.done("Admin2", &sign);
}

#[test]
fn an_approval_that_somebody_signed_is_not_written_over() {
    let sandbox = Sandbox::with_counter(BOTH, 1);
    let signed = pause_signed(&sandbox);
    let whole = std::fs::read(&signed).expect("a file");
    for (key, words) in [
        ("Admin", ["--typed-data", "signed.json"]),
        ("Admin2", ["--out", "signed.json"]),
    ] {
        let sign = [&["approve", "--offline", "pause.txt"][..], &words].concat();
        let refused = sandbox.run(key, &sign);
        assert_eq!(error(&refused), "ApprovalExists", "{refused:?}");
        assert_eq!(std::fs::read(&signed).expect("a file"), whole);
    }
    // One's own of the same call is, and what nobody signed yet.
    sandbox.done("Admin", "approve --offline pause.txt --out signed.json");
    let typed = "approve --offline pause.txt --typed-data wallet.json";
    sandbox.done("Admin2", &typed);
    sandbox.done("Admin2", "approve --offline wallet.json --out wallet.json");
}
