use super::{Revert, RpcError, declare_errors};
use crate::client::not_runnable_reason;
use crate::error::Explain;
use alloy::primitives::{Address, U256};
use alloy::sol_types::{Revert as SolRevert, SolError};
use std::collections::BTreeSet;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    ImplementationNotRunnable, UpgradeInProgress, VersionNotFound,
};
use stylus_upgrades_interface::registry::IRegistry::CodeChanged;

/// The signature of every error that the sources of `stylus-upgrades-interface` declare.
fn declared() -> Vec<(String, [u8; 4])> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interface/src");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the interface's sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a source");
        let lines = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("error "));
        for declaration in lines.filter_map(|line| line.strip_suffix(';')) {
            let error = alloy::json_abi::Error::parse(declaration).expect("a declaration");
            all.push((error.signature(), error.selector().0));
        }
    }
    all
}

#[test]
fn every_error_that_an_interface_declares_is_decoded_by_name_and_says_what_to_do_next() {
    let all = declared();
    assert!(all.len() > 50, "{}", all.len());
    for (signature, selector) in all {
        // Zeros are numbers, addresses, and texts without a byte.
        let revert = Revert::decode(&[selector.as_slice(), &[0; 32 * 12]].concat());
        let name = signature.split_once('(').map(|(name, _)| name);
        assert_eq!(revert.known_name(), name);
        let advice = revert.advice();
        let foreign = "an error of the framework";
        assert!(
            advice.expected != foreign && !advice.next.is_empty(),
            "{signature}"
        );
    }
}

fn not_found(name: &str, version: &str) -> Vec<u8> {
    let (name, version) = (name.into(), version.into());
    VersionNotFound { name, version }.abi_encode()
}

#[test]
fn a_refusal_of_the_framework_is_reported_by_name_with_its_arguments() {
    let revert = Revert::decode(&not_found("A", "2.0"));
    assert_eq!(revert.to_string(), r#"VersionNotFound("A", "2.0")"#);
    let next = "stylus-upgrades register A 2.0 SOURCE";
    assert_eq!(revert.advice().next, next);
    let without = Revert::decode(&UpgradeInProgress {}.abi_encode());
    assert_eq!(without.to_string(), "UpgradeInProgress()");
}

#[test]
fn the_next_command_of_a_refusal_is_safe_to_paste() {
    let revert = Revert::decode(&not_found("$(reboot)", "1;reboot"));
    let next = "stylus-upgrades register '$(reboot)' '1;reboot' SOURCE";
    assert_eq!(revert.advice().next, next);
}

#[test]
fn each_reason_why_code_cannot_run_has_words_and_a_cure() {
    let mut cures = BTreeSet::new();
    for reason in 1..=8 {
        let error = ImplementationNotRunnable {
            implementation: Address::ZERO,
            reason,
        };
        let revert = Revert::decode(&error.abi_encode());
        let words = not_runnable_reason(reason);
        let end = format!(", {reason}): {words}");
        assert!(revert.to_string().ends_with(&end), "{revert}");
        assert!(revert.advice().found.ends_with(&words), "{revert}");
        let cure = revert.advice().next;
        assert!(!cure.contains("newer"), "{cure}");
        cures.insert(cure);
    }
    // What was never active is activated as what has expired.
    assert_eq!(cures.len(), 7, "{cures:?}");
}

#[test]
fn expected_and_found_of_changed_code_are_the_two_hashes() {
    let error = CodeChanged {
        account: Address::ZERO,
        expected: U256::from(1).into(),
        found: U256::from(2).into(),
    };
    let advice = Revert::decode(&error.abi_encode()).advice();
    assert!(advice.expected.ends_with("01"));
    assert!(advice.found.ends_with("02"));
}

#[test]
fn each_refusal_of_a_transaction_by_nitro_has_a_name_and_what_to_do() {
    // As a Nitro dev node answered.
    let known = [
        (
            "max fee per gas less than block base fee: address 0xb0F22e541a7290408f416c0397A257aa201893FA, maxFeePerGas: 1 \
             baseFee: 100000000",
            "FeeTooLow",
        ),
        ("oversized data", "TransactionTooLarge"),
        (
            "err: intrinsic gas too low (supplied gas 2000000)",
            "IntrinsicGasTooLow",
        ),
        (
            "max initcode size exceeded: code size 49153 limit 49152",
            "CodeTooLarge",
        ),
        (
            "tx fee (3689348814.74 ether) exceeds the configured cap (1.00 ether)",
            "FeeCapExceeded",
        ),
        ("please retry transaction", "SequencerBusy"),
        ("out of retries", "SequencerBusy"),
        ("internal error", "TransactionFiltered"),
        (
            "insufficient funds for gas * price + value: address 0x52B9 have 0 want 200000000000001",
            "InsufficientFunds",
        ),
        ("something else", "Rpc"),
    ];
    for (message, name) in known {
        let error = RpcError {
            endpoint: "http://localhost".into(),
            what: "a transaction".into(),
            code: -32_000,
            message: message.into(),
        };
        let report = error.report();
        assert_eq!(report.name, name, "{message}");
        assert!(report.next.iter().any(|next| !next.is_empty()), "{message}");
    }
}

#[test]
fn a_reason_string_of_solidity_is_decoded() {
    let data = SolRevert::from("no").abi_encode();
    assert_eq!(Revert::decode(&data).to_string(), r#"Error("no")"#);
    assert_eq!(Revert::decode(&data).advice().found, r#""no""#);
}

#[test]
fn an_error_that_a_contract_declares_is_shown_by_its_name() {
    let error = alloy::json_abi::Error::parse("TooMany(uint256,uint256)").expect("an error");
    let numbers = [U256::from(40), U256::from(10)].map(|one| one.to_be_bytes::<32>());
    let data = [error.selector().as_slice(), &numbers.concat()].concat();
    let revert = Revert::decode(&data);
    assert!(revert.to_string().starts_with("it reverted with 0x"));
    let mut abi = alloy::json_abi::JsonAbi::new();
    abi.errors.insert(error.name.clone(), vec![error]);
    declare_errors(&abi);
    assert_eq!(revert.to_string(), "TooMany(40, 10)");
    let advice = revert.advice();
    assert_eq!(advice.found, "TooMany(40, 10)");
    let next = "correct the arguments, or the contract";
    assert!(advice.next.starts_with(next), "{}", advice.next);
    let cut = Revert::decode(&data[..40]);
    assert!(cut.to_string().starts_with("it reverted with 0x"));
    // No declaration renames an error of the framework.
    let mut abi = alloy::json_abi::JsonAbi::new();
    let own = alloy::json_abi::Error::parse("UpgradeInProgress()").expect("an error");
    let own = alloy::json_abi::Error {
        name: "Fine".into(),
        ..own
    };
    abi.errors.insert(own.name.clone(), vec![own]);
    declare_errors(&abi);
    let known = Revert::decode(&UpgradeInProgress {}.abi_encode()).to_string();
    assert!(known.starts_with("UpgradeInProgress("), "{known}");
}

#[test]
fn foreign_broken_and_empty_data_is_shown_as_it_is() {
    let shown = |data: &[u8]| Revert::decode(data).to_string();
    assert_eq!(shown(&[]), "it reverted without data");
    let silent = Revert::decode(&[]).advice();
    assert!(silent.found.contains("not active") && silent.next.contains("stylus-upgrades doctor"));
    assert_eq!(shown(&[1, 2, 3, 4]), "it reverted with 0x01020304");
    for broken in [&[1], &not_found("A", "2.0")[..40]] {
        assert_eq!(Revert::decode(broken).name(), "ContractError");
    }
}
