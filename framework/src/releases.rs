//! The registries of earlier releases: a registry is never upgraded, so it stays what its release deployed.

use alloy_primitives::B256;

/// The registry of a release, as far as its address follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryRelease {
    /// keccak256 of its code on chain.
    pub codehash: B256,
    /// keccak256 of the init code that creates it. It is constant: the constructor's data is no part of it.
    pub init_codehash: B256,
}

/// Releases that are no longer pinned. A release with other bytes adds the one that it replaces.
pub const EARLIER_REGISTRIES: [RegistryRelease; 0] = [];
