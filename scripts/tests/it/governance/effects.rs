//! What a migration does beside the instances, and with other gas: reported by `plan` and `review`.

use crate::governance::creation::{between, card, creation, pays, sandbox as with_codes, send};
use crate::prelude::*;
use alloy::primitives::{address, hex};
use stylus_chain::Overrides;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::{Code, IRegistry as abi, Step};

/// Who gets the ether.
const THIEF: Address = address!("9999999999999999999999999999999999999999");
/// Where the new code is.
const NEW: Address = address!("5252525252525252525252525252525252525252");
/// Wei of the instance.
const OWNED: u64 = 1_000;

/// Asks the registry.
pub(crate) fn ask<C: SolCall + Send + 'static>(sandbox: &Sandbox, call: C) -> C::Return
where
    C::Return: Send + 'static,
{
    let registry: Address = sandbox.saved("registry").parse().expect("an address");
    sandbox.chain(move |chain| {
        let request = CallRequest {
            to: Some(registry),
            input: call.abi_encode().into(),
            ..CallRequest::default()
        };
        let outcome = chain.call(request, BlockId::latest(), &Overrides::default());
        C::abi_decode_returns(&outcome.expect("it answers").output).expect("an answer")
    })
}

/// An instance of each of two definitions: `Pay`, which owns ether, and `Other`, which stores a word
/// whoever calls.
fn sandbox() -> (Sandbox, [Address; 2]) {
    let codes = [
        ("Pay", hex!("00").into()),
        ("Other", hex!("600760035500").into()),
    ];
    let sandbox = with_codes(&codes);
    let proxies = codes.map(|(name, _)| {
        let call = creation(name, Bytes::new());
        for who in 0..2 {
            send(&sandbox, who, &call);
        }
        let query = abi::proxyAddressCall {
            name: call.name,
            kind: call.kind,
            salt: call.salt,
        };
        ask(&sandbox, query)
    });
    let rich = proxies[0];
    sandbox.chain(move |chain| chain.set_balance(rich, U256::from(OWNED)));
    (sandbox, proxies)
}

/// Gives an account code.
fn puts(sandbox: &Sandbox, account: Address, code: Bytes) {
    sandbox.chain(move |chain| chain.set_code(account, code));
}

/// Puts that code where nothing is; the call that makes it `Pay` 2.0 with a migration that runs it.
pub(crate) fn migration(sandbox: &Sandbox, code: Bytes) -> abi::migrateCall {
    let codehash = keccak256(&code);
    puts(sandbox, NEW, code);
    let old = ask(
        sandbox,
        abi::getVersionCall {
            name: "Pay".into(),
            version: "1.0".into(),
        },
    );
    abi::migrateCall {
        name: "Pay".into(),
        version: "2.0".into(),
        code: Code {
            implementation: NEW,
            codehash,
            layoutHash: old.code.layoutHash,
            sourceHash: B256::ZERO,
        },
        step: Step {
            from: "1.0".into(),
            kind: step::FOREIGN_CALL,
            script: Address::ZERO,
            scriptCodehash: B256::ZERO,
            data: hex!("00000001").into(),
        },
    }
}

/// Proposes that code as `Pay` 2.0; what `plan` and `review` say.
fn proposed(sandbox: &Sandbox, code: Bytes) -> (Value, Value) {
    sandbox.done("Admin", "policy update Pay AND(Admin,Admin2)");
    send(sandbox, 0, &migration(sandbox, code));
    let pending = sandbox.done("Admin2", "pending Pay");
    let action = text(&pending["actions"][0], "action");
    let plan = sandbox.run("Admin2", &format!("plan Pay 2.0 --action {action}"));
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    (plan.document, review)
}

#[test]
fn ether_and_other_instances_that_a_migration_reaches_are_shown_before_an_approval() {
    let (sandbox, [pay, other]) = sandbox();
    let (plan, review) = proposed(&sandbox, pays(THIEF, other));
    assert_eq!(plan["instances"][0]["proxy"], serde_json::json!(pay));
    let own = serde_json::json!(["0x3e8", "0x0"]);
    assert_eq!(plan["instances"][0]["balance"], own, "{plan:#}");
    let others = plan["others"].as_array().expect("others");
    let of = |account: Address| {
        let found = others
            .iter()
            .find(|one| one["account"] == serde_json::json!(account));
        found.unwrap_or_else(|| panic!("no {account}: {plan:#}"))
    };
    assert_eq!(others.len(), 2, "{plan:#}");
    assert_eq!(of(THIEF)["balance"], serde_json::json!(["0x0", "0x3e8"]));
    assert_eq!(of(other)["known"], "an instance of Other 1.0");
    assert_eq!(of(other)["changes"].as_array().map(Vec::len), Some(1));

    let (weight, says) = card(&review, "other-accounts");
    assert_eq!(weight, "warning");
    for account in [THIEF, other] {
        assert!(says.contains(&account.to_string()), "{says}");
    }
    let (weight, says) = card(&review, "ether-of-instances");
    assert_eq!(weight, "warning");
    assert!(says.contains("1000 wei become 0"), "{says}");

    let (_, lines) = sandbox.reported("Admin2", "plan Pay 2.0");
    let has = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(has("ether: 1000 wei become 0"), "{lines:#?}");
    assert!(has("an instance of Other 1.0"), "{lines:#?}");
}

#[test]
fn a_migration_that_does_other_things_with_other_gas_is_a_problem_and_a_danger() {
    let (sandbox, _) = sandbox();
    let (plan, review) = proposed(&sandbox, between());
    let problems = plan["problems"].as_array().expect("problems");
    let names: Vec<&str> = problems.iter().map(|one| text(one, "id")).collect();
    assert!(names.contains(&"DependsOnGas"), "{plan:#}");
    let (weight, says) = card(&review, "trial");
    assert_eq!(weight, "danger", "{says}");
    assert!(says.contains("DependsOnGas"), "{says}");
    // Whoever knows why accepts it by its id.
    let accepts = "plan Pay 2.0 --accept DependsOnGas";
    let plan = sandbox.run("Admin2", &accepts).document;
    let problems = plan["problems"].to_string();
    assert!(!problems.contains("DependsOnGas"), "{plan:#}");
    let accepted = plan["accepted"].to_string();
    assert!(accepted.contains("DependsOnGas"), "{plan:#}");
}

#[test]
fn what_a_migration_reads_of_the_block_is_named() {
    let (sandbox, _) = sandbox();
    // TIMESTAMP and ORIGIN, stored nowhere
    let (plan, review) = proposed(&sandbox, hex!("42503250600560015500").into());
    let reads = &plan["reads"][0];
    assert_eq!(
        reads["others"],
        serde_json::json!(["ORIGIN", "TIMESTAMP"]),
        "{plan:#}"
    );
    let (weight, says) = card(&review, "block-and-sender");
    assert_eq!(weight, "note");
    assert!(
        says.contains("the code of 2.0 reads ORIGIN, TIMESTAMP"),
        "{says}"
    );
    let (weight, says) = card(&review, "trial");
    assert_eq!(weight, "good", "{says}");
    assert!(says.contains("and only the registry"), "{says}");
}

#[test]
fn what_a_migration_asks_of_other_accounts_is_named() {
    let (sandbox, _) = sandbox();
    // arbBlockNumber() of ArbSys, and 4 bytes of nothing to ecrecover
    let code = hex!(
        "63a3b1b31d600052 602060006004601c60645afa50"
        "602060006004601c60015afa50 600560015500"
    );
    let (plan, review) = proposed(&sandbox, code.into());
    let reads = plan["reads"].as_array().expect("what it reads");
    assert_eq!(reads.len(), 1, "{plan:#}");
    assert_eq!(reads[0]["code"], "the code of 2.0");
    let arb_sys = "ArbSys (0x0000000000000000000000000000000000000064) with 0xa3b1b31d";
    let ecrecover = "0x0000000000000000000000000000000000000001";
    let calls = reads[0]["calls"].as_array().expect("calls");
    assert_eq!(calls.len(), 2, "{plan:#}");
    assert_eq!(calls[0], arb_sys, "{plan:#}");
    assert!(calls[1].to_string().contains(ecrecover), "{plan:#}");
    let (weight, says) = card(&review, "calls-of-others");
    assert_eq!(weight, "warning");
    assert!(says.contains(arb_sys), "{says}");
    assert!(
        says.contains("or the call may fail with less gas"),
        "{says}"
    );
    let (_, lines) = sandbox.reported("Admin2", "plan Pay 2.0");
    assert!(
        lines.iter().any(|line| line.contains(arb_sys)),
        "{lines:#?}"
    );
}

#[test]
fn what_a_library_of_a_migration_asks_and_reads_is_named_with_its_address() {
    let (sandbox, [_, other]) = sandbox();
    let library = address!("1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b");
    // NUMBER, then a call of another instance
    let mut asks = hex!("4350 6020600060006000600073").to_vec();
    asks.extend(other);
    asks.extend(hex!("5af15000"));
    puts(&sandbox, library, asks.into());
    let mut delegates = hex!("602060006000600073").to_vec();
    delegates.extend(library);
    delegates.extend(hex!("5af450600560015500"));
    let (plan, review) = proposed(&sandbox, delegates.into());
    let reads = plan["reads"].as_array().expect("what it reads");
    assert_eq!(reads.len(), 2, "{plan:#}");
    let called = |at: usize| {
        let calls = reads[at]["calls"].as_array().expect("calls");
        assert_eq!(calls.len(), 1, "{plan:#}");
        calls[0].as_str().expect("words").to_owned()
    };
    assert_eq!(reads[0]["code"], "the code of 2.0");
    assert!(called(0).contains("by delegatecall (code 0x"), "{plan:#}");
    assert!(called(0).contains(&library.to_string()), "{plan:#}");
    assert_eq!(reads[1]["code"], format!("the code at {library}"));
    assert_eq!(reads[1]["others"], serde_json::json!(["NUMBER"]));
    assert_eq!(called(1), other.to_string());
    let (weight, says) = card(&review, "calls-of-others");
    assert_eq!(weight, "warning");
    assert!(says.contains(&other.to_string()), "{says}");
}

#[test]
fn code_that_somebody_puts_there_later_is_a_danger() {
    for code in [
        &[][..],
        &hex!("ef01003333333333333333333333333333333333333333"),
    ] {
        let (sandbox, _) = sandbox();
        let empty = address!("adadadadadadadadadadadadadadadadadadadad");
        puts(&sandbox, empty, code.into());
        let mut delegates = hex!("5f5f5f5f73").to_vec();
        delegates.extend(empty);
        delegates.extend(hex!("5af400"));
        let (plan, review) = proposed(&sandbox, delegates.into());
        assert_eq!(plan["problems"][0]["id"], "CodeMayChange", "{plan:#}");
        let (weight, says) = card(&review, "trial");
        assert_eq!(weight, "danger", "{says}");
        assert!(says.contains(&empty.to_string()), "{says}");
    }
}

#[test]
fn what_depends_on_the_ether_that_an_instance_owns_is_named() {
    // 1 wei to ecrecover, and 1 wei to oneself
    for target in ["6001", "30"] {
        let (sandbox, _) = sandbox();
        let code = format!("5f5f5f5f6001{target}5af1600155600560015500");
        let code: Bytes = hex::decode(code).expect("hex").into();
        let (plan, review) = proposed(&sandbox, code);
        let called = plan["reads"][0]["calls"][0].as_str().unwrap_or_default();
        assert!(called.contains("ether"), "{plan:#}");
        let (weight, says) = card(&review, "calls-of-others");
        assert_eq!(weight, "warning", "{says}");
    }
    let (sandbox, _) = sandbox();
    // an account is created with 1 wei, and whether that went through is stored
    let (plan, _) = proposed(&sandbox, hex!("5f5f6001f060015500").into());
    let others = serde_json::json!(["CREATE"]);
    assert_eq!(plan["reads"][0]["others"], others, "{plan:#}");
    // 2,000 wei, which it does not own
    let (sandbox, _) = self::sandbox();
    let (_, review) = proposed(&sandbox, hex!("5f5f6107d0f060015500").into());
    let (weight, says) = card(&review, "calls-of-others");
    assert_eq!(weight, "warning", "{says}");
    assert!(says.contains("whose creation failed"), "{says}");
}

#[test]
fn evm_code_that_looks_at_its_gas_or_at_the_code_of_others_is_named() {
    let (sandbox, _) = sandbox();
    // 1 where the lowest bits of GAS are 0x1234, else 0
    let (plan, review) = proposed(&sandbox, hex!("5a61ffff166112341460015500").into());
    assert_eq!(plan["reads"][0]["gas"], serde_json::json!(["GAS"]));
    let (weight, says) = card(&review, "trial");
    assert_ne!(weight, "good", "{says}");
    let (sandbox, _) = self::sandbox();
    let (plan, review) = proposed(&sandbox, hex!("303b60015500").into());
    let others = serde_json::json!(["EXTCODESIZE"]);
    assert_eq!(plan["reads"][0]["others"], others, "{plan:#}");
    assert_eq!(card(&review, "block-and-sender").0, "note");
}

#[test]
fn a_part_of_the_framework_is_named_where_a_migration_of_another_kind_calls_it() {
    for is_there in [false, true] {
        let (sandbox, _) = sandbox();
        let registry: Address = sandbox.saved("registry").parse().expect("an address");
        let stub = stylus_upgrades::build::evm::uups_stub_address(registry);
        if is_there {
            puts(&sandbox, stub, hex!("00").into());
        }
        // What UUPS proxies ask it: proxiableUUID()
        let mut calls = hex!("6352d1902d60e01b5f525f5f60045f73").to_vec();
        calls.extend(stub);
        calls.extend(hex!("5afa60015500"));
        let (_, review) = proposed(&sandbox, calls.into());
        let (weight, says) = card(&review, "calls-of-others");
        assert_eq!(weight, "warning", "{says}");
        assert!(says.contains(&stub.to_string()), "{says}");
    }
}

#[test]
fn code_that_cannot_be_looked_into_hides_nothing_else() {
    let (sandbox, [_, other]) = sandbox();
    let unread = address!("bdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbd");
    puts(&sandbox, unread, hex!("eff00000ffffffffff").into());
    // It is delegated to, which fails, and the ether goes to the thief.
    let mut code = hex!("5f5f5f5f73").to_vec();
    code.extend(unread);
    code.extend(hex!("5af450"));
    code.extend(pays(THIEF, other));
    let (plan, review) = proposed(&sandbox, code.into());
    let (weight, says) = card(&review, "ether-of-instances");
    assert_eq!(weight, "warning", "{says}");
    let why = plan["reads"][1]["unread"].as_str();
    assert!(why.is_some(), "{plan:#}");
    let cards = review["findings"].as_array().expect("findings");
    let trials = cards.iter().filter(|card| card["part"] == "trial");
    let is_said = |card: &Value| card["message"].to_string().contains("cannot be analyzed");
    assert!(trials.clone().any(is_said), "{review:#}");
    assert!(trials.clone().all(|card| card["severity"] != "good"));
}
