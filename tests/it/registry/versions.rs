//! Definitions, versions, steps and paths: what is accepted, and what is refused with which error.

use crate::prelude::*;
use stylus_upgrades_interface::reasons::{invalid_policy, invalid_step, label, not_runnable};

use super::fixture::{
    Done, Fixture, Reverted, account, framework, initial_step, is, refused, step,
};

fn add(
    fixture: &mut Fixture,
    version: &str,
    code: &Code,
    step: Step,
) -> Result<Done<Progress>, Reverted> {
    let call = calls::add_version("A", version, code, step);
    fixture.send(account(0), &call)
}

fn add_step(fixture: &mut Fixture, version: &str, step: Step) -> Result<Done<Progress>, Reverted> {
    fixture.send(account(0), &calls::add_step("A", version, step))
}

fn invalid(from: &str, to: &str, reason: u8) -> IRegistry::InvalidStep {
    IRegistry::InvalidStep {
        from: from.into(),
        to: to.into(),
        reason,
    }
}

#[test]
fn a_definition_is_created_once_under_a_proper_name() {
    let mut fixture = Fixture::of_one();
    refused(
        fixture.define(&is(account(0))),
        IRegistry::DefinitionExists { name: "A".into() },
    );
    let name = |name: &str| calls::create_definition(name, is(account(0)));
    for (text, reason) in [
        ("", label::EMPTY),
        ("a b", label::BAD_CHARACTER),
        ("é", label::BAD_CHARACTER),
    ] {
        refused(
            fixture.send(account(0), &name(text)),
            IRegistry::InvalidLabel {
                label: text.into(),
                reason,
            },
        );
    }
    let long = "x".repeat(65);
    refused(
        fixture.send(account(0), &name(&long)),
        IRegistry::InvalidLabel {
            label: long.clone(),
            reason: label::TOO_LONG,
        },
    );
    fixture
        .send(account(0), &name(&long[..64]))
        .expect("64 bytes");
    refused(
        fixture.send(account(1), &name("B")),
        IRegistry::NotAnApprover { caller: account(1) },
    );
    refused(
        fixture.view(&IRegistry::definitionCall { name: "B".into() }),
        IRegistry::DefinitionNotFound { name: "B".into() },
    );
}

#[test]
fn versions_read_back_as_they_were_added() {
    let mut fixture = Fixture::of_one();
    let mut v1 = fixture.deploy("counter-v1");
    v1.layoutHash = B256::repeat_byte(1);
    v1.sourceHash = B256::repeat_byte(2);
    add(&mut fixture, "1.0", &v1, initial_step()).expect("added");
    let second = step("1.0", 1, vec![1; 100].into());
    let added = add(&mut fixture, "2.0", &v1, second.clone()).expect("added");
    assert!(
        added.events::<IRegistry::CurrentChanged>().is_empty(),
        "only the first becomes current"
    );
    assert_eq!(added.events::<IRegistry::StepAdded>()[0].step, second);
    let read = fixture.view(&calls::get_version("A", "2.0")).expect("2.0");
    assert_eq!(
        (read.code, read.steps, read.sequence),
        (v1.clone(), vec![second], 2)
    );
    let read = fixture.view(&calls::get_version("A", "1.0")).expect("1.0");
    assert_eq!(
        (read.code, read.steps, read.sequence),
        (v1, vec![initial_step()], 1)
    );
    let labels = |start, count| {
        fixture
            .view(&IRegistry::versionsCall {
                name: "A".into(),
                start,
                count,
            })
            .expect("labels")
    };
    assert_eq!(labels(0, 10), ["1.0", "2.0"]);
    assert_eq!(labels(1, 1), ["2.0"]);
    assert!(labels(2, 1).is_empty());
    let missing = fixture.view(&calls::get_version("A", "9"));
    refused(
        missing,
        Proxy::VersionNotFound {
            name: "A".into(),
            version: "9".into(),
        },
    );
    let definition = fixture
        .view(&IRegistry::definitionCall { name: "A".into() })
        .expect("definition");
    assert_eq!(
        (
            definition.current.as_str(),
            definition.sequence,
            definition.versions
        ),
        ("1.0", 2, 2)
    );
}

#[test]
fn a_version_never_changes() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    add(&mut fixture, "1.0", &v1, initial_step()).expect("added");
    let exists = IRegistry::VersionExists {
        name: "A".into(),
        version: "1.0".into(),
    };
    refused(add(&mut fixture, "1.0", &v1, initial_step()), exists);
    refused(
        add(&mut fixture, "", &v1, initial_step()),
        IRegistry::InvalidLabel {
            label: String::new(),
            reason: label::EMPTY,
        },
    );
    refused(
        add(&mut fixture, "2 0", &v1, initial_step()),
        IRegistry::InvalidLabel {
            label: "2 0".into(),
            reason: label::BAD_CHARACTER,
        },
    );
}

#[test]
fn a_script_that_cannot_run_is_no_step() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    add(&mut fixture, "1.0", &v1, initial_step()).expect("added");
    let script = account(7);
    let step = Step {
        script,
        scriptCodehash: fixture.code_hash(script),
        ..step("1.0", 2, vec![1].into())
    };
    refused(
        add(&mut fixture, "2.0", &v1, step),
        Proxy::ImplementationNotRunnable {
            implementation: script,
            reason: not_runnable::NO_CODE,
        },
    );
}

#[test]
fn steps_have_a_shape() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    refused(
        add(&mut fixture, "1.0", &v1, step("0.9", 0, Bytes::new())),
        invalid("0.9", "1.0", invalid_step::INITIAL_WITH_MIGRATION),
    );
    refused(
        add(&mut fixture, "1.0", &v1, step("", 1, vec![1].into())),
        invalid("", "1.0", invalid_step::INITIAL_WITH_MIGRATION),
    );
    add(&mut fixture, "1.0", &v1, initial_step()).expect("added");
    let refuse = |fixture: &mut Fixture, step: Step, reason| {
        let expected = invalid(&step.from, "2.0", reason);
        refused(add(fixture, "2.0", &v1, step), expected);
    };
    let scripted = |script, data: Bytes| Step {
        script,
        scriptCodehash: v1.codehash,
        ..step("1.0", 2, data)
    };
    refuse(
        &mut fixture,
        step("1.5", 0, Bytes::new()),
        invalid_step::UNKNOWN_FROM,
    );
    refuse(
        &mut fixture,
        step("2.0", 0, Bytes::new()),
        invalid_step::NOT_OLDER,
    );
    refuse(
        &mut fixture,
        step("1.0", 5, Bytes::new()),
        invalid_step::UNKNOWN_KIND,
    );
    refuse(
        &mut fixture,
        step("1.0", 0, vec![1].into()),
        invalid_step::DATA_MISMATCH,
    );
    refuse(
        &mut fixture,
        step("1.0", 4, Bytes::new()),
        invalid_step::DATA_MISMATCH,
    );
    refuse(
        &mut fixture,
        step("1.0", 2, vec![1].into()),
        invalid_step::SCRIPT_MISMATCH,
    );
    refuse(
        &mut fixture,
        scripted(v1.implementation, Bytes::new()),
        invalid_step::DATA_MISMATCH,
    );
    refuse(
        &mut fixture,
        Step {
            scriptCodehash: v1.codehash,
            ..step("1.0", 0, Bytes::new())
        },
        invalid_step::SCRIPT_MISMATCH,
    );
    refuse(
        &mut fixture,
        step("1.0", 1, vec![1; 8_193].into()),
        invalid_step::DATA_TOO_LONG,
    );
    refuse(
        &mut fixture,
        step("1.0", 3, vec![1].into()),
        invalid_step::SCRIPT_MISMATCH,
    );
}

#[test]
fn code_that_cannot_run_is_refused_with_its_reason() {
    let mut fixture = Fixture::of_one();
    let inactive = fixture.deploy_inactive("counter-v2");
    let minimal = {
        let mut code = vec![0x60, 0x2d, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3];
        code.extend(alloy::hex!("363d3d373d3d3d363d73"));
        code.extend([0x11; 20]);
        code.extend(alloy::hex!("5af43d82803e903d91602b57fd5bf3"));
        fixture.deploy_code(&code).implementation
    };
    let (designator, fragment) = (Address::repeat_byte(0xd1), Address::repeat_byte(0xf1));
    fixture.chain.set_code(
        designator,
        [&[0xef, 0x01, 0x00][..], &[0x11; 20]].concat().into(),
    );
    fixture
        .chain
        .set_code(fragment, vec![0xef, 0xf0, 0x01, 0x00, 0x01].into());
    let registry = fixture.registry;
    for (account, reason) in [
        (account(4), not_runnable::NO_CODE),
        (Address::repeat_byte(0x77), not_runnable::NO_CODE),
        (inactive.implementation, not_runnable::NOT_ACTIVATED),
        (designator, not_runnable::DESIGNATOR),
        (Address::with_last_byte(4), not_runnable::PRECOMPILE),
        (Address::with_last_byte(0x71), not_runnable::PRECOMPILE),
        (minimal, not_runnable::PROXY),
        (registry, not_runnable::PROXY),
        (framework().proxy.address, not_runnable::PROXY),
        (framework().storage.address, not_runnable::PROXY),
        (fragment, not_runnable::FRAGMENT),
    ] {
        let code = Code {
            implementation: account,
            codehash: fixture.code_hash(account),
            layoutHash: B256::ZERO,
            sourceHash: B256::ZERO,
        };
        refused(
            add(&mut fixture, "1.0", &code, initial_step()),
            Proxy::ImplementationNotRunnable {
                implementation: account,
                reason,
            },
        );
    }
}

#[test]
fn code_is_bound_by_its_hash() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    let wrong = Code {
        codehash: B256::repeat_byte(9),
        ..v1.clone()
    };
    let changed = IRegistry::CodeChanged {
        account: v1.implementation,
        expected: wrong.codehash,
        found: v1.codehash,
    };
    refused(add(&mut fixture, "1.0", &wrong, initial_step()), changed);
}

#[test]
fn a_version_has_eight_incoming_steps() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    add(&mut fixture, "0", &v1, initial_step()).expect("added");
    for n in 1..=9 {
        add(&mut fixture, &n.to_string(), &v1, initial_step()).expect("added");
    }
    add(&mut fixture, "10", &v1, step("0", 0, Bytes::new())).expect("added");
    let plain = |from: &str| step(from, 0, Bytes::new());
    refused(
        add_step(&mut fixture, "10", plain("0")),
        invalid("0", "10", invalid_step::TOO_MANY_INCOMING_STEPS),
    );
    refused(
        add_step(&mut fixture, "10", plain("10")),
        invalid("10", "10", invalid_step::NOT_OLDER),
    );
    refused(
        add_step(&mut fixture, "3", plain("4")),
        invalid("4", "3", invalid_step::NOT_OLDER),
    );
    refused(
        add_step(&mut fixture, "3", plain("")),
        invalid("", "3", invalid_step::UNKNOWN_FROM),
    );
    refused(
        add_step(&mut fixture, "77", plain("1")),
        Proxy::VersionNotFound {
            name: "A".into(),
            version: "77".into(),
        },
    );
    for n in 1..=7 {
        add_step(&mut fixture, "10", plain(&n.to_string())).expect("another way");
    }
    refused(
        add_step(&mut fixture, "10", plain("8")),
        invalid("8", "10", invalid_step::TOO_MANY_INCOMING_STEPS),
    );
    let read = fixture.view(&calls::get_version("A", "10")).expect("10");
    let from: Vec<String> = read.steps.into_iter().map(|step| step.from).collect();
    assert_eq!(from, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn migrate_starts_at_the_current_version() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    let migrate = |fixture: &mut Fixture, version: &str, from: &str| {
        let step = step(from, 0, Bytes::new());
        let call = calls::migrate("A", version, &v1, step);
        fixture.send(account(0), &call)
    };
    let current = |fixture: &Fixture| {
        fixture
            .view(&IRegistry::definitionCall { name: "A".into() })
            .expect("definition")
            .current
    };
    migrate(&mut fixture, "1", "").expect("the first");
    add(&mut fixture, "2", &v1, step("1", 0, Bytes::new())).expect("added");
    refused(
        migrate(&mut fixture, "3", "2"),
        invalid("2", "3", invalid_step::NOT_FROM_CURRENT),
    );
    refused(
        migrate(&mut fixture, "3", ""),
        invalid("", "3", invalid_step::NOT_FROM_CURRENT),
    );
    let sequence = migrate(&mut fixture, "2", "1")
        .expect("only made current")
        .events::<IRegistry::Executed>()[0]
        .sequence;
    assert_eq!((current(&fixture).as_str(), sequence), ("2", 2));
    migrate(&mut fixture, "2", "1").expect("again");
    let exists = |version: &str| IRegistry::VersionExists {
        name: "A".into(),
        version: version.into(),
    };
    refused(migrate(&mut fixture, "2", ""), exists("2"));
    refused(migrate(&mut fixture, "1", ""), exists("1"));
}

#[test]
fn a_call_that_could_not_be_executed_gathers_no_approval() {
    let mut fixture = Fixture::new(&format!("AND({},{})", is(account(0)), is(account(1))));
    let define = |policy: &str| IRegistry::createDefinitionCall {
        name: "A".into(),
        migratePolicy: is(account(0)),
        policyPolicy: policy.into(),
        createPolicy: is(account(0)),
    };
    refused(
        fixture.send(account(0), &define("Admin")),
        IRegistry::InvalidPolicy {
            expression: "Admin".into(),
            offset: 0,
            reason: invalid_policy::SYNTAX,
        },
    );
    let call = define(&is(account(0)));
    let first = fixture.send(account(0), &call).expect("recorded").returned;
    assert!(!first.executed);
    fixture.send(account(1), &call).expect("defined");
}

#[test]
fn the_registry_itself_has_no_versions() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    let call = calls::add_version(String::new(), "1.0", &code, initial_step());
    refused(
        fixture.send(account(0), &call),
        IRegistry::InvalidLabel {
            label: String::new(),
            reason: label::EMPTY,
        },
    );
}
