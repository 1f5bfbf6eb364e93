//! Who controls the code, in numbers: before and after an action, and what is worse then.

use crate::prelude::*;

/// Where a Safe stands.
const SAFE: Address = Address::repeat_byte(0x5a);

/// EVM code that answers `getThreshold()` with 2, and every other call with three owners.
fn safe_code(owners: [Address; 3]) -> Vec<u8> {
    // PUSH0 CALLDATALOAD PUSH1 224 SHR PUSH4 selector EQ PUSH1 0x63 JUMPI, then the array
    let mut code = hex!("5f3560e01c63e75235b81460635760205f526003602052").to_vec();
    for (owner, place) in owners.into_iter().zip([0x40, 0x60, 0x80]) {
        code.push(0x73);
        code.extend(owner);
        code.extend([0x60, place, 0x52]);
    }
    code.extend(hex!("60a05ff3"));
    assert_eq!(code.len(), 0x63, "JUMPDEST");
    code.extend(hex!("5b60025f5260205ff3"));
    code
}

#[test]
fn a_safe_is_looked_through_and_the_shortest_delay_is_told() {
    let sandbox = Sandbox::new();
    let owners = [1, 2, 3].map(Address::repeat_byte);
    sandbox.set_code(SAFE, safe_code(owners));
    let team = "AND(OutOf(2,Admin,Admin2,Admin3),AFTER(1d))";
    let define = format!("define A --migrate {team} --policy {SAFE} --create Admin");
    sandbox.done("Admin", &format!("{define} --accept excluded-sender"));
    let shown = sandbox.shown("Other", "status A", 0);
    assert_snapshot!(masked(&shown), @"
    A  current nothing yet  sequence 0  live
      create   Admin
      migrate  AND(OutOf(2,Admin,Admin2,Admin3),AFTER(86400))
      policy   [address]
      pause: any one of Admin, Admin2, Admin3 (not set)
      cancel: nobody (not set)
      control  2 accounts of 3 (2 of 3 owners of the Safe [address]) can replace the code at once, by policy, then migrate
    ");
    let status = sandbox.done("Other", "status A");
    let control = &status["definitions"][0]["control"];
    let (fewest, soonest) = (&control["fewest"], &control["soonest"]);
    assert_eq!(fewest, soonest, "{control}");
    assert_eq!((&fewest["accounts"], &fewest["of"]), (&json!(2), &json!(3)));
    assert_eq!(fewest["delay_seconds"], 0);
    assert_eq!(fewest["by"], "policy-then-migrate");
    assert_eq!(
        fewest["who"],
        json!([{"kind": "safe", "account": SAFE, "threshold": 2, "owners": owners}])
    );
    // What answers otherwise is any contract.
    sandbox.set_code(SAFE, hex!("60015f5260205ff3").to_vec());
    let shown = sandbox.shown("Other", "status A", 0);
    contains(&shown, &["1 account (the contract"]);
}

#[test]
fn an_action_shows_control_before_and_after_and_warns_where_it_is_worse() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", &format!("define A --migrate {BOTH}"));
    let update = "policy update A --role migrate Admin";
    let proposed = sandbox.run("Admin", update);
    assert_snapshot!(proposed.notes(), @"
    set policy migrate of A  (decided by policy)
      now           AND(Admin,Admin2)
      afterwards    Admin
      ! policy-change: takes at least 1 approval, not 2
      ! policy-change: removes the approver Admin2 ([address])
      ✗ policy-change: Admin ([address]) can decide alone
      control now   2 accounts (Admin, Admin2) can replace the code at once
      control after 1 account (Admin) can replace the code at once
    sending set policy migrate of A: about [amount] ETH, [number] L1+L2 gas
    at most [amount] ETH leaves [address] in all, fees and values (--max-spend)
    ");
    let action = text(proposed.ends(3), "action").to_owned();
    let shown = sandbox.shown("Admin2", &format!("pending {action}"), 0);
    contains(
        &shown,
        &[
            "  control now   2 accounts (Admin, Admin2) can replace the code at once",
            "  control after 1 account (Admin) can replace the code at once",
            "! control-weaker: fewer accounts will control A: 1 account (Admin) can replace the code at once; now: 2 \
             accounts (Admin, Admin2) can replace the code at once",
        ],
    );
    sandbox.done("Admin2", &format!("{update} --accept excluded-sender"));
    let guarded = "policy update A --role cancel Admin3";
    sandbox.proposed("Admin", guarded);
    sandbox.done("Admin2", guarded);
    let lost = sandbox.proposed(
        "Admin",
        "policy update A --role cancel NONE --accept policy-none",
    );
    let action = text(&lost, "action");
    let review = sandbox.done("Admin2", &format!("pending {action}"));
    let exit = list(&review, "findings");
    let exit = exit.iter().find(|finding| finding["id"] == "exit-window");
    let exit = text(exit.expect("a finding"), "message");
    contains(exit, &["no guardian", "before: Admin3"]);
}

#[test]
fn one_key_at_once_is_accepted_by_name_on_a_public_chain() {
    let mut config = NodeConfig::default();
    config.chain.chain_id = 421_614;
    let sandbox = Sandbox::on(config);
    sandbox.done("Admin", "registry deploy --save");
    sandbox.done("Admin", &format!("define A --migrate {BOTH}"));
    let update = "policy update A --role migrate Admin";
    let refused = sandbox.run("Admin", update);
    assert_snapshot!(refused.refusal(), @"
    message: one key will control A: 1 account (Admin) can replace the code at once; now: 2 accounts (Admin, Admin2) can replace the code at once
    expected: two accounts, or a delay
    found: 1 account (Admin) can replace the code at once
    next: name more approvers, or a delay; to accept it: --accept single-key
    ");
    let accepted = format!("{update} --accept single-key");
    sandbox.proposed("Admin", &accepted);
    // Each approver answers for it.
    sandbox.run("Admin2", update).is(1, "SingleKey");
    sandbox.done("Admin2", &format!("{accepted},excluded-sender"));
    // A second change does not make it worse.
    sandbox.proposed("Admin", "policy update A --role create Admin");
    // A definition that one key controls from the beginning is no change.
    let define = sandbox.run("Admin", "define B --migrate Admin");
    define.ends(0);
}
