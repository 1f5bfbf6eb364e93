//! The program as somebody has it who installed it: alone in a folder, with an empty home, and the
//! clone out of reach; the chain behind TLS. An author's crate takes ours from their packages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use stylus_devnode::{NodeConfig, NodeHandle, spawn};
use stylus_upgrades::build::Framework;
use stylus_upgrades_harness::{builder, home};

use super::tls::Terminator;
use super::{packages, patches, published, run, text, vendored};
use crate::authors::{AUTHOR_PACKAGES, Author};

/// Hides the clone under an empty file system and runs the program.
const HIDDEN: &str = r#"mount -t tmpfs none "$0" && exec "$@""#;

/// A folder with the program, an empty home and a key, and a chain.
pub(super) struct Installed {
    folder: tempfile::TempDir,
    pub(super) node: NodeHandle,
    can_hide: bool,
    variables: BTreeMap<&'static str, String>,
}

impl Installed {
    pub(super) fn new(program: &Path) -> Self {
        let mut installed = Self {
            folder: tempfile::tempdir().expect("a folder"),
            node: spawn(NodeConfig::default()).expect("a free port"),
            can_hide: can_hide(),
            variables: BTreeMap::new(),
        };
        let endpoint = installed.node.endpoint();
        installed.set("ETH_RPC_URL", &endpoint);
        for name in ["home", "work/deep/below"] {
            fs::create_dir_all(installed.path(name)).expect("made");
        }
        fs::copy(program, installed.program()).expect("copied");
        let key = installed.node.accounts().mnemonic()[0].to_bytes();
        fs::write(installed.path("key"), key.to_string()).expect("a key file");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(installed.path("key"), private).expect("set");
        installed
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
        self.set("ETH_RPC_URL", &terminator.url("https", name));
        terminator
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self) -> PathBuf {
        self.path("stylus-upgrades")
    }

    /// What the program prints when it is run far below the folder with the manifest.
    fn prints(&self, words: &[&str]) -> String {
        let output = self.runs(words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn runs(&self, words: &[&str]) -> Output {
        let mut command = match self.can_hide {
            true => {
                let mut unshare = Command::new("unshare");
                unshare.args(["--map-root-user", "--mount", "sh", "-c", HIDDEN]);
                unshare.arg(home().canonicalize().expect("the clone"));
                unshare.arg(self.program());
                unshare
            }
            false => Command::new(self.program()),
        };
        command
            .args(words)
            .current_dir(self.path("work/deep/below"))
            .env_clear()
            .envs(["PATH", "TMPDIR"].map(|name| (name, std::env::var(name).unwrap_or_default())))
            .env("HOME", self.path("home"))
            .env("CARGO_HOME", tools("CARGO_HOME", ".cargo"))
            .env("RUSTUP_HOME", tools("RUSTUP_HOME", ".rustup"))
            .envs(&self.variables)
            .output()
            .expect("it starts")
    }

    /// The document of a command that signs.
    pub(super) fn done(&self, words: &[&str]) -> Value {
        let (exit, document) = self.tried(words);
        assert_eq!(exit, Some(0), "{words:?}: {document}");
        document
    }

    /// The same, with how it exits.
    pub(super) fn tried(&self, words: &[&str]) -> (Option<i32>, Value) {
        let key = self.path("key").display().to_string();
        let words = [words, &["--json", "--private-key-path", &key]].concat();
        let output = self.runs(&words);
        let document = serde_json::from_slice(&output.stdout);
        let document = document.unwrap_or_else(|_| panic!("one document: {output:?}"));
        (output.status.code(), document)
    }
}

/// The folder of the compilers, which are installed as well.
fn tools(variable: &str, folder: &str) -> PathBuf {
    let own = || std::env::home_dir().expect("a home").join(folder);
    std::env::var_os(variable).map_or_else(own, PathBuf::from)
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
    let vendor = vendored(AUTHOR_PACKAGES);
    let author = Author::new("version = \"0.1.0\"");
    author.append(&patches(vendor.path()));
    let [v1, v2] = ["v1", "v2"].map(|name| author.path(name).display().to_string());
    lives(&installed, &v1, &v2);
    assert!(author.path("target/contracts").is_dir(), "what was built");
    let own = fs::read_dir(installed.path("work/deep/below")).expect("the folder");
    assert_eq!(own.count(), 0, "nothing is left where the commands ran");
}

/// From an empty folder to an upgraded instance.
fn lives(installed: &Installed, v1: &str, v2: &str) {
    let version = installed.prints(&["--version"]);
    let framework = Framework::pinned().expect("the pinned programs");
    for program in framework.shared() {
        assert!(version.contains(&program.address.to_string()), "{version}");
        let codehash = program.artifact.codehash().to_string();
        assert!(version.contains(&codehash), "{version}");
    }
    let completions = installed.prints(&["completions", "bash"]);
    assert!(completions.contains("create-proxy"), "{completions}");

    let counter = builder().expect("the workspace").contract("counter-v1");
    let wasm = installed.path("counter.wasm");
    fs::write(&wasm, &counter.expect("it builds").wasm).expect("written");
    let deployed = installed.done(&["deploy", &wasm.display().to_string()]);
    assert_eq!(deployed["active"], true);

    let manifest = installed.path("work/stylus-upgrades.toml");
    fs::write(&manifest, "").expect("a manifest");
    let deployed = installed.done(&["registry", "deploy", "--save"]);
    assert_eq!(deployed["framework_is_pinned"], true);
    let node = installed.node.accounts().mnemonic()[0].address();
    installed.done(&["define", "Note", "--migrate", &node.to_string()]);
    let shown = installed.done(&["layout", "show", v1]);
    assert!(shown.to_string().contains("value"), "{shown}");
    installed.done(&["register", "Note", "1.0", v1]);
    let create = ["create-proxy", "Note", "1.0", "--save", "note"];
    installed.done(&[&create[..], &["--init", "initialize(uint256)", "7"]].concat());
    installed.done(&["plan", "Note", "2.0", v2]);
    installed.done(&["migrate", "Note", "2.0", v2]);
    let status = installed.done(&["status", "note"]);
    assert_eq!(status["instance"]["version"], "2.0", "{status:#}");
    installed.done(&["history", "Note"]);
    installed.done(&["verify", "Note", "--framework", "--source", v2]);
    let demo = installed.done(&["demo"]);
    assert_eq!(demo["ok"], true);
}

/// Compiles the whole program, so it is part of the long run.
#[test]
fn what_cargo_installs_from_the_packages_is_the_program() {
    if !stylus_upgrades_test_settings::long() {
        return;
    }
    let published = published();
    let vendor = vendored(published.iter().map(|one| text(one, "name")));
    let root = tempfile::tempdir().expect("a folder");
    let config = root.path().join("config.toml");
    fs::write(&config, patches(vendor.path())).expect("written");
    let all = packages();
    let scripts = all
        .iter()
        .find(|one| text(one, "name") == "stylus-upgrades");
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
    assert!(installed.prints(&["-V"]).contains(&version));
    assert_eq!(
        installed.done(&["registry", "deploy"])["framework_is_pinned"],
        true
    );
}
