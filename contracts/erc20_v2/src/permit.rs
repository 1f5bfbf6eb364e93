//! ERC-2612: an approval by signature.

use shared::erc20::ERC20InvalidSpender;
use stylus_sdk::{
    alloy_primitives::{Address, B256, U256, address, uint},
    alloy_sol_types::sol,
    call,
    keccak_const::Keccak256,
    prelude::*,
    storage::{StorageB256, StorageMap, StorageU256},
    stylus_core::calls::Call,
};
use stylus_upgradeable::prelude::*;

sol! {
    /// The permit expired at `deadline`, in seconds since 1970.
    #[derive(Debug)]
    error ERC2612ExpiredSignature(uint256 deadline);
    /// The signature is that of `signer`, not that of `owner`; zero where it belongs to no account.
    #[derive(Debug)]
    error ERC2612InvalidSigner(address signer, address owner);
}

/// The errors of ERC-2612.
#[derive(SolidityError, Debug)]
pub enum PermitError {
    /// The deadline has passed.
    Expired(ERC2612ExpiredSignature),
    /// The permit is not signed by the owner.
    Signer(ERC2612InvalidSigner),
    /// The spender is the zero address.
    Spender(ERC20InvalidSpender),
}

/// The type of the EIP-712 domain.
const DOMAIN_TYPE: &[u8] =
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
/// The type of a permit (ERC-2612).
const PERMIT_TYPE: &[u8] =
    b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
/// Half the order of secp256k1: a signature with a higher `s` has a twin (EIP-2).
const HALF_ORDER: U256 =
    uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);
/// The precompile that recovers a signer.
const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");

/// The hash of a constant.
const fn hash(text: &[u8]) -> B256 {
    B256::new(Keccak256::new().update(text).finalize())
}

/// A permit as it is signed, without its nonce.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    /// Whose tokens they are.
    pub owner: Address,
    /// Who may spend.
    pub spender: Address,
    /// How much.
    pub value: U256,
    /// The last second in which it is valid, since 1970.
    pub deadline: U256,
}

/// Two hashes and the nonces.
#[storage]
#[derive(StorageLayout)]
pub struct PermitState {
    /// keccak256 of the name in the EIP-712 domain.
    pub name: StorageB256,
    /// keccak256 of the version in the EIP-712 domain.
    pub version: StorageB256,
    /// How many permits of an owner were used.
    pub nonces: StorageMap<Address, StorageU256>,
}

impl PermitState {
    /// Fixes the domain in which permits are signed.
    #[initializing]
    pub fn initialize(&mut self, _: Proof, name: &str, version: &str) {
        let (name, version) = (name.as_bytes(), version.as_bytes());
        self.name.set(self.vm().native_keccak256(name));
        self.version.set(self.vm().native_keccak256(version));
    }

    /// EIP-712: of this chain and this account, whichever they are now.
    pub fn domain_separator(&self) -> B256 {
        self.hash([
            hash(DOMAIN_TYPE),
            self.name.get(),
            self.version.get(),
            U256::from(self.vm().chain_id()).into(),
            self.vm().contract_address().into_word(),
        ])
    }

    /// Uses the owner's next nonce up for a permit that the owner signed.
    ///
    /// # Errors
    /// `ERC2612ExpiredSignature`, `ERC2612InvalidSigner`.
    pub fn consume(&mut self, permit: Permit, v: u8, r: B256, s: B256) -> Result<(), PermitError> {
        let Permit {
            owner,
            spender,
            value,
            deadline,
        } = permit;
        if U256::from(self.vm().block_timestamp()) > deadline {
            return Err(ERC2612ExpiredSignature { deadline }.into());
        }
        let nonce = self.nonces.get(owner);
        self.nonces.insert(owner, nonce.wrapping_add(U256::ONE));
        let message = self.hash([
            hash(PERMIT_TYPE),
            owner.into_word(),
            spender.into_word(),
            value.into(),
            nonce.into(),
            deadline.into(),
        ]);
        let domain = self.domain_separator();
        let digest = self
            .vm()
            .native_keccak256(&[b"\x19\x01".as_slice(), &domain.0, &message.0].concat());
        let signer = self.recover(digest, v, r, s);
        if signer.is_zero() || signer != owner {
            return Err(ERC2612InvalidSigner { signer, owner }.into());
        }
        Ok(())
    }

    /// Who signed; zero if nobody did, or with a high `s`.
    fn recover(&self, digest: B256, v: u8, r: B256, s: B256) -> Address {
        if U256::from_be_bytes(s.0) > HALF_ORDER {
            return Address::ZERO;
        }
        let input = [digest, B256::with_last_byte(v), r, s].concat();
        match call::static_call(self.vm(), Call::new(), ECRECOVER, &input) {
            Ok(answer) if answer.len() == 32 => Address::from_word(B256::from_slice(&answer)),
            _ => Address::ZERO,
        }
    }

    /// keccak256 of words.
    fn hash<const N: usize>(&self, words: [B256; N]) -> B256 {
        self.vm().native_keccak256(&words.concat())
    }
}
