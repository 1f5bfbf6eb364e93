//! The orders contract: it creates EVM proxies, and passes on to each what the registry that decides about it orders.
//!
//! It lies at one address on every chain (CREATE2, salt 0) and is EVM code, so it never expires. An EVM proxy takes orders
//! from its creator alone, by the address in its code. That is this contract for all of them: they share one code
//! hash, and one that leaves its registry needs it no more.
//!
//! Besides these functions it takes calldata that begin with a word that is the address of a proxy: it calls the proxy
//! with the rest and with the value, for the account that orders that proxy, and ends with exactly what came back. It
//! writes nothing then and takes no lock, so a static call passes.

use alloy_sol_types::sol;

sol! {
    /// The functions of the orders contract. Everything that is refused reverts without data.
    #[derive(Debug, PartialEq, Eq)]
    interface IOrders {
        /// Creates an EVM proxy by CREATE2 with that salt and the init code `constant ++ abi.encode(caller)`. The caller
        /// is in the init code's hash, decides about the proxy, and stands in its admin slot. Refused where
        /// somebody ordered an account at that address before.
        function create(bytes32 salt) external returns (address proxy);
        /// From now on `to` orders `proxy`. Refused to everybody but who orders it now, and where `to` is zero.
        function give(address proxy, address to) external;
        /// Returns the account that orders that proxy; zero where this contract created none there.
        function ordersOf(address proxy) external view returns (address account);
    }
}
