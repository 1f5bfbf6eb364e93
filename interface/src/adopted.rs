//! Calls of the registry to proxies of OpenZeppelin that it has adopted, and to their ProxyAdmin.

use alloy_primitives::Address;
use alloy_sol_types::sol;

use crate::reasons::proxy_kind;

sol! {
    /// A transparent proxy 4.x, to its admin.
    #[derive(Debug, PartialEq, Eq)]
    interface ITransparentProxy {
        function admin() external view returns (address);
        function implementation() external view returns (address);
        function changeAdmin(address newAdmin) external;
    }

    /// A transparent proxy 4.x to its admin, and a UUPS proxy.
    #[derive(Debug, PartialEq, Eq)]
    interface IUpgradeableProxy {
        /// Up to 4.x.
        function upgradeTo(address implementation) external;
        /// Up to 4.x it calls the new code even without data.
        function upgradeToAndCall(address implementation, bytes data) external payable;
        /// From 5.0 on.
        function UPGRADE_INTERFACE_VERSION() external view returns (string);
    }

    /// The ProxyAdmin that every transparent proxy 5.x has of its own.
    #[derive(Debug, PartialEq, Eq)]
    interface IProxyAdmin {
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
    }

    /// ProxyAdmin and UUPS proxies.
    #[derive(Debug, PartialEq, Eq)]
    interface IOwnable {
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
    }

    /// ERC-1822, as ERC-1967 proxies use it: what code answers that can be upgraded from.
    #[derive(Debug, PartialEq, Eq)]
    interface IProxiable {
        function proxiableUUID() external view returns (bytes32);
    }
}

/// Returns true if proxies of that kind come from OpenZeppelin.
pub const fn is_adopted(kind: u8) -> bool {
    matches!(
        kind,
        proxy_kind::TRANSPARENT_4 | proxy_kind::TRANSPARENT_5 | proxy_kind::UUPS
    )
}

/// Returns the bytes of which the address of a transparent proxy's ProxyAdmin 5.x is the hash: the first account that
/// the proxy created (RLP of the proxy and the nonce 1).
pub fn proxy_admin_preimage(proxy: Address) -> [u8; 23] {
    let mut preimage = [0; 23];
    preimage[..2].copy_from_slice(&[0xd6, 0x94]);
    preimage[2..22].copy_from_slice(proxy.as_slice());
    preimage[22] = 1;
    preimage
}
