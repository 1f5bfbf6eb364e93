//! Version 2 of the token: adds ERC-2612 permit.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use shared::erc20::{Erc20, Erc20Error, NAME};
use stylus_sdk::{
    alloy_primitives::{Address, B256, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

pub mod permit;

use permit::{Permit, PermitError, PermitState};

/// The version in the EIP-712 domain of permits.
const PERMIT_VERSION: &str = "1";

/// A token with a fixed supply, approvals by signature included. Version 1's storage comes
/// first.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Token {
    #[borrow]
    erc20: Erc20,
    permits: PermitState,
}

/// ERC-2612.
#[public]
pub trait Erc2612 {
    /// Its errors.
    type Error: Into<Vec<u8>>;

    /// Lets `spender` take `value` from `owner`, who signed the permit.
    #[allow(clippy::too_many_arguments, reason = "ERC-2612 has as many")]
    fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Self::Error>;

    /// The nonce of the owner's next permit.
    fn nonces(&self, owner: Address) -> U256;

    /// The EIP-712 domain in which permits are signed.
    #[selector(name = "DOMAIN_SEPARATOR")]
    fn domain_separator(&self) -> B256;
}

#[upgradeable]
#[public]
#[inherit(Erc20)]
#[implements(Erc2612<Error = PermitError>)]
impl Token {
    /// Gives the whole supply to `owner`, for an instance that is created at 2.0.
    #[initializer("2.0")]
    pub fn initialize(
        &mut self,
        proof: Proof,
        owner: Address,
        supply: U256,
    ) -> Result<(), Erc20Error> {
        self.permits.initialize(proof, NAME, PERMIT_VERSION);
        self.erc20.initialize(proof, owner, supply)
    }

    /// Enables permits; balances and approvals stay.
    #[migration(from = "1.0", to = "2.0", nonzero(permits.name, permits.version))]
    pub fn migrate(&mut self, proof: Proof) -> Result<(), Erc20Error> {
        self.permits.initialize(proof, NAME, PERMIT_VERSION);
        Ok(())
    }
}

#[upgradeable]
#[public]
impl Erc2612 for Token {
    type Error = PermitError;

    fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), PermitError> {
        self.permits.consume(
            Permit {
                owner,
                spender,
                value,
                deadline,
            },
            v,
            r,
            s,
        )?;
        Ok(self.erc20.set_allowance(owner, spender, value)?)
    }

    fn nonces(&self, owner: Address) -> U256 {
        self.permits.nonces.get(owner)
    }

    #[selector(name = "DOMAIN_SEPARATOR")]
    fn domain_separator(&self) -> B256 {
        self.permits.domain_separator()
    }
}
