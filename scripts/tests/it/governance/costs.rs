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
