//! Chains without the deployers that nearly every chain has: `registry deploy` puts them there, or says why not before
//! it sends anything.

use crate::prelude::*;
use alloy::primitives::address;
use stylus_upgrades_interface::chain::{CREATE2_DEPLOYER, STYLUS_DEPLOYER};

/// The sender of the known transaction that creates the CREATE2 deployer.
const CREATE2_SENDER: Address = address!("3fab184622dc19b6109349b94811493bf2a45362");

/// A chain on which nobody has deployed anything.
pub(crate) fn bare() -> Sandbox {
    let sandbox = Sandbox::bare();
    sandbox.chain(|chain| {
        for account in [CREATE2_DEPLOYER, STYLUS_DEPLOYER, CREATE2_SENDER] {
            chain.set_code(account, Bytes::new());
            chain.set_nonce(account, 0);
        }
    });
    sandbox
}

fn has_code(sandbox: &Sandbox, account: Address) -> bool {
    let view = sandbox.chain(move |chain| chain.account(account, BlockId::latest()));
    !view.expect("the account").code.is_empty()
}

#[test]
fn a_registry_is_deployed_on_a_chain_without_deployers() {
    let sandbox = bare();
    sandbox
        .run("Admin", "registry deploy --save")
        .warns(&[
            "deploying the CREATE2 deployer, which this chain lacks",
            "deploying the Stylus deployer, which this chain lacks",
        ])
        .ends(0);
    assert!(has_code(&sandbox, CREATE2_DEPLOYER) && has_code(&sandbox, STYLUS_DEPLOYER));
    sandbox.done("Admin", "define A --migrate Admin");
    sandbox.done("Admin", "register A 1.0 counter-v1");
    sandbox.done("Admin", CREATE);
    assert_eq!(sandbox.proxies().len(), 1);
}

#[test]
fn what_a_chain_cannot_have_is_said_before_anything_is_spent() {
    let sandbox = bare();
    sandbox.chain(|chain| chain.set_nonce(CREATE2_SENDER, 1));
    let before = sandbox.block();
    let refused = sandbox.run("Admin", "registry deploy --save");
    refused.is(4, "NoCreate2Deployer");
    assert_snapshot!(refused.refusal(), @"
    message: the chain has no CREATE2 deployer at [address], and its known transaction cannot be mined here
    expected: the first transaction of [address], for at most [number] gas
    found: 1 transactions of [address], and no deployer
    next: nothing was sent; as the owner of a chain of your own, set the price of the parent chain's data to 0 for a moment (ArbOwner.setL1PricePerUnit); else use a chain that has the deployer
    ");
    assert_eq!(sandbox.block(), before, "nothing was sent");

    // other code where the Stylus deployer belongs
    let sandbox = bare();
    sandbox.set_code(STYLUS_DEPLOYER, vec![0]);
    let before = sandbox.block();
    let refused = sandbox.run("Admin", "registry deploy --save");
    refused.is(1, "OtherDeployer");
    assert_eq!(sandbox.block(), before, "nothing was sent");
}

#[test]
fn a_policy_all_of_whose_salts_are_used_asks_for_one() {
    let sandbox = Sandbox::new();
    // Code is at every address that had none.
    let relay = Relay::lying(&sandbox.node.endpoint(), |request, answer| {
        if request["method"] == "eth_getCode" && answer["result"] == "0x" {
            answer["result"] = json!("0x00");
        }
    });
    let before = sandbox.block();
    let refused = sandbox.run_at(&relay, "Admin", "registry deploy");
    refused.is(1, "SaltsUsed");
    assert_snapshot!(refused.refusal(), @r#"
    message: no free address was found for a registry of the policy "[address]"
    expected: a salt from 1 to 65536 whose address has no code
    found: code at each address that was looked at
    next: give --salt 0x and 64 hexadecimal digits of your own
    "#);
    assert_eq!(sandbox.block(), before, "nothing was sent");
}
