//! The upgrades plugin of OpenZeppelin in a project of hardhat: proxies of every kind are deployed,
//! upgraded and imported; the proxy of a registry is refused to it by name.

use crate::prelude::*;
use stylus_upgrades::layout::read_file;
use stylus_upgrades_harness::{Report, home};

use crate::upgrade::counter;

#[tokio::test]
#[ignore = "nightly: installs hardhat with its plugins, about 30 s"]
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
    namespaces_are_those_of_upgrades_core(project.path());
    Ok(())
}

/// Of each contract that hardhat compiled, the build-info shows the namespaces that the plugin found by
/// compiling once more.
fn namespaces_are_those_of_upgrades_core(project: &Path) {
    let validations = std::fs::read(project.join("cache/validations.json")).expect("the plugin's");
    let validations: Value = serde_json::from_slice(&validations).expect("JSON");
    let infos = std::fs::read_dir(project.join("artifacts/build-info")).expect("hardhat's");
    let info = infos.flatten().next().expect("a build").path();
    let place = |types: &Value, item: &Value| {
        let label = &types[item["type"].as_str().unwrap_or_default()]["label"];
        [&item["label"], &item["slot"], &item["offset"], label].map(Value::to_string)
    };
    for name in ["Box", "OwnBox", "OwnBoxV2", "KeptBox"] {
        let found = format!("{}:{name}", info.display());
        let found = read_file(found.as_ref()).expect("a layout").document;
        let unlisted = found.unlisted();
        assert_eq!(unlisted, [], "{name}");
        assert!(found.interface.is_some(), "{name}: its ABI stands there");
        let found = serde_json::to_value(&found.layout).expect("JSON");
        let mut known = validations["log"].as_array().into_iter().flatten();
        let known = known.find_map(|log| {
            let mut all = log.as_object().into_iter().flatten();
            all.find_map(|(path, one)| path.ends_with(&format!(":{name}")).then(|| &one["layout"]))
        });
        let known = known.expect("what the plugin knows of it");
        let places = |layout: &Value| -> BTreeMap<String, Vec<[String; 4]>> {
            let all = layout["namespaces"].as_object().into_iter().flatten();
            all.map(|(id, items)| {
                let items = items.as_array().into_iter().flatten();
                (
                    id.clone(),
                    items.map(|item| place(&layout["types"], item)).collect(),
                )
            })
            .collect()
        };
        assert_eq!(places(&found), places(known), "{name}");
        assert!(!places(known).is_empty(), "{name}");
        // Structs within have their members where the plugin has them.
        for (id, kind) in found["types"].as_object().into_iter().flatten() {
            let members = |types: &Value, kind: &Value| -> Vec<[String; 4]> {
                let all = kind["members"].as_array().into_iter().flatten();
                all.filter(|one| one.is_object())
                    .map(|one| place(types, one))
                    .collect()
            };
            let mut known_types = known["types"].as_object().into_iter().flatten();
            let same = known_types.find(|(_, one)| one["label"] == kind["label"]);
            let Some((_, same)) = same else { continue };
            let both = [
                members(&found["types"], kind),
                members(&known["types"], same),
            ];
            assert_eq!(both[0], both[1], "{name} {id}");
            // The underlying type of a user-defined value type has no size there.
            if !same["numberOfBytes"].is_null() {
                assert_eq!(kind["numberOfBytes"], same["numberOfBytes"], "{name} {id}");
            }
        }
    }
}
