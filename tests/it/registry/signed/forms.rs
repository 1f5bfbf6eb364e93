//! What is signed, and the forms that a signature has.

use crate::prelude::*;
use alloy::primitives::Signature as Ecdsa;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolStruct;
use stylus_upgrades_interface::registry::Signature;
use stylus_upgrades_interface::signed::{SOURCES, text};

use super::{
    Message, change, domain, key, refuse_signature, refused_signature, signed, submit,
    two_of_three, typed,
};
use crate::registry::fixture::{Fixture, account, add_version, initial_step, is, new_proxy, plain};
use crate::review::fixture::answering;

/// Order of secp256k1.
const ORDER: U256 = U256::from_be_bytes(alloy::primitives::hex!(
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
));

#[test]
fn types_are_those_that_an_encoder_of_others_makes_of_the_interface() {
    macro_rules! encoders {
        ($($name:ident)*) => {
            [$((stringify!($name), typed::$name::eip712_encode_type())),*]
        };
    }
    let encoders = encoders!(
        CreateDefinition AddVersion AddStep Migrate SetHandler AbortMigration Adopt AcceptTransfer
        TransferProxy RemoveInstance SetPolicy CreateProxy Pause Resume
    );
    assert_eq!(encoders.len(), SOURCES.len());
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
fn every_kind_of_field_is_signed() {
    let mut fixture = two_of_three();
    let domain = domain(&fixture);
    let code = fixture.deploy("counter-v1");
    let both =
        |fixture: &mut Fixture, call: Bytes, message: &dyn Fn(&PrivateKeySigner) -> Signature| {
            let approvals = [1, 2].map(|n| message(&key(n)));
            let done = submit(fixture, &call, &approvals).expect("executed");
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
            plain(from)
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
            approver: Address::ZERO,
        };
        let call = data(&add_version(&code, version, step));
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
        approver: Address::ZERO,
    };
    let call = data(&new_proxy(0, 7, Bytes::new()));
    let done = both(&mut fixture, call, &|key| signed(key, &domain, &create));
    assert_eq!(done.events::<IRegistry::ProxyCreated>().len(), 1);
    let first = vec![done.events::<IRegistry::ProxyCreated>()[0].proxy];
    let call = data(&calls::pause_first("A", &first[..]));
    let pause = typed::Pause {
        name: "A".into(),
        first,
        epoch: 2,
        round: 0,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    let one = [signed(&key(3), &domain, &pause)];
    let done = submit(&mut fixture, &call, &one).expect("paused by any one");
    assert!(done.returned.executed);
    assert_eq!(done.events::<IRegistry::InstancePaused>().len(), 1);
    let resume = typed::Resume {
        name: "A".into(),
        version: "1.0".into(),
        epoch: 2,
        round: 0,
        deadline: u64::MAX,
        approver: Address::ZERO,
    };
    let call = data(&calls::resume("A", "1.0"));
    both(&mut fixture, call, &|key| signed(key, &domain, &resume));
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
    let hash = message.by(key(1).address()).eip712_signing_hash(&domain);
    let found = recovered.recover_address_from_prehash(&hash).ok();
    assert_eq!(found, Some(key(1).address()));
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
        refuse_signature(&mut fixture, &call, &[bad], 0, 1);
    }
    submit(&mut fixture, &call, &[good]).expect("approved");
}

#[test]
fn a_contract_signs_as_it_pleases_and_nothing_else_does() {
    let mut fixture = Fixture::new(&is(account(0)));
    let mut word = [0; 32];
    word[..4].copy_from_slice(&[0x16, 0x26, 0xba, 0x7e]);
    let yes = fixture.deploy_evm(&answering(&word));
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
        wrong.push(fixture.deploy_evm(&answering(&answer)));
    }
    let all: Vec<_> = wrong.iter().chain([&yes]).map(|who| is(*who)).collect();
    fixture.defined(&format!("OutOf(1,{})", all.join(",")));
    let (call, _) = change("NONE", 0, 0);
    let by = |signer| {
        [Signature {
            signer,
            data: Bytes::from_static(b"whatever"),
        }]
    };
    for signer in wrong {
        let found = submit(&mut fixture, &call, &by(signer));
        refused_signature(found, 0, signer);
    }
    let done = submit(&mut fixture, &call, &by(yes)).expect("executed");
    assert!(done.returned.executed);
}
