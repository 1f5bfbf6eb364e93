//! Whose a signature is: what is signed names its approver.

use crate::prelude::*;
use stylus_upgrades_interface::registry::Signature;

use super::{Message, change, domain, key, policy_of, refused_signature, signed, submit};
use crate::registry::fixture::{Fixture, account, is};

/// Two of three decide everything about A: a key, the plain wallet of that key, and another key.
fn key_and_its_wallet() -> (Fixture, Address) {
    let mut fixture = Fixture::new(&is(account(0)));
    let solidity = Solidity::compile(&Lines).expect("compiled");
    let creation = &solidity.contract("Wallet").expect("it").creation;
    let owner = key(1).address();
    let creation = [creation, &owner.abi_encode()[..]].concat();
    let wallet = fixture.deploy_code(&creation).implementation;
    let team = [owner, wallet, key(2).address()].map(is).join(",");
    fixture.defined(&format!("OutOf(2,{team})"));
    (fixture, wallet)
}

#[test]
fn one_signature_counts_once_for_a_signer_and_his_plain_wallet() {
    let (mut fixture, wallet) = key_and_its_wallet();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let own = signed(&key(1), &domain, &message);
    let of_wallet = Signature {
        signer: wallet,
        data: own.data.clone(),
    };
    let both = [own.clone(), of_wallet.clone()];
    refused_signature(submit(&mut fixture, &call, &both), 1, wallet);
    let alone = [of_wallet];
    refused_signature(submit(&mut fixture, &call, &alone), 0, wallet);
    let role = calls::policy("A", "audit");
    fixture.view(&role).expect_err("nothing was decided");
    let done = submit(&mut fixture, &call, &[own]).expect("one of two");
    assert_eq!(
        (done.returned.approvals, done.returned.executed),
        (1, false)
    );
    // nor afterwards, from the first transaction's calldata
    refused_signature(submit(&mut fixture, &call, &alone), 0, wallet);
}

#[test]
fn what_an_owner_signs_for_his_wallet_is_not_his_own_approval() {
    use alloy::signers::SignerSync;
    use alloy::sol_types::SolStruct;
    let (mut fixture, wallet) = key_and_its_wallet();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let hash = message.by(wallet).eip712_signing_hash(&domain);
    let data: Bytes = key(1)
        .sign_hash_sync(&hash)
        .expect("signed")
        .as_bytes()
        .into();
    let own = Signature {
        signer: key(1).address(),
        data: data.clone(),
    };
    let found = submit(&mut fixture, &call, &[own]);
    refused_signature(found, 0, key(1).address());
    let of_wallet = Signature {
        signer: wallet,
        data,
    };
    let other = signed(&key(2), &domain, &message);
    let done = submit(&mut fixture, &call, &[of_wallet, other]).expect("two of three");
    assert!(done.returned.executed);
    assert_eq!(policy_of(&fixture, "audit"), "NONE");
}
