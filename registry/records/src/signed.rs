//! Signatures that approvers give offline: EIP-712 typed data, ECDSA first and then ERC-1271.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, sol};
use stylus_registry_core::{
    abi::{Reader, Value, encode},
    chain::{Reverts, ask, keccak, this},
    errors,
    lock::{self, LockPhase},
    version::{MigrationStep, VersionCode},
};
use stylus_upgrades_host::context;
use stylus_upgrades_interface::signed::{
    CODE_TYPE_HASH, DOMAIN_FIELDS, DOMAIN_NAME, DOMAIN_TYPE_HASH, DOMAIN_VERSION, ERC1271_MAGIC,
    Parameter, SECP256K1_HALF, SIGNED, STEP_TYPE_HASH,
};

sol! {
    /// ERC-1271, as contracts answer it.
    interface IERC1271 {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}

/// The precompile that recovers the signer of a hash.
const ECRECOVER: Address = Address::with_last_byte(1);

/// View: ERC-5267.
pub(crate) fn domain() -> Vec<u8> {
    let mut fields = B256::ZERO;
    fields[0] = DOMAIN_FIELDS;
    encode(
        &[],
        &[
            fields.into(),
            DOMAIN_NAME.as_bytes().into(),
            DOMAIN_VERSION.as_bytes().into(),
            context::chain_id().into(),
            this().into(),
            B256::ZERO.into(),
            Value::Array(&[]),
        ],
    )
}

/// Refuses calldata of `submitSigned` unless every approval in it is signed. Only within a call that
/// changes the registry: nobody asks this from outside.
pub(crate) fn verify(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    if lock::phase() != LockPhase::Busy {
        return Err(errors::nothing());
    }
    let submitted = Reader::arguments(arguments.bytes(0)?);
    let (epoch, round) = (arguments.word(1)?, arguments.word(2)?);
    let signed = encoded(submitted.bytes(0)?, [epoch, round, submitted.word(1)?])?;
    let domain = domain_separator();
    for (index, approval) in submitted.structs(2)?.enumerate() {
        let approval = approval?;
        let (signer, signature) = (approval.address(0)?, approval.bytes(1)?);
        if !is_signed(signer, digest(domain, &signed, signer), signature) {
            return Err(errors::invalid_signature(index as u64, signer));
        }
    }
    Ok(Vec::new())
}

/// Returns the hash that an approver signs: each names himself, so that one signature counts for one account.
fn digest(domain: B256, signed: &[u8], approver: Address) -> B256 {
    let signed = [signed, approver.into_word().as_slice()].concat();
    let data = [b"\x19\x01", domain.as_slice(), keccak(&signed).as_slice()].concat();
    keccak(&data)
}

/// The domain's hash.
fn domain_separator() -> B256 {
    hash_of(
        &[
            DOMAIN_NAME.as_bytes().into(),
            DOMAIN_VERSION.as_bytes().into(),
            context::chain_id().into(),
            this().into(),
        ],
        DOMAIN_TYPE_HASH,
    )
}

/// Encodes the signed data, but for the approver. The call is in canonical encoding: so they tell its calldata.
fn encoded(call: &[u8], action: [B256; 3]) -> Reverts<Vec<u8>> {
    let signed = SIGNED
        .iter()
        .find(|signed| call.starts_with(&signed.selector));
    let signed = signed.ok_or_else(errors::nothing)?;
    let arguments = Reader::arguments(call);
    let mut encoded = Vec::from(signed.type_hash.0);
    let mut head = 0;
    for parameter in signed.parameters {
        let hashed = match parameter {
            Parameter::None => break,
            Parameter::Word(_) => arguments.word(head)?,
            Parameter::Bytes => keccak(arguments.bytes(head)?),
            Parameter::Addresses => keccak(arguments.words(head)?.as_flattened()),
            Parameter::Code => hash_of(
                &VersionCode::read(&arguments, head)?.values(),
                CODE_TYPE_HASH,
            ),
            Parameter::Step => hash_of(
                &MigrationStep::read(&arguments, head)?.values(),
                STEP_TYPE_HASH,
            ),
        };
        head += parameter.words();
        encoded.extend_from_slice(hashed.as_slice());
    }
    for word in action {
        encoded.extend_from_slice(word.as_slice());
    }
    Ok(encoded)
}

/// `hashStruct` of a struct whose members are words or bytes.
fn hash_of(members: &[Value<'_>], type_hash: B256) -> B256 {
    let mut encoded = Vec::from(type_hash.0);
    for member in members {
        let word = match member {
            Value::Word(word) => *word,
            Value::Bytes(bytes) => keccak(bytes),
            Value::Struct(_) | Value::Array(_) => continue,
        };
        encoded.extend_from_slice(word.as_slice());
    }
    keccak(&encoded)
}

/// Returns true if that account signed: with its key, or as the contract that it is. An account without code
/// answers nothing.
fn is_signed(signer: Address, hash: B256, signature: &[u8]) -> bool {
    if recovered(hash, signature) == Some(signer) {
        return true;
    }
    let question = encode(
        &IERC1271::isValidSignatureCall::SELECTOR,
        &[hash.into(), signature.into()],
    );
    let Ok(answer) = ask(signer, &question) else {
        return false;
    };
    let mut accepted = B256::ZERO;
    accepted[..4].copy_from_slice(&ERC1271_MAGIC);
    Reader::new(&answer).word(0) == Ok(accepted)
}

/// Recovers the account whose key made a signature of 65 bytes, of the two that there are the one with the low `s`.
fn recovered(hash: B256, signature: &[u8]) -> Option<Address> {
    let (r, rest) = signature.split_first_chunk::<32>()?;
    let (s, v) = rest.split_first_chunk::<32>()?;
    let [v @ (27 | 28)] = *v else {
        return None;
    };
    if *s > SECP256K1_HALF {
        return None;
    }
    let question = [hash.0, B256::with_last_byte(v).0, *r, *s].concat();
    let answer = ask(ECRECOVER, &question).ok()?;
    Reader::new(&answer).address(0).ok()
}
