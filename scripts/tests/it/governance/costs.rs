//! What a command says that it cost is what left the account: fees, and the value that did not come back.

use crate::prelude::*;

/// Wei of an account.
fn balance(sandbox: &Sandbox, account: Address) -> U256 {
    sandbox.chain(move |chain| {
        let account = chain.account(account, BlockId::latest());
        account.expect("the account").balance
    })
}

#[test]
fn the_costs_of_a_deployment_have_the_fee_for_its_data_in_them() {
    let sandbox = Sandbox::new();
    let admin = sandbox.node.addresses()[0];
    // The second one finds the programs of the registry active.
    for (words, has_fee) in [
        ("deploy counter-v2", true),
        ("registry deploy --salt 0x07", false),
    ] {
        let before = balance(&sandbox, admin);
        let deployed = sandbox.done("Admin", words);
        let left = before - balance(&sandbox, admin);
        let wei = |field: &'static str| {
            let all = list(&deployed, "transactions").iter();
            all.map(|one| text(one, field).parse::<U256>().expect("wei"))
                .sum::<U256>()
        };
        assert_eq!(wei("wei"), left, "{words}: {deployed:#}");
        assert_eq!(wei("value") > U256::ZERO, has_fee, "{words}: {deployed:#}");
    }
}

#[test]
fn a_command_names_what_it_spends_at_most_and_keeps_to_it() {
    let sandbox = super::deployers::bare();
    let admin = sandbox.node.addresses()[0];
    let before = balance(&sandbox, admin);
    let nothing = sandbox.run("Admin", "registry deploy --max-spend 1000");
    nothing.is(1, "SpendingLimit");
    assert_eq!(balance(&sandbox, admin), before, "something was sent");

    // It pays for the sender of the first deployer, and for nothing more.
    let limit = U256::from(12_000_000_000_000_000_u64);
    let stopped = sandbox.run("Admin", &format!("registry deploy --max-spend {limit}"));
    stopped.is(1, "SpendingLimit");
    assert_snapshot!(stopped.refusal(), @"
    message: activate upgradeability-proxy was not sent: it can cost up to [amount] ETH
    expected: at most [amount] wei for all transactions of a command (--max-spend)
    found: up to [amount] wei, after up to [amount] wei for what this command sent before
    next: compare price and gas with another endpoint; if they are right, run the command again with --max-spend WEI: it continues where it stopped
    ");
    stopped.warns(&[&format!("at most 0.012 ETH leaves {admin}")]);
    let left = before - balance(&sandbox, admin);
    assert!(left > U256::ZERO && left <= limit, "{left}");

    let deployed = sandbox.run("Admin", "registry deploy");
    deployed.ends(0);
    let lines: Vec<&str> = deployed.stderr.lines().collect();
    let at = |part: &str| lines.iter().position(|line| line.contains(part));
    let limit = at("at most 1 ETH leaves ").expect("the limit is named");
    let others = lines[limit + 1..].iter();
    assert!(others.clone().any(|line| line.contains("sending ")));
    assert!(!others.into_iter().any(|line| line.contains(" leaves ")));
}
