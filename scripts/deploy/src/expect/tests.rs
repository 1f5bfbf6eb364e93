use super::{Asks, Expectation, Expectations, Suggested};
use crate::error::{Explain, Refusal};

fn is_of_syntax<T>(refused: &Result<T, Refusal>, why: &str) -> bool {
    let is_it = |error: &Refusal| {
        error.is("ExpectationsSyntax") && error.found().is_some_and(|found| found.contains(why))
    };
    refused.as_ref().is_err_and(is_it)
}

fn is_too_many<T>(refused: Result<T, Refusal>) -> bool {
    refused.is_err_and(|error| error.is("ExpectationsTooMany"))
}
use alloy::primitives::{Address, B256, Bytes, U256, bytes, keccak256};
use alloy::sol_types::{SolCall, SolError};
use std::path::PathBuf;
use stylus_chain::{BlockId, CallOutcome, CallRequest, Chain, ChainConfig, Overrides};
use stylus_upgrades_interface::check::IUpgradeCheck::{afterUpgradeCall, beforeUpgradeCall};
use stylus_upgrades_interface::migratable::IMigratable::PostConditionFailed;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::Step;

/// Every function of it answers the word in the slot that its selector names. It reverts where that is 1.
const GETTERS: Bytes = bytes!("5f3560e01c54 80600114 6014 57 5f5260205ff3 00 00 5b 5f5ffd");
const PROXY: Address = Address::repeat_byte(0x11);
const CHECK: Address = Address::repeat_byte(0x22);
const REVERTS: u64 = 1;

fn one(line: &str) -> Expectation {
    line.parse().expect("one")
}

fn all(lines: &[&str]) -> Expectations {
    let all = lines.iter().map(|line| one(line));
    Expectations::new(all.collect()).expect("a check")
}

/// A chain with a contract of getters and a check.
struct Checked {
    chain: Chain,
}

impl Checked {
    fn of(lines: &[&str]) -> Self {
        let mut chain = Chain::new(ChainConfig::default());
        chain.set_code(PROXY, GETTERS);
        chain.set_code(CHECK, all(lines).code().clone());
        Self { chain }
    }

    fn set(&mut self, signature: &str, value: impl TryInto<U256>) {
        let selector = U256::from_be_slice(&keccak256(signature)[..4]);
        let value = value.try_into().ok().expect("a word");
        self.chain.set_storage_at(PROXY, selector, value.into());
    }

    fn call(&self, call: &impl SolCall) -> CallOutcome {
        self.called(call.abi_encode().into())
    }

    fn called(&self, input: Bytes) -> CallOutcome {
        let request = CallRequest {
            to: Some(CHECK),
            input,
            ..CallRequest::default()
        };
        let none = Overrides::default();
        let outcome = self.chain.call(request, BlockId::latest(), &none);
        outcome.expect("an outcome")
    }

    fn before(&self) -> CallOutcome {
        self.call(&beforeUpgradeCall {
            proxy: PROXY,
            from: "1.0".into(),
            to: "a label that is longer than one word of 32 bytes".into(),
        })
    }

    fn observed(&self) -> Bytes {
        let outcome = self.before();
        assert!(outcome.success, "{outcome:?}");
        beforeUpgradeCall::abi_decode_returns(&outcome.output).expect("bytes")
    }

    fn after(&self, observed: &Bytes) -> CallOutcome {
        self.call(&afterUpgradeCall {
            proxy: PROXY,
            from: "1.0".into(),
            to: "2.0".into(),
            observed: observed.clone(),
        })
    }
}

fn condition(outcome: &CallOutcome) -> String {
    assert!(!outcome.success, "it held");
    let error = PostConditionFailed::abi_decode_validate(&outcome.output).expect("the error");
    let again = error.abi_encode();
    assert_eq!(again, outcome.output, "padded as an ABI says");
    error.condition
}

#[test]
fn each_kind_holds_or_reverts_with_its_text() {
    let account = "0x5B38Da6a701c568545dCfcB03FcB875f56beddC4";
    let word: U256 = account.parse::<Address>().expect("one").into_word().into();
    let (owner, less) = (format!("equal owner() {account}"), U256::MAX - U256::ONE);
    // What the getter answers before, what it may answer afterwards, and what it may not.
    let cases = format!(
        "unchanged a()      | 0          0        2
         unchanged a()      | 7          7        8
         unchanged a()      | 7          7        {REVERTS}
         nonzero root()     | 5          9        0
         nonzero root()     | {REVERTS}  9        {REVERTS}
         {owner}            | 5          {word}   5
         equal isOn() 2     | 3          2        {REVERTS}
         equal tick() -2    | 3          {less}   2
         delta fee() +5     | 10         15       14
         delta fee() -5     | 10         5        15"
    );
    for (line, answers) in cases.lines().filter_map(|case| case.split_once('|')) {
        let line = line.trim();
        let signature = line.split(' ').nth(1).expect("a getter");
        let answers = answers
            .split_whitespace()
            .map(|one| one.parse::<U256>().expect("a word"));
        let [start, holds, fails] = answers.collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let mut chain = Checked::of(&["nonzero other()", line, "unchanged third()"]);
        chain.set("other()", 4);
        chain.set(signature, start);
        let observed = chain.observed();
        chain.set(signature, holds);
        let held = chain.after(&observed);
        assert!(held.success && held.output.is_empty(), "{line}: {held:?}");
        chain.set(signature, fails);
        assert_eq!(condition(&chain.after(&observed)), line);
    }
}

#[test]
fn arguments_are_passed_on_and_long_answers_count_as_a_whole() {
    let account = Address::repeat_byte(0x33);
    let line = format!("unchanged balanceOf(address,uint256) {account} 9");
    let mut chain = Checked::of(&[&line]);
    // what it is called with, without its selector, comes back
    let echoes = bytes!("600436036004 5f37 6004 3603 5f f3");
    chain.chain.set_code(PROXY, echoes);
    let answer = [account.into_word(), B256::with_last_byte(9)].concat();
    assert_eq!(chain.observed()[..], keccak256(answer)[..]);
    let observed = chain.observed();
    assert!(chain.after(&observed).success);
    let shorter = bytes!("602060045f37 60205ff3");
    chain.chain.set_code(PROXY, shorter);
    assert_eq!(condition(&chain.after(&observed)), line);
}

#[test]
fn a_getter_that_reverts_or_answers_no_word_is_named_before_and_after() {
    let mut chain = Checked::of(&["unchanged a()", "delta b() +1"]);
    chain.set("b()", REVERTS);
    assert_eq!(condition(&chain.before()), "delta b() +1");
    chain.set("b()", 3);
    let observed = chain.observed();
    let two_words = bytes!("60405ff3");
    for nothing in [bytes!(""), bytes!("601f5ff3"), two_words, bytes!("5b5f56")] {
        chain.chain.set_code(PROXY, nothing.clone());
        let outcome = chain.after(&observed);
        // Two words are an answer of `a()`, another one than before.
        assert_eq!(condition(&outcome), "delta b() +1", "{nothing}");
    }
}

#[test]
fn a_call_of_something_else_reverts_without_data() {
    let chain = Checked::of(&["unchanged a()"]);
    for input in [bytes!(""), bytes!("01020304")] {
        let outcome = chain.called(input);
        assert!(!outcome.success && outcome.output.is_empty() && outcome.halt.is_none());
    }
}

#[test]
fn an_expectation_costs_less_than_5_000_gas_beside_its_getter() {
    let names: Vec<String> = (0..40)
        .map(|number| format!("unchanged getter{number}()"))
        .collect();
    let lines: Vec<&str> = names.iter().map(String::as_str).collect();
    let gas = |lines: &[&str]| {
        let chain = Checked::of(lines);
        let observed = chain.observed();
        let both = [chain.before(), chain.after(&observed)];
        both.iter().map(|outcome| outcome.gas_used).sum::<u64>()
    };
    // A getter costs 2,100 for its cold slot, and 40 beside it.
    let each = (gas(&lines) - gas(&lines[..1])) / 39 - 2 * 2_140;
    assert!((200..2_000).contains(&each), "{each} gas");
}

#[test]
fn the_code_says_what_it_asks_and_other_code_says_nothing() {
    let lines = [
        "unchanged totalSupply()",
        "nonzero root()",
        "delta fee() +5",
    ];
    let one = all(&lines);
    let mut sorted = lines.map(str::to_owned);
    sorted.sort();
    assert_eq!(one.words(), sorted);
    assert_eq!(Expectations::of_code(one.code()).as_ref(), Some(&one));
    let mut other_order = lines;
    other_order.reverse();
    assert_eq!(all(&other_order).account(), one.account());
    // Any other byte, in the program or in the text, is the code of nothing that is known.
    for at in 0..one.code().len() {
        let mut code = one.code().to_vec();
        code[at] ^= 1;
        let read = Expectations::of_code(&code);
        assert!(read.is_none_or(|read| *read.code() == code), "byte {at}");
    }
    for size in [0, 1, 2, 40] {
        assert_eq!(Expectations::of_code(&vec![0xff; size]), None);
    }
    assert_eq!(Expectations::of_code(&one.code()[1..]), None);
}

#[test]
fn only_the_check_of_a_step_asks_and_only_with_the_code_that_the_step_names() {
    let one = all(&["unchanged totalSupply()"]);
    let named = |kind, hash| Step {
        kind,
        script: one.account(),
        scriptCodehash: hash,
        from: "1.0".into(),
        data: Bytes::new(),
    };
    let (hash, code) = (one.codehash().0, one.code());
    let known = Asks::of(&named(step::NONE, hash), code).expect("it asks");
    assert_eq!(known.words(), ["unchanged totalSupply()"]);
    // Nobody asks a script, whatever its code.
    for kind in [step::SCRIPT, step::COMPLEX] {
        assert_eq!(Asks::of(&named(kind, hash), code), None, "{kind}");
    }
    let other = Asks::of(&named(step::CALL, B256::repeat_byte(1)), code);
    assert_eq!(other, Some(Asks::Unknown), "another code was approved");
    let unknown = Asks::of(&named(step::NONE, keccak256([1])), &[1]).expect("a check");
    let line = format!("{:<13} NOT KNOWN: code of others", "expects");
    assert_eq!(unknown.lines().collect::<Vec<_>>(), [line]);
    let nothing = Step {
        script: Address::ZERO,
        ..named(step::NONE, B256::ZERO)
    };
    assert_eq!(Asks::of(&nothing, code), None);
}

#[test]
fn what_is_no_expectation_is_refused_by_name() {
    let form = "it has another form";
    let value = "a value is a number";
    let difference = "a difference is + or -";
    for (line, why) in [
        ("", form),
        ("unchanged", form),
        ("unmoved a()", form),
        ("unchanged a", "no signature"),
        ("unchanged a(uint)", "its signature is a(uint256)"),
        ("unchanged a() 5", "it has 1 arguments, not 0"),
        ("unchanged a(address) 0x12", "is no address"),
        ("unchanged a(bytes) 0x12", "is no bytes"),
        ("unchanged a(string) x", "is no string"),
        ("equal a() ", value),
        ("equal a() 0x12", value),
        ("equal a() 5.0", value),
        ("equal a() _", value),
        ("equal a() 1_0", value),
        ("equal a() -_", value),
        ("equal a() -", value),
        ("delta a() 5", difference),
        ("delta a() +", difference),
        ("delta a() +-5", difference),
    ] {
        let refused = line.parse::<Expectation>();
        assert!(is_of_syntax(&refused, why), "{line}: {refused:?}");
    }
    assert!(is_of_syntax(&Expectations::new(Vec::new()), ""));
    let twice = Expectations::new(vec![one("equal a() 1"), one("equal a() 2")]);
    assert!(is_of_syntax(&twice, "twice"));
    let many = (0..65).map(|number| one(&format!("nonzero a{number}()")));
    assert!(is_too_many(Expectations::new(many.collect())));
    let long = format!("nonzero {}()", "a".repeat(600));
    assert!(is_too_many(Expectations::new(vec![one(&long)])));
}

#[test]
fn the_largest_check_is_compiled_or_refused() {
    let zeros = " 0x0000000000000000000000000000000000000000000000000000000000000000";
    let four = zeros.repeat(4);
    let line = |number| format!("equal a{number}(bytes32,bytes32,bytes32,bytes32){four} 7");
    let of = |count: u8| Expectations::new((0..count).map(|number| one(&line(number))).collect());
    assert!(is_too_many(of(64)));
    let most = of(24).expect("a check");
    assert_eq!(Expectations::of_code(most.code()), Some(most));
}

fn file(content: &str) -> PathBuf {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let path = folder.join("expect.toml");
    std::fs::write(&path, content).expect("written");
    path
}

#[test]
fn a_file_says_all_four_kinds_and_is_written_so_that_it_can_be_read() {
    let path = file(
        "expect = [\"unchanged a()\", \"unchanged b(uint8) 3\", \"nonzero root()\", \"equal fee() 5\",\n\
         \"equal on() true\", \"delta total() -2\"]\n",
    );
    let read = Expectations::read(&path).expect("read");
    let words = [
        "delta total() -2",
        "equal fee() 5",
        "equal on() true",
        "nonzero root()",
        "unchanged a()",
        "unchanged b(uint8) 3",
    ];
    assert_eq!(read.words(), words);
    let why = "its answer changes with time";
    let suggested = Suggested {
        all: vec![one("unchanged a()"), one("nonzero root()")],
        to_confirm: vec![one("equal root() 7"), one("delta root() +2")],
        left_out: vec![(one("nonzero price()").getter, why)],
    };
    let text = "# What must hold of every instance after the upgrade. For --expect.\nexpect = [\n    \"unchanged a()\",\n    \
                \"nonzero root()\",\n    # The upgrade writes these. Remove the # where this is meant.\n    # \
                \"equal root() 7\",\n    # \"delta root() +2\",\n    # Left out: price(), its answer changes with \
                time.\n]\n";
    assert_eq!(suggested.text(), text);
    let written = path.with_file_name("written.toml");
    suggested.write(&written).expect("written");
    suggested.write(&written).expect("written again");
    let mut all = suggested.all.clone();
    all.reverse();
    assert_eq!(Expectations::read(&written).expect("read").all(), all);
    assert!(suggested.write(&path).is_err(), "another file stays");
}

#[test]
fn a_file_is_written_of_getters_that_are_only_to_confirm_and_of_more_than_a_check_holds() {
    let path = file("").with_file_name("written.toml");
    let mut suggested = Suggested {
        to_confirm: vec![one("equal root() 7")],
        ..Suggested::default()
    };
    suggested.write(&path).expect("written");
    let read = Expectations::read(&path);
    let nothing = "nothing is expected";
    assert!(is_of_syntax(&read, nothing), "{read:?}");
    let many = (0..70).map(|number| one(&format!("unchanged a{number}()")));
    suggested.all = many.collect();
    suggested.write(&path).expect("written");
    assert_eq!(Expectations::read(&path).expect("read").all().len(), 64);
    let text = std::fs::read_to_string(&path).expect("text");
    assert!(
        text.contains("# Left out: a69(), a check has no room for it."),
        "{text}"
    );
    assert!(is_of_syntax(&Suggested::default().write(&path), nothing));
}

#[test]
fn a_file_that_says_something_else_is_refused() {
    for content in [
        "",
        "expect = []",
        "expect = 5",
        "unchanged = [\"a()\"]",
        "expect = [\"unchanged a()\", \"unchanged a()\"]",
        "expect = [\"equal a() 1\", \"equal a() 2\"]",
        "expect = [5]",
        "expect = [\"delta a() 5\"]",
    ] {
        let refused = Expectations::read(&file(content)).expect_err(content);
        assert_eq!(refused.name(), "ExpectationsSyntax", "{content}: {refused}");
    }
    let missing = Expectations::read(&file("").with_file_name("none.toml"));
    assert!(is_of_syntax(&missing, ""));
}
