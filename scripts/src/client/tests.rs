use super::Revert;
use alloy::primitives::{Address, U256};
use alloy::sol_types::{Revert as SolRevert, SolError, SolInterface};
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::full::IInclusion::IInclusionErrors;
use stylus_upgrades_interface::lazy::ILazy::ILazyErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{
    IUpgradeabilityProxyErrors, ImplementationNotRunnable, UpgradeInProgress, VersionNotFound,
};
use stylus_upgrades_interface::registry::IRegistry::{CodeChanged, IRegistryErrors};

/// Every error that a contract of the framework, or the chain, may answer with.
fn errors() -> Vec<[u8; 4]> {
    IUpgradeabilityProxyErrors::selectors()
        .chain(IRegistryErrors::selectors())
        .chain(IMigratableErrors::selectors())
        .chain(IComplexMigrationErrors::selectors())
        .chain(IInclusionErrors::selectors())
        .chain(ILazyErrors::selectors())
        .chain(IArbWasmErrors::selectors())
        .collect()
}

#[test]
fn every_refusal_says_what_was_expected_what_was_found_and_what_to_do_next() {
    let all = errors();
    assert!(all.len() > 50, "{}", all.len());
    let strange = [0xde, 0xad, 0xbe, 0xef];
    for data in all.iter().chain([&strange]) {
        // Zeros are numbers, addresses, and texts without a byte.
        let revert = Revert::decode(&[data.as_slice(), &[0; 32 * 12]].concat());
        let told = revert.advice();
        assert!(
            told.expected.is_some() && told.found.is_some() && told.next.is_some(),
            "{revert}: {told:?}"
        );
        assert_eq!(revert.name == "Unknown", *data == strange, "{data:?}");
    }
}

#[test]
fn a_refusal_of_the_framework_is_told_by_name_with_its_arguments() {
    let data = VersionNotFound {
        name: "A".into(),
        version: "2.0".into(),
    }
    .abi_encode();
    let revert = Revert::decode(&data);
    assert_eq!(revert.to_string(), r#"VersionNotFound("A", "2.0")"#);
    assert_eq!(
        revert.advice().next.as_deref(),
        Some("stylus-upgrades register A 2.0 <crate|wasm|address>")
    );
}

#[test]
fn the_next_command_of_a_refusal_is_safe_to_paste() {
    let data = VersionNotFound {
        name: "$(reboot)".into(),
        version: "1;reboot".into(),
    }
    .abi_encode();
    assert_eq!(
        Revert::decode(&data).advice().next.as_deref(),
        Some("stylus-upgrades register '$(reboot)' '1;reboot' <crate|wasm|address>")
    );
}

#[test]
fn an_error_without_arguments_is_told_by_name() {
    assert_eq!(
        Revert::decode(&UpgradeInProgress {}.abi_encode()).to_string(),
        "UpgradeInProgress()"
    );
}

#[test]
fn reason_numbers_are_told_in_words() {
    let error = ImplementationNotRunnable {
        implementation: Address::ZERO,
        reason: 2,
    };
    let advice = Revert::decode(&error.abi_encode()).advice();
    assert!(
        advice
            .found
            .is_some_and(|found| found.ends_with("the program is not activated"))
    );
}

#[test]
fn expected_and_found_of_changed_code_are_the_two_hashes() {
    let error = CodeChanged {
        account: Address::ZERO,
        expected: U256::from(1).into(),
        found: U256::from(2).into(),
    };
    let advice = Revert::decode(&error.abi_encode()).advice();
    assert!(advice.expected.is_some_and(|hash| hash.ends_with("01")));
    assert!(advice.found.is_some_and(|hash| hash.ends_with("02")));
}

#[test]
fn a_reason_string_of_solidity_is_decoded() {
    let data = SolRevert::from("no").abi_encode();
    assert_eq!(Revert::decode(&data).to_string(), r#"Error("no")"#);
}

#[test]
fn foreign_broken_and_empty_data_is_shown_as_it_is() {
    assert_eq!(Revert::decode(&[]).to_string(), "it reverted without data");
    assert_eq!(
        Revert::decode(&[1, 2, 3, 4]).to_string(),
        "it reverted with 0x01020304"
    );
    assert_eq!(Revert::decode(&[1]).name, "Unknown");
    let cut = &VersionNotFound {
        name: "A".into(),
        version: "2.0".into(),
    }
    .abi_encode()[..40];
    assert_eq!(Revert::decode(cut).name, "Unknown");
}
