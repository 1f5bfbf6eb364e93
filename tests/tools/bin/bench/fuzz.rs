//! `bench fuzz SEQUENCES`: how many calls a second the fuzzer makes through a proxy, by itself in a process of its own
//! beside the chain. With `STYLUS_UPGRADES_UPDATE=1` the figures are a part of `tests/snapshots/fuzz.json`.

use std::process::Command;

use stylus_devnode::{NodeConfig, NodeHandle, spawn};
use stylus_upgrades_harness::{HarnessError, command_line, home};
use stylus_upgrades_tests::snapshot::{Figures, record_part};
use stylus_upgrades_tests::tools::figures::{machine, tools};
use stylus_upgrades_tests::tools::scale::Ended;

/// Sequences where nobody says how many.
const SEQUENCES: &str = "20000";
/// A function with its arguments.
type Call = &'static [&'static str];

/// Upgrades: what they are called here, version 1, its initializer, version 2, its migration.
const UPGRADES: [(&str, &str, Call, &str, Call); 2] = [
    (
        "the counter",
        "counter-v1",
        &["initialize(uint256)", "7"],
        "counter-v2",
        &["migrate(uint256)", "1"],
    ),
    (
        "the exchange",
        "tests/contracts/exchange",
        &[
            "initialize(address,uint256,uint256)",
            "Admin",
            "30",
            "1000000000000000000000",
        ],
        "tests/contracts/exchange",
        &["migrate(uint256)", "0"],
    ),
];

/// Measures both.
pub(crate) async fn report() -> Result<String, HarnessError> {
    let sequences = std::env::args().nth(2).unwrap_or_else(|| SEQUENCES.into());
    let mut figures = Figures::new();
    for (name, before, init, after, migration) in UPGRADES {
        let project = Project::begin();
        project.done(&["registry", "deploy", "--save"]).await?;
        project
            .done(&["define", "It", "--migrate", "Admin"])
            .await?;
        project
            .done(&["register", "It", "1.0", &source(before)])
            .await?;
        let create = ["create-proxy", "It", "1.0", "--kind", "wasm", "--init"];
        project.done(&[&create, init].concat()).await?;
        let after = source(after);
        let fuzz = ["fuzz", "It", "2.0", &after, "--runs", &sequences];
        let declared = ["--differs", "mistake", "--call"];
        let ended = project
            .done(&[&fuzz, &declared[..], migration].concat())
            .await?;
        let number = |name: &str| ended.document[name].as_u64().unwrap_or_default();
        let mut say = |what: &str, figure| figures.insert(format!("{name}: {what}"), figure);
        say("sequences", number("sequences"));
        say("calls", number("calls"));
        say("calls a second", number("calls_per_second"));
        say("milliseconds", number("milliseconds"));
        say("milliseconds of processor", ended.processor_milliseconds);
    }
    if stylus_upgrades_test_support::update() {
        let mut tools = tools()?;
        tools.extend(machine());
        let written = record_part("fuzz", "calls through a proxy", &tools, &figures);
        written.map_err(|message| HarnessError::Library {
            name: "Snapshot".into(),
            message,
        })?;
    }
    Ok(crate::list(&figures))
}

/// A contract of the workspace by name or folder.
fn source(name: &str) -> String {
    match name.contains('/') {
        true => home().join(name).display().to_string(),
        false => name.to_owned(),
    }
}

/// A chain, and a folder with a manifest and a key.
struct Project {
    folder: tempfile::TempDir,
    _node: NodeHandle,
}

impl Project {
    fn begin() -> Self {
        let node = spawn(NodeConfig::default()).expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let signer = &node.accounts().mnemonic()[0];
        let manifest = format!(
            "rpc = {:?}\n\n[aliases]\nAdmin = \"{}\"\n",
            node.endpoint(),
            signer.address()
        );
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        write("stylus-upgrades.toml", manifest);
        let key = write("key", signer.to_bytes().to_string());
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(key, private).expect("set");
        Self {
            folder,
            _node: node,
        }
    }

    fn command(&self, words: &[&str]) -> Result<Command, HarnessError> {
        let program = std::env::current_exe().expect("this program");
        let mut command = command_line(&program)?;
        command.arg("cli").args(words);
        command.args(["--json", "--private-key-path", "key"]);
        command.current_dir(self.folder.path());
        Ok(command)
    }

    async fn done(&self, words: &[&str]) -> Result<Ended, HarnessError> {
        let ended = Ended::of(self.command(words)?).await?;
        assert!(ended.is_good, "{words:?}: {ended:?}");
        Ok(ended)
    }
}
