//! A team in front of a chain whose blocks come by the clock, and definitions to decide about.

use crate::prelude::*;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use stylus_devnode::MiningMode;

/// How often there is a block.
const BLOCK: Duration = Duration::from_millis(200);
/// The file with the addresses of what is deployed before all rounds.
const DEPLOYED: &str = "deployed.txt";
/// Rounds of each command in the long run, and in every run.
const ROUNDS: (usize, usize) = (50, 2);

/// Everybody of two, and either of them.
pub(super) const TWO: [(&str, usize); 2] = [("AND(Admin,Admin2)", 2), ("OR(Admin,Admin2)", 2)];
/// Two of three.
pub(super) const THREE: (&str, usize) = ("OutOf(2,Admin,Admin2,Admin3)", 3);
/// Who types, in this order.
pub(super) const KEYS: [&str; 3] = ["Admin", "Admin2", "Admin3"];

/// What one of them was told.
pub(super) struct Reported {
    pub(super) key: &'static str,
    pub(super) words: Vec<String>,
    pub(super) answer: Answer,
}

pub(super) struct Fixture {
    pub(super) sandbox: Sandbox,
    /// The one that the manifest names.
    pub(super) registry: String,
    /// Codes of version 1 and 2.
    pub(super) v1: String,
    pub(super) v2: String,
    definitions: AtomicUsize,
}

/// Rounds of each command.
pub(super) fn rounds() -> usize {
    if stylus_upgrades_test_support::long() {
        ROUNDS.0
    } else {
        ROUNDS.1
    }
}

/// Notes a command whose rounds of the long run agreed, with the day, in
/// `tests/snapshots/at_once.json`.
pub(super) fn agreed(command: &str) {
    static FILE: Mutex<()> = Mutex::new(());
    if rounds() != ROUNDS.0 {
        return;
    }
    let _guard = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/snapshots/at_once.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| "{}".into());
    let mut all: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("a map");
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a date");
    let at = stylus_upgrades::text::utc(now.as_secs());
    all.insert(command.into(), json!({"rounds": ROUNDS.0, "at": at}));
    let text = serde_json::to_string_pretty(&all).expect("JSON") + "\n";
    std::fs::write(path, text).expect("written");
}

impl Fixture {
    /// A registry whose definitions one key creates.
    pub(super) fn new() -> Self {
        Self::on(MiningMode::Mixed(BLOCK))
    }

    /// The same where blocks come for transactions alone, or by hand.
    pub(super) fn timeless() -> Self {
        Self::on(MiningMode::Auto)
    }

    fn on(mining: MiningMode) -> Self {
        let config = NodeConfig {
            mining,
            ..NodeConfig::default()
        };
        let sources = ["counter-v1", "counter-v2"];
        let sandbox = Sandbox::prepared("two codes", config, |sandbox| {
            sandbox.done("Admin", "registry deploy --save");
            let deployed = sources.map(|source| {
                let deployed = sandbox.done("Admin", &format!("deploy {source}"));
                text(&deployed, "address").to_owned()
            });
            std::fs::write(sandbox.path(DEPLOYED), deployed.join("\n")).expect("written");
        });
        let deployed = std::fs::read_to_string(sandbox.path(DEPLOYED)).expect("addresses");
        let mut deployed = deployed.lines().map(str::to_owned);
        let [v1, v2] = sources.map(|_| deployed.next().expect("an address"));
        Self {
            registry: sandbox.saved("registry"),
            v1,
            v2,
            sandbox,
            definitions: AtomicUsize::new(0),
        }
    }

    /// A name that no definition has.
    pub(super) fn name(&self) -> String {
        format!("D{}", self.definitions.fetch_add(1, Ordering::Relaxed))
    }

    /// A definition of Admin's alone, with version 1.0.
    pub(super) fn defined(&self) -> String {
        let name = self.name();
        self.sandbox
            .done("Admin", &format!("define {name} --migrate Admin"));
        self.sandbox
            .done("Admin", &format!("register {name} 1.0 {}", self.v1));
        name
    }

    /// The same with `instances` instances at 1.0.
    pub(super) fn created(&self, instances: usize) -> (String, Vec<String>) {
        let name = self.defined();
        let create = format!("create-proxy {name} 1.0 --init initialize(uint256) 7");
        let proxies = (0..instances).map(|_| {
            let created = self.sandbox.done("Admin", &create);
            text(&created, "proxy").to_owned()
        });
        let proxies = proxies.collect();
        (name, proxies)
    }

    /// Gives a role to the policy.
    pub(super) fn hand_over(&self, name: &str, role: &str, policy: &str) {
        let words = [
            "policy",
            "update",
            name,
            "--role",
            role,
            policy,
            "--accept",
            "excluded-sender",
        ];
        self.sandbox.done("Admin", &words);
    }

    /// The words of a migration to 2.0.
    pub(super) fn migrate<'a>(&'a self, name: &'a str) -> [&'a str; 7] {
        [
            "migrate",
            name,
            "2.0",
            &self.v2,
            "--call",
            "migrate(uint256)",
            "5",
        ]
    }

    /// Cancels what is still open of `name`: an address may have 16 open actions, and whoever
    /// approves after the execution opens the same call anew.
    pub(super) fn close(&self, name: &str) {
        let pending = self.sandbox.done("Other", &format!("pending {name}"));
        for action in pending["actions"].as_array().expect("a list") {
            let proposer: Address = text(action, "proposer").parse().expect("an address");
            let mut keys = KEYS.into_iter().chain(["Other"]);
            let key = keys.find(|key| self.account(key) == proposer);
            let key = key.unwrap_or_else(|| panic!("nobody here proposed {action}"));
            self.sandbox
                .done(key, &format!("cancel {}", text(action, "action")));
        }
    }

    /// Each of the keys types its words, all at once, while blocks come by the clock alone.
    pub(super) fn typed(&self, lines: &[(&'static str, Vec<&str>)]) -> Vec<Reported> {
        self.automine(false);
        let started: Vec<Child> = lines
            .iter()
            .map(|(key, words)| {
                let words = [words, ["--json", "--private-key-path", key].as_slice()].concat();
                let mut command = self.sandbox.command(&words);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                command.spawn().expect("it starts")
            })
            .collect();
        let reported = started
            .into_iter()
            .zip(lines)
            .map(|(child, (key, words))| {
                let output = child.wait_with_output().expect("it ends");
                let stdout = String::from_utf8(output.stdout).expect("text");
                let stderr = String::from_utf8(output.stderr).expect("text");
                let answer = Answer {
                    exit: output.status.code(),
                    document: serde_json::from_str(&stdout)
                        .unwrap_or_else(|_| panic!("one document, not {stdout:?} {stderr}")),
                    stderr,
                };
                let words = words.iter().map(|word| (*word).to_owned()).collect();
                Reported { key, words, answer }
            })
            .collect();
        self.automine(true);
        reported
    }

    /// The first `keys` of the team type the same words.
    pub(super) fn typed_by(&self, keys: usize, words: &(impl Words + ?Sized)) -> Vec<Reported> {
        let words = &words.list()[..];
        let lines: Vec<_> = KEYS[..keys]
            .iter()
            .map(|key| (*key, words.to_vec()))
            .collect();
        self.typed(&lines)
    }

    pub(super) fn block(&self) -> u64 {
        self.sandbox.block()
    }

    pub(super) fn status(&self, name: &str) -> Value {
        self.sandbox.done("Other", &format!("status {name}"))["definitions"][0].clone()
    }

    /// No transaction makes a block any more.
    pub(super) fn by_hand(&self) {
        self.automine(false);
    }

    fn automine(&self, on: bool) {
        self.sandbox.chain(move |chain| {
            chain.set_automine(on);
            if on {
                chain.mine(1, None).expect("a block");
            }
        });
    }
}
