//! What a migration does beside the instances, and with other gas: reported by `plan` and `pending`.

use crate::governance::creation::{
    between, card, creation, pays, sandbox as with_codes, weighs, weight,
};
use crate::prelude::*;
use alloy::primitives::address;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::{Code, Step};

/// Who gets the ether.
const THIEF: Address = address!("9999999999999999999999999999999999999999");
/// Where the new code is.
const NEW: Address = address!("5252525252525252525252525252525252525252");
/// Wei of the instance.
const OWNED: u64 = 1_000;

/// A sandbox with an instance of each of two definitions: `Pay`, which owns ether, and `Other`, which
/// stores a word for any caller.
struct Effects {
    sandbox: Sandbox,
    pay: Address,
    other: Address,
}

impl Effects {
    fn new() -> Self {
        let sandbox = with_codes(&[
            ("Pay", hex!("00").into()),
            ("Other", hex!("600760035500").into()),
        ]);
        let [pay, other] = ["Pay", "Other"].map(|name| {
            let call = creation(name, Bytes::new());
            (0..2).for_each(|who| sandbox.send(who, &call));
            let query = abi::proxyAddressCall {
                name: call.name,
                kind: call.kind,
                salt: call.salt,
            };
            sandbox.ask(sandbox.registry(), query)
        });
        sandbox.chain(move |chain| chain.set_balance(pay, U256::from(OWNED)));
        Self {
            sandbox,
            pay,
            other,
        }
    }

    /// Proposes that code as `Pay` 2.0; what `plan` and `pending` say.
    fn proposed(&self, code: impl Into<Bytes>) -> (Value, Value) {
        let sandbox = &self.sandbox;
        sandbox.done("Admin", &format!("policy update Pay {BOTH}"));
        sandbox.send(0, &migration(sandbox, code.into()));
        let review = sandbox.review("Admin2", "Pay");
        let plan = format!("plan Pay 2.0 --action {}", text(&review, "action"));
        (sandbox.run("Admin2", &plan).document, review)
    }

    /// What the plan of `Pay` 2.0 warns people of.
    fn planned(&self) -> String {
        let (_, lines) = self.sandbox.reported("Admin2", "plan Pay 2.0");
        let warnings = lines.iter().map(|line| line.trim_start());
        let warnings: Vec<&str> = warnings.filter(|line| line.starts_with("! ")).collect();
        warnings.join("\n")
    }
}

/// What `plan` and `pending` say of that code as `Pay` 2.0.
fn proposed(code: impl Into<Bytes>) -> (Value, Value) {
    Effects::new().proposed(code)
}

/// Puts that code where nothing is; the call that makes it `Pay` 2.0 with a migration that runs it.
pub(crate) fn migration(sandbox: &Sandbox, code: Bytes) -> abi::migrateCall {
    let codehash = keccak256(&code);
    sandbox.set_code(NEW, code);
    let query = abi::getVersionCall {
        name: "Pay".into(),
        version: "1.0".into(),
    };
    let old = sandbox.ask(sandbox.registry(), query);
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

/// EVM code with an account in it.
fn around(before: &[u8], account: Address, after: &[u8]) -> Vec<u8> {
    [before, account.as_slice(), after].concat()
}

#[test]
fn ether_and_other_instances_that_a_migration_reaches_are_shown_before_an_approval() {
    let effects = Effects::new();
    let (plan, review) = effects.proposed(pays(THIEF, effects.other));
    plan["instances"][0].has(json!({"proxy": effects.pay, "balance": ["0x3e8", "0x0"]}));
    let others = list(&plan, "others");
    let of = |account: Address| {
        let found = others.iter().find(|one| one["account"] == json!(account));
        found.unwrap_or_else(|| panic!("no {account}: {plan:#}"))
    };
    assert_eq!(others.len(), 2, "{plan:#}");
    of(THIEF).has(json!({"balance": ["0x0", "0x3e8"]}));
    of(effects.other).has(json!({"known": "an instance of Other 1.0"}));
    assert_eq!(list(of(effects.other), "changes").len(), 1);

    let reached = [THIEF, effects.other].map(|one| one.to_string());
    weighs(
        &review,
        "other-accounts",
        "warning",
        &reached.each_ref().map(String::as_str),
    );
    assert_snapshot!(weight(&review, "ether-of-instances"), @"warning: ether-of-instances; of instance [address] 1000 wei become 0");
    assert_snapshot!(masked(&effects.planned()), @"
    ! ether: 1000 wei become 0
    ! also changes another account: [address] (0 wei become 1000)
    ! also changes another account: [address] (an instance of Other 1.0, 1 storage word)
    ! the code of 2.0 calls [address] and ether, [address]: the result may differ at execution, or the call may fail with less gas
    ! control by an account without rights was tried of usual functions alone: those of the new code are not known
    ! unexplained-write: instance [address]: the upgrade writes words that the layout of 2.0 does not declare: slot 1: 0 → 5
    ");
}

#[test]
fn a_migration_that_does_other_things_with_other_gas_is_a_problem_and_a_danger() {
    let effects = Effects::new();
    let (plan, review) = effects.proposed(between());
    let problems = texts(list(&plan, "problems"), "id");
    assert!(problems.contains(&"DependsOnGas"), "{plan:#}");
    weighs(&review, "trial", "danger", &["DependsOnGas"]);
    // Who knows why accepts it by its id.
    let accepts = "plan Pay 2.0 --accept DependsOnGas";
    let plan = effects.sandbox.run("Admin2", accepts).document;
    assert!(
        !plan["problems"].to_string().contains("DependsOnGas"),
        "{plan:#}"
    );
    contains(&plan["accepted"].to_string(), &["DependsOnGas"]);
}

#[test]
fn what_a_migration_reads_of_the_block_is_named() {
    // TIMESTAMP and ORIGIN, stored nowhere
    let (plan, review) = proposed(hex!("42503250600560015500"));
    plan["reads"][0].has(json!({"others": ["ORIGIN", "TIMESTAMP"]}));
    assert_snapshot!(weight(&review, "block-and-sender"), @"note: block-and-sender; the code of 2.0 reads ORIGIN, TIMESTAMP: its result may differ in another block, or for another sender");
    // Nobody knows the functions of those bytes.
    assert_snapshot!(weight(&review, "trial"), @"unknown: trial; control by an account without rights was tried of usual functions alone: those of the new code are not known");
}

#[test]
fn what_a_migration_asks_of_other_accounts_is_named() {
    let effects = Effects::new();
    // arbBlockNumber() of ArbSys, and 4 bytes of nothing to ecrecover
    let (plan, review) = effects.proposed(hex!(
        "63a3b1b31d600052 602060006004601c60645afa50"
        "602060006004601c60015afa50 600560015500"
    ));
    let arb_sys = "ArbSys (0x0000000000000000000000000000000000000064) with 0xa3b1b31d";
    let [reads] = &list(&plan, "reads")[..] else {
        panic!("{plan:#}");
    };
    assert_eq!(reads["code"], "the code of 2.0");
    let calls = list(reads, "calls");
    assert_eq!((calls.len(), &calls[0]), (2, &json!(arb_sys)), "{plan:#}");
    contains(
        &calls[1].to_string(),
        &["0x0000000000000000000000000000000000000001"],
    );
    weighs(&review, "calls-of-others", "warning", &[arb_sys]);
    assert_snapshot!(weight(&review, "calls-of-others"), @"warning: calls-of-others; the code of 2.0 calls ArbSys ([address]) with [hex], [address] with [hex]: the result may differ at execution, or the call may fail with less gas");
    assert_snapshot!(masked(&effects.planned()), @"
    ! the code of 2.0 calls ArbSys ([address]) with [hex], [address] with [hex]: the result may differ at execution, or the call may fail with less gas
    ! control by an account without rights was tried of usual functions alone: those of the new code are not known
    ! unexplained-write: instance [address]: the upgrade writes words that the layout of 2.0 does not declare: slot 1: 0 → 5
    ");
}

#[test]
fn what_a_library_of_a_migration_asks_and_reads_is_named_with_its_address() {
    let effects = Effects::new();
    let library = address!("1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b");
    // NUMBER, then a call of another instance
    let asks = around(
        &hex!("4350 6020600060006000600073"),
        effects.other,
        &hex!("5af15000"),
    );
    effects.sandbox.set_code(library, asks);
    let after = hex!("5af450600560015500");
    let delegates = around(&hex!("602060006000600073"), library, &after);
    let (plan, review) = effects.proposed(delegates);
    let [own, of_library] = &list(&plan, "reads")[..] else {
        panic!("{plan:#}");
    };
    let called = |reads: &Value| {
        let [call] = &list(reads, "calls")[..] else {
            panic!("{plan:#}");
        };
        call.as_str().expect("words").to_owned()
    };
    let other = effects.other.to_string();
    assert_eq!(own["code"], "the code of 2.0");
    contains(&called(own), &[&library.to_string()]);
    assert_snapshot!(masked(&called(own)), @"[address] by delegatecall (code [hash])");
    of_library.has(json!({"code": format!("the code at {library}"), "others": ["NUMBER"]}));
    assert_eq!(called(of_library), other);
    weighs(&review, "calls-of-others", "warning", &[&other]);
}

#[test]
fn code_that_somebody_puts_there_later_is_a_danger() {
    let designator = hex!("ef01003333333333333333333333333333333333333333");
    for code in [&[][..], &designator] {
        let effects = Effects::new();
        let empty = address!("adadadadadadadadadadadadadadadadadadadad");
        effects.sandbox.set_code(empty, code.to_vec());
        let delegates = around(&hex!("5f5f5f5f73"), empty, &hex!("5af400"));
        let (plan, review) = effects.proposed(delegates);
        let id = format!("CodeMayChange:{empty}");
        assert_eq!(plan["problems"][0]["id"], id, "{plan:#}");
        weighs(&review, "trial", "danger", &[&empty.to_string()]);
    }
}

#[test]
fn what_depends_on_the_ether_that_an_instance_owns_is_named() {
    let mut told = Vec::new();
    // 1 wei to ecrecover, and 1 wei to oneself
    for code in [
        &hex!("5f5f5f5f600160015af1600155600560015500")[..],
        &hex!("5f5f5f5f6001305af1600155600560015500"),
    ] {
        let (plan, review) = proposed(code.to_vec());
        let called = plan["reads"][0]["calls"][0].as_str().unwrap_or_default();
        told.push(masked(called));
        weighs(&review, "calls-of-others", "warning", &[]);
    }
    assert_snapshot!(told.join("\n"), @"
    [address] and ether
    [address] and ether
    ");
    // an account is created with 1 wei, and whether that went through is stored
    let (plan, _) = proposed(hex!("5f5f6001f060015500"));
    plan["reads"][0].has(json!({"others": ["CREATE"]}));
    // 2,000 wei, which it does not own
    let (_, review) = proposed(hex!("5f5f6107d0f060015500"));
    assert_snapshot!(weight(&review, "calls-of-others"), @"warning: calls-of-others; the code of 2.0 calls a new account, whose creation failed: the result may differ at execution, or the call may fail with less gas");
}

#[test]
fn evm_code_that_looks_at_its_gas_or_at_the_code_of_others_is_named() {
    // 1 where the lowest bits of GAS are 0x1234, else 0
    let (plan, review) = proposed(hex!("5a61ffff166112341460015500"));
    plan["reads"][0].has(json!({"gas": ["GAS"]}));
    let (weight, says) = card(&review, "trial");
    assert_ne!(weight, "good", "{says}");
    let (plan, review) = proposed(hex!("303b60015500"));
    plan["reads"][0].has(json!({"others": ["EXTCODESIZE"]}));
    weighs(&review, "block-and-sender", "note", &[]);
}

#[test]
fn a_part_of_the_framework_is_named_where_a_migration_of_another_kind_calls_it() {
    for is_there in [false, true] {
        let effects = Effects::new();
        let registry = effects.sandbox.registry();
        let stub = stylus_upgrades::build::evm::uups_stub_address(registry);
        if is_there {
            effects.sandbox.set_code(stub, hex!("00"));
        }
        // What UUPS proxies ask it: proxiableUUID()
        let asks = hex!("6352d1902d60e01b5f525f5f60045f73");
        let (_, review) = effects.proposed(around(&asks, stub, &hex!("5afa60015500")));
        weighs(&review, "calls-of-others", "warning", &[&stub.to_string()]);
    }
}

#[test]
fn code_that_cannot_be_looked_into_hides_nothing_else() {
    let effects = Effects::new();
    let unread = address!("bdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbdbd");
    effects.sandbox.set_code(unread, hex!("eff00000ffffffffff"));
    // It is delegated to, which fails, and the ether goes to the thief.
    let delegates = around(&hex!("5f5f5f5f73"), unread, &hex!("5af450"));
    let code = [&delegates[..], &pays(THIEF, effects.other)].concat();
    let (plan, review) = effects.proposed(code);
    weighs(&review, "ether-of-instances", "warning", &[]);
    let why = plan["reads"][1]["unread"].as_str();
    assert!(why.is_some(), "{plan:#}");
    let cards = list(&review, "findings").iter();
    let trials: Vec<_> = cards.filter(|card| card["part"] == "trial").collect();
    let says = texts(trials.iter().copied(), "message").join("\n");
    assert_snapshot!(masked(&says), @"
    the upgrade succeeds on 1 instance: the same with [number] amounts from [number] to [number] gas, on block [number]. But the code at [address] cannot be analyzed (the brotli stream is invalid or truncated: a malformed stream): its execution may differ from the simulation
    control by an account without rights was tried of usual functions alone: those of the new code are not known
    ");
    assert!(trials.iter().all(|card| card["severity"] != "good"));
}
