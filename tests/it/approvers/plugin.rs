//! Proxies that hardhat's upgrades plugin deployed become instances and are upgraded as docs/kinds.md says: all that
//! is known of their code stands in the build-info, and nothing is accepted.

use crate::prelude::*;
use stylus_upgrades::registry::given_to;
use stylus_upgrades_harness::{copy_program, home};

use super::fixture::Fixture;

alloy::sol! {
    interface IBox {
        function value() external view returns (uint256);
        function steps() external view returns (uint256);
    }
}

/// A project of hardhat whose script deployed a proxy that Admin owns.
struct Project {
    folder: tempfile::TempDir,
    printed: String,
    /// The folder of its compiler.
    bin: PathBuf,
}

impl Project {
    fn deployed(fixture: &Fixture, kind: &str) -> Self {
        let packages = Npm::install_openzeppelin(&Lines).expect("the packages");
        let folder = tempfile::tempdir().expect("a folder");
        let sources = home().join("tests/openzeppelin");
        std::fs::create_dir(folder.path().join("contracts")).expect("a folder");
        for file in ["hardhat.config.js", "deploy.js", "contracts/Box.sol"] {
            std::fs::copy(sources.join(file), folder.path().join(file)).expect("copied");
        }
        let bin = packages.folder().to_owned();
        copy_program(&home().join("tests/honest/solcjs"), &bin.join("solcjs")).expect("copied");
        let modules = bin.join("node_modules");
        std::os::unix::fs::symlink(modules, folder.path().join("node_modules")).expect("a link");
        let output = Command::new("node")
            .args(["deploy.js", kind])
            .current_dir(folder.path())
            .env("HARDHAT_DISABLE_TELEMETRY_PROMPT", "true")
            .env("TMPDIR", folder.path())
            .env("NODE_URL", fixture.node.endpoint())
            .env("KEY", fixture.owner(0).to_bytes().to_string())
            .output()
            .expect("it starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        Self {
            folder,
            printed: String::from_utf8_lossy(&output.stdout).into_owned(),
            bin,
        }
    }

    /// What the script called so.
    fn address(&self, name: &str) -> String {
        let mut lines = self.printed.lines();
        let found = lines.find_map(|line| line.strip_prefix(&format!("{name}=")));
        found.expect(name).to_owned()
    }

    fn build_info(&self) -> PathBuf {
        let infos = std::fs::read_dir(self.folder.path().join("artifacts/build-info"));
        let info = infos.expect("hardhat's").flatten().next();
        info.expect("a build").path()
    }

    /// A contract in the build-info, as `--layout` takes it.
    fn contract(&self, name: &str) -> String {
        format!("{}:{name}", self.build_info().display())
    }
}

/// Parts of which nothing was seen, or that somebody accepted.
fn gaps(document: &Value) -> Vec<String> {
    let coverage = document["coverage"].as_object().expect("coverage");
    let absent = coverage.iter().filter(|(_, extent)| *extent == "absent");
    let absent = absent.map(|(part, _)| part.clone());
    let accepted = document["accepted"].as_array().into_iter().flatten();
    absent.chain(accepted.map(Value::to_string)).collect()
}

async fn adopted_and_upgraded(kind: &str, names: [&str; 2], migration: &str, steps: [u64; 2]) {
    let fixture = Fixture::new().await;
    let project = Project::deployed(&fixture, kind);
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    let (proxy, code) = (project.address("proxy"), project.address("implementation"));
    let first = project.contract(names[0]);

    let done = |words: &str| {
        let answer = fixture.run_with_solc(words, &[&project.bin]);
        answer.ends_with(0);
        answer.document
    };
    let register = format!("register A 1.0 {code} --layout {first}");
    let registered = done(&register);
    assert_eq!(gaps(&registered), [""; 0], "{registered:#}");
    let source = text(&registered, "source_hash").to_owned();
    assert_ne!(source.parse::<U256>().ok(), Some(U256::ZERO));
    // A build-info of other code is refused, whichever contract of it is named.
    let other = project.contract(names[1]);
    let refused = fixture.run(&format!("register A 1.1 {code} --layout {other}"));
    assert_eq!(refused.error("name"), "LayoutOfOther", "{refused:?}");

    let give = calls::give_to(given_to(fixture.registry(), "A"));
    let admin: Address = project.address("admin").parse().expect("an address");
    fixture.send(admin, &give).await;
    // Without the file nothing judged the code.
    let adopt = format!("adopt A {proxy} 1.0");
    let refused = fixture.run(&adopt);
    refused.is_refused("NotChecked");
    let next = refused.error("next");
    assert!(next.ends_with("--accept absent:code"), "{next}");
    let adopted = fixture.done(&format!("{adopt} --accept absent:code"));
    assert_eq!(adopted["executed"], true, "{adopted:#}");
    let [absent, accepted] = &gaps(&adopted)[..] else {
        panic!("its code alone: {adopted:#}");
    };
    assert_eq!(absent, "code");
    assert!(accepted.contains("absent:code"), "{accepted}");

    let next = project.address("next");
    let words = format!("A 2.0 {next} --layout {other} --foreign --call {migration}");
    // That it came from elsewhere is a finding of its own, which no code hash clears.
    let account: Address = proxy.parse().expect("an address");
    let arrived = format!("--accept arrival:{account}");
    let planned = done(&format!("plan {words} {arrived}"));
    assert_eq!(planned["verdict"], "whole");
    let [gap] = &gaps(&planned)[..] else {
        panic!("its arrival alone: {planned:#}");
    };
    assert!(gap.contains(&format!("arrival:{account}")), "{gap}");
    let migrated = done(&format!("migrate {words} {arrived}"));
    assert_eq!(gaps(&migrated), gaps(&planned), "{migrated:#}");
    let compared = &migrated["coverage"];
    assert_eq!(compared["steps"], "complete", "{compared}");
    assert_eq!(compared["live_instances"], "complete", "{compared}");
    // Its namespaces and its own storage, by the build-info.
    let census = fixture.done(&format!("census {proxy}"));
    assert_eq!(census["slots"], census["explained"], "{census:#}");
    let proxy: Address = proxy.parse().expect("an address");
    let value = fixture.client.call(proxy, &IBox::valueCall {}).await;
    assert_eq!(value.ok(), Some(U256::from(steps[0])));
    let counted = fixture.client.call(proxy, &IBox::stepsCall {}).await;
    assert_eq!(counted.ok(), Some(U256::from(steps[1])));
    let examined = fixture.done(&format!("doctor {arrived}"));
    let found = examined["findings"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{examined}");
    assert_eq!(found[0]["id"], json!(format!("arrival:{account}")));
}

#[tokio::test]
#[ignore = "nightly: hardhat compiles, about 20 s"]
async fn a_transparent_proxy_of_hardhats_plugin_is_adopted_and_upgraded_from_its_build_info() {
    let migration = "migrate(uint256) 5";
    adopted_and_upgraded("transparent", ["Box", "BoxV2"], migration, [12, 1]).await;
}

#[tokio::test]
#[ignore = "nightly: hardhat compiles, about 20 s"]
async fn a_uups_proxy_of_hardhats_plugin_is_adopted_and_upgraded_from_its_build_info() {
    adopted_and_upgraded("uups", ["OwnBox", "OwnBoxV2"], "migrate()", [7, 1]).await;
}
