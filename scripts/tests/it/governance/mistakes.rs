//! What people get wrong, and what is planted for them: the wrong chain, a list in the wrong form,
//! events that are not looked for early enough, files that drive a terminal.

use crate::governance::sandbox::{Answer, CREATE, Sandbox, error, text};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use stylus_chain::CallRequest;
use stylus_upgrades_interface::full::IInclusion;

alloy::sol! {
    function mint(address to, uint256[] token_ids) external;
    function award(address[] to, uint256 points) external;
}

/// What stands between the storage of counter-v2 and points-v1.
const FINDINGS: [&str; 5] = [
    "insert:state.members",
    "insert:state.points",
    "insert:state.steward",
    "delete:state.value",
    "delete:step",
];

/// A failure that says what happened, what was expected, what was found, and what to do next.
fn refused(answer: &Answer, exit: i32, name: &str) {
    assert_eq!(answer.exit, Some(exit), "{answer:?}");
    assert_eq!(error(answer), name, "{answer:?}");
    for field in ["message", "expected", "found", "next"] {
        let reported = answer.document["error"][field].as_str();
        assert!(
            reported.is_some_and(|reported| !reported.is_empty()),
            "{answer:?}"
        );
    }
}

/// Admin calls `to`.
fn call(sandbox: &Sandbox, to: Address, call: impl SolCall) {
    let (who, input) = (sandbox.node.addresses()[0], call.abi_encode().into());
    let hash = sandbox.node.with_chain(move |chain| {
        chain.impersonate(who);
        let request = CallRequest {
            to: Some(to),
            gas: Some(5_000_000),
            value: U256::ZERO,
            input,
            ..CallRequest::default()
        };
        let hash = chain.submit_unsigned(who, request).expect("accepted");
        chain.receipt(hash).expect("mined").success
    });
    assert!(hash.expect("the chain"));
}

/// An instance `it` of a new definition `D`.
fn created(sandbox: &Sandbox, source: &str) -> Address {
    sandbox.done("Admin", "define D --migrate Admin");
    sandbox.done("Admin", &format!("register D 1.0 {source}"));
    let init = ["--init", "initialize(address)", "Admin", "--save", "it"];
    let create = [&["create-proxy", "D", "1.0"][..], &init].concat();
    let created = sandbox.done("Admin", &create);
    text(&created, "proxy").parse().expect("an address")
}

/// The instance is in a complex step to 2.0.
fn begun(sandbox: &Sandbox, source: &str, program: &str) {
    let way = ["--complex", program, "--handler", "Admin"];
    let words = [&["migrate", "D", "2.0", source][..], &way].concat();
    assert_eq!(sandbox.run("Admin", &words).exit, Some(5));
}

#[test]
fn a_registry_that_is_not_on_this_chain_is_reported_and_does_not_look_like_an_empty_one() {
    let (sandbox, other) = (Sandbox::with_counter("Admin", 1), Sandbox::bare());
    let elsewhere = ["--rpc-url", &other.node.endpoint()];
    for words in [
        &["status"][..],
        &["status", "A"],
        &["pending"],
        &["history", "A"],
        &["verify"],
        &["upgrade", "A"],
        &["register", "A", "2.0", "counter-v2"],
        &["create-proxy", "A", "1.0"],
        &["define", "B", "--migrate", "Admin"],
        &["plan", "A", "2.0", "counter-v2"],
        &["policy", "update", "A", "Admin2"],
        &["approve", &format!("0x{}", "11".repeat(32))],
    ] {
        let answer = sandbox.run("Admin", &[words, &elsewhere].concat());
        refused(&answer, 4, "Missing");
        let found = text(&answer.document["error"], "found");
        assert!(
            found.contains("no code on chain 412346") && found.contains(&other.node.endpoint()),
            "{words:?}: {found}"
        );
    }
}

#[test]
fn events_that_are_looked_for_too_late_are_refused_before_the_migration_ends() {
    let sandbox = Sandbox::new();
    let proxy = created(&sandbox, "erc721-basic");
    let creation = sandbox.block();
    for ids in [[5, 3], [900, 77]] {
        let ids = ids.map(U256::from).to_vec();
        call(
            &sandbox,
            proxy,
            mintCall {
                to: sandbox.node.addresses()[1],
                token_ids: ids,
            },
        );
    }
    begun(&sandbox, "erc721-full", "erc721-enumerate");
    let gather = |from: u64| {
        let from = from.to_string();
        let words = format!("run-migration it --gather erc721 --from-block {from}");
        sandbox.run("Admin", &words)
    };
    for late in [creation + 1, creation + 2, sandbox.block(), 1_000_000] {
        refused(&gather(late), 2, "BeginsLate");
    }
    let done = gather(creation);
    assert_eq!(
        (done.exit, &done.document["items"]),
        (Some(0), &4.into()),
        "{done:?}"
    );
    let included = IInclusion::isIncludedCall {
        tokenId: U256::from(3),
    };
    call(&sandbox, proxy, included);
}

#[test]
fn lists_in_the_wrong_form_are_refused_and_harmless_oddities_are_not() {
    let sandbox = Sandbox::new();
    let proxy = created(&sandbox, "points-v1");
    let members = sandbox.node.addresses()[..3].to_vec();
    let award = awardCall {
        to: members.clone(),
        points: U256::from(4),
    };
    call(&sandbox, proxy, award);
    let batches = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/contracts/points_batches"
    );
    begun(&sandbox, "points-v2", batches);
    let run = |list: &str| sandbox.run("Admin", &format!("run-migration it --items {list}"));

    std::fs::create_dir(sandbox.path("folder")).expect("a folder");
    refused(&run("folder"), 2, "ItemsFile");
    refused(&run("nowhere"), 2, "ItemsFile");
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("pipe"))
        .status();
    assert!(made.expect("mkfifo").success());
    refused(&run("pipe"), 2, "ItemsFile");
    let lines: Vec<String> = members.iter().map(|member| member.to_string()).collect();
    let write = |text: &str| std::fs::write(sandbox.path("list"), text).expect("written");
    write("");
    refused(&run("list"), 1, "TotalMismatch");
    write(&"7".repeat(3_000_000));
    refused(&run("list"), 2, "ItemMalformed");
    write(&format!("{}\n{}\n{}", lines[0], lines[0], lines[2]));
    refused(&run("list"), 2, "ItemsDuplicate");
    // Control characters could drive the terminal of whoever reads the message.
    write("\u{1b}[2J\u{1b}]0;hello\u{7}\n");
    let answer = run("list");
    refused(&answer, 2, "ItemMalformed");
    assert!(!answer.stderr.contains('\u{1b}'), "{answer:?}");
    // A byte order mark, CRLF, an empty line, no newline at the end.
    write(&format!(
        "\u{feff}{}\r\n{}\r\n\r\n{}",
        lines[0], lines[1], lines[2]
    ));
    let done = run("list");
    assert_eq!(
        (done.exit, &done.document["items"]),
        (Some(0), &3.into()),
        "{done:?}"
    );
}

#[test]
fn a_planted_record_of_a_build_is_never_called_a_build() {
    let sandbox = Sandbox::with_counter("AND(Admin,Admin2)", 1);
    let proposed = sandbox.run(
        "Admin",
        "register A 2.0 counter-v2 --call migrate(uint256) 5",
    );
    assert_eq!(proposed.exit, Some(3));
    assert_eq!(
        proposed.document["builds"][0]["built_now"], true,
        "{proposed:?}"
    );
    let record = sandbox
        .path("stylus-upgrades-layouts/builds")
        .join(format!("{}.json", text(&proposed.document, "codehash")));
    let written = std::fs::read_to_string(&record).expect("a record");
    let mut lie: serde_json::Value = serde_json::from_str(&written).expect("a record");
    lie["name"] = "audited\u{1b}[2J".into();
    lie["build"]["commit"]["id"] = "audited".into();
    std::fs::write(&record, lie.to_string()).expect("written");
    let shown = sandbox.done("Admin2", "pending A");
    assert_eq!(
        shown["actions"][0]["builds"][0]["built_now"], false,
        "{shown}"
    );
    let (_, lines) = sandbox.reported("Admin2", "pending A");
    let text = lines.join("\n");
    assert!(
        text.contains("audited") && text.contains("only a build can tell"),
        "{text}"
    );
    assert!(
        !text.contains("built here") && !text.contains('\u{1b}'),
        "{text}"
    );
}

#[test]
fn a_file_that_says_what_was_allowed_allows_nothing() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let two = ["A", "2.0", "counter-v2", "--call", "migrate(uint256)", "5"];
    sandbox.done("Admin", &[&["migrate"], &two[..]].concat());
    let hash =
        |source: &str| sandbox.done("Other", &format!("layout show {source}"))["hash"].clone();
    // As earlier versions of this program wrote it.
    let line = serde_json::json!({
        "definition": "A", "from": "2.0", "to": "3.0",
        "old": hash("counter-v2"), "new": hash("points-v1"),
        "renames": [], "retypes": [], "allowed": FINDINGS,
    });
    let path = sandbox.path("stylus-upgrades-layouts/allowed.jsonl");
    std::fs::write(path, format!("{line}\n")).expect("written");
    let points = "register A 3.0 points-v1";
    let answer = sandbox.run("Admin", &points);
    refused(&answer, 1, "LayoutRefused");
    assert_eq!(
        text(&answer.document["error"], "found"),
        FINDINGS.join(", ")
    );
}

#[test]
fn a_key_that_cannot_be_checked_is_not_used() {
    let sandbox = Sandbox::new();
    let define = "define A --migrate Admin --private-key-path Admin --json";
    for (from, name) in [
        ("vitalik.eth", "FromMalformed"),
        ("0x0000000000000000000000000000000000000001", "OtherAddress"),
    ] {
        let output = sandbox.command(&define).env("ETH_FROM", from).output();
        let output = output.expect("it starts");
        let answer = Answer {
            exit: output.status.code(),
            document: serde_json::from_slice(&output.stdout).expect("one document"),
            stderr: String::new(),
        };
        refused(&answer, 2, name);
    }
}

#[test]
fn a_manifest_that_cannot_be_written_is_found_out_before_anything_is_paid_for() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    // Too long for the file that is written beside it.
    let manifest = format!("{}.toml", "m".repeat(240));
    std::fs::copy(
        sandbox.path("stylus-upgrades.toml"),
        sandbox.path(&manifest),
    )
    .expect("copied");
    let nonce = || {
        let account = sandbox.node.addresses()[0];
        let found = sandbox
            .node
            .with_chain(move |chain| chain.account(account, stylus_chain::BlockId::latest()));
        found.expect("the chain").expect("an account").nonce
    };
    let before = nonce();
    let words = [&CREATE[..], &["--save", "one", "--manifest", &manifest]].concat();
    let refused = sandbox.run("Admin", &words);
    refused.is(2, "ManifestUnreadable");
    assert_eq!(nonce(), before, "something was sent");

    let bare = format!("{}.toml", "n".repeat(240));
    let rpc = format!("rpc = {:?}\n", sandbox.node.endpoint());
    std::fs::write(sandbox.path(&bare), rpc).expect("written");
    let deploy = format!("registry deploy --save --manifest {bare}");
    let refused = sandbox.run("Admin", &deploy);
    refused.is(2, "ManifestUnreadable");
    assert_eq!(nonce(), before, "something was sent");
}
