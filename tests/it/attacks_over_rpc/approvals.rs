//! Approvals that are taken back, and approvers who are sent away in the wrong moment.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::sol_types::{SolCall, SolStruct, SolValue, eip712_domain};
use serde_json::json;
use stylus_upgrades_interface::complex::IComplexMigration;
use stylus_upgrades_interface::reasons::{instance_state, invalid_policy, proxy_kind, step};
use stylus_upgrades_interface::registry::{Code, IRegistry, Signature, Step};
use stylus_upgrades_tests::abi::points_v2::IPoints;

use super::bank::{
    ALICE, Done, IBank, STRANGER, TEAM, THIEF, Town, ether, first, migrate, refused,
};

/// What a wallet signs.
mod typed {
    alloy::sol! {
        struct Code { address implementation; bytes32 codehash; bytes32 layoutHash; bytes32 sourceHash; }
        struct Step { string from; uint8 kind; address script; bytes32 scriptCodehash; bytes data; }
        struct Migrate {
            string name; string version; Code code; Step step;
            uint64 epoch; uint32 round; uint64 deadline;
        }
    }
}

/// The team's approval of a migration, signed offline, as anybody may submit it.
async fn signed(town: &Town, call: &IRegistry::migrateCall) -> Done<IRegistry::submitSignedCall> {
    let chain = town.rpc("eth_chainId", json!([])).await?;
    let chain: U256 = serde_json::from_value(chain)?;
    let domain = eip712_domain! {
        name: "stylus-upgrades", version: "1",
        chain_id: chain.to(), verifying_contract: town.registry,
    };
    let query = IRegistry::definitionCall { name: "A".into() };
    let message = typed::Migrate {
        name: call.name.clone(),
        version: call.version.clone(),
        code: typed::Code {
            implementation: call.code.implementation,
            codehash: call.code.codehash,
            layoutHash: call.code.layoutHash,
            sourceHash: call.code.sourceHash,
        },
        step: typed::Step {
            from: call.step.from.clone(),
            kind: call.step.kind,
            script: call.step.script,
            scriptCodehash: call.step.scriptCodehash,
            data: call.step.data.clone(),
        },
        epoch: town.view(town.registry, &query).await?.sequence,
        round: 0,
        deadline: u64::MAX,
    };
    let signer = town.harness.chain().signer();
    assert_eq!(signer.address(), town.account(TEAM));
    let signature = signer.sign_hash_sync(&message.eip712_signing_hash(&domain))?;
    let approval = Signature {
        signer: signer.address(),
        data: signature.as_bytes().into(),
    };
    Ok(IRegistry::submitSignedCall {
        action: call.abi_encode().into(),
        deadline: u64::MAX,
        approvals: vec![approval],
    })
}

/// F13: the approver has signed a migration, learns what that code does before anybody has submitted the signature,
/// and takes it back.
#[tokio::test]
async fn a_signature_that_was_taken_back_before_it_was_submitted_steals_nothing() -> Done {
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let town = Town::new().await?;
        let code = town.deploy("Bank1", &[]).await?;
        town.govern(&first(&code)).await?;
        let bank = town.bank(kind, 1).await?;
        town.alice_deposits(bank).await?;
        let thief = town
            .deploy("Thief", &code.implementation.abi_encode())
            .await?;
        let bad = migrate(&thief, step::NONE, Bytes::new());
        let submission = signed(&town, &bad).await?;
        let query = IRegistry::actionOfCall {
            call: bad.abi_encode().into(),
        };
        let action = town.view(town.registry, &query).await?;

        let revoked = town.govern(&IRegistry::revokeCall { action }).await;
        let submitted = town.send(THIEF, town.registry, &submission).await;
        let to = Address::repeat_byte(0x77);
        let drained = town.send(THIEF, bank, &IBank::drainCall { to }).await;
        assert_eq!(
            town.balance(bank).await?,
            ether(10),
            "Alice's money: {revoked:?}, {submitted:?}"
        );
        revoked?;
        let (index, signer) = (U256::ZERO, town.account(TEAM));
        refused(submitted, &IRegistry::InvalidSignature { index, signer });
        assert!(drained.is_err(), "{drained:?}");
        assert_eq!(town.version(bank).await?, "1.0");
        // What it signs of other code holds.
        let good = migrate(&town.deploy("Bank2", &[]).await?, step::NONE, Bytes::new());
        let submission = signed(&town, &good).await?;
        town.send(STRANGER, town.registry, &submission).await?;
        assert_eq!(town.version(bank).await?, "2.0");
        town.alice_withdraws(bank).await?;
    }
    Ok(())
}

/// F12: who may change policies makes `migrate` final while the members' points are in a complex migration, in which
/// nobody reads or moves them. Nobody could abort it any more.
#[tokio::test]
#[ignore = "nightly: many commands against attacks, about 45 s"]
async fn nobody_is_sent_away_while_he_alone_could_abort_a_migration() -> Done {
    const INSIDER: usize = 4;
    for kind in [proxy_kind::WASM, proxy_kind::EVM] {
        let town = Town::new().await?;
        let code = program(&town, "points-v1").await?;
        town.govern(&first(&code)).await?;
        let steward = town.account(TEAM);
        let create = IRegistry::createProxyCall {
            name: "A".into(),
            version: "1.0".into(),
            kind,
            salt: B256::ZERO,
            initData: IPoints::initializeCall { steward }.abi_encode().into(),
        };
        let created = town.govern(&create).await?;
        let proxy = created.events::<IRegistry::ProxyCreated>()[0].proxy;
        let award = IPoints::awardCall {
            to: vec![town.account(ALICE)],
            points: U256::from(10),
        };
        town.send(TEAM, proxy, &award).await?;
        let points = IPoints::pointsCall {
            member: town.account(ALICE),
        };
        assert_eq!(town.view(proxy, &points).await?, U256::from(10));
        town.set_policy("policy", &town.policy(INSIDER)).await?;
        let cursor = program(&town, "points-cursor").await?;
        let handler = town.account(THIEF); // he never goes on with it
        let start = IComplexMigration::startMigrationCall { handler };
        let order = IRegistry::migrateCall {
            name: "A".into(),
            version: "2.0".into(),
            code: program(&town, "points-v2").await?,
            step: Step {
                from: "1.0".into(),
                kind: step::COMPLEX,
                script: cursor.implementation,
                scriptCodehash: cursor.codehash,
                data: start.abi_encode().into(),
            },
        };
        town.govern(&order).await?;
        assert_eq!(town.instance(proxy).await?.1, instance_state::MIGRATING);

        let expression = String::from("NONE");
        let freeze = IRegistry::setPolicyCall {
            name: "A".into(),
            role: "migrate".into(),
            expression: expression.clone(),
        };
        let frozen = town.send(INSIDER, town.registry, &freeze).await;
        let name = String::from("A");
        let abort = IRegistry::abortMigrationCall { name, proxy };
        let aborted = town.govern(&abort).await;
        assert!(aborted.is_ok(), "{frozen:?}: {aborted:?}");
        // somebody else leads the points back, and they are there
        let name = String::from("A");
        let handler = town.account(STRANGER);
        let replace = IRegistry::setHandlerCall {
            name,
            proxy,
            handler,
        };
        town.govern(&replace).await?;
        let end = IComplexMigration::endMigrationCall {};
        town.send(STRANGER, proxy, &end).await?;
        assert_eq!(town.view(proxy, &points).await?, U256::from(10));
        let back = (String::from("1.0"), instance_state::LIVE);
        assert_eq!(town.instance(proxy).await?, back);
        let (offset, reason) = (0, invalid_policy::MIGRATING);
        refused(
            frozen,
            &IRegistry::InvalidPolicy {
                expression,
                offset,
                reason,
            },
        );
    }
    Ok(())
}

/// A contract of this workspace, as code of a version.
async fn program(town: &Town, package: &str) -> Done<Code> {
    let artifact = town.harness.builder().contract(package)?;
    let program = town.harness.deploy(artifact).await?;
    Ok(Code {
        implementation: program.address,
        codehash: program.codehash,
        layoutHash: B256::ZERO,
        sourceHash: B256::ZERO,
    })
}
