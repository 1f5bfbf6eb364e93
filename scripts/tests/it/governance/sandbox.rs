//! A sandbox: a folder with a manifest and the keys of a team, and a chain; commands run there as
//! processes.

use crate::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Instant;
use stylus_chain::{Overrides, Receipt};
use stylus_devnode::{Chain, NodeHandle, spawn};
use stylus_upgrades_test_support::files_below;

/// The manifest's name.
pub(crate) const MANIFEST: &str = "stylus-upgrades.toml";

/// The members of the team, by key file and alias.
pub(crate) const TEAM: [&str; 4] = ["Admin", "Admin2", "Admin3", "Other"];
/// Both of two.
pub(crate) const BOTH: &str = "AND(Admin,Admin2)";

/// An instance of [`Sandbox::with_counter`]'s definition, at version 1.
pub(crate) const CREATE: &str = "create-proxy A 1.0 --init initialize(uint256) 7";
/// The same, kept in the manifest as `counter`.
pub(crate) const CREATE_SAVED: &str =
    "create-proxy A 1.0 --init initialize(uint256) 7 --save counter";
/// Version 2 of the same definition: activated, registered alone, and planned.
pub(crate) const MIGRATE: &str = "migrate A 2.0 counter-v2 --call migrate(uint256) 5";
pub(crate) const REGISTER: &str = "register A 2.0 counter-v2 --call migrate(uint256) 5";
pub(crate) const PLAN: &str = "plan A 2.0 counter-v2 --call migrate(uint256) 5";
/// And back.
pub(crate) const ROLLBACK: &str = "rollback A --to 1.0 --label 3.0 --script counter-back --call back() \
                                   --accept function-removed:step()";

/// What nobody knows of code that is given without sources, accepted.
pub(crate) const ABSENT: &str =
    "--accept=absent:source,absent:interface,absent:steps,absent:live-instances,absent:code";

/// Seconds.
pub(crate) const DAY: u64 = 86_400;
/// Wei that a unit of data costs on L1 in every sandbox, where this variable is set.
const L1_PRICE: &str = "SANDBOX_L1_PRICE";
/// How long a command may take until it sends what it is waited for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// The sandbox.
pub(crate) struct Sandbox {
    /// With the manifest and one key file per member of the team.
    pub(crate) folder: tempfile::TempDir,
    /// The chain.
    pub(crate) node: NodeHandle,
}

/// A sandbox as it was when nobody had used it yet, to begin others as.
struct Beginning {
    chain: Mutex<Chain>,
    endpoint: String,
    /// Files of the folder, with their permissions.
    files: Vec<(PathBuf, u32, Vec<u8>)>,
}

/// Beginnings by what was done, once in this process.
static BEGINNINGS: LazyLock<Mutex<BTreeMap<String, Arc<OnceLock<Beginning>>>>> =
    LazyLock::new(Mutex::default);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) exit: Option<i32>,
    pub(crate) document: Value,
    pub(crate) stderr: String,
}

/// A command that runs, and what it says.
pub(crate) struct Heard {
    pub(crate) child: Child,
    stdout: File,
    stderr: File,
}

impl Heard {
    /// What it said, once it has ended.
    pub(crate) fn answer(mut self) -> Answer {
        let status = self.child.wait().expect("it ends");
        let [stdout, stderr] = [self.stdout, self.stderr].map(|mut file| {
            let mut text = Vec::new();
            file.rewind().expect("a file");
            file.read_to_end(&mut text).expect("its content");
            text
        });
        Answer::of(Output {
            status,
            stdout,
            stderr,
        })
    }
}

impl Answer {
    /// What a command said, in the form of its schema.
    #[track_caller]
    pub(crate) fn to(command: &mut Command) -> Self {
        let answer = Self::of(command.output().expect("it starts"));
        crate::reports::require(command, &answer.document);
        answer
    }

    pub(crate) fn of(output: Output) -> Self {
        let stdout = String::from_utf8(output.stdout).expect("text");
        let stderr = String::from_utf8(output.stderr).expect("text");
        Self {
            exit: output.status.code(),
            document: serde_json::from_str(&stdout)
                .unwrap_or_else(|_| panic!("one document on stdout, not {stdout:?} {stderr}")),
            stderr,
        }
    }

    /// Asserts that it ended with that exit code and that error.
    #[track_caller]
    pub(crate) fn is(&self, exit: i32, name: &str) -> &Self {
        assert_eq!((self.exit, error(self)), (Some(exit), name), "{self:?}");
        self
    }

    /// Asserts that it ended with that exit code.
    #[track_caller]
    pub(crate) fn ends(&self, exit: i32) -> &Value {
        assert_eq!(self.exit, Some(exit), "{self:?}");
        &self.document
    }

    /// A field of its error.
    #[track_caller]
    pub(crate) fn said(&self, field: &str) -> &str {
        text(&self.document["error"], field)
    }

    /// The sentences of its error, for a snapshot.
    pub(crate) fn refusal(&self) -> String {
        refusal(&self.document)
    }

    /// Its notes and warnings, for a snapshot.
    pub(crate) fn notes(&self) -> String {
        notes(&self.stderr)
    }

    /// Asserts that a field of its error contains each of these.
    #[track_caller]
    pub(crate) fn says(&self, field: &str, parts: &[&str]) -> &Self {
        contains(self.said(field), parts);
        self
    }

    /// Asserts that stderr contains each of these.
    #[track_caller]
    pub(crate) fn warns(&self, parts: &[&str]) -> &Self {
        contains(&self.stderr, parts);
        self
    }
}

impl Sandbox {
    /// A sandbox without a registry.
    pub(crate) fn bare() -> Self {
        Self::on(NodeConfig::default())
    }

    /// The same on a chain of that kind. Where [`L1_PRICE`] is set, its transactions pay that for L1 too.
    pub(crate) fn on(mut config: NodeConfig) -> Self {
        if let Ok(price) = std::env::var(L1_PRICE) {
            config.chain.l1_price = price.parse().expect("wei");
        }
        let node = spawn(config).expect("a free port");
        let folder = tempfile::tempdir().expect("a folder");
        let mut manifest = format!("rpc = {:?}\n\n[aliases]\n", node.endpoint());
        let sandbox = Self { folder, node };
        for (name, signer) in TEAM.iter().zip(sandbox.node.accounts().mnemonic()) {
            sandbox.write_private(name, &signer.to_bytes().to_string());
            manifest.push_str(&format!("{name} = \"{}\"\n", signer.address()));
        }
        sandbox.write(MANIFEST, &manifest);
        sandbox
    }

    /// A sandbox of that kind for which `prepare` was run. That happens once for each `name`; what
    /// comes later begins as a copy, on a branch of the chain.
    pub(crate) fn prepared(name: &str, config: NodeConfig, prepare: impl FnOnce(&Self)) -> Self {
        let beginning = BEGINNINGS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(name.to_owned())
            .or_default()
            .clone();
        let beginning = beginning.get_or_init(|| {
            let sandbox = Self::bare();
            prepare(&sandbox);
            sandbox.beginning()
        });
        Self::begun_as(beginning, config)
    }

    fn beginning(&self) -> Beginning {
        let files = files_below(self.folder.path()).into_iter().map(|path| {
            let inside = path.strip_prefix(self.folder.path()).expect("inside");
            let mode = path.metadata().expect("a file").permissions().mode();
            (
                inside.to_owned(),
                mode,
                std::fs::read(&path).expect("a file"),
            )
        });
        Beginning {
            chain: Mutex::new(self.chain(|chain| chain.branch())),
            endpoint: self.node.endpoint(),
            files: files.collect(),
        }
    }

    fn begun_as(beginning: &Beginning, config: NodeConfig) -> Self {
        let sandbox = Self::on(config);
        let chain = beginning.chain.lock();
        let mut chain = chain.unwrap_or_else(PoisonError::into_inner).branch();
        sandbox.chain(move |own| {
            chain.set_automine(own.automine());
            *own = chain;
        });
        for (inside, mode, content) in &beginning.files {
            let path = sandbox.path(inside);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, content).expect("written");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(*mode)).expect("set");
        }
        let manifest = sandbox.read(MANIFEST);
        let manifest = manifest.replace(&beginning.endpoint, &sandbox.node.endpoint());
        sandbox.write(MANIFEST, &manifest);
        sandbox
    }

    /// A sandbox with a registry in its manifest.
    pub(crate) fn new() -> Self {
        Self::prepared("a registry", NodeConfig::default(), |sandbox| {
            sandbox.done("Admin", "registry deploy --save");
        })
    }

    /// A sandbox with a definition `A` under that policy, version 1.0 and `instances` instances.
    pub(crate) fn with_counter(policy: &str, instances: usize) -> Self {
        let name = format!("{instances} counters under {policy}");
        Self::prepared(&name, NodeConfig::default(), |sandbox| {
            sandbox.done("Admin", "registry deploy --save");
            let defined = format!("define A --migrate {policy} --policy Admin --create Admin");
            sandbox.done("Admin", &defined);
            sandbox.agreed(policy, "register A 1.0 counter-v1");
            for _ in 0..instances {
                sandbox.done("Admin", CREATE);
            }
        })
    }

    /// Everybody whom the policy names types the command, until it is executed.
    pub(crate) fn agreed(&self, policy: &str, words: &(impl Words + ?Sized)) -> Value {
        for name in TEAM.iter().filter(|name| names(policy, name)) {
            let answer = self.run(name, words);
            if answer.exit == Some(0) {
                return answer.document;
            }
            answer.ends(3);
        }
        panic!("{:?} was not executed", words.list());
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("written");
    }

    /// A file that nobody else can read.
    pub(crate) fn write_private(&self, name: &str, text: &str) {
        self.write(name, text);
        let private = PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(name), private).expect("set");
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    /// A file of JSON.
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).expect("JSON")
    }

    /// What the manifest has under that name.
    pub(crate) fn saved(&self, name: &str) -> String {
        let manifest: toml::Table = self.read(MANIFEST).parse().expect("a manifest");
        manifest[name].as_str().expect("saved").to_owned()
    }

    /// The registry of the manifest.
    pub(crate) fn registry(&self) -> Address {
        self.saved("registry").parse().expect("an address")
    }

    /// A command of this program in this folder, without the environment's keys.
    pub(crate) fn command(&self, words: &(impl Words + ?Sized)) -> Command {
        crate::clone::command(self.folder.path(), &words.list())
    }

    /// A command with `--json` and somebody's key.
    pub(crate) fn command_of(&self, key: &str, words: &(impl Words + ?Sized)) -> Command {
        let mut command = self.command(words);
        command.args(["--json", "--private-key-path", key]);
        command
    }

    /// Runs a command as it stands.
    pub(crate) fn raw(&self, words: &(impl Words + ?Sized)) -> Output {
        self.command(words).output().expect("it starts")
    }

    /// As [`Self::run`]: what it says is kept until it has ended.
    pub(crate) fn start_heard(&self, key: &str, words: &(impl Words + ?Sized)) -> Heard {
        let [stdout, stderr] = [(); 2].map(|()| tempfile::tempfile().expect("a file"));
        let into = |file: &File| Stdio::from(file.try_clone().expect("a file"));
        let mut command = self.command_of(key, words);
        command.stdout(into(&stdout)).stderr(into(&stderr));
        Heard {
            child: command.spawn().expect("it starts"),
            stdout,
            stderr,
        }
    }

    /// Two type the same words; one block takes both transactions.
    pub(crate) fn in_one_block(
        &self,
        keys: [&str; 2],
        words: &(impl Words + ?Sized),
    ) -> [Answer; 2] {
        self.automine(false);
        let started = keys.map(|key| self.start_heard(key, words));
        self.until_pooled(2);
        self.mine();
        self.automine(true);
        started.map(Heard::answer)
    }

    /// Waits until `transactions` transactions wait for a block.
    pub(crate) fn until_pooled(&self, transactions: usize) {
        let begun = Instant::now();
        while self.pooled() < transactions {
            assert!(begun.elapsed() < TIMEOUT, "they never sent all");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Runs a command for people with somebody's key: its exit code and the lines of stdout.
    pub(crate) fn reported(
        &self,
        key: &str,
        words: &(impl Words + ?Sized),
    ) -> (Option<i32>, Vec<String>) {
        let mut command = self.command(words);
        let output = command.args(["--private-key-path", key]).output();
        let output = output.expect("it starts");
        let text = String::from_utf8(output.stdout).expect("text");
        let lines = text.lines().map(str::to_owned);
        (output.status.code(), lines.collect())
    }

    /// As [`Self::reported`], and it must end with that exit code: the text of stdout.
    #[track_caller]
    pub(crate) fn shown(&self, key: &str, words: &(impl Words + ?Sized), exit: i32) -> String {
        let (found, lines) = self.reported(key, words);
        assert_eq!(found, Some(exit), "{lines:#?}");
        lines.join("\n") + "\n"
    }

    /// Runs a command with `--json` and somebody's key.
    pub(crate) fn run(&self, key: &str, words: &(impl Words + ?Sized)) -> Answer {
        Answer::to(&mut self.command_of(key, words))
    }

    /// As [`Self::run`], at another endpoint.
    pub(crate) fn run_at(&self, relay: &Relay, key: &str, words: &(impl Words + ?Sized)) -> Answer {
        let mut command = self.command_of(key, words);
        Answer::to(command.args(["--rpc-url", &relay.endpoint()]))
    }

    /// As [`Self::run`], and it must succeed.
    #[track_caller]
    pub(crate) fn done(&self, key: &str, words: &(impl Words + ?Sized)) -> Value {
        self.ends(key, words, 0)
    }

    /// The same where others have to approve as well.
    #[track_caller]
    pub(crate) fn proposed(&self, key: &str, words: &(impl Words + ?Sized)) -> Value {
        self.ends(key, words, 3)
    }

    #[track_caller]
    fn ends(&self, key: &str, words: &(impl Words + ?Sized), exit: i32) -> Value {
        let answer = self.run(key, words);
        assert_eq!(answer.exit, Some(exit), "{:?}: {answer:?}", words.list());
        answer.document
    }

    /// Proposes something; the action.
    pub(crate) fn action(&self, key: &str, words: &(impl Words + ?Sized)) -> String {
        text(&self.proposed(key, words), "action").to_owned()
    }

    /// Runs commands in turn, one on each line: who types it, its exit code and the name of its error,
    /// and after a `|` its words.
    #[track_caller]
    pub(crate) fn transcript(&self, lines: &str) {
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let (expected, words) = line.split_once('|').expect("words");
            let expected = expected.split_whitespace().collect::<Vec<_>>();
            let answer = self.run(expected[0], words);
            let name = answer.document["error"]["name"].as_str();
            let found = (answer.exit.map(|exit| exit.to_string()), name);
            let wanted = (Some(expected[1].to_owned()), expected.get(2).copied());
            assert_eq!(found, wanted, "{line}: {answer:?}");
        }
    }

    /// A definition as `status` reports it.
    pub(crate) fn definition(&self, name: &str) -> Value {
        self.done("Other", &format!("status {name}"))["definitions"][0].clone()
    }

    /// The instances of a definition as `status` reports them.
    pub(crate) fn instances(&self, name: &str) -> Vec<Value> {
        list(&self.definition(name), "instances").clone()
    }

    /// The instances of `A`.
    pub(crate) fn proxies(&self) -> Vec<Address> {
        let all = self.instances("A");
        all.iter().map(|one| account(one, "proxy")).collect()
    }

    /// The version of an instance, by its name in the manifest or its address.
    pub(crate) fn version(&self, instance: &str) -> String {
        let status = self.done("Other", &format!("status {instance}"));
        text(&status["instance"], "version").to_owned()
    }

    /// The open actions of a definition as `pending` reports them.
    pub(crate) fn open(&self, name: &str) -> Vec<Value> {
        list(&self.done("Other", &format!("pending {name}")), "actions").clone()
    }

    /// What is reviewed of the first open action of a definition.
    pub(crate) fn review(&self, key: &str, name: &str) -> Value {
        let open = self.open(name);
        self.done(key, &format!("pending {}", text(&open[0], "action")))
    }

    /// Does something on the chain itself.
    pub(crate) fn chain<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Chain) -> T + Send + 'static,
    ) -> T {
        self.node.with_chain(work).expect("the chain")
    }

    /// The number of the newest block.
    pub(crate) fn block(&self) -> u64 {
        self.chain(|chain| chain.block_number())
    }

    pub(crate) fn mine(&self) {
        self.chain(|chain| chain.mine(1, None).expect("a block"));
    }

    /// Whether a transaction makes a block.
    pub(crate) fn automine(&self, on: bool) {
        self.chain(move |chain| chain.set_automine(on));
    }

    /// How many transactions wait for a block.
    pub(crate) fn pooled(&self) -> usize {
        self.chain(|chain| chain.pool().pending.len())
    }

    pub(crate) fn set_code(&self, account: Address, code: impl Into<Bytes>) {
        let code = code.into();
        self.chain(move |chain| chain.set_code(account, code));
    }

    pub(crate) fn set_slot(&self, account: Address, slot: B256, word: B256) {
        self.chain(move |chain| chain.set_storage_at(account, slot.into(), word));
    }

    /// Transactions of `Admin` in blocks.
    pub(crate) fn nonce(&self) -> u64 {
        let admin = self.node.addresses()[0];
        let account = self.chain(move |chain| chain.account(admin, BlockId::latest()));
        account.expect("the account").nonce
    }

    /// Lets `seconds` pass on the chain.
    pub(crate) fn wait(&self, seconds: u64) {
        self.chain(move |chain| chain.increase_time(seconds));
        self.mine();
    }

    /// The answer to a call.
    pub(crate) fn ask<C: SolCall + Send + 'static>(&self, to: Address, call: C) -> C::Return
    where
        C::Return: Send + 'static,
    {
        self.chain(move |chain| {
            let request = request(to, &call, None);
            let outcome = chain.call(request, BlockId::latest(), &Overrides::default());
            C::abi_decode_returns(&outcome.expect("it answers").output).expect("an answer")
        })
    }

    /// A transaction of an account, mined whether it succeeds or not.
    pub(crate) fn sent(&self, from: Address, to: Address, input: Bytes, gas: u64) -> Receipt {
        self.chain(move |chain| mined(chain, from, to, input, gas))
    }

    /// The account of that number calls the registry.
    pub(crate) fn send(&self, who: usize, call: &impl SolCall) {
        let (from, input) = (self.node.addresses()[who], call.abi_encode().into());
        let receipt = self.sent(from, self.registry(), input, 5_000_000);
        assert!(receipt.success, "{receipt:?}");
    }
}

/// A call, with that much gas.
pub(crate) fn request(to: Address, call: &impl SolCall, gas: Option<u64>) -> CallRequest {
    CallRequest {
        to: Some(to),
        gas,
        input: call.abi_encode().into(),
        ..CallRequest::default()
    }
}

/// A transaction of an account in a block.
pub(crate) fn mined(
    chain: &mut Chain,
    from: Address,
    to: Address,
    input: Bytes,
    gas: u64,
) -> Receipt {
    chain.impersonate(from);
    let request = CallRequest {
        to: Some(to),
        gas: Some(gas),
        input,
        ..CallRequest::default()
    };
    let hash = chain.submit_unsigned(from, request).expect("taken");
    if !chain.automine() {
        chain.mine(1, None).expect("a block");
    }
    chain.stop_impersonating(from);
    chain.receipt(hash).expect("mined")
}

/// Whether the policy names exactly that alias.
fn names(policy: &str, name: &str) -> bool {
    let mut words = policy.split(|c: char| !c.is_alphanumeric());
    words.any(|word| word == name)
}

/// A field as text.
#[track_caller]
pub(crate) fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    let found = document[field].as_str();
    found.unwrap_or_else(|| panic!("no {field} in {document}"))
}

/// A field as an account.
pub(crate) fn account(document: &Value, field: &str) -> Address {
    text(document, field).parse().expect("an address")
}

/// A field as a list.
#[track_caller]
pub(crate) fn list<'a>(document: &'a Value, field: &str) -> &'a Vec<Value> {
    let found = document[field].as_array();
    found.unwrap_or_else(|| panic!("no list {field} in {document}"))
}

/// A field of each of a list.
pub(crate) fn texts<'a>(all: impl IntoIterator<Item = &'a Value>, field: &str) -> Vec<&'a str> {
    all.into_iter().map(|one| text(one, field)).collect()
}

/// The checks that hold, or those that do not.
pub(crate) fn checks(document: &Value, ok: bool) -> Vec<&str> {
    let checks = list(document, "checks").iter();
    texts(checks.filter(|check| check["ok"] == ok), "what")
}

/// Asserts that there are checks, and that each holds.
#[track_caller]
pub(crate) fn holds(document: &Value) {
    let checks = list(document, "checks");
    let is_held = checks.iter().all(|check| check["ok"] == true);
    assert!(!checks.is_empty() && is_held, "{document:#}");
}

/// The name of the error that ended a command.
#[track_caller]
pub(crate) fn error(answer: &Answer) -> &str {
    let found = answer.document["error"]["name"].as_str();
    found.unwrap_or_else(|| panic!("no error in {answer:?}"))
}

/// Asserts that a text contains each of these.
#[track_caller]
pub(crate) fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

/// A document that is compared with what is expected of it.
pub(crate) trait Has {
    /// Asserts that each member that is expected is there, with its value.
    fn has(&self, expected: Value) -> &Self;
}

impl Has for Value {
    #[track_caller]
    fn has(&self, expected: Value) -> &Self {
        for (name, value) in expected.as_object().expect("members") {
            match (value, &self[name]) {
                (Value::Object(_), found @ Value::Object(_)) => drop(found.has(value.clone())),
                (_, found) => assert_eq!(found, value, "{name} of {self:#}"),
            }
        }
        self
    }
}
