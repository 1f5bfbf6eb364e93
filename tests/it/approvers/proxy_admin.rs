//! OpenZeppelin's tools take what the ERC-1967 admin slot holds for a ProxyAdmin. What they call there
//! fails in words that reach their users.

use super::fixture::Fixture;
use crate::prelude::*;

#[tokio::test]
async fn who_upgrades_with_proxy_admin_reads_what_to_use_instead() {
    let fixture = Fixture::new().await;
    fixture.decided_with(fixture.owner(1).address());
    let admin = fixture.done("policy update A Admin");
    assert_eq!(admin["executed"], true, "{admin}");
    fixture.done("register A 1.0 counter-v1");
    let initializer = "--init initialize(uint256) 7";
    let created = fixture.done(&format!("create-proxy A 1.0 {initializer}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("solidity/upgrade-as-proxy-admin.js");
    let output = Command::new("node")
        .arg(script)
        .arg(fixture.npm())
        .args([fixture.node.endpoint().as_str(), text(&created, "proxy")])
        .output()
        .expect("node");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let answers: Value = serde_json::from_slice(&output.stdout).expect("a document");
    let registry = fixture.registry().to_string();
    assert_eq!(text(&answers, "admin"), registry);
    for (call, instead) in [
        ("upgradeAndCall", "use migrate"),
        ("transferOwnership", "use setPolicy"),
        ("owner", "there is no owner, ask policy"),
    ] {
        let expected = format!("NotSupported: {call}: {instead}");
        let found = text(&answers, call);
        assert!(found.contains(&expected), "{call}: {found}");
    }
}
