use alloy::primitives::{Bytes, address};
use alloy::sol_types::SolError;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{NotAProxy, UpgradeNotAuthorized};

use super::Revert;

#[test]
fn a_known_error_is_reported_by_name_and_fields() {
    let error = UpgradeNotAuthorized {
        caller: address!("00000000000000000000000000000000000000aa"),
        from: "1.0".into(),
        to: "2.0".into(),
    };
    let revert = Revert::new(error.abi_encode().into());
    assert_eq!(revert.name(), Some("UpgradeNotAuthorized"));
    assert_eq!(revert.decode::<UpgradeNotAuthorized>(), Some(error));
    assert_eq!(revert.decode::<NotAProxy>(), None);
    assert_eq!(
        revert.to_string(),
        "UpgradeNotAuthorized(0x00000000000000000000000000000000000000AA, \"1.0\", \"2.0\")"
    );
}

#[test]
fn an_error_without_fields_and_a_reason_have_names_too() {
    assert_eq!(
        Revert::new(NotAProxy {}.abi_encode().into()).name(),
        Some("NotAProxy")
    );
    let reason = alloy::sol_types::Revert {
        reason: "no".into(),
    };
    assert_eq!(
        Revert::new(reason.abi_encode().into()).to_string(),
        "Error(\"no\")"
    );
}

#[test]
fn unknown_data_is_shown_as_it_is() {
    assert_eq!(
        Revert::new(Bytes::from_static(&[1, 2])).to_string(),
        "0x0102"
    );
    assert_eq!(Revert::new(Bytes::new()).to_string(), "no data");
    assert_eq!(Revert::new(Bytes::from_static(&[1, 2])).name(), None);
}
