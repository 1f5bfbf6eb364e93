//! Adoptions of proxies as another kind than they are.

use crate::prelude::*;
use stylus_upgrades::registry::given_to;
use stylus_upgrades_interface::reasons::proxy_kind;

#[test]
fn a_transparent_proxy_is_not_approved_as_a_uups_proxy() {
    let sandbox = Sandbox::new();
    sandbox.done("Admin", &["define", "A", "--migrate", BOTH]);
    sandbox.agreed(BOTH, "register A 1.0 counter-v1");
    // A transparent proxy 4.x behind whose code nobody answers owner(): it was given to the definition's admin.
    let (proxy, code) = (Address::repeat_byte(0x77), Address::repeat_byte(0x78));
    for account in [proxy, code] {
        sandbox.set_code(account, hex!("5f5ffd"));
    }
    sandbox.set_slot(proxy, slots::IMPLEMENTATION, code.into_word());
    let admin = given_to(sandbox.registry(), "A");
    sandbox.set_slot(proxy, slots::ADMIN, admin.into_word());
    let adopt = abi::adoptCall {
        name: "A".into(),
        proxy,
        kind: proxy_kind::UUPS,
        version: "1.0".into(),
    };
    sandbox.send(0, &adopt);
    let action = text(&sandbox.open("A")[0], "action").to_owned();
    let refused = sandbox.run("Admin2", &format!("approve {action}"));
    refused.is(1, "KindDiffers");
    assert_snapshot!(refused.refusal(), @"
    message: [address] is a transparent proxy 4.x of OpenZeppelin, and would be adopted as another kind
    expected: transparent proxy 4.x of OpenZeppelin
    found: UUPS proxy of OpenZeppelin
    next: nothing was sent; stylus-upgrades adopt finds the kind: refuse this action (stylus-upgrades revoke), and propose it again
    ");
}
