//! Version 2 of the token: adds ERC-2612 permit.
#![allow(
    missing_docs,
    reason = "`#[entrypoint]` exports a symbol without documentation"
)]

extern crate alloc;

use stylus_sdk::{
    alloy_primitives::{Address, B256, U256},
    prelude::*,
};
use stylus_upgradeable::prelude::*;

pub mod permit;
#[path = "../../erc20_v1/src/state.rs"]
pub mod state;

use permit::{Permit, PermitState, TokenError};
use state::Erc20State;

/// The token's name, in ERC-20 and in the domain of its permits.
const NAME: &str = "Walnut";
/// The version of the domain of its permits.
const PERMIT_VERSION: &str = "1";

/// A token with a fixed supply, approvals by signature included. Version 1's storage comes
/// first.
#[storage]
#[entrypoint]
#[derive(StorageLayout)]
pub struct Token {
    erc20: Erc20State,
    permits: PermitState,
}

/// ERC-2612.
#[public]
pub trait Erc2612 {
    /// What it refuses.
    type Error: Into<Vec<u8>>;

    /// Lets `spender` take `value` from `owner`, who signed that.
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
#[implements(Erc2612<Error = TokenError>)]
impl Token {
    /// Gives the whole supply to `owner`, for an instance that is born at 2.0.
    #[initializer("2.0")]
    pub fn initialize(
        &mut self,
        proof: Proof,
        owner: Address,
        supply: U256,
    ) -> Result<(), TokenError> {
        self.permits.initialize(proof, NAME, PERMIT_VERSION);
        Ok(self.erc20.initialize(proof, owner, supply)?)
    }

    /// Opens permits; balances and approvals stay.
    #[migration(from = "1.0", to = "2.0", nonzero(permits.name, permits.version))]
    pub fn migrate(&mut self, proof: Proof) -> Result<(), TokenError> {
        self.permits.initialize(proof, NAME, PERMIT_VERSION);
        Ok(())
    }

    /// ERC-20.
    pub fn name(&self) -> String {
        NAME.into()
    }

    /// ERC-20.
    pub fn symbol(&self) -> String {
        "WAL".into()
    }

    /// ERC-20: 18, as ether.
    pub fn decimals(&self) -> u8 {
        18
    }

    /// ERC-20.
    pub fn total_supply(&self) -> U256 {
        self.erc20.total_supply.get()
    }

    /// ERC-20.
    pub fn balance_of(&self, owner: Address) -> U256 {
        self.erc20.balances.get(owner)
    }

    /// ERC-20.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.erc20.allowances.getter(owner).get(spender)
    }

    /// ERC-20.
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, TokenError> {
        self.erc20.transfer(self.vm().msg_sender(), to, value)?;
        Ok(true)
    }

    /// ERC-20.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, TokenError> {
        self.erc20.approve(self.vm().msg_sender(), spender, value)?;
        Ok(true)
    }

    /// ERC-20.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, TokenError> {
        self.erc20.spend(from, self.vm().msg_sender(), value)?;
        self.erc20.transfer(from, to, value)?;
        Ok(true)
    }
}

#[upgradeable]
#[public]
impl Erc2612 for Token {
    type Error = TokenError;

    fn permit(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), TokenError> {
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
        Ok(self.erc20.approve(owner, spender, value)?)
    }

    fn nonces(&self, owner: Address) -> U256 {
        self.permits.nonces.get(owner)
    }

    #[selector(name = "DOMAIN_SEPARATOR")]
    fn domain_separator(&self) -> B256 {
        self.permits.domain_separator()
    }
}
