use super::encode;
use crate::app_error::Error;
use crate::error::{Exit, Explain};
use crate::manifest::Manifest;
use alloy::primitives::{Address, Bytes, U256, address, keccak256};
use alloy::sol_types::SolValue;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(String::from).collect()
}

fn encoded(call: &[&str]) -> Result<Bytes, Error> {
    encode(&words(call), &Manifest::default())
}

#[test]
fn a_signature_and_its_arguments_become_calldata() {
    let selector = &keccak256("initialize(uint256)")[..4];
    let expected = [selector, &U256::from(7).abi_encode()].concat();
    let found = encoded(&["initialize(uint256)", "7"]).ok();
    assert_eq!(found, Some(expected.into()));
}

#[test]
fn hexadecimal_is_taken_as_it_is_and_nothing_is_nothing() {
    let found = encoded(&["0x01020304"]).ok();
    assert_eq!(found, Some(Bytes::from(vec![1, 2, 3, 4])));
    assert_eq!(encoded(&[]).ok(), Some(Bytes::new()));
}

#[test]
fn an_address_argument_may_be_an_alias() {
    let bob: Address = address!("00000000000000000000000000000000000000b0");
    let manifest = Manifest {
        aliases: [("Bob".to_owned(), bob)].into(),
        ..Manifest::default()
    };
    let call = encode(&words(&["mint(address)", "Bob"]), &manifest);
    assert!(call.is_ok_and(|call| call.ends_with(bob.as_slice())));
}

#[test]
fn an_address_in_a_list_may_be_an_alias() {
    let bob: Address = address!("00000000000000000000000000000000000000b0");
    let manifest = Manifest {
        aliases: [("Bob".to_owned(), bob)].into(),
        ..Manifest::default()
    };
    let of = |call: &[&str]| encode(&words(call), &manifest);
    let full = bob.to_string();
    for (function, named, plain) in [
        ("a(address[])", "[Bob, FULL,Bob]", "[FULL,FULL,FULL]"),
        (
            "a(address[2][])",
            "[[Bob,FULL],[ FULL , Bob]]",
            "[[FULL,FULL],[FULL,FULL]]",
        ),
        (
            "a((address,uint256)[])",
            "[(Bob,7),(FULL, 0x10)]",
            "[(FULL,7),(FULL,16)]",
        ),
        (
            "a((string,(bytes,address)))",
            "('Bob, x (', (0x00, Bob))",
            "('Bob, x (',(0x00,FULL))",
        ),
        ("a(string[])", "[Bob]", "['Bob']"),
        ("a(address[])", "[]", "[]"),
    ] {
        let expected = of(&[function, &plain.replace("FULL", &full)]);
        let found = of(&[function, &named.replace("FULL", &full)]);
        assert_eq!(found.ok(), Some(expected.expect("addresses")), "{function}");
    }
    for wrong in ["[Bob,Ann]", "[Bob,]", "[Bob", "Bob"] {
        let refused = of(&["a(address[])", wrong]).expect_err(wrong);
        assert_eq!(refused.exit(), Exit::Usage, "{wrong}");
    }
    // A wrong checksum.
    let wrong = "[0xf39fd6e51aad88F6F4ce6aB8827279cffFb92266]";
    assert!(of(&["a(address[])", wrong]).is_err());
}

#[test]
fn a_wrong_number_of_arguments_is_wrong_use() {
    let error = encoded(&["initialize(uint256)"]).expect_err("an argument is missing");
    assert_eq!(error.exit(), Exit::Usage);
    assert_eq!(error.expected().as_deref(), Some("1 argument"));
}

#[test]
fn an_argument_of_another_type_is_wrong_use() {
    let error = encoded(&["initialize(uint256)", "seven"]).expect_err("seven is no number");
    assert_eq!(error.found().as_deref(), Some("seven"));
    assert!(!error.to_string().contains('\n'), "{error}");
    for (function, word) in [
        ("f(uint256)", "0b11"),
        ("f(uint8)", "0o7"),
        ("f(uint256)", "1e3"),
        ("f(int256)", "-1 ether"),
        ("f(uint256[])", "[1, 0b11]"),
        ("f((string,uint8))", "(0b11, 0b11)"),
    ] {
        let error = encoded(&[function, word]).expect_err(word);
        let expected = error.expected().unwrap_or_default();
        assert!(expected.contains("digits, or 0x"), "{word}: {error}");
    }
    for (function, word) in [
        ("f(int256)", "-7"),
        ("f((string,uint8))", "(0b11, 3)"),
        ("f(uint8[2])", "[0x10,7]"),
    ] {
        assert!(encoded(&[function, word]).is_ok(), "{word}");
    }
}

#[test]
fn something_that_is_no_signature_is_wrong_use() {
    assert!(encoded(&["initialize(", "7"]).is_err_and(|error| error.exit() == Exit::Usage));
    let error = encoded(&["initialize(uint"]).expect_err("it does not end");
    assert!(!error.to_string().contains('\n'), "{error}");
    assert!(encoded(&["0x123"]).is_err_and(|error| error.exit() == Exit::Usage));
}

#[test]
fn text_is_taken_as_it_is_typed_and_a_string_of_json_says_another() {
    for (typed, expected) in [
        (" me  ", " me  "),
        ("'twas", "'twas"),
        ("'me'", "'me'"),
        ("\"", "\""),
        ("\"a\" b \"c\"", "\"a\" b \"c\""),
        ("\"me \"", "me "),
        ("\"\\\"me\\\"\"", "\"me\""),
        ("", ""),
    ] {
        let call = encoded(&["name(string)", typed]).expect(typed);
        let text = String::abi_decode(&call[4..]).expect(typed);
        assert_eq!(text, expected, "{typed:?}");
    }
}

#[test]
fn a_number_that_is_too_large_is_no_other_mistake() {
    let most = U256::MAX.to_string();
    assert!(encoded(&["a(uint256)", &most]).is_ok());
    for (typed, why) in [
        (format!("{most}0"), "too large"),
        ("1e3".into(), "no whole number"),
    ] {
        let error = encoded(&["a(uint256)", &typed]).expect_err(&typed);
        assert!(error.to_string().contains(why), "{error}");
    }
}
