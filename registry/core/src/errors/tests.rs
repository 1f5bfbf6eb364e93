use super::*;
use alloy_primitives::U256;

const A: Address = Address::repeat_byte(0xa1);
const X: B256 = B256::repeat_byte(0x71);
const Y: B256 = B256::repeat_byte(0x72);

/// Compares an error with alloy's encoding of its type.
fn same(found: RevertData, expected: impl SolError) {
    assert_eq!(found.0, expected.abi_encode());
}

fn n() -> String {
    "A name of more than thirty-two characters".into()
}

fn s(text: &str) -> String {
    text.into()
}

#[test]
fn every_error_of_the_registry_is_encoded_as_its_type_says() {
    let name = n();
    let name = name.as_bytes();
    same(
        definition_exists(name),
        Registry::DefinitionExists { name: n() },
    );
    same(
        definition_not_found(b""),
        Registry::DefinitionNotFound { name: s("") },
    );
    same(
        version_exists(name, b"2.0"),
        Registry::VersionExists {
            name: n(),
            version: s("2.0"),
        },
    );
    same(
        invalid_label(b"a b", 3),
        Registry::InvalidLabel {
            label: s("a b"),
            reason: 3,
        },
    );
    same(
        invalid_step(b"1", b"2", 4),
        Registry::InvalidStep {
            from: s("1"),
            to: s("2"),
            reason: 4,
        },
    );
    same(unknown_role(b"r"), Registry::UnknownRole { role: s("r") });
    same(
        invalid_policy(b"AND(", 4, 2),
        Registry::InvalidPolicy {
            expression: s("AND("),
            offset: 4,
            reason: 2,
        },
    );
    same(not_an_approver(A), Registry::NotAnApprover { caller: A });
    same(
        already_approved(A, ActionId(X)),
        Registry::AlreadyApproved {
            approver: A,
            action: X,
        },
    );
    same(
        not_approved(A, ActionId(X)),
        Registry::NotApproved {
            approver: A,
            action: X,
        },
    );
    same(
        too_many_actions(A, 16),
        Registry::TooManyActions {
            approver: A,
            open: 16,
        },
    );
    same(
        action_not_found(ActionId(X)),
        Registry::ActionNotFound { action: X },
    );
    same(
        action_expired(ActionId(X)),
        Registry::ActionExpired { action: X },
    );
    same(
        code_changed(A, CodeHash(X), CodeHash(Y)),
        Registry::CodeChanged {
            account: A,
            expected: X,
            found: Y,
        },
    );
    same(not_an_instance(A), Registry::NotAnInstance { proxy: A });
    same(
        not_migrating(A, 2),
        Registry::NotMigrating { proxy: A, state: 2 },
    );
    same(upgrade_in_progress(), Proxy::UpgradeInProgress {});
    same(reentered(), Registry::Reentered {});
    same(
        insufficient_gas(7, 6),
        Registry::InsufficientGas { needed: 7, left: 6 },
    );
    same(proxy_exists(A), Registry::ProxyExists { proxy: A });
    same(
        not_supported(b"pause"),
        Registry::NotSupported { what: s("pause") },
    );
    same(
        invalid_layout(32_769),
        Registry::InvalidLayout {
            size: U256::from(32_769),
        },
    );
}

#[test]
fn every_error_that_it_shares_with_proxies_is_encoded_as_its_type_says() {
    same(
        version_not_found(b"A", b"9"),
        Proxy::VersionNotFound {
            name: s("A"),
            version: s("9"),
        },
    );
    same(
        upgrade_not_authorized(A, b"1", b"2"),
        Proxy::UpgradeNotAuthorized {
            caller: A,
            from: s("1"),
            to: s("2"),
        },
    );
    same(
        already_at_version(b"2"),
        Proxy::AlreadyAtVersion { version: s("2") },
    );
    same(
        no_path(b"A", b"1", b"2"),
        Proxy::NoPath {
            name: s("A"),
            from: s("1"),
            to: s("2"),
        },
    );
    same(
        implementation_not_runnable(A, 2),
        Proxy::ImplementationNotRunnable {
            implementation: A,
            reason: 2,
        },
    );
    same(
        value_not_accepted(X),
        Proxy::ValueNotAccepted {
            value: U256::from_be_bytes(X.0),
        },
    );
}
