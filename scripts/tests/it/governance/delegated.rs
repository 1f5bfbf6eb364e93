//! Approvers whose account delegates to the code of another one (EIP-7702): whoever drives that code is the approver.

use crate::prelude::*;

/// Gives an account an EIP-7702 designator of `target`, or ends its delegation.
fn delegate(sandbox: &Sandbox, account: Address, target: Option<Address>) {
    let code = target.map(|target| [&hex!("ef0100")[..], target.as_slice()].concat());
    sandbox.set_code(account, code.unwrap_or_default());
}

#[test]
fn an_approver_whose_account_runs_other_code_is_named_before_and_after_the_policy_is_set() {
    let sandbox = Sandbox::new();
    // Admin2's account, as the second of the well-known keys.
    let approver: Address = sandbox.node.addresses()[1];
    let target = Address::repeat_byte(0x77);
    let id = format!("DelegatedApprover:{approver}");
    sandbox.done("Admin", &format!("define Before --migrate {BOTH}"));
    delegate(&sandbox, approver, Some(target));
    let define = format!("define A --migrate {BOTH}");
    let refused = sandbox.run("Admin", &define);
    refused.is(2, "Unconfirmed").says("expected", &[&id]);
    refused.says("message", &[&target.to_string()]);
    assert_snapshot!(refused.refusal(), @"
    message: the approver [address] delegates to the code of [address] (EIP-7702)
    expected: --accept DelegatedApprover:[address]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept DelegatedApprover:[address]
    ");
    sandbox.done("Admin", &format!("{define} --accept {id}"));
    let update = sandbox.run("Admin", "policy update A --role pause OR(Admin,Admin2)");
    update.is(2, "Unconfirmed").says("expected", &[&id]);
    assert_snapshot!(update.refusal(), @"
    message: the approver [address] delegates to the code of [address] (EIP-7702)
    expected: --accept DelegatedApprover:[address]
    found: no --accept for it
    next: nothing was sent; to accept it, give --accept DelegatedApprover:[address]
    ");
    // One that was set before is named as long as it lasts.
    let doctor = |ends: bool| {
        let found = sandbox.run("Other", "doctor");
        let told = found.document["findings"].to_string();
        assert_eq!(told.contains(&id), !ends, "{found:?}");
    };
    doctor(false);
    delegate(&sandbox, approver, None);
    doctor(true);
    sandbox.done("Admin", &format!("define C --migrate {BOTH}"));
}
