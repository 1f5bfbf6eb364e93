//! Approvals that were signed offline: what is signed, who submits, and every way to use a signature
//! for anything but what it was given for.

mod approver;
mod forms;
mod instances;
mod refused;
mod replays;
mod submission;

use crate::prelude::*;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolStruct, eip712_domain};
use stylus_upgrades::governance::signed::Approval;
use stylus_upgrades_interface::registry::Signature;

use crate::registry::fixture::{Done, Fixture, Reverted, account, is, refused, set_policy};
use crate::registry::replay::agrees_with_the_views;

/// What alloy makes of the same types: an encoder of others.
pub(in crate::registry) mod typed {
    use super::sol;

    sol! {
        struct Code { address implementation; bytes32 codehash; bytes32 layoutHash; bytes32 sourceHash; }
        struct Step { string from; uint8 kind; address script; bytes32 scriptCodehash; bytes data; }
        struct CreateDefinition { string name; string migratePolicy; string policyPolicy; string createPolicy; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct AddVersion { string name; string version; Code code; Step step; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct AddStep { string name; string version; Step step; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct Migrate { string name; string version; Code code; Step step; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct SetHandler { string name; address proxy; address handler; uint64 nonce; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct AbortMigration { string name; address proxy; uint64 nonce; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct Adopt { string name; address proxy; uint8 kind; string version; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct AcceptTransfer { string name; address proxy; string version; address registry; uint64 nonce; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct TransferProxy { string name; address proxy; address to; string definition; uint64 nonce; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct RemoveInstance { string name; address proxy; uint64 nonce; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct SetPolicy { string name; string role; string expression; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct CreateProxy { string name; string version; uint8 kind; bytes32 salt; bytes initData; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct Pause { string name; address[] first; uint64 epoch; uint32 round; uint64 deadline; address approver; }
        struct Resume { string name; string version; uint64 epoch; uint32 round; uint64 deadline; address approver; }
    }
}

/// Who submits, and is no approver.
const SUBMITTER: usize = 7;

/// Keys that have no account with money.
pub(in crate::registry) fn key(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).expect("a key")
}

/// Two of three keys decide everything about A.
fn two_of_three() -> Fixture {
    let keys: Vec<_> = (1..=3).map(|n| is(key(n).address())).collect();
    let mut fixture = Fixture::of(&format!("OutOf(2,{})", keys.join(",")));
    for n in 1..=3 {
        fixture.give_ether(key(n).address());
    }
    fixture
}

pub(in crate::registry) fn domain(fixture: &Fixture) -> Eip712Domain {
    eip712_domain! {
        name: "stylus-upgrades",
        version: "1",
        chain_id: fixture.chain.chain_id(),
        verifying_contract: fixture.registry,
    }
}

/// What each approver signs of it: a message names its approver.
pub(in crate::registry) trait Message: SolStruct + Clone {
    fn by(&self, approver: Address) -> Self;
}

macro_rules! messages {
    ($($name:ident)*) => {
        $(impl Message for typed::$name {
            fn by(&self, approver: Address) -> Self {
                Self { approver, ..self.clone() }
            }
        })*
    };
}

messages!(AddVersion CreateProxy Pause Resume SetHandler SetPolicy TransferProxy);

pub(in crate::registry) fn signed(
    key: &PrivateKeySigner,
    domain: &Eip712Domain,
    message: &impl Message,
) -> Signature {
    let hash = message.by(key.address()).eip712_signing_hash(domain);
    let signature = key.sign_hash_sync(&hash).expect("signed");
    Signature {
        signer: key.address(),
        data: signature.as_bytes().into(),
    }
}

/// A key's approval of a call, as the command line signs it.
fn approved(fixture: &Fixture, key: &PrivateKeySigner, call: &Bytes, epoch: u64) -> Signature {
    let approval = Approval {
        chain_id: fixture.chain.chain_id(),
        registry: fixture.registry,
        call: call.clone(),
        epoch,
        round: 0,
        deadline: u64::MAX,
        approver: key.address(),
    };
    let hash = approval.digests().expect("typed").eip712;
    let signature = key.sign_hash_sync(&hash).expect("signed");
    Signature {
        signer: key.address(),
        data: signature.as_bytes().into(),
    }
}

fn submission(
    action: Bytes,
    deadline: u64,
    approvals: Vec<Signature>,
) -> IRegistry::submitSignedCall {
    IRegistry::submitSignedCall {
        action,
        deadline,
        approvals,
    }
}

pub(in crate::registry) fn submit(
    fixture: &mut Fixture,
    action: &Bytes,
    approvals: &[Signature],
) -> Result<Done<Progress>, Reverted> {
    submit_until(fixture, action, u64::MAX, approvals)
}

fn submit_until(
    fixture: &mut Fixture,
    action: &Bytes,
    deadline: u64,
    approvals: &[Signature],
) -> Result<Done<Progress>, Reverted> {
    let call = submission(action.clone(), deadline, approvals.to_vec());
    let done = fixture.send(account(SUBMITTER), &call);
    agrees_with_the_views(fixture, "A");
    done
}

/// The action that calldata is about.
fn action_of(fixture: &Fixture, call: &Bytes) -> B256 {
    let query = IRegistry::actionOfCall { call: call.clone() };
    fixture.view(&query).expect("an action")
}

fn policy_of(fixture: &Fixture, role: &str) -> String {
    let call = calls::policy("A", role);
    fixture.view(&call).expect("a policy")
}

/// A change of a role of one's own, which nobody minds: its call, and what is signed.
fn change(expression: &str, epoch: u64, round: u32) -> (Bytes, typed::SetPolicy) {
    let call = set_policy("audit", expression);
    let message = typed::SetPolicy {
        name: call.name.clone(),
        role: call.role.clone(),
        expression: call.expression.clone(),
        epoch,
        round,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    (data(&call), message)
}

#[track_caller]
fn refused_signature<T: std::fmt::Debug>(found: Result<T, Reverted>, index: u64, signer: Address) {
    let index = U256::from(index);
    refused(found, IRegistry::InvalidSignature { index, signer });
}

/// The signature at that place, of that key, does not count.
#[track_caller]
fn refuse_signature(
    fixture: &mut Fixture,
    action: &Bytes,
    approvals: &[Signature],
    index: u64,
    signer: u8,
) {
    let found = submit(fixture, action, approvals);
    refused_signature(found, index, key(signer).address());
}
