//! The program as somebody has it who installed it: alone in a folder, with an empty home, and the
//! clone out of reach; the chain behind TLS. A new project takes our crates from their packages.

use crate::prelude::*;
use std::fs;
use std::process::Output;

use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use alloy::transports::choose_tls_cryptography;
use stylus_devnode::NodeHandle;
use stylus_upgrades::build::Framework;
use stylus_upgrades_harness::{builder, copy_program, home};
use stylus_upgrades_test_support::compilers;

use super::tls::Terminator;
use super::{patches, published, run, vendored};
use crate::authors::without_framework;
use crate::command::key_file;
use crate::own_project::SECOND;

/// The project, from the folder where its commands run.
const PROJECT: &str = "../..";
/// Hides the clone under an empty file system and runs the program.
const HIDDEN: &str = r#"mount -t tmpfs none "$0" && exec "$@""#;

/// A folder with the program, an empty home and a key, and a chain.
pub(super) struct Installed {
    folder: tempfile::TempDir,
    pub(super) node: NodeHandle,
    can_hide: bool,
    /// Where commands run.
    current: &'static str,
    variables: BTreeMap<&'static str, String>,
}

impl Installed {
    pub(super) fn new(program: &Path) -> Self {
        let mut installed = Self {
            folder: tempfile::tempdir().expect("a folder"),
            node: spawn(NodeConfig::default()).expect("a free port"),
            can_hide: can_hide(),
            current: "work/deep/below",
            variables: BTreeMap::new(),
        };
        let endpoint = installed.node.endpoint();
        installed.set("ETH_RPC_URL", &endpoint);
        for name in ["home", "work/deep/below"] {
            fs::create_dir_all(installed.path(name)).expect("made");
        }
        copy_program(program, &installed.program()).expect("copied");
        let signer = &installed.node.accounts().mnemonic()[0];
        key_file(&installed.path("key"), signer);
        installed
    }

    /// From now on commands run in that folder.
    fn enter(&mut self, folder: &'static str) {
        self.current = folder;
    }

    /// Sets a variable of the program's environment.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
    }

    /// From now on the chain is asked over https, with a certificate for `name` that only
    /// `SSL_CERT_FILE` knows.
    pub(super) fn behind_tls(&mut self, name: &str) -> Terminator {
        let terminator = Terminator::start(self.node.address(), name);
        let file = self.path("authority.pem");
        fs::write(&file, &terminator.certificate).expect("written");
        self.set("SSL_CERT_FILE", &file.display().to_string());
        self.set("ETH_RPC_URL", &terminator.url(name));
        terminator
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> PathBuf {
        self.path("stylus-upgrades")
    }

    /// What the program prints when it is run far below the folder with the manifest.
    fn prints(&self, words: &(impl Words + ?Sized)) -> String {
        let words = &words.list()[..];
        let output = self.runs(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn runs(&self, words: &(impl Words + ?Sized)) -> Output {
        self.runs_other(&self.program(), words)
    }

    /// Another program, which finds this one in `PATH`.
    fn runs_other(&self, program: &Path, words: &(impl Words + ?Sized)) -> Output {
        let words = &words.list()[..];
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.folder.path().display());
        let mut command = match self.can_hide {
            true => {
                let mut unshare = Command::new("unshare");
                unshare.args(["--map-root-user", "--mount", "sh", "-c", HIDDEN]);
                unshare.arg(home().canonicalize().expect("the clone"));
                unshare.arg(program);
                unshare
            }
            false => Command::new(program),
        };
        command
            .args(words)
            .current_dir(self.path(self.current))
            .env_clear()
            .env("PATH", path)
            .env("TMPDIR", std::env::temp_dir())
            .env("HOME", self.path("home"))
            .envs(compilers())
            .envs(&self.variables)
            .output()
            .expect("it starts")
    }

    /// The document of a command that signs.
    pub(super) fn done(&self, words: &(impl Words + ?Sized)) -> Value {
        let words = &words.list()[..];
        let (exit, document) = self.tried(words);
        assert_eq!(exit, Some(0), "{words:?}: {document}");
        document
    }

    /// The same, with how it exits.
    pub(super) fn tried(&self, words: &(impl Words + ?Sized)) -> (Option<i32>, Value) {
        let words = &words.list()[..];
        let key = self.path("key").display().to_string();
        let words = [words, &["--json", "--private-key-path", &key]].concat();
        let output = self.runs(&words);
        let document = serde_json::from_slice(&output.stdout);
        let document = document.unwrap_or_else(|_| panic!("one document: {output:?}"));
        (output.status.code(), document)
    }

    /// What a function without arguments returns, asked of the chain itself.
    fn reads(&self, contract: &str, function: &str) -> U256 {
        choose_tls_cryptography();
        let selector = keccak256(function)[..4].to_vec();
        let request = TransactionRequest::default()
            .to(contract.parse().expect("an address"))
            .input(Bytes::from(selector).into());
        let endpoint = self.node.endpoint().parse().expect("a URL");
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        let returned = runtime.block_on(async {
            let provider = ProviderBuilder::new().connect_http(endpoint);
            provider.call(request).await
        });
        U256::from_be_slice(&returned.expect("an answer"))
    }
}

/// Whether this machine lets a process have file systems of its own. Where it does not, the clone
/// stays where it is; that the program holds no path of it is looked for in any case.
fn can_hide() -> bool {
    let tried = Command::new("unshare")
        .args(["--map-root-user", "--mount", "true"])
        .output();
    tried.is_ok_and(|tried| tried.status.success())
}

fn holds(bytes: &[u8], part: &str) -> bool {
    let part = part.as_bytes();
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
#[ignore = "nightly: compiles contracts and what they depend on in an empty home, about 110 s"]
fn the_program_alone_does_everything_from_any_folder() {
    let cli = Path::new(env!("CARGO_BIN_EXE_cli"));
    let clone = home().canonicalize().expect("the clone");
    let bytes = fs::read(cli).expect("the program");
    assert!(
        !holds(&bytes, &clone.display().to_string()),
        "a path of the clone"
    );

    let mut installed = Installed::new(cli);
    let _terminator = installed.behind_tls("localhost");
    describes_itself(&installed);
    let published = published();
    let vendor = vendored(published.iter().map(|one| text(one, "name")));
    has_a_project(&mut installed, vendor.path());
    goes_live(&installed);
    is_upgraded_and_verified(&installed);

    assert!(
        installed
            .path("home/.local/state/stylus-upgrades/build/contracts")
            .is_dir(),
        "what was built"
    );
    let own = fs::read_dir(installed.path("work/note/upgrade-tests/src")).expect("the folder");
    assert_eq!(own.count(), 1, "nothing is left where the commands ran");
}

/// Without a clone and without published crates: the project keeps the crates that the program carries, a checkout of it
/// is built to the same code, and its test is green.
#[test]
#[ignore = "nightly: compiles a contract and what it depends on in an empty home, about 120 s"]
fn a_project_of_the_installed_program_needs_no_clone() {
    let mut installed = Installed::new(Path::new(env!("CARGO_BIN_EXE_cli")));
    installed.enter("work");
    installed.done("new note");
    installed.enter("work/note");
    let run = |installed: &Installed, program: &str, words: &str| {
        let output = installed.runs_other(Path::new(program), words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{program} {words}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &said
    };
    let tested = run(&installed, "cargo", "test --offline --quiet");
    assert!(tested.contains("1 passed"), "{tested}");
    for words in [
        "init --quiet",
        "add .",
        "-c user.name=a -c user.email=a@example.org commit --quiet --message=1.0",
        "clone --quiet . ../checkout",
    ] {
        run(&installed, "git", words);
    }
    let of = |deployed: Value| {
        [&deployed["codehash"], &deployed["build"]["source_hash"]].map(Value::clone)
    };
    let here = of(installed.done("deploy ."));
    assert!(here.iter().all(Value::is_string), "{here:?}");
    installed.enter("work/checkout");
    assert_eq!(of(installed.done("deploy .")), here);
    installed.done("registry deploy --save");
    let me = installed.node.accounts().mnemonic()[0]
        .address()
        .to_string();
    installed.done(&format!("define Note --migrate {me}"));
    installed.done("register Note 1.0 .");
    let create = "create-proxy Note 1.0 --save note --kind evm";
    installed.done(&format!("{create} --init initialize(uint256) 7"));
    // What the framework's sources are is known: nothing of the comparison is doubted.
    let compared = installed.done("layout diff Note@1.0 .");
    assert_eq!(compared["verdict"], "unchanged", "{compared:#}");
    assert_eq!(compared["partial"], serde_json::json!([]));
}

fn describes_itself(installed: &Installed) {
    let version = installed.prints("--version");
    let framework = Framework::pinned().expect("the pinned programs");
    for program in framework.shared() {
        assert!(version.contains(&program.address.to_string()), "{version}");
        let codehash = program.artifact.codehash().to_string();
        assert!(version.contains(&codehash), "{version}");
    }
    let completions = installed.prints("completions bash");
    assert!(completions.contains("create-proxy"), "{completions}");
    let demo = installed.done("demo");
    assert_eq!(demo["ok"], true);
}

/// A project that `new` makes, with our crates from `packages`, and a folder in it for the commands.
fn has_a_project(installed: &mut Installed, packages: &Path) {
    installed.enter("work");
    installed.done("new note --framework-version 0.1.0");
    let manifest = installed.path("work/note/Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("the project");
    fs::write(manifest, text + &patches(packages)).expect("written");
    // Every other dependency has the version that we test with.
    let lock = fs::read_to_string(home().join("Cargo.lock")).expect("our lock file");
    fs::write(
        installed.path("work/note/Cargo.lock"),
        without_framework(&lock),
    )
    .expect("written");
    installed.enter("work/note/upgrade-tests/src");
}

/// A contract by its bytes, a registry, and version 1.0 of the project with an instance.
fn goes_live(installed: &Installed) {
    let counter = builder().expect("the workspace").contract("counter-v1");
    let wasm = installed.path("counter.wasm");
    fs::write(&wasm, &counter.expect("it builds").wasm).expect("written");
    let deployed = installed.done(&["deploy", &wasm.display().to_string()]);
    assert_eq!(deployed["active"], true);

    let deployed = installed.done("registry deploy --save");
    assert_eq!(deployed["framework_is_pinned"], true);
    let admin = installed.node.accounts().mnemonic()[0].address();
    installed.done(&["define", "Note", "--migrate", &admin.to_string()]);
    let shown = installed.done(&format!("layout show {}", PROJECT));
    assert!(shown.to_string().contains("value"), "{shown}");
    installed.done(&format!("register Note 1.0 {}", PROJECT));
    let create = "create-proxy Note 1.0 --save note --kind wasm";
    installed.done(&format!("{create} --init initialize(uint256) 7"));
}

/// A field and a function more: checked, planned, migrated, verified, and the state is kept.
fn is_upgraded_and_verified(installed: &Installed) {
    let source = installed.path("work/note/src/lib.rs");
    let mut text = fs::read_to_string(&source).expect("the contract");
    for (old, new) in SECOND {
        text = text.replace(old, new);
    }
    fs::write(source, text).expect("written");
    let checked = installed.done(&format!("check Note {}", PROJECT));
    assert_eq!(checked["ok"], true, "{checked:#}");
    installed.done(&format!("plan Note 2.0 {}", PROJECT));
    let migrated = installed.done(&format!("migrate Note 2.0 {}", PROJECT));
    is_traced(installed, crate::command::text(&migrated, "tx"));
    let status = installed.done("status note");
    assert_eq!(status["instance"]["version"], "2.0", "{status:#}");
    let instance = status["instance"]["proxy"].as_str().expect("an address");
    for (function, kept) in [("value()", 7), ("changes()", 0)] {
        let said = installed.reads(instance, function);
        assert_eq!(said, U256::from(kept), "{function}");
    }
    installed.done("history Note");
    installed.done(&format!("verify Note --framework --source {}", PROJECT));
    let doctor = installed.done("doctor");
    assert_eq!(doctor["ok"], true, "{doctor:#}");
}

/// The upgrade's calls by their names, as far as this folder and the registry know them.
fn is_traced(installed: &Installed, tx: &str) {
    let picture = installed.path("calls.json").display().to_string();
    let traced = installed.done(&format!("trace {tx} --flamegraph {picture}"));
    assert_eq!(traced["missing"], serde_json::json!([]), "{traced:#}");
    let frames = traced["frames"].as_array().expect("frames");
    let contracts = ["registry", "registry-upgrades", "UpgradeabilityStorage"];
    for name in contracts {
        let is_there = frames.iter().any(|frame| frame["contract"] == name);
        assert!(is_there, "no {name} in {traced:#}");
    }
    let of_instance = frames
        .iter()
        .find(|frame| frame["call"] == "upgradeTo(\"2.0\")");
    let of_instance = of_instance.unwrap_or_else(|| panic!("no upgrade in {traced:#}"));
    assert_eq!(of_instance["contract"], "note (instance of \"Note\")");
    assert!(
        of_instance["ink"]["used"].as_u64() > Some(0),
        "{of_instance}"
    );
    let drawn = fs::read_to_string(picture).expect("the picture");
    assert!(drawn.contains("upgradeTo"), "{drawn}");
}

#[test]
#[ignore = "nightly: compiles the whole program, about 400 s"]
fn what_cargo_installs_from_the_packages_is_the_program() {
    let published = published();
    let vendor = vendored(published.iter().map(|one| text(one, "name")));
    let root = tempfile::tempdir().expect("a folder");
    let config = root.path().join("config.toml");
    fs::write(&config, patches(vendor.path())).expect("written");
    let mut all = published.iter();
    let scripts = all.find(|one| text(one, "name") == "stylus-upgrades");
    let version = text(scripts.expect("the program"), "version").to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["install", "--debug", "--offline", "--root"]);
    cargo.arg(root.path()).arg("--path");
    cargo.arg(vendor.path().join(format!("stylus-upgrades-{version}")));
    cargo.arg("--config").arg(&config);
    cargo
        .arg("--target-dir")
        .arg(home().join("target/installed"));
    run(cargo.current_dir(root.path()));
    let program = root.path().join("bin/stylus-upgrades");
    let installed = Installed::new(&program);
    assert!(installed.prints("-V").contains(&version));
    let deployed = installed.done("registry deploy");
    assert_eq!(deployed["framework_is_pinned"], true);
}
