//! Scripts of forge on Stylus programs: what docs/forking.md says how to do.

use crate::prelude::*;
use std::process::Output;

use stylus_upgrades_harness::{copy_program, home};

use crate::upgrade::counter;

/// A project of forge with our scripts.
struct Project {
    folder: tempfile::TempDir,
    forge: PathBuf,
    proxy: String,
    url: String,
    key: String,
}

impl Project {
    fn new(harness: &Harness, proxy: String) -> Result<Self, HarnessError> {
        let packages = Npm::install_clients(&Lines)?;
        let folder = tempfile::tempdir().expect("a folder");
        let sources = home().join("tests/clients/forge");
        std::fs::create_dir(folder.path().join("script")).expect("a folder");
        for name in ["foundry.toml", "script/Counter.s.sol"] {
            std::fs::copy(sources.join(name), folder.path().join(name)).expect("copied");
        }
        copy_program(&sources.join("solc.js"), &folder.path().join("solc.js"))?;
        let modules = packages.folder().join("node_modules");
        let link = folder.path().join("node_modules");
        std::os::unix::fs::symlink(modules, link).expect("a link");
        Ok(Self {
            folder,
            forge: packages.forge(),
            proxy,
            url: harness.chain().url().to_owned(),
            key: harness.chain().signer().to_bytes().to_string(),
        })
    }

    fn script(&self, contract: &str, flags: &[&str]) -> Output {
        Command::new(&self.forge)
            .arg("script")
            .arg(format!("script/Counter.s.sol:{contract}"))
            .args(["--use", "./solc.js", "--rpc-url", &self.url])
            .args(flags)
            .current_dir(self.folder.path())
            .env("PROXY", &self.proxy)
            .env("FOUNDRY_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .output()
            .expect("forge runs")
    }
}

#[tokio::test]
#[ignore = "nightly: clients of others against a chain, about 55 s"]
async fn both_recipes_for_scripts_of_forge_work_and_a_direct_call_does_not()
-> Result<(), HarnessError> {
    let harness = Harness::on(Chain::start().await?).await?;
    let it = counter(&harness).await?;
    let project = Project::new(&harness, it.instance.address().to_string())?;
    let said = |output: &Output| {
        let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        format!("{out}{err}")
    };
    let read = project.script("Read", &[]);
    assert!(read.status.success(), "{}", said(&read));
    assert!(said(&read).contains("0: uint256 7"), "{}", said(&read));

    let flags = [
        "--private-key",
        &project.key,
        "--skip-simulation",
        "--broadcast",
    ];
    let written = project.script("Write", &flags);
    assert!(written.status.success(), "{}", said(&written));
    let value = it.instance.read(&ICounter::valueCall {}).await?;
    assert_eq!(value, U256::from(9));

    let direct = project.script("Direct", &[]);
    assert!(!direct.status.success(), "{}", said(&direct));
    Ok(())
}
