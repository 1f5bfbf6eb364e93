//! A team in front of a chain whose blocks come by the clock, and definitions to decide about.

use crate::governance::sandbox::Heard;
use crate::prelude::*;
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
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) key: &'static str,
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
            sandbox.write(DEPLOYED, deployed.join("\n"));
        });
        let deployed = sandbox.read(DEPLOYED);
        let (v1, v2) = deployed.split_once('\n').expect("addresses");
        Self {
            registry: sandbox.saved("registry"),
            v1: v1.to_owned(),
            v2: v2.to_owned(),
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
        self.sandbox.transcript(&format!(
            "Admin 0 | define {name} --migrate Admin
             Admin 0 | register {name} 1.0 {}",
            self.v1
        ));
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
        let update = format!("policy update {name} --role {role} {policy}");
        self.sandbox
            .done("Admin", &format!("{update} --accept excluded-sender"));
    }

    /// The words of a migration to 2.0.
    pub(super) fn migrate(&self, name: &str) -> String {
        format!("migrate {name} 2.0 {} --call migrate(uint256) 5", self.v2)
    }

    /// Cancels what is still open of `name`: an address may have 16 open actions, and who
    /// approves after the execution opens the same call again.
    pub(super) fn close(&self, name: &str) {
        for action in &self.sandbox.open(name) {
            let proposer = account(action, "proposer");
            let mut keys = KEYS.into_iter().chain(["Other"]);
            let key = keys.find(|key| self.account(key) == proposer);
            let key = key.unwrap_or_else(|| panic!("nobody here proposed {action}"));
            let cancel = format!("cancel {}", text(action, "action"));
            self.sandbox.done(key, &cancel);
        }
    }

    /// Each of the keys types its words, all at once, while blocks come by the clock alone.
    pub(super) fn typed(&self, lines: &[(&'static str, String)]) -> Vec<Reported> {
        self.sandbox.automine(false);
        let started = lines.iter();
        let started: Vec<Heard> = started
            .map(|(key, words)| self.sandbox.start_heard(key, words))
            .collect();
        let reported = started.into_iter().zip(lines);
        let reported = reported.map(|(heard, (key, _))| Reported {
            key,
            answer: heard.answer(),
        });
        let reported = reported.collect();
        self.sandbox.automine(true);
        self.sandbox.mine();
        reported
    }

    /// The first `keys` of the team type the same words.
    pub(super) fn typed_by(&self, keys: usize, words: &str) -> Vec<Reported> {
        let lines = KEYS[..keys].iter();
        let lines: Vec<_> = lines.map(|key| (*key, words.to_owned())).collect();
        self.typed(&lines)
    }

    pub(super) fn block(&self) -> u64 {
        self.sandbox.block()
    }
}
