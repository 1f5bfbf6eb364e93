//! The upgrades plugin of OpenZeppelin in a project of hardhat: proxies of every kind are deployed,
//! upgraded and imported; the proxy of a registry is refused to it by name.

use std::process::Command;

use stylus_upgrades_harness::{Chain, Harness, HarnessError, Lines, Npm, Report, home};

use crate::upgrade::counter;

#[tokio::test]
async fn the_upgrades_plugin_works_and_a_registry_refuses_it_an_instance_by_name()
-> Result<(), HarnessError> {
    let packages = Npm::install_openzeppelin(&Lines)?;
    let harness = Harness::on(Chain::start().await?).await?;
    let it = counter(&harness).await?;
    let chain = harness.chain();
    // A project of its own: the plugin keeps what it knows of a chain beside it.
    let project = tempfile::tempdir().expect("a folder");
    let sources = home().join("tests");
    std::fs::create_dir(project.path().join("contracts")).expect("a folder");
    for (from, to) in [
        ("openzeppelin/hardhat.config.js", "hardhat.config.js"),
        ("openzeppelin/package.json", "package.json"),
        ("openzeppelin/upgrades.js", "upgrades.js"),
        ("openzeppelin/contracts/Box.sol", "contracts/Box.sol"),
        ("clients/report.cjs", "report.cjs"),
    ] {
        std::fs::copy(sources.join(from), project.path().join(to)).expect("copied");
    }
    let modules = packages.folder().join("node_modules");
    std::os::unix::fs::symlink(modules, project.path().join("node_modules")).expect("a link");
    let mut suite = Command::new("node");
    suite
        .arg("upgrades.js")
        .current_dir(project.path())
        .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true")
        .env("TMPDIR", project.path())
        .env("NODE_URL", chain.url())
        .env("KEY", chain.signer().to_bytes().to_string())
        .env("PROXY", it.instance.address().to_string())
        .env("REGISTRY", harness.registry().to_string());
    if !chain.is_test_chain().await {
        suite.env("REMOTE", "1");
    }
    let report = Report::of("upgrades plugin", &mut suite)?;
    super::table::assert_passed("upgrades plugin", &report);
    assert_eq!(it.instance.version().await?, "1.0");
    Ok(())
}
