//! A proxy of OpenZeppelin, in use already, is adopted and then upgraded under a policy.

use super::slot_holds;
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::demo::fixture::Fixture;
use crate::demo::openzeppelin::{BOX, BOX_2, IBox, TRANSPARENT_PROXY};
use crate::demo::record::Record;
use crate::governance::GovernanceError;
use crate::model::ProxyKind;
use crate::registry::{self, NewVersion, code_at, given_to, instance_status};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolValue};
use stylus_upgrades_interface::adopted::{IOwnable, IProxyAdmin};
use stylus_upgrades_interface::reasons::{proxy_kind, step};
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};
use stylus_upgrades_interface::slots;

/// The definition of this chapter.
const NAME: &str = "Adopted";
/// What the box holds.
const START: u64 = 7;

/// A proxy that its owner has upgraded with his ProxyAdmin so far.
struct Owned {
    proxy: Address,
    proxy_admin: Address,
    /// The code that it runs.
    first: Address,
}

pub(super) async fn adopt(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
) -> Result<(), Error> {
    record.chapter("⇄  Adopted: a proxy of OpenZeppelin comes under a policy of two");
    let owned = deploy(fixture, record).await?;
    give(fixture, record, registry, &owned).await?;
    upgrade(fixture, record, registry, &owned).await
}

/// What the owner has before any of this.
async fn deploy(fixture: &Fixture, record: &mut Record) -> Result<Owned, Error> {
    let owner = &fixture.stranger;
    let first = create(record, owner, "deploy Box", BOX.to_vec()).await?;
    let start = U256::from(START);
    let initialize = Bytes::from(IBox::initializeCall { start }.abi_encode());
    let arguments = (first, owner.sender("demo")?, initialize).abi_encode_params();
    let creation = [TRANSPARENT_PROXY, &arguments].concat();
    let proxy = create(record, owner, "deploy its transparent proxy", creation).await?;
    let admin = owner.storage(proxy, slots::ADMIN).await?;
    let proxy_admin = Address::from_word(admin);
    record.fact("proxy", proxy);
    record.fact("its ProxyAdmin", proxy_admin);
    Ok(Owned {
        proxy,
        proxy_admin,
        first,
    })
}

/// Two approvers take it over, which they cannot before its owner gives it.
async fn give(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    owned: &Owned,
) -> Result<(), Error> {
    let (one, two, owner) = (&fixture.operator, &fixture.user, &fixture.stranger);
    let who = [one.sender("demo")?, two.sender("demo")?].map(|who| format!("{who:#x}"));
    let define = abi::createDefinitionCall {
        name: NAME.into(),
        migratePolicy: format!("AND({})", who.join(",")),
        policyPolicy: who[0].clone(),
        createPolicy: "NONE".into(),
    };
    record.governed(one, registry, &define).await?;
    let add = abi::addVersionCall::from(NewVersion {
        name: NAME.into(),
        version: "1.0".into(),
        code: code_at(one, owned.first).await?,
        step: registry::initial(),
    });
    record.governed(one, registry, &add).await?;
    record.governed(two, registry, &add).await?;
    let adopt = abi::adoptCall {
        name: NAME.into(),
        proxy: owned.proxy,
        kind: proxy_kind::TRANSPARENT_5,
        version: "1.0".into(),
    };
    let early = record.governed(one, registry, &adopt).await;
    record.check(
        "adopted: nobody takes over a proxy that its owner keeps",
        matches!(early, Err(GovernanceError::WouldFail(_))),
    );
    let admin = given_to(registry, NAME);
    record.fact("the admin of Adopted", admin);
    let give = IOwnable::transferOwnershipCall { newOwner: admin };
    let what = "transferOwnership of the ProxyAdmin";
    let given = owner.send(what, owned.proxy_admin, &give, U256::ZERO);
    record.sent(&given.await?);
    record.governed(one, registry, &adopt).await?;
    record.governed(two, registry, &adopt).await?;
    let status = instance_status(two, registry, owned.proxy).await?;
    record.check(
        "adopted: given to the admin of the definition, it is an instance at 1.0, with its data",
        status.instance.kind == ProxyKind::Transparent5
            && status.instance.version == "1.0"
            && two.call(owned.proxy, &IBox::valueCall {}).await? == U256::from(START),
    );
    let take = IProxyAdmin::upgradeAndCallCall {
        proxy: owned.proxy,
        implementation: owned.first,
        data: Bytes::new(),
    };
    let taken = owner.call(owned.proxy_admin, &take).await;
    record.check("adopted: who owned it upgrades it no more", taken.is_err());
    Ok(())
}

/// Both upgrade it, with a call on the new code; neither does alone.
async fn upgrade(
    fixture: &Fixture,
    record: &mut Record,
    registry: Address,
    owned: &Owned,
) -> Result<(), Error> {
    let (one, two) = (&fixture.operator, &fixture.user);
    let second = create(record, one, "deploy Box2", BOX_2.to_vec()).await?;
    let migrate = abi::migrateCall::from(NewVersion {
        name: NAME.into(),
        version: "2.0".into(),
        code: code_at(one, second).await?,
        step: Step {
            kind: step::FOREIGN_CALL,
            ..registry::call("1.0", IBox::migrateCall {}.abi_encode().into())
        },
    });
    record.governed(one, registry, &migrate).await?;
    record.check(
        "adopted: one of two upgrades nothing",
        slot_holds(fixture, owned.proxy, owned.first).await?,
    );
    record.governed(two, registry, &migrate).await?;
    let doubled = two.call(owned.proxy, &IBox::doubledCall {}).await?;
    record.check(
        "adopted: both upgrade it, and its migration has run",
        slot_holds(fixture, owned.proxy, second).await? && doubled == U256::from(2 * START),
    );
    Ok(())
}

/// Runs creation code.
async fn create(
    record: &mut Record,
    client: &Client,
    what: &str,
    code: Vec<u8>,
) -> Result<Address, ChainError> {
    let request = TransactionRequest::default().with_input(code).into_create();
    let sent = client.transact(what, request).await?;
    record.sent(&sent);
    let created = sent.receipt.contract_address;
    created.ok_or(ChainError::Missing {
        what: "the created contract",
        account: Address::ZERO,
    })
}
