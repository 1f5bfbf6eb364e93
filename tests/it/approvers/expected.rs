//! Upgrades whose outcome is what was expected, and accidents that public post-mortems tell of, rebuilt: expectations
//! that `plan` wrote from the state before refuse them on chain.

use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};

use super::adopted::{ABSENT, deployed, give, registered, transparent_with};
use super::fixture::{Fixture, text};

alloy::sol! {
    interface IExpected {
        function initialize(bytes32 root, address owner) external;
        function mint() external;
        function limit() external view returns (uint256);
        function total() external view returns (uint256);
        function root() external view returns (bytes32);
    }
}

const FILE: &str = "expect.toml";

/// An instance of `Expected` in an EVM proxy.
struct Upgraded {
    fixture: Fixture,
    proxy: Address,
    /// The version that is current.
    version: u8,
}

impl Upgraded {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let code = deployed(&fixture, "Expected").await;
        registered(&fixture, code, "Expected.json").await;
        let (root, owner) = (
            B256::repeat_byte(7).to_string(),
            fixture.owner(3).address().to_string(),
        );
        let create = ["create-proxy", "A", "1.0", "--kind", "evm"];
        let init = ["--init", "initialize(bytes32,address)", &root, &owner];
        let created = fixture.done(&[&create[..], &init, &ABSENT].concat());
        let proxy = text(&created, "proxy").parse().expect("an address");
        let version = 1;
        Self {
            fixture,
            proxy,
            version,
        }
    }

    /// An instance that was a transparent proxy of OpenZeppelin before.
    async fn adopted() -> Self {
        let fixture = Fixture::new().await;
        let code = deployed(&fixture, "Expected").await;
        registered(&fixture, code, "Expected.json").await;
        let init = IExpected::initializeCall {
            root: B256::repeat_byte(7),
            owner: fixture.owner(3).address(),
        };
        let (proxy, admin) = transparent_with(&fixture, code, &init).await;
        give(&fixture, admin, "A").await;
        let adopted = proxy.to_string();
        fixture.done(&[&["adopt", "A", &adopted, "1.0"][..], &ABSENT[..2]].concat());
        let version = 1;
        Self {
            fixture,
            proxy,
            version,
        }
    }

    /// `command` about the next version, with that code and what it calls.
    fn words<'w>(
        &self,
        command: &'w str,
        to: &'w str,
        code: &'w str,
        layout: &'w str,
        call: &'w [&'w str],
    ) -> Vec<&'w str> {
        let words = [command, "A", to, code, "--layout", layout];
        let call = match call {
            [] => Vec::new(),
            call => [&["--foreign", "--call"], call].concat(),
        };
        [&words[..], &ABSENT, &call].concat()
    }

    /// What `plan` expects of the upgrade.
    async fn planned(&self, contract: &str, call: &[&str]) -> (Planned, Value) {
        let code = deployed(&self.fixture, contract).await.to_string();
        let planned = Planned {
            to: format!("{}.0", self.version + 1),
            layout: format!("{contract}.json"),
            call: call.iter().map(|word| (*word).to_owned()).collect(),
            code,
        };
        let words = planned.words("plan", self);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let _ = std::fs::remove_file(self.fixture.path(FILE));
        let plan = self
            .fixture
            .done(&[&words[..], &["--write-expect", FILE]].concat());
        (planned, plan)
    }

    fn file(&self) -> String {
        std::fs::read_to_string(self.fixture.path(FILE)).expect("written")
    }
}

/// An upgrade that was planned.
struct Planned {
    to: String,
    code: String,
    layout: String,
    call: Vec<String>,
}

impl Planned {
    fn words(&self, command: &str, of: &Upgraded) -> Vec<String> {
        let call: Vec<&str> = self.call.iter().map(String::as_str).collect();
        let words = of.words(command, &self.to, &self.code, &self.layout, &call);
        words.into_iter().map(str::to_owned).collect()
    }

    /// Carries it out with the expectations of the file.
    fn migrated(&self, of: &Upgraded, more: &[&str]) -> super::fixture::Answer {
        let words = self.words("migrate", of);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        of.fixture
            .run(&[&words[..], &["--expect", FILE], more].concat())
    }
}

/// The getters of a file of which one kind of expectation is written.
fn below(file: &str, name: &str) -> Vec<String> {
    let lines = file.lines().filter_map(|line| {
        let line = line.trim_matches([' ', ',', '"']);
        line.strip_prefix(name)?.strip_prefix(' ')
    });
    lines.map(str::to_owned).collect()
}

/// An accident leaves the instance as it is, and names the expectation that would not hold.
async fn refused(contract: &str, call: &[&str], broken: &str) {
    refused_at(&Upgraded::new().await, contract, call, broken).await;
}

async fn refused_at(upgraded: &Upgraded, contract: &str, call: &[&str], broken: &str) {
    let (planned, plan) = upgraded.planned(contract, call).await;
    assert_eq!(
        plan["ok"], true,
        "without expectations nothing refuses it: {plan}"
    );
    // on chain: the call is executed, the instance stays where it is, and waits
    let done = planned.migrated(upgraded, &["--skip-failing"]);
    assert_eq!(done.exit, Some(3), "{done:?}");
    let waiting = done.document["waiting"].to_string();
    assert!(waiting.contains(broken), "{waiting}\n{}", upgraded.file());
    let proxy = upgraded.proxy.to_string();
    let status = upgraded.fixture.done(&format!("status {proxy}"));
    assert_eq!(text(&status["instance"], "version"), "1.0");
    let root = upgraded
        .fixture
        .client
        .call(upgraded.proxy, &IExpected::rootCall {})
        .await;
    assert_eq!(root.ok(), Some(B256::repeat_byte(7)));
}

#[tokio::test]
#[ignore = "nightly: a registry and commands as processes, about 6 s"]
async fn a_root_that_becomes_zero_is_refused() {
    let zero = B256::ZERO.to_string();
    refused(
        "ExpectedNext",
        &["setRoot(bytes32)", &zero],
        "nonzero root()",
    )
    .await;
}

#[tokio::test]
#[ignore = "nightly: proxies from npm and commands as processes, about 12 s"]
async fn an_adopted_proxy_goes_only_where_its_outcome_is_what_was_expected() {
    let zero = B256::ZERO.to_string();
    let call = ["setRoot(bytes32)", &zero];
    refused_at(
        &Upgraded::adopted().await,
        "ExpectedNext",
        &call,
        "nonzero root()",
    )
    .await;

    let upgraded = Upgraded::adopted().await;
    let (planned, _) = upgraded.planned("ExpectedNext", &["keep()"]).await;
    assert!(below(&upgraded.file(), "unchanged").contains(&"root()".to_owned()));
    let done = planned.migrated(&upgraded, &[]);
    assert_eq!(done.exit, Some(0), "{done:?}");
    let proxy = upgraded.proxy.to_string();
    let status = upgraded.fixture.done(&format!("status {proxy}"));
    assert_eq!(status["instance"]["version"], json!(planned.to));
}

#[tokio::test]
#[ignore = "nightly: a registry and commands as processes, about 6 s"]
async fn constants_in_each_others_place_are_refused() {
    refused("ExpectedSwapped", &[], "unchanged limit()").await;
}

#[tokio::test]
#[ignore = "nightly: a registry and commands as processes, about 6 s"]
async fn a_variable_that_no_step_sets_is_refused() {
    refused("ExpectedUnset", &[], "unchanged limit()").await;
}

#[tokio::test]
#[ignore = "nightly: a registry and commands as processes, about 6 s"]
async fn a_total_that_was_planned_before_the_state_moved_is_refused() {
    let upgraded = Upgraded::new().await;
    let (planned, plan) = upgraded
        .planned("ExpectedNext", &["setTotal(uint256)", "1000"])
        .await;
    assert!(below(&upgraded.file(), "unchanged").contains(&"total()".to_owned()));
    let hash = text(&plan, "state_difference").to_owned();
    upgraded
        .fixture
        .send(upgraded.proxy, &IExpected::mintCall {})
        .await;
    let words = planned.words("plan", &upgraded);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let later = upgraded.fixture.done(&words);
    assert_ne!(
        text(&later, "state_difference"),
        hash,
        "it would write over what moved"
    );
    let refused = planned.migrated(&upgraded, &[]);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    let error = &refused.document["error"];
    assert_eq!(error["name"], "PostConditionFailed", "{error}");
    assert!(error.to_string().contains("unchanged total()"), "{error}");
    // The same on chain: the call is executed, and the instance stays where it is.
    let done = planned.migrated(&upgraded, &["--skip-failing"]);
    assert_eq!(done.exit, Some(3), "{done:?}");
    let waiting = done.document["waiting"].to_string();
    assert!(waiting.contains("unchanged total()"), "{waiting}");
    let total = upgraded
        .fixture
        .client
        .call(upgraded.proxy, &IExpected::totalCall {})
        .await;
    assert_eq!(total.ok(), Some(U256::from(1010)));
}

#[tokio::test]
#[ignore = "nightly: a registry and commands as processes, about 7 s"]
async fn what_a_later_upgrade_changes_in_another_instance_is_refused_before_it_is_sent() {
    let upgraded = Upgraded::new().await;
    let first = upgraded.proxy.to_string();
    let bare = ["--accept", "initializer-omitted"];
    let create = ["create-proxy", "A", "1.0", "--kind", "evm"];
    upgraded
        .fixture
        .done(&[&create[..], &bare, &ABSENT].concat());
    let code = deployed(&upgraded.fixture, "ExpectedPeer")
        .await
        .to_string();
    let planned = Planned {
        to: "2.0".into(),
        layout: "ExpectedPeer.json".into(),
        call: vec!["reach(address)".into(), first.clone()],
        code,
    };
    std::fs::write(
        upgraded.fixture.path(FILE),
        "expect = [\"unchanged total()\"]\n",
    )
    .expect("written");
    let words = planned.words("plan", &upgraded);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let plan = upgraded
        .fixture
        .run(&[&words[..], &["--expect", FILE]].concat());
    assert_eq!(plan.exit, Some(1), "{plan:?}");
    let error = &plan.document["error"];
    assert_eq!(error["name"], "PostConditionFailed", "{error}");
    assert!(error.to_string().contains("unchanged total()"), "{error}");
    let refused = planned.migrated(&upgraded, &[]);
    assert_eq!(refused.exit, Some(1), "{refused:?}");
    let status = upgraded.fixture.done(&format!("status {first}"));
    assert_eq!(text(&status["instance"], "version"), "1.0");
}

#[tokio::test]
#[ignore = "nightly: ten upgrades by commands as processes, about 30 s"]
async fn ten_faithful_upgrades_pass_with_their_expectations() {
    let mut upgraded = Upgraded::new().await;
    let root = B256::repeat_byte(8).to_string();
    let owner = upgraded.fixture.owner(4).address().to_string();
    let again = B256::repeat_byte(9).to_string();
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("ExpectedNext", &[], &[]),
        ("ExpectedNext", &["keep()"], &[]),
        (
            "ExpectedNext",
            &["setRoot(bytes32)", &root],
            &["\"equal root() 0x0808"],
        ),
        (
            "ExpectedNext",
            &["setFee(uint256)", "30"],
            &["\"delta fee() +5\""],
        ),
        (
            "ExpectedNext",
            &["setOwner(address)", &owner],
            &["\"equal owner() "],
        ),
        ("ExpectedNext", &["setTotal(uint256)", "1000"], &[]),
        (
            "ExpectedNext",
            &["setTotal(uint256)", "900"],
            &["\"delta total() -100\""],
        ),
        (
            "ExpectedNext",
            &["setRoot(bytes32)", &again],
            &["\"equal root() 0x0909"],
        ),
        (
            "ExpectedNext",
            &["setFee(uint256)", "7"],
            &["\"equal fee() 7\"", "\"delta fee() -23\""],
        ),
        ("ExpectedNext", &[], &[]),
    ];
    for (contract, call, confirmed) in cases {
        let (planned, _) = upgraded.planned(contract, call).await;
        let mut file = upgraded.file();
        assert!(
            file.contains("# Left out: age(), its answer changes with time alone."),
            "{file}"
        );
        for getter in ["name()", "limit()", "span()"] {
            assert!(
                below(&file, "unchanged").contains(&getter.to_owned()),
                "{file}"
            );
        }
        for line in confirmed {
            assert!(file.contains(&format!("# {line}")), "{file}");
            file = file.replace(&format!("# {line}"), line);
        }
        std::fs::write(upgraded.fixture.path(FILE), file).expect("confirmed");
        let done = planned.migrated(&upgraded, &[]);
        assert_eq!(done.exit, Some(0), "{contract} {call:?}: {done:?}");
        upgraded.version += 1;
        let proxy = upgraded.proxy.to_string();
        let status = upgraded.fixture.done(&format!("status {proxy}"));
        assert_eq!(status["instance"]["version"], json!(planned.to));
    }
}
