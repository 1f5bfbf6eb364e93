//! Approvals that were signed offline: what is signed, who submits, and every way to use a signature
//! for anything but what it was given for.

use alloy::primitives::{Address, B256, Bytes, Signature as Ecdsa, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolStruct, eip712_domain};
use stylus_upgrades_interface::limits::ACTION_LIFETIME;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as Proxy;
use stylus_upgrades_interface::reasons::invalid_policy;
use stylus_upgrades_interface::registry::{IRegistry, Progress, Signature};
use stylus_upgrades_interface::signed::{SOURCES, text};

use super::fixture::{Done, Fixture, Reverted, account, initial_step, is, refused, step};
use super::replay::agrees_with_the_views;
use crate::review::fixture::{answering, creation_code, data};

/// What alloy makes of the same types: an encoder of others.
mod typed {
    use super::sol;

    sol! {
        struct Code { address implementation; bytes32 codehash; bytes32 layoutHash; bytes32 sourceHash; }
        struct Step { string from; uint8 kind; address script; bytes32 scriptCodehash; bytes data; }
        struct CreateDefinition { string name; string migratePolicy; string policyPolicy; string createPolicy; uint64 epoch; uint32 round; uint64 deadline; }
        struct AddVersion { string name; string version; Code code; Step step; uint64 epoch; uint32 round; uint64 deadline; }
        struct AddStep { string name; string version; Step step; uint64 epoch; uint32 round; uint64 deadline; }
        struct Migrate { string name; string version; Code code; Step step; uint64 epoch; uint32 round; uint64 deadline; }
        struct SetHandler { string name; address proxy; address handler; uint64 epoch; uint32 round; uint64 deadline; }
        struct AbortMigration { string name; address proxy; uint64 epoch; uint32 round; uint64 deadline; }
        struct Adopt { string name; address proxy; uint8 kind; string version; uint64 epoch; uint32 round; uint64 deadline; }
        struct HandOver { string name; address proxy; address newRegistry; uint64 epoch; uint32 round; uint64 deadline; }
        struct SetPolicy { string name; string role; string expression; uint64 epoch; uint32 round; uint64 deadline; }
        struct CreateProxy { string name; string version; uint8 kind; bytes32 salt; bytes initData; uint64 epoch; uint32 round; uint64 deadline; }
        struct Pause { string name; uint64 epoch; uint32 round; uint64 deadline; }
        struct Resume { string name; uint64 epoch; uint32 round; uint64 deadline; }
    }
}

/// Order of secp256k1.
const ORDER: U256 = U256::from_be_bytes(alloy::primitives::hex!(
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
));
/// Who submits, and is no approver.
const SUBMITTER: usize = 7;

/// Keys that have no account with money.
fn key(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).expect("a key")
}

/// Two of three keys decide everything about A.
fn two_of_three() -> Fixture {
    let mut fixture = Fixture::new(&is(account(0)));
    let keys: Vec<_> = (1..=3).map(|n| is(key(n).address())).collect();
    let policy = format!("OutOf(2,{})", keys.join(","));
    fixture.define(&policy).expect("defined");
    for n in 1..=3 {
        let some = U256::from(10u64.pow(18));
        fixture.chain.set_balance(key(n).address(), some);
    }
    fixture
}

fn domain(fixture: &Fixture) -> Eip712Domain {
    eip712_domain! {
        name: "stylus-upgrades",
        version: "1",
        chain_id: fixture.chain.chain_id(),
        verifying_contract: fixture.registry,
    }
}

fn signed(key: &PrivateKeySigner, domain: &Eip712Domain, message: &impl SolStruct) -> Signature {
    let hash = message.eip712_signing_hash(domain);
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

fn submit(
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

fn policy_of(fixture: &Fixture, role: &str) -> String {
    let call = IRegistry::policyCall {
        name: "A".into(),
        role: role.into(),
    };
    fixture.view(&call).expect("a policy")
}

/// A change of a role of one's own, which nobody minds: its call, and what is signed.
fn change(expression: &str, epoch: u64, round: u32) -> (Bytes, typed::SetPolicy) {
    let call = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "audit".into(),
        expression: expression.into(),
    };
    let message = typed::SetPolicy {
        name: call.name.clone(),
        role: call.role.clone(),
        expression: call.expression.clone(),
        epoch,
        round,
        deadline: u64::MAX,
    };
    (data(&call), message)
}

#[track_caller]
fn refused_signature<T: std::fmt::Debug>(found: Result<T, Reverted>, index: u64, signer: Address) {
    let index = U256::from(index);
    refused(found, IRegistry::InvalidSignature { index, signer });
}

#[test]
fn types_are_those_that_an_encoder_of_others_makes_of_the_interface() {
    let encoders: [(&str, String); 12] = [
        (
            "CreateDefinition",
            typed::CreateDefinition::eip712_encode_type().into(),
        ),
        ("AddVersion", typed::AddVersion::eip712_encode_type().into()),
        ("AddStep", typed::AddStep::eip712_encode_type().into()),
        ("Migrate", typed::Migrate::eip712_encode_type().into()),
        ("SetHandler", typed::SetHandler::eip712_encode_type().into()),
        (
            "AbortMigration",
            typed::AbortMigration::eip712_encode_type().into(),
        ),
        ("Adopt", typed::Adopt::eip712_encode_type().into()),
        ("HandOver", typed::HandOver::eip712_encode_type().into()),
        ("SetPolicy", typed::SetPolicy::eip712_encode_type().into()),
        (
            "CreateProxy",
            typed::CreateProxy::eip712_encode_type().into(),
        ),
        ("Pause", typed::Pause::eip712_encode_type().into()),
        ("Resume", typed::Resume::eip712_encode_type().into()),
    ];
    for (source, (name, expected)) in SOURCES.into_iter().zip(encoders) {
        assert_eq!(source.1, name);
        assert_eq!(text(source).concat(), expected);
    }
}

#[test]
fn the_domain_is_given_as_erc_5267_says() {
    let fixture = two_of_three();
    let found = fixture.view(&IRegistry::eip712DomainCall {}).expect("it");
    assert_eq!(found.fields.0, [0x0f]);
    assert_eq!(
        (found.name.as_str(), found.version.as_str()),
        ("stylus-upgrades", "1")
    );
    assert_eq!(found.chainId, U256::from(fixture.chain.chain_id()));
    assert_eq!(found.verifyingContract, fixture.registry);
    assert_eq!((found.salt, found.extensions), (B256::ZERO, vec![]));
}

#[test]
fn two_of_three_sign_and_a_stranger_submits() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let approvals = [1, 3].map(|n| signed(&key(n), &domain, &message));
    let done = submit(&mut fixture, &call, u64::MAX, &approvals).expect("executed");
    assert_eq!((done.returned.approvals, done.returned.required), (2, 2));
    assert!(done.returned.executed);
    assert_eq!(policy_of(&fixture, "audit"), "NONE");
    let proposed = done.events::<IRegistry::Proposed>();
    assert_eq!(proposed[0].proposer, key(1).address());
    let approved = done.events::<IRegistry::Approved>();
    let approved: Vec<_> = approved.iter().map(|e| (e.approver, e.approvals)).collect();
    assert_eq!(approved, [(key(1).address(), 1), (key(3).address(), 2)]);
    assert_eq!(done.events::<IRegistry::Executed>().len(), 1);
}

#[test]
fn every_kind_of_field_is_signed() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let code = fixture.deploy("counter-v1");
    let both =
        |fixture: &mut Fixture, call: Bytes, message: &dyn Fn(&PrivateKeySigner) -> Signature| {
            let approvals = [1, 2].map(|n| message(&key(n)));
            let done = submit(fixture, &call, u64::MAX, &approvals).expect("executed");
            assert!(done.returned.executed);
            done
        };
    let typed_code = typed::Code {
        implementation: code.implementation,
        codehash: code.codehash,
        layoutHash: code.layoutHash,
        sourceHash: code.sourceHash,
    };
    for (epoch, version, from) in [(0, "1.0", ""), (1, "2.0", "1.0")] {
        let step = if from.is_empty() {
            initial_step()
        } else {
            step(from, 0, Bytes::new())
        };
        let add = typed::AddVersion {
            name: "A".into(),
            version: version.into(),
            code: typed_code.clone(),
            step: typed::Step {
                from: step.from.clone(),
                kind: step.kind,
                script: step.script,
                scriptCodehash: step.scriptCodehash,
                data: step.data.clone(),
            },
            epoch,
            round: 0,
            deadline: u64::MAX,
        };
        let call = data(&IRegistry::addVersionCall {
            name: "A".into(),
            version: version.into(),
            code: code.clone(),
            step,
        });
        both(&mut fixture, call, &|key| signed(key, &domain, &add));
    }
    let create = typed::CreateProxy {
        name: "A".into(),
        version: "1.0".into(),
        kind: 0,
        salt: B256::repeat_byte(7),
        initData: Bytes::new(),
        epoch: 0,
        round: 0,
        deadline: u64::MAX,
    };
    let call = data(&IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: 0,
        salt: B256::repeat_byte(7),
        initData: Bytes::new(),
    });
    let done = both(&mut fixture, call, &|key| signed(key, &domain, &create));
    assert_eq!(done.events::<IRegistry::ProxyCreated>().len(), 1);
    let pause = typed::Pause {
        name: "A".into(),
        epoch: 2,
        round: 0,
        deadline: u64::MAX,
    };
    let call = data(&IRegistry::pauseCall { name: "A".into() });
    let one = [signed(&key(3), &domain, &pause)];
    let done = submit(&mut fixture, &call, u64::MAX, &one).expect("paused by any one");
    assert!(done.returned.executed);
}

#[test]
fn signatures_and_calls_add_up() {
    let mut fixture = Fixture::new(&is(account(0)));
    let policy = format!("AND({},{})", is(account(1)), is(key(1).address()));
    fixture.define(&policy).expect("defined");
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let first = submit(&mut fixture, &call, u64::MAX, &one)
        .expect("approved")
        .returned;
    assert_eq!(
        (first.approvals, first.required, first.executed),
        (1, 2, false)
    );
    refused(
        submit(&mut fixture, &call, u64::MAX, &one),
        IRegistry::AlreadyApproved {
            approver: key(1).address(),
            action: first.action,
        },
    );
    let set = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "audit".into(),
        expression: "NONE".into(),
    };
    let done = fixture.send(account(1), &set).expect("executed").returned;
    assert!(done.executed);
    assert_eq!(done.action, first.action);
}

#[test]
fn each_signer_counts_once_and_nobody_else() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = signed(&key(1), &domain, &message);
    let twice = [one.clone(), one.clone()];
    let found = submit(&mut fixture, &call, u64::MAX, &twice);
    refused_signature(found, 1, key(1).address());
    let stranger = signed(&key(9), &domain, &message);
    refused(
        submit(&mut fixture, &call, u64::MAX, &[one.clone(), stranger]),
        IRegistry::NotAnApprover {
            caller: key(9).address(),
        },
    );
    refused(
        submit(&mut fixture, &call, u64::MAX, &[]),
        IRegistry::NotAnApprover {
            caller: account(SUBMITTER),
        },
    );
    // another's name on a signature
    let forged = Signature {
        signer: key(2).address(),
        data: one.data.clone(),
    };
    let found = submit(&mut fixture, &call, u64::MAX, &[one, forged]);
    refused_signature(found, 1, key(2).address());
}

#[test]
fn a_signature_has_one_form() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let good = signed(&key(1), &domain, &message);
    let [one, two] = [0, 32].map(|at| U256::from_be_slice(&good.data[at..at + 32]));
    let v = good.data[64];
    let joined = |r: U256, s: U256, v: u8| {
        [
            r.to_be_bytes::<32>().as_slice(),
            &s.to_be_bytes::<32>(),
            &[v],
        ]
        .concat()
    };
    let high = joined(one, ORDER - two, 55 - v);
    let recovered = Ecdsa::from_raw(&high).expect("a signature");
    let hash = message.eip712_signing_hash(&domain);
    assert_eq!(
        recovered.recover_address_from_prehash(&hash).ok(),
        Some(key(1).address())
    );
    let bad = [
        high,
        joined(one, two, 55 - v),
        joined(one, two, v - 27),
        joined(one, two, 29),
        joined(U256::ZERO, two, v),
        joined(one, U256::ZERO, v),
        good.data[..64].to_vec(),
        [good.data.as_ref(), &[0]].concat(),
        Vec::new(),
    ];
    for bytes in bad {
        let bad = Signature {
            signer: key(1).address(),
            data: bytes.into(),
        };
        let found = submit(&mut fixture, &call, u64::MAX, &[bad]);
        refused_signature(found, 0, key(1).address());
    }
    submit(&mut fixture, &call, u64::MAX, &[good]).expect("approved");
}

#[test]
fn a_signature_holds_up_to_its_deadline_and_for_that_deadline() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let latest = stylus_chain::BlockId::latest();
    let now = fixture
        .chain
        .block(latest)
        .expect("a block")
        .header
        .timestamp;
    let (call, mut message) = change("NONE", 0, 0);
    message.deadline = now + 1_000;
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, now + 2_000, &one);
    refused_signature(found, 0, key(1).address());
    fixture.wait(2_000);
    let action = fixture.view(&IRegistry::actionOfCall { call: call.clone() });
    refused(
        submit(&mut fixture, &call, now + 1_000, &one),
        IRegistry::ActionExpired {
            action: action.expect("an action"),
        },
    );
}

#[test]
fn a_signature_is_not_replayed_after_execution() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let audit = is(account(4));
    // a change of another role leaves the epoch of role `policy` as it is
    let (call, message) = change(&audit, 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("executed");
    let found = submit(&mut fixture, &call, u64::MAX, &approvals);
    refused_signature(found, 0, key(1).address());
    let (_, next) = change(&audit, 0, 1);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &next));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("signed anew");
}

#[test]
fn a_signature_is_not_replayed_in_another_form_of_the_same_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change(&is(account(4)), 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    submit(&mut fixture, &call, u64::MAX, &approvals).expect("executed");
    // the same fields with other bytes: behind the arguments, and in the padding of the last one
    let longer = [call.as_ref(), &[0; 32]].concat();
    let mut padded = call.to_vec();
    *padded.last_mut().expect("padding") = 1;
    for other in [longer, padded] {
        let found = submit(&mut fixture, &other.into(), u64::MAX, &approvals);
        assert_eq!(found.expect_err("refused"), Reverted(Bytes::new()));
    }
}

#[test]
fn a_signature_is_not_replayed_after_cancel() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let action = submit(&mut fixture, &call, u64::MAX, &one)
        .expect("approved")
        .returned
        .action;
    let cancel = IRegistry::cancelCall { action };
    fixture.send(key(1).address(), &cancel).expect("cancelled");
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_signature_is_not_replayed_after_revoke() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message));
    let one = &approvals[..1];
    let action = submit(&mut fixture, &call, u64::MAX, one)
        .expect("approved")
        .returned
        .action;
    let revoke = IRegistry::revokeCall { action };
    fixture.send(key(1).address(), &revoke).expect("revoked");
    let found = submit(&mut fixture, &call, u64::MAX, one);
    refused_signature(found, 0, key(1).address());
    let found = submit(&mut fixture, &call, u64::MAX, &approvals);
    refused_signature(found, 0, key(1).address());
    let second = submit(&mut fixture, &call, u64::MAX, &approvals[1..]).expect("approved");
    assert_eq!(second.returned.approvals, 1);
    // a call of his own counts again
    let done = fixture.raw(
        key(1).address(),
        fixture.registry,
        call,
        U256::ZERO,
        30_000_000,
    );
    done.expect("executed");
    assert_eq!(policy_of(&fixture, "audit"), "NONE");
}

#[test]
fn a_signature_is_not_replayed_after_its_action_has_expired() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, u64::MAX, &one).expect("approved");
    fixture.wait(ACTION_LIFETIME + 100);
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_signature_is_not_replayed_after_a_change_of_the_policy() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let policy = policy_of(&fixture, "policy");
    let same = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "policy".into(),
        expression: policy,
    };
    for n in [1, 2] {
        fixture.send(key(n).address(), &same).expect("sent");
    }
    let (call, message) = change("NONE", 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
    let (_, message) = change("NONE", 1, 0);
    let one = [signed(&key(1), &domain, &message)];
    submit(&mut fixture, &call, u64::MAX, &one).expect("approved");
}

#[test]
fn a_signature_is_not_replayed_once_a_role_of_its_own_decides() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let policy = policy_of(&fixture, "migrate");
    let set = |fixture: &mut Fixture, role: &str, expression: &str| {
        let call = IRegistry::setPolicyCall {
            name: "A".into(),
            role: role.into(),
            expression: expression.into(),
        };
        let sent = [1, 2].map(|n| fixture.send(key(n).address(), &call));
        sent.into_iter().collect::<Result<Vec<_>, _>>()
    };
    let pause = IRegistry::pauseCall { name: "A".into() };
    fixture.send(key(3).address(), &pause).expect("paused");
    let resume = data(&IRegistry::resumeCall { name: "A".into() });
    let signed_for = |epoch: u64| {
        let message = typed::Resume {
            name: "A".into(),
            epoch,
            round: 0,
            deadline: u64::MAX,
        };
        [1, 2].map(|n| signed(&key(n), &domain, &message))
    };
    // one of them for each sequence at which `migrate` decided in place of `pause`
    let sequence = 5;
    for _ in 0..sequence {
        set(&mut fixture, "audit", &policy).expect("set");
    }
    // set, and changed as often as the sequence counted before
    for _ in 0..=sequence + 1 {
        set(&mut fixture, "pause", &policy).expect("set");
        for epoch in 0..=sequence {
            let found = submit(&mut fixture, &resume, u64::MAX, &signed_for(epoch));
            refused_signature(found, 0, key(1).address());
        }
    }
    // a role that is set stays set: `migrate` never decides in its place again
    let found = set(&mut fixture, "pause", "");
    refused(
        found,
        IRegistry::InvalidPolicy {
            expression: String::new(),
            offset: 0,
            reason: invalid_policy::EMPTY,
        },
    );
    let now = sequence + 1 + sequence + 1;
    let done = submit(&mut fixture, &resume, u64::MAX, &signed_for(now)).expect("resumed");
    assert!(done.returned.executed);
}

#[test]
fn who_submits_does_not_choose_who_proposes() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let keys: Vec<_> = (1..=3).map(|n| is(key(n).address())).collect();
    let all = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "policy".into(),
        expression: format!("AND({})", keys.join(",")),
    };
    for n in [1, 2] {
        fixture.send(key(n).address(), &all).expect("sent");
    }
    for (n, order) in [[3, 1], [1, 3]].into_iter().enumerate() {
        let (call, message) = change(&is(account(4 + n)), 1, 0);
        let approvals = order.map(|n| signed(&key(n), &domain, &message));
        let done = submit(&mut fixture, &call, u64::MAX, &approvals).expect("approved");
        assert!(!done.returned.executed);
        let proposed = done.events::<IRegistry::Proposed>();
        assert_eq!(proposed[0].proposer, key(1).address());
    }
}

#[test]
fn a_signature_is_not_replayed_on_another_registry_chain_or_call() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let (call, message) = change("NONE", 0, 0);
    let other = |domain: Eip712Domain| [signed(&key(1), &domain, &message)];
    let others = [
        Eip712Domain {
            chain_id: Some(U256::from(42_161)),
            ..domain.clone()
        },
        Eip712Domain {
            verifying_contract: Some(account(5)),
            ..domain.clone()
        },
        Eip712Domain {
            name: Some("stylus".into()),
            ..domain.clone()
        },
        Eip712Domain {
            version: Some("2".into()),
            ..domain.clone()
        },
    ];
    for domain in others {
        let found = submit(&mut fixture, &call, u64::MAX, &other(domain));
        refused_signature(found, 0, key(1).address());
    }
    let (_, message) = change(&is(account(6)), 0, 0);
    let one = [signed(&key(1), &domain, &message)];
    let found = submit(&mut fixture, &call, u64::MAX, &one);
    refused_signature(found, 0, key(1).address());
}

#[test]
fn a_contract_signs_as_it_pleases_and_nothing_else_does() {
    let mut fixture = Fixture::new(&is(account(0)));
    let mut word = [0; 32];
    word[..4].copy_from_slice(&[0x16, 0x26, 0xba, 0x7e]);
    let yes = fixture
        .deploy_code(&creation_code(&answering(&word)))
        .implementation;
    let mut wrong = Vec::new();
    for answer in [
        vec![],
        word[..4].to_vec(),
        vec![0; 32],
        [word.as_slice(), &[1]].concat()[1..].to_vec(),
        {
            let mut more = word;
            more[31] = 1;
            more.to_vec()
        },
    ] {
        wrong.push(
            fixture
                .deploy_code(&creation_code(&answering(&answer)))
                .implementation,
        );
    }
    let all: Vec<_> = wrong.iter().chain([&yes]).map(|who| is(*who)).collect();
    fixture
        .define(&format!("OutOf(1,{})", all.join(",")))
        .expect("defined");
    let (call, _) = change("NONE", 0, 0);
    let by = |signer| {
        [Signature {
            signer,
            data: Bytes::from_static(b"whatever"),
        }]
    };
    for signer in wrong {
        let found = submit(&mut fixture, &call, u64::MAX, &by(signer));
        refused_signature(found, 0, signer);
    }
    let done = submit(&mut fixture, &call, u64::MAX, &by(yes)).expect("executed");
    assert!(done.returned.executed);
}

#[test]
fn value_goes_along_only_from_who_alone_satisfies_and_only_where_it_executes() {
    let mut fixture = Fixture::new(&is(account(0)));
    let [one, two] = [key(1), key(2)].map(|key| key.address());
    fixture.define(&is(account(0))).expect("defined");
    let code = fixture.deploy("hostile");
    let add = IRegistry::addVersionCall {
        name: "A".into(),
        version: "1.0".into(),
        code,
        step: initial_step(),
    };
    fixture.send(account(0), &add).expect("added");
    let alone = format!("OR({},AND({},{}))", is(account(1)), is(one), is(two));
    let set = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "create".into(),
        expression: alone,
    };
    fixture.send(account(0), &set).expect("set");
    let domain = domain(&fixture);
    let actions = vec![];
    let init = data(&crate::review::fixture::IHostile::initializeCall { actions });
    let call = IRegistry::createProxyCall {
        name: "A".into(),
        version: "1.0".into(),
        kind: 0,
        salt: B256::repeat_byte(7),
        initData: init.clone(),
    };
    let message = typed::CreateProxy {
        name: "A".into(),
        version: "1.0".into(),
        kind: 0,
        salt: B256::repeat_byte(7),
        initData: init,
        epoch: 1,
        round: 0,
        deadline: u64::MAX,
    };
    let approvals = [1, 2].map(|n| signed(&key(n), &domain, &message)).to_vec();
    let registry = fixture.registry;
    let value = U256::from(5);
    let not_accepted = || Proxy::ValueNotAccepted { value };
    let whole = submission(data(&call), u64::MAX, approvals.clone());
    let part = submission(data(&call), u64::MAX, approvals[..1].to_vec());
    // Who pays satisfies this role alone, and so does the signature: the call alone takes no value.
    let either = IRegistry::setPolicyCall {
        name: "A".into(),
        role: "policy".into(),
        expression: format!("OR({},{})", is(account(0)), is(one)),
    };
    fixture.send(account(0), &either).expect("set");
    let (other, message) = change("NONE", 1, 0);
    let other = submission(other, u64::MAX, vec![signed(&key(1), &domain, &message)]);
    refused(
        fixture.pay(account(SUBMITTER), registry, &whole, value),
        not_accepted(),
    );
    refused(
        fixture.pay(account(1), registry, &part, value),
        not_accepted(),
    );
    refused(
        fixture.pay(account(0), registry, &other, value),
        not_accepted(),
    );
    let done = fixture
        .pay(account(1), registry, &whole, value)
        .expect("created");
    assert!(done.returned.executed);
    let created = done.events::<IRegistry::ProxyCreated>()[0].proxy;
    let latest = stylus_chain::BlockId::latest();
    let held = fixture
        .chain
        .account(created, latest)
        .expect("an account")
        .balance;
    assert_eq!(held, value);
}

#[test]
fn who_submits_what_nobody_governs_is_refused() {
    let mut fixture = two_of_three();
    for call in [
        Bytes::new(),
        data(&IRegistry::rolloutCall {
            name: "A".into(),
            max: 1,
        }),
        data(&IRegistry::revokeCall { action: B256::ZERO }),
    ] {
        let found = submit(&mut fixture, &call, u64::MAX, &[]);
        assert_eq!(found.expect_err("refused"), Reverted(Bytes::new()));
    }
}
