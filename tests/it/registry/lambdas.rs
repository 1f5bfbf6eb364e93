//! Malicious lambdas: they call back, burn gas, or change their result over time. And callers who
//! give an honest lambda too little gas.

use crate::prelude::*;
use crate::registry::errors::not_an_approver;
use stylus_upgrades::build::Artifact;
use stylus_upgrades_interface::limits::LAMBDA_GAS;
use stylus_upgrades_interface::reasons::blocked_by;

use super::fixture::{Fixture, account, is, refused};

/// What the approvers are asked: another role of "A".
fn order() -> IRegistry::setPolicyCall {
    calls::set_policy("A", "audit", is(account(7)))
}

fn has_audit_policy(fixture: &Fixture) -> bool {
    let policy = calls::policy("A", "audit");
    fixture.view(&policy).is_ok()
}

/// A lambda of EVM code.
fn lambda(fixture: &mut Fixture, code: &[u8]) -> Address {
    fixture.deploy_evm(code)
}

/// Answers what slot 0 of the lambda holds.
pub(super) const STORED: [u8; 9] = [0x5f, 0x54, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3, 0x00];

/// Has such a lambda answer that.
pub(super) fn say(fixture: &mut Fixture, lambda: Address, yes: bool) {
    let word = B256::with_last_byte(yes.into());
    fixture.chain.set_storage_at(lambda, U256::ZERO, word);
}

/// A lambda of WASM that always consents.
fn wasm(fixture: &mut Fixture) -> Address {
    let text = r#"(module
        (import "vm_hooks" "write_result" (func $answer (param i32 i32)))
        (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
            (i32.store8 (i32.const 31) (i32.const 1))
            (call $answer (i32.const 0) (i32.const 32))
            (i32.const 0)))"#;
    let module = wat::parse_str(text).expect("a module");
    let artifact = Artifact::from_wasm("lambda", &module).expect("a program");
    let code = fixture.deploy_code(&artifact.creation_code());
    fixture.activate(code.implementation);
    code.implementation
}

/// EVM code that makes a call, whatever comes of it, and then answers `true`.
fn calling(to: Address, calldata: &[u8]) -> Vec<u8> {
    let length = (calldata.len() as u16).to_be_bytes();
    let mut code = vec![0x61, length[0], length[1], 0x60, 0x36, 0x5f, 0x39]; // CODECOPY(0, 54, length)
    // CALL(gas, to, 0, 0, length, 0, 0) POP
    code.extend([0x5f, 0x5f, 0x61, length[0], length[1], 0x5f, 0x5f, 0x73]);
    code.extend(to.as_slice());
    code.extend([0x5a, 0xf1, 0x50]);
    // MSTORE(0, 1) RETURN(0, 32)
    code.extend([0x60, 0x01, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    code.resize(0x36, 0);
    code.extend(calldata);
    code
}

#[test]
fn a_lambda_of_wasm_decides_like_one_of_evm() {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = wasm(&mut fixture);
    fixture.defined(&format!("AND({},CALL({}))", is(account(0)), is(yes)));
    fixture.executes(0, &order());
}

#[test]
fn a_lambda_that_calls_back_changes_nothing() {
    let theft = calls::set_policy("A", "theft", is(account(8)));
    let rollout = calls::rollout("A", []);
    for back in [
        theft.abi_encode(),
        rollout.abi_encode(),
        IRegistry::revokeCall { action: B256::ZERO }.abi_encode(),
        IRegistry::cancelCall { action: B256::ZERO }.abi_encode(),
        order().abi_encode(),
    ] {
        let mut fixture = Fixture::new(&is(account(0)));
        let registry = fixture.registry;
        let thief = lambda(&mut fixture, &calling(registry, &back));
        // it would be allowed to, as an approver: what stops it is how it is called
        fixture.defined(&format!(
            "OR({},AND({},CALL({})))",
            is(thief),
            is(account(0)),
            is(thief)
        ));
        let done = fixture.accepted(0, &order());
        assert!(done.returned.executed);
        assert_eq!(done.events::<IRegistry::PolicyChanged>().len(), 1);
        let stolen = fixture.view(&calls::policy("A", "theft"));
        let role = "theft".into();
        refused(stolen, IRegistry::UnknownRole { role });
    }
}

#[test]
fn a_lambda_may_call_the_registry_while_it_is_called() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    let view = IRegistry::definitionCall { name: "A".into() }.abi_encode();
    let mut code = calling(registry, &view);
    // whether the call came through is the answer: PUSH0 MSTORE PUSH1 32 PUSH0 RETURN for POP…
    code[37..43].copy_from_slice(&[0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
    let curious = lambda(&mut fixture, &code);
    fixture.defined(&format!("AND({},CALL({}))", is(account(0)), is(curious)));
    fixture.executes(0, &order());
}

#[test]
fn a_lambda_that_asks_how_far_its_own_action_is_comes_to_an_end() {
    let mut fixture = Fixture::new(&is(account(0)));
    let registry = fixture.registry;
    let policy = |lambda| {
        format!(
            "AND({},{},CALL({}))",
            is(account(0)),
            is(account(1)),
            is(lambda)
        )
    };
    // the action's id does not depend on the lambda's code, so the lambda can know it before
    let placeholder = lambda(&mut fixture, &STORED);
    fixture.defined(&policy(placeholder));
    let action = fixture.records(0, &order());
    let ask = IRegistry::readinessCall { action }.abi_encode();
    let code = calling(registry, &ask);
    fixture.chain.set_code(placeholder, code.into());
    let done = fixture.accepted(1, &order());
    assert!(!done.returned.executed, "and its code is another now");

    let recursive = IRegistry::actionOfCall {
        call: order().abi_encode().into(),
    };
    let recursive = lambda(&mut fixture, &calling(registry, &recursive.abi_encode()));
    fixture.accepted(0, &calls::create_definition("B", policy(recursive)));
    let order = IRegistry::setPolicyCall {
        name: "B".into(),
        ..order()
    };
    fixture.accepted(0, &order);
    let done = fixture.accepted(1, &order);
    assert!(done.returned.executed);
}

#[test]
fn lambdas_that_burn_everything_cost_their_bound_and_no_more() {
    let mut fixture = Fixture::new(&is(account(0)));
    let policy = |lambdas: &[Address]| {
        let lambdas: Vec<_> = lambdas
            .iter()
            .map(|at| format!("CALL({})", is(*at)))
            .collect();
        format!("OR({},{})", is(account(0)), lambdas.join(","))
    };
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    for n in 0..4 {
        quiet.push(lambda(&mut fixture, &[0x00, n])); // STOP
        loud.push(lambda(&mut fixture, &[0xfe, n])); // INVALID: takes all that it was given
    }
    let mut gas = Vec::new();
    for (name, lambdas) in [("quiet", quiet), ("loud", loud)] {
        let policy = policy(&lambdas);
        fixture.accepted(0, &calls::create_definition(name, policy));
        let order = IRegistry::setPolicyCall {
            name: name.into(),
            ..order()
        };
        gas.push(fixture.accepted(0, &order).gas);
    }
    let burnt = gas[1] - gas[0];
    println!("four lambdas burn {burnt} gas");
    assert!((4 * LAMBDA_GAS - 50_000..4 * LAMBDA_GAS + 50_000).contains(&burnt));
}

/// A registry with a WASM lambda in which two of three have approved and a delay runs. The third is
/// hostile code, and anybody may make it call.
fn waiting() -> (Fixture, Address, B256) {
    let mut fixture = Fixture::new(&is(account(0)));
    let yes = wasm(&mut fixture);
    let third = fixture.deploy("hostile").implementation;
    let two = format!(
        "OutOf(2,{},{},{})",
        is(account(0)),
        is(account(1)),
        is(third)
    );
    fixture.defined(&format!("AND({two},CALL({}),AFTER(1000))", is(yes)));
    fixture.accepted(0, &order());
    let action = fixture.records(1, &order());
    (fixture, third, action)
}

#[test]
fn memory_that_an_approver_holds_open_stops_no_delay() {
    let (mut fixture, third, action) = waiting();
    let registry = fixture.registry;
    let end = fixture.readiness(action).notBefore;
    assert_ne!(end, 0, "the delay runs");
    let mut recorded = 0;
    for pages in [1, 64, 96, 100, 104, 106, 108, 110, 112, 114, 116, 118] {
        let id = fixture.chain.snapshot();
        let actions = vec![
            data(&IHostile::growCall {
                size: pages * 65_536,
            }),
            crate::review::fixture::call(registry, &order()),
        ];
        let act = act(actions);
        let sent = fixture.send_to(account(5), third, &act);
        recorded += usize::from(sent.is_ok());
        let open = fixture.readiness(action);
        assert_eq!(open.notBefore, end, "{pages} pages");
        assert_eq!(open.progress.approvals, 2 + u16::from(sent.is_ok()));
        fixture.wait(1_000);
        fixture.executes(5, &order());
        assert!(fixture.chain.revert(id));
    }
    assert!(recorded > 0, "some of the calls came through");
}

#[test]
fn little_gas_stops_no_delay() {
    let (mut fixture, third, action) = waiting();
    let registry = fixture.registry;
    let end = fixture.readiness(action).notBefore;
    let act = act(vec![crate::review::fixture::call(registry, &order())]);
    let (mut refused, mut recorded) = (0, 0);
    for gas in (300_000..1_500_000).step_by(50_000) {
        let id = fixture.chain.snapshot();
        match fixture.send_with_gas(account(5), third, &act, gas) {
            Ok(_) => recorded += 1,
            Err(_) => refused += 1,
        }
        assert_eq!(fixture.readiness(action).notBefore, end, "{gas} gas");
        assert!(fixture.chain.revert(id));
    }
    assert!(recorded > 0 && refused > 0, "{recorded} and {refused}");
}

#[test]
fn a_lambda_whose_code_is_replaced_consents_no_more() {
    let (mut fixture, _, action) = waiting();
    let policy = fixture.view(&calls::policy("A", "policy"));
    let policy = policy.expect("set");
    let at = policy.find("CALL(").expect("a lambda") + 5;
    let yes: Address = policy[at..at + 42].parse().expect("an address");
    // 7702: the same account, delegated to somebody who says yes as well
    let other = lambda(&mut fixture, &calling(Address::ZERO, &[]));
    let designator = [&[0xef, 0x01, 0x00], other.as_slice()].concat();
    for code in [
        Bytes::from(designator),
        Bytes::from(calling(Address::ZERO, &[])),
    ] {
        fixture.chain.set_code(yes, code);
        fixture.wait(1_000);
        fixture.refuses(5, &order(), not_an_approver(5));
        assert_eq!(fixture.readiness(action).blockedBy, blocked_by::LAMBDA);
    }
    let block = fixture.chain.block(BlockId::latest());
    assert!(block.is_some() && !has_audit_policy(&fixture));
}

#[test]
fn a_lambda_that_changes_its_answer_is_called_again_before_execution() {
    let mut fixture = Fixture::new(&is(account(0)));
    let fickle = lambda(&mut fixture, &STORED);
    let all = [is(account(0)), is(account(1))].join(",");
    fixture.defined(&format!("AND({all},CALL({}))", is(fickle)));
    say(&mut fixture, fickle, true);
    let action = fixture.records(0, &order());
    assert_eq!(fixture.readiness(action).blockedBy, blocked_by::APPROVALS);

    say(&mut fixture, fickle, false);
    let second = fixture.accepted(1, &order()).returned;
    assert_eq!((second.approvals, second.executed), (2, false));
    assert_eq!(fixture.readiness(action).blockedBy, blocked_by::LAMBDA);
    assert!(!has_audit_policy(&fixture));
    fixture.refuses(5, &order(), not_an_approver(5));

    say(&mut fixture, fickle, true);
    fixture.executes(5, &order());
}
