use alloc::string::ToString;

use alloy_sol_types::SolError;
use stylus_upgrades_interface::migratable::IMigratable as I;

use super::MigratableError as E;

const LONG: &str = "a-label-of-more-than-thirty-two-bytes";

#[test]
fn every_error_is_encoded_as_solidity_does() {
    assert_eq!(
        E::NotInUpgrade.abi_encode(),
        I::NotInUpgrade {}.abi_encode()
    );
    for version in ["1.0", LONG] {
        let label = version.to_string();
        assert_eq!(
            E::AlreadyInitialized { version }.abi_encode(),
            I::AlreadyInitialized {
                version: label.clone()
            }
            .abi_encode()
        );
        assert_eq!(
            E::PredecessorMissing { version }.abi_encode(),
            I::PredecessorMissing {
                version: label.clone()
            }
            .abi_encode()
        );
        assert_eq!(
            E::AlreadyMigrated {
                from: version,
                to: "2.0"
            }
            .abi_encode(),
            I::AlreadyMigrated {
                from: label,
                to: "2.0".to_string()
            }
            .abi_encode()
        );
        assert_eq!(
            E::PostConditionFailed { condition: version }.abi_encode(),
            I::PostConditionFailed {
                condition: version.to_string()
            }
            .abi_encode()
        );
    }
}
