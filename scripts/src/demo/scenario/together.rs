//! Deciding together: two approvers type the same, the policy is changed, one of them goes back,
//! and the whole history is read back from the chain.

use super::{Addresses, value};
use crate::app_error::Error;
use crate::client::{Client, Sent};
use crate::demo::abi::{counter_back::backCall, counter_v1, counter_v2};
use crate::demo::fixture::Fixture;
use crate::demo::record::Record;
use crate::governance::{self, Display, GovernedCall, Names, Submitted, after_upgrade};
use crate::history;
use crate::ids::CodeHash;
use crate::model::Slice;
use crate::registry;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::reasons::proxy_kind;
use stylus_upgrades_interface::registry::Code;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The definition of this chapter.
const NAME: &str = "A";
/// What its instance starts at.
const START: u64 = 40;
/// The step that its migration sets.
const STEP: u64 = 2;

/// Who decides, and about what.
struct Team<'a> {
    registry: Address,
    admin: &'a Client,
    admin2: &'a Client,
    names: Names,
    proxy: Address,
}

pub(super) async fn decide(
    fixture: &Fixture,
    record: &mut Record,
    addresses: &Addresses,
    script: Address,
) -> Result<(), Error> {
    let team = gather(fixture, record, addresses.registry).await?;
    let v1 = fixture.counter_v1.code_at(addresses.v1);
    let v2 = fixture.counter_v2.code_at(addresses.v2);
    migrate(fixture, record, &team, &v2).await?;
    update_policy(record, &team).await?;
    roll_back(fixture, record, &team, &v1, script).await?;
    read_back(record, &team).await
}

/// Defines A under `AND(Admin,Admin2)` with an instance at 1.0.
async fn gather<'a>(
    fixture: &'a Fixture,
    record: &mut Record,
    registry: Address,
) -> Result<Team<'a>, Error> {
    record.chapter("☷  Two approvers: define A under AND(Admin,Admin2)");
    let (admin, admin2) = (&fixture.operator, &fixture.user);
    let people = [(admin, "Admin"), (admin2, "Admin2")];
    let mut names = Vec::new();
    for (client, name) in people {
        names.push((client.sender("demo")?, name.to_owned()));
    }
    let (first, second) = (admin.sender("demo")?, admin2.sender("demo")?);
    let mut team = Team {
        registry,
        admin,
        admin2,
        names: names.into_iter().collect(),
        proxy: Address::ZERO,
    };
    let define = abi::createDefinitionCall {
        name: NAME.into(),
        migratePolicy: format!("AND({first:#x},{second:#x})"),
        policyPolicy: format!("{first:#x}"),
        createPolicy: format!("{first:#x}"),
    };
    approve(record, &team, admin, "define A", &define.abi_encode(), "").await?;
    let v1 = fixture.counter_v1.codehash();
    let add = abi::addVersionCall {
        name: NAME.into(),
        version: "1.0".into(),
        code: version(admin, registry, "1.0", v1).await?,
        step: registry::initial(),
    };
    for who in [admin, admin2] {
        approve(record, &team, who, "register A 1.0", &add.abi_encode(), "").await?;
    }
    let initializer = counter_v1::ICounter::initializeCall {
        value: U256::from(START),
    };
    let create = abi::createProxyCall {
        name: NAME.into(),
        version: "1.0".into(),
        kind: proxy_kind::WASM,
        salt: B256::ZERO,
        initData: initializer.abi_encode().into(),
    };
    let created = record.governed(admin, registry, &create).await?;
    let creation = created
        .execution()
        .ok_or_else(|| super::undone("create a proxy"))?;
    team.proxy = creation.require::<abi::ProxyCreated>()?.proxy;
    Ok(team)
}

/// The code of a version of the earlier chapters.
async fn version(
    client: &Client,
    registry: Address,
    version: &str,
    expected: CodeHash,
) -> Result<Code, Error> {
    let code = client.registry(registry).code(super::NAME, version).await?;
    crate::deploy::require_code(client, code.implementation, expected).await?;
    Ok(code.into())
}

/// Both send the identical call: the first is told `success 1/2`, the last `success 2/2 activated`.
async fn migrate(
    fixture: &Fixture,
    record: &mut Record,
    team: &Team<'_>,
    v2: &Code,
) -> Result<(), Error> {
    record.chapter("☷  migrate A 2.0, typed by Admin and by Admin2");
    let migration = counter_v2::ICounter::migrateCall {
        step: U256::from(STEP),
    };
    let call = abi::migrateCall {
        name: NAME.into(),
        version: "2.0".into(),
        code: v2.clone(),
        step: registry::call("1.0", migration.abi_encode().into()),
    };
    let bytes = call.abi_encode();
    for line in Display::of(&bytes, &team.names)?.lines() {
        record.line(&format!("    {line}"));
    }
    let what = "migrate A to 2.0";
    let first = approve(record, team, team.admin, what, &bytes, " activated").await?;
    let waiting = !first.executed && (first.approvals, first.required) == (1, 2);
    record.check("success 1/2: one approval of two changes nothing", waiting);
    let repeated = governance::perform(team.admin, team.registry, &call, U256::ZERO).await?;
    record.check(
        "the same approver again sends nothing and counts once",
        repeated.sent.is_none() && repeated.approvals == 1,
    );
    let last = approve(record, team, team.admin2, what, &bytes, " activated").await?;
    record.check(
        "success 2/2 activated",
        last.executed && (last.approvals, last.required) == (2, 2),
    );
    checks(record, team, "2.0", v2, &last).await?;
    let kept = value(fixture, team.proxy).await? == U256::from(START);
    record.check("the data of A is intact", kept);
    Ok(())
}

/// From both to either of them.
async fn update_policy(record: &mut Record, team: &Team<'_>) -> Result<(), Error> {
    record.chapter("☷  update-policy A 'OR(Admin,Admin2)'");
    let both = team
        .admin
        .registry(team.registry)
        .policy(NAME, "migrate")
        .await?;
    let either = both.replacen("AND", "OR", 1);
    let update = abi::setPolicyCall {
        name: NAME.into(),
        role: "migrate".into(),
        expression: either.clone(),
    };
    let bytes = update.abi_encode();
    approve(
        record,
        team,
        team.admin,
        "update the policy of A",
        &bytes,
        "",
    )
    .await?;
    let now = team
        .admin
        .registry(team.registry)
        .policy(NAME, "migrate")
        .await?;
    record.check(
        format!("the policy of A is {}", team.names.policy(&now)),
        now == either,
    );
    Ok(())
}

/// Admin2 alone goes back: 3.0 is the code of 1.0.
async fn roll_back(
    fixture: &Fixture,
    record: &mut Record,
    team: &Team<'_>,
    v1: &Code,
    script: Address,
) -> Result<(), Error> {
    record.chapter("☷  rollback A --to 1.0 --as 3.0, by Admin2 alone");
    let back = backCall {}.abi_encode();
    let call = abi::migrateCall {
        name: NAME.into(),
        version: "3.0".into(),
        code: v1.clone(),
        step: registry::script(team.admin2, "2.0", script, back.into()).await?,
    };
    let bytes = call.abi_encode();
    let done = approve(
        record,
        team,
        team.admin2,
        "roll back A",
        &bytes,
        " activated",
    )
    .await?;
    checks(record, team, "3.0", v1, &done).await?;
    let kept = value(fixture, team.proxy).await? == U256::from(START);
    record.check("the rollback of A kept its data", kept);
    Ok(())
}

/// From events alone: who did what, and that the registry's views say the same.
async fn read_back(record: &mut Record, team: &Team<'_>) -> Result<(), Error> {
    record.chapter("☷  history A, from chain data alone");
    let history = history::read(team.admin, team.registry, NAME, &team.names).await?;
    for entry in history.entries.iter().filter(|e| e.event == "Executed") {
        let policy = entry.policy.as_deref().unwrap_or_default();
        let who = team.names.short(entry.who);
        record.line(&format!("    {who:<8} {:<30} under {policy}", entry.what));
    }
    let definition = &history.definition;
    let whole = Slice::whole(definition);
    let differing = history::differences(team.admin, team.registry, definition, &whole).await?;
    record.check(
        "what the events say is what the views say",
        differing.is_empty(),
    );
    let live = history::live_checks(team.admin, team.registry, definition, &whole).await?;
    record.check(
        "live code is what was recorded",
        !live.is_empty() && live.iter().all(|check| check.ok),
    );
    Ok(())
}

/// Sends the very bytes for one approver and prints how far they are.
async fn approve(
    record: &mut Record,
    team: &Team<'_>,
    who: &Client,
    what: &str,
    bytes: &[u8],
    done: &str,
) -> Result<Submitted, Error> {
    let (bytes, value) = (Bytes::copy_from_slice(bytes), U256::ZERO);
    let governed = GovernedCall::decode(who, team.registry, bytes, value, &team.names).await?;
    let submitted = governed.send(who).await?;
    if let Some(sent) = &submitted.sent {
        let name = team.names.short(who.sender(what)?);
        record.sent(&Sent {
            what: format!("{what} ({name})"),
            ..sent.clone()
        });
    }
    let (approvals, required) = (submitted.approvals, submitted.required);
    let done = if submitted.executed { done } else { "" };
    record.line(&format!("success {approvals}/{required}{done}"));
    Ok(submitted)
}

/// Pause, migration, version, code, resume: each with its check.
async fn checks(
    record: &mut Record,
    team: &Team<'_>,
    version: &str,
    code: &Code,
    done: &Submitted,
) -> Result<(), Error> {
    let logs = done.sent.as_ref().map(|sent| sent.receipt.logs());
    let (registry, proxy) = (team.registry, team.proxy);
    let logs = logs.unwrap_or_default();
    let checks = after_upgrade(team.admin, registry, proxy, version, &code.into(), logs).await?;
    for check in checks {
        record.check(format!("{}: {}", check.name, check.found), check.ok);
    }
    Ok(())
}
