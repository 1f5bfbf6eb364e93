//! Definitions, versions, steps and paths: what is accepted, and what is refused with which error.

use crate::prelude::*;
use crate::registry::errors::*;
use stylus_upgrades_interface::reasons::{invalid_policy, invalid_step, label, not_runnable};

use super::fixture::{
    Done, Fixture, Reverted, account, add_version, all_of, framework, initial_step, is, plain,
    refused, step,
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

/// A version of that code is refused.
#[track_caller]
fn refuse(fixture: &mut Fixture, version: &str, code: &Code, step: Step, error: impl SolError) {
    fixture.refuses(0, &add_version(code, version, step), error);
}

/// Another step is refused for its shape.
#[track_caller]
fn refuse_step(fixture: &mut Fixture, version: &str, from: &str, reason: u8) {
    let error = bad_step(from, version, reason);
    refused(add_step(fixture, version, plain(from)), error);
}

#[test]
fn a_definition_is_created_once_under_a_proper_name() {
    let mut fixture = Fixture::of_one();
    let again = calls::create_definition("A", is(account(0)));
    let name = "A".into();
    fixture.refuses(0, &again, IRegistry::DefinitionExists { name });
    let name = |name: &str| calls::create_definition(name, is(account(0)));
    for (text, reason) in [
        ("", label::EMPTY),
        ("a b", label::BAD_CHARACTER),
        ("é", label::BAD_CHARACTER),
    ] {
        fixture.refuses(0, &name(text), bad_label(text, reason));
    }
    let long = "x".repeat(65);
    fixture.refuses(0, &name(&long), bad_label(&long, label::TOO_LONG));
    fixture.accepted(0, &name(&long[..64]));
    fixture.refuses(1, &name("B"), not_an_approver(1));
    let sent = fixture.view(&IRegistry::definitionCall { name: "B".into() });
    refused(sent, IRegistry::DefinitionNotFound { name: "B".into() });
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
            .view(&calls::versions("A", start, count))
            .expect("labels")
    };
    assert_eq!(labels(0, 10), ["1.0", "2.0"]);
    assert_eq!(labels(1, 1), ["2.0"]);
    assert!(labels(2, 1).is_empty());
    let missing = fixture.view(&calls::get_version("A", "9"));
    refused(missing, version_not_found("9"));
    let definition = fixture.definition();
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
    let (mut fixture, v1) = Fixture::with_first_version("counter-v1");
    let exists = version_exists("1.0");
    refuse(&mut fixture, "1.0", &v1, initial_step(), exists);
    let error = bad_label("", label::EMPTY);
    refuse(&mut fixture, "", &v1, initial_step(), error);
    let error = bad_label("2 0", label::BAD_CHARACTER);
    refuse(&mut fixture, "2 0", &v1, initial_step(), error);
}

#[test]
fn a_script_that_cannot_run_is_no_step() {
    let (mut fixture, v1) = Fixture::with_first_version("counter-v1");
    let script = account(7);
    let step = Step {
        script,
        scriptCodehash: fixture.code_hash(script),
        ..step("1.0", 2, vec![1].into())
    };
    let error = cannot_run(script, not_runnable::NO_CODE);
    refuse(&mut fixture, "2.0", &v1, step, error);
}

#[test]
fn steps_have_a_shape() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    let refusal = bad_step("0.9", "1.0", invalid_step::INITIAL_WITH_MIGRATION);
    refuse(&mut fixture, "1.0", &v1, plain("0.9"), refusal);
    refuse(
        &mut fixture,
        "1.0",
        &v1,
        step("", 1, vec![1].into()),
        bad_step("", "1.0", invalid_step::INITIAL_WITH_MIGRATION),
    );
    add(&mut fixture, "1.0", &v1, initial_step()).expect("added");
    let scripted = |script, data: Bytes| Step {
        script,
        scriptCodehash: v1.codehash,
        ..step("1.0", 2, data)
    };
    let hash_alone = Step {
        scriptCodehash: v1.codehash,
        ..plain("1.0")
    };
    let data = |length| Bytes::from(vec![1; length]);
    for (step, reason) in [
        (plain("1.5"), invalid_step::UNKNOWN_FROM),
        (plain("2.0"), invalid_step::NOT_OLDER),
        (step("1.0", 5, data(0)), invalid_step::UNKNOWN_KIND),
        (step("1.0", 0, data(1)), invalid_step::DATA_MISMATCH),
        (step("1.0", 4, data(0)), invalid_step::DATA_MISMATCH),
        (step("1.0", 2, data(1)), invalid_step::SCRIPT_MISMATCH),
        (
            scripted(v1.implementation, data(0)),
            invalid_step::DATA_MISMATCH,
        ),
        (hash_alone, invalid_step::SCRIPT_MISMATCH),
        (step("1.0", 1, data(8_193)), invalid_step::DATA_TOO_LONG),
        (step("1.0", 3, data(1)), invalid_step::SCRIPT_MISMATCH),
    ] {
        let error = bad_step(&step.from, "2.0", reason);
        refuse(&mut fixture, "2.0", &v1, step, error);
    }
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
        let error = cannot_run(account, reason);
        refuse(&mut fixture, "1.0", &code, initial_step(), error);
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
    let changed = code_changed(v1.implementation, wrong.codehash, v1.codehash);
    refuse(&mut fixture, "1.0", &wrong, initial_step(), changed);
}

#[test]
fn a_version_has_eight_incoming_steps() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    add(&mut fixture, "0", &v1, initial_step()).expect("added");
    for n in 1..=9 {
        add(&mut fixture, &n.to_string(), &v1, initial_step()).expect("added");
    }
    add(&mut fixture, "10", &v1, plain("0")).expect("added");
    let plain = |from: &str| plain(from);
    let error = invalid_step::TOO_MANY_INCOMING_STEPS;
    refuse_step(&mut fixture, "10", "0", error);
    refuse_step(&mut fixture, "10", "10", invalid_step::NOT_OLDER);
    refuse_step(&mut fixture, "3", "4", invalid_step::NOT_OLDER);
    refuse_step(&mut fixture, "3", "", invalid_step::UNKNOWN_FROM);
    let sent = add_step(&mut fixture, "77", plain("1"));
    refused(sent, version_not_found("77"));
    for n in 1..=7 {
        add_step(&mut fixture, "10", plain(&n.to_string())).expect("another way");
    }
    let error = invalid_step::TOO_MANY_INCOMING_STEPS;
    refuse_step(&mut fixture, "10", "8", error);
    let read = fixture.view(&calls::get_version("A", "10")).expect("10");
    let from: Vec<String> = read.steps.into_iter().map(|step| step.from).collect();
    assert_eq!(from, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn migrate_starts_at_the_current_version() {
    let mut fixture = Fixture::of_one();
    let v1 = fixture.deploy("counter-v1");
    let migrate = |fixture: &mut Fixture, version: &str, from: &str| {
        let step = plain(from);
        let call = calls::migrate("A", version, &v1, step);
        fixture.send(account(0), &call)
    };
    let current = |fixture: &Fixture| fixture.definition().current;
    migrate(&mut fixture, "1", "").expect("the first");
    add(&mut fixture, "2", &v1, plain("1")).expect("added");
    let sent = migrate(&mut fixture, "3", "2");
    refused(sent, bad_step("2", "3", invalid_step::NOT_FROM_CURRENT));
    let sent = migrate(&mut fixture, "3", "");
    refused(sent, bad_step("", "3", invalid_step::NOT_FROM_CURRENT));
    let sequence = migrate(&mut fixture, "2", "1")
        .expect("only made current")
        .events::<IRegistry::Executed>()[0]
        .sequence;
    assert_eq!((current(&fixture).as_str(), sequence), ("2", 2));
    migrate(&mut fixture, "2", "1").expect("again");
    let exists = |version: &str| version_exists(version);
    refused(migrate(&mut fixture, "2", ""), exists("2"));
    refused(migrate(&mut fixture, "1", ""), exists("1"));
}

#[test]
fn a_call_that_could_not_be_executed_gathers_no_approval() {
    let mut fixture = Fixture::new(&all_of(&[0, 1]));
    let define = |policy: &str| calls::define("A", is(account(0)), policy, is(account(0)));
    let error = bad_policy("Admin", 0, invalid_policy::SYNTAX);
    fixture.refuses(0, &define("Admin"), error);
    let call = define(&is(account(0)));
    let first = fixture.accepted(0, &call).returned;
    assert!(!first.executed);
    fixture.accepted(1, &call);
}

#[test]
fn the_registry_itself_has_no_versions() {
    let mut fixture = Fixture::of_one();
    let code = fixture.deploy("counter-v1");
    let call = calls::add_version(String::new(), "1.0", &code, initial_step());
    fixture.refuses(0, &call, bad_label("", label::EMPTY));
}
