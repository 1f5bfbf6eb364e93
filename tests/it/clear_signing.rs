//! The descriptors for wallets (ERC-7730), read by a library that others wrote: what a wallet shows of
//! each governed call and of each type that approvers sign is what the terminal shows.

use crate::prelude::*;
use clear_signing::eip712::TypedData;
use clear_signing::engine::{DisplayEntry, DisplayModel};
use clear_signing::{
    Descriptor, EmptyDataProvider, FormatOutcome, ResolvedDescriptor, TransactionContext,
    format_calldata, format_typed_data,
};
use serde::Deserialize;
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades::governance::{
    Display, descriptors, kind_in_words, kind_on_device, step_in_words, step_on_device,
};
use stylus_upgrades::names::Names;
use stylus_upgrades::registry::{call, initial};
use stylus_upgrades_harness::{Python, home};
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_interface::signed::SOURCES;

/// Where the descriptors of an example are pinned.
const PINNED: &str = "docs/clear-signing";
/// Arbitrum One.
const CHAIN: u64 = 42_161;

fn registry() -> Address {
    Address::repeat_byte(0x11)
}

fn code() -> Code {
    Code {
        implementation: Address::repeat_byte(2),
        codehash: B256::repeat_byte(3),
        layoutHash: B256::ZERO,
        sourceHash: B256::repeat_byte(4),
    }
}

fn script() -> Step {
    Step {
        script: Address::repeat_byte(7),
        scriptCodehash: B256::repeat_byte(8),
        kind: 2,
        ..call("1.0", Bytes::from_static(&[1, 2, 3, 4]))
    }
}

/// Every governed call, and some in a second form.
fn calls() -> Vec<Vec<u8>> {
    let (proxy, account) = (Address::repeat_byte(5), Address::repeat_byte(6));
    let policy = format!("AND({account:#x},AFTER(3600))");
    let migrate = call("1.0", Bytes::from_static(&[1, 2, 3, 4]));
    let (salt, init) = (B256::with_last_byte(9), Bytes::from_static(&[9, 8, 7]));
    vec![
        calls::define("A", &*policy, &*policy, "NONE").abi_encode(),
        calls::add_version("A", "2.0", &code(), initial()).abi_encode(),
        calls::add_step("A", "2.0", script()).abi_encode(),
        calls::migrate("A", "2.0", &code(), migrate).abi_encode(),
        calls::set_handler("A", proxy, account, 3).abi_encode(),
        calls::abort_migration("A", proxy, 3).abi_encode(),
        calls::adopt("A", proxy, 5, "2.0").abi_encode(),
        calls::accept_transfer("A", proxy, "2.0", account, 3).abi_encode(),
        calls::transfer_proxy("A", proxy, account, "A", 3).abi_encode(),
        calls::remove_instance("A", proxy, 3).abi_encode(),
        calls::set_policy("A", "migrate", policy).abi_encode(),
        calls::create_proxy("A", "2.0", 1, salt, init).abi_encode(),
        calls::pause_first("A", [proxy, account]).abi_encode(),
        calls::resume("A", "2.0").abi_encode(),
    ]
}

fn resolved(position: usize) -> Vec<ResolvedDescriptor> {
    let descriptor = &descriptors(CHAIN, registry())[position];
    vec![ResolvedDescriptor {
        descriptor: Descriptor::from_json(&descriptor.content.to_string()).expect("a descriptor"),
        chain_id: CHAIN,
        address: registry().to_string().to_lowercase(),
    }]
}

/// What is shown, unless the library fell back to raw data or had something to complain about.
fn shown(outcome: FormatOutcome) -> DisplayModel {
    assert!(outcome.is_clear_signed(), "{outcome:?}");
    assert!(outcome.diagnostics().is_empty(), "{outcome:?}");
    outcome.into_model()
}

/// What is shown of a transaction to the registry that takes 7 wei along.
async fn shown_of(calldata: &[u8]) -> DisplayModel {
    let to = registry().to_string();
    let transaction = TransactionContext {
        chain_id: CHAIN,
        to: &to,
        calldata,
        value: Some(&[7]),
        from: None,
        implementation_address: None,
    };
    let outcome = format_calldata(&resolved(0), &transaction, &EmptyDataProvider).await;
    shown(outcome.expect("it is formatted"))
}

/// Labels and values, in lower case: wallets write addresses with a checksum.
fn items(model: &DisplayModel) -> Vec<(String, String)> {
    let entries = model.entries.iter().map(|entry| match entry {
        DisplayEntry::Item(item) => (item.label.to_lowercase(), item.value.to_lowercase()),
        other => panic!("no item: {other:?}"),
    });
    entries.collect()
}

/// What the terminal shows of the same bytes, each value as a wallet has it.
fn displayed(call: &[u8]) -> Vec<(String, String)> {
    let display = Display::of(call, &Names::default()).expect("a governed call");
    let fields = display.fields.iter().map(|field| {
        let value = match field.value.split_once(" (") {
            Some((bytes, rest)) if rest.ends_with("bytes)") => bytes,
            _ => &field.value,
        };
        (field.name.to_lowercase(), value.to_lowercase())
    });
    fields.collect()
}

/// The same without words that are always the same: `users` says what a pause is.
fn arguments_of(call: &[u8]) -> Vec<(String, String)> {
    let displayed = displayed(call).into_iter();
    displayed.filter(|(label, _)| label != "users").collect()
}

/// Whether everything that the terminal shows is shown by the wallet.
fn require(call: &[u8], model: &DisplayModel) {
    require_all(&displayed(call), model);
}

fn require_all(displayed: &[(String, String)], model: &DisplayModel) {
    let items = items(model);
    // The terminal shows a list in one line, a wallet each of its items.
    let displayed = displayed.iter().flat_map(|(label, value)| {
        let values: Vec<_> = match label.as_str() {
            "stops first" => value.split(", ").collect(),
            _ => vec![value.as_str()],
        };
        let label = label.clone();
        values
            .into_iter()
            .map(move |value| (label.clone(), value.to_owned()))
    });
    for (label, value) in displayed {
        // A version that is only created at has no predecessor: the wallet shows that as empty.
        let from = || String::from("from (empty if new)");
        let on_device = |in_words: fn(u8) -> String, on_device: fn(u8) -> String| {
            let kind = (0..=u8::MAX).find(|kind| in_words(*kind).to_lowercase() == value);
            kind.map_or(value.clone(), |kind| on_device(kind).to_lowercase())
        };
        let wanted = match label.as_str() {
            "reached" => (from(), String::new()),
            "from" => (from(), value),
            "kind" => (label, on_device(kind_in_words, kind_on_device)),
            "migration" => (label, on_device(step_in_words, step_on_device)),
            "calldata" => ("raw migration call".into(), value),
            "initializer" => ("raw initializer call".into(), value),
            // a device cannot tell by the kind which of both it is
            "script" | "check" => ("script or check".into(), value),
            "script hash" | "check hash" => ("script or check hash".into(), value),
            _ => (label, value),
        };
        assert!(items.contains(&wanted), "{wanted:?} in {items:?}");
    }
    let name = model.interpolated_intent.as_deref().unwrap_or_default();
    assert!(name.contains('A'), "{model:?}");
    assert!(!name.contains(['{', '}']), "{model:?}");
}

#[tokio::test]
async fn a_wallet_shows_of_every_governed_call_what_the_terminal_shows() {
    assert_eq!(calls().len(), SOURCES.len());
    for calldata in calls() {
        let model = shown_of(&calldata).await;
        require(&calldata, &model);
        // What goes along is shown where the registry takes it.
        let is_payable = calldata.starts_with(&abi::createProxyCall::SELECTOR);
        let mut items = items(&model).into_iter();
        let ether = items.find(|(label, _)| label == "ether");
        assert_eq!(ether.is_some(), is_payable, "{model:?}");
    }
}

#[tokio::test]
async fn a_wallet_shows_of_every_type_that_is_signed_what_the_terminal_shows() {
    let resolved = resolved(1);
    for calldata in calls() {
        let approval = Approval {
            chain_id: CHAIN,
            registry: registry(),
            call: calldata.clone().into(),
            epoch: 3,
            round: 1,
            deadline: 1_800_000_000,
            approver: Address::repeat_byte(6),
        };
        let typed = approval.typed_data().expect("typed data");
        let typed: TypedData = serde_json::from_value(typed).expect("typed data");
        let outcome = format_typed_data(&resolved, &typed, &EmptyDataProvider).await;
        let model = shown(outcome.expect("it is formatted"));
        require_all(&arguments_of(&calldata), &model);
        let items = items(&model);
        let until = items.iter().find(|(label, _)| label == "holds until");
        let (_, until) = until.expect("a deadline");
        assert!(until.contains("2027-01-15"), "{until}");
    }
}

#[tokio::test]
async fn a_submission_shows_the_call_that_others_signed() {
    let submitted = abi::submitSignedCall {
        action: data(&calls::pause("A")),
        deadline: 1_800_000_000,
        approvals: vec![Signature {
            signer: Address::repeat_byte(6),
            data: Bytes::from_static(&[1; 65]),
        }],
    };
    let model = shown_of(&submitted.abi_encode()).await;
    let nested = model.entries.iter().any(
        |entry| matches!(entry, DisplayEntry::Nested { intent, .. } if intent.contains("Pause")),
    );
    assert!(nested, "{model:?}");
}

/// What the package `erc7730` finds: it reads version 2 of ERC-7730, lints descriptors and converts them to what Ledger
/// devices are sent. A device shows an enum in 20 characters, so kinds of proxies and steps have shorter words there.
#[derive(Deserialize)]
struct Linted {
    /// How many formats of each file it converts to what devices are sent.
    files: BTreeMap<String, usize>,
    /// How many functions of the registry change something.
    functions: usize,
    /// File, level, title, message.
    findings: Vec<[String; 4]>,
}

#[test]
#[ignore = "nightly: installs the linter, about 137 s"]
fn the_linter_of_the_standard_finds_nothing() {
    let python = Python::install(&Lines).expect("the packages of Python");
    let folder = home().join(PINNED);
    let linted = Command::new(python.program())
        .arg("-B")
        .arg(home().join("tests/python/erc7730_lint.py"))
        .arg(&folder)
        .arg(home().join("interface/src/registry.rs"))
        .output();
    let linted = linted.expect("python runs");
    let said = String::from_utf8_lossy(&linted.stderr);
    assert!(linted.status.success(), "{said}");
    // the linter itself writes to the terminal
    let text = String::from_utf8_lossy(&linted.stdout);
    let text = text.lines().last().unwrap_or_default();
    let linted: Linted = serde_json::from_str(text).expect("findings");
    // its members have fields, and none is shown for the pair of them
    let is_of_pair = |[_, _, title, said]: &&[String; 4]| {
        title == "Missing display field" && said.contains("`#.approvals.[]`")
    };
    let (known, found): (Vec<_>, Vec<_>) = linted.findings.iter().partition(is_of_pair);
    assert_eq!((known.len(), found), (1, vec![]));
    let [calls, signed] = descriptors(CHAIN, registry()).map(|one| linted.files[one.file]);
    assert_eq!((calls, signed), (linted.functions, SOURCES.len()));
}

#[test]
fn the_descriptors_in_the_book_are_those_of_the_program() {
    for descriptor in descriptors(CHAIN, registry()) {
        let path = home().join(PINNED).join(descriptor.file);
        let text = serde_json::to_string_pretty(&descriptor.content).expect("JSON");
        let text = format!("{text}\n");
        let pinned = std::fs::read_to_string(&path).unwrap_or_default();
        if pinned != text && stylus_upgrades_test_support::update() {
            let folder = path.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(&path, text).expect("written");
            continue;
        }
        assert_eq!(pinned, text, "run with STYLUS_UPGRADES_UPDATE=1");
    }
}
