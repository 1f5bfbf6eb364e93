use super::ExplorerClient;
use crate::error::Explain;
use crate::progress::Silent;
use crate::publication::{Interface, Published, Sources};
use crate::secret::Secret;
use alloy::primitives::Address;
use alloy::transports::http::reqwest::Url;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stylus_upgrades_test_support::http::{Message, Scripted};

fn explorer(scripted: &Scripted, interface: Interface) -> ExplorerClient<'static> {
    let key = Some(Secret::new("the-key".into()));
    ExplorerClient::new(interface, Some(&scripted.url), 42_161, key, &Silent).expect("a URL")
}

/// Where the explorer was asked.
fn url(request: &Message) -> Url {
    let base = Url::parse("http://explorer").expect("a URL");
    base.join(request.path()).expect("a path")
}

fn asked(request: &Message) -> BTreeMap<String, String> {
    url(request).query_pairs().into_owned().collect()
}

fn sources() -> Sources {
    Sources {
        repository: "https://example.org/team/notes".into(),
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        path: "contracts/note".into(),
        contract: "note".into(),
        cargo_stylus: "0.10.10".into(),
        license: 3,
    }
}

fn ok(result: &str) -> (u16, Value) {
    let answer = json!({"status": "1", "message": "OK", "result": result});
    (200, answer)
}

fn not(result: &str) -> (u16, Value) {
    let answer = json!({"status": "0", "message": "NOTOK", "result": result});
    (200, answer)
}

const ACCOUNT: Address = Address::repeat_byte(0x11);

#[tokio::test]
async fn etherscan_gets_its_fields_and_is_polled_until_it_has_decided() {
    let etherscan = Scripted::answering(vec![
        ok("the-guid"),
        not("Pending in queue"),
        ok("Pass - Verified"),
    ]);
    let explorer = explorer(&etherscan, Interface::Etherscan);
    let published = explorer.verify_implementation(ACCOUNT, &sources()).await;
    let expected = Published {
        address: ACCOUNT,
        answer: "Pass - Verified".into(),
    };
    assert_eq!(published.expect("verified"), expected);
    let requests = etherscan.requests();
    let methods: Vec<_> = requests.iter().map(Message::method).collect();
    assert_eq!(methods, ["POST", "GET", "GET"]);
    let account = ACCOUNT.to_checksum(None);
    let wanted = [
        ("action", "verifysourcecode"),
        ("apikey", "the-key"),
        ("chainid", "42161"),
        ("codeformat", "stylus"),
        ("compilerversion", "stylus:0.10.10"),
        ("contractaddress", &account),
        ("contractname", "note"),
        ("licenseType", "3"),
        ("module", "contract"),
        ("sourceCode", "https://example.org/team/notes"),
    ];
    let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(asked(&requests[0]), BTreeMap::from(wanted));
    let polled = asked(&requests[1]);
    assert_eq!(polled["action"], "checkverifystatus");
    assert_eq!(polled["guid"], "the-guid");
}

#[tokio::test]
async fn etherscan_links_a_proxy_with_the_implementation_that_is_expected() {
    let etherscan = Scripted::answering(vec![ok("the-guid"), ok("The proxy's is found")]);
    let explorer = explorer(&etherscan, Interface::Etherscan);
    let implementation = Address::repeat_byte(0x22);
    let linked = explorer.link_proxy(ACCOUNT, implementation).await;
    let linked = linked.expect("linked").expect("an answer");
    assert_eq!(linked.answer, "The proxy's is found");
    let requests = etherscan.requests();
    let query = asked(&requests[0]);
    assert_eq!(query["action"], "verifyproxycontract");
    assert_eq!(query["address"], ACCOUNT.to_checksum(None));
    let expected = implementation.to_checksum(None);
    assert_eq!(query["expectedimplementation"], expected);
    assert_eq!(asked(&requests[1])["action"], "checkproxyverification");
}

#[tokio::test]
async fn what_etherscan_refuses_is_reported_without_the_key_and_what_it_knows_is_done() {
    let answers = vec![
        not("Invalid API Key"),
        ok("guid"),
        not("Fail - Unable to verify"),
        not("Contract source code already verified"),
        (500, json!({})),
    ];
    let etherscan = Scripted::answering(answers);
    let explorer = explorer(&etherscan, Interface::Etherscan);
    let all = sources();
    for words in ["Invalid API Key", "Fail - Unable to verify"] {
        let refused = explorer.verify_implementation(ACCOUNT, &all).await;
        let refused = refused.expect_err("refused");
        assert_eq!(refused.name(), "ExplorerRefused");
        assert_eq!(refused.found().as_deref(), Some(words));
        assert!(!refused.to_string().contains("the-key"));
    }
    let known = explorer
        .verify_implementation(ACCOUNT, &all)
        .await
        .expect("known");
    assert!(known.answer.contains("already verified"));
    let broken = explorer.verify_implementation(ACCOUNT, &all).await;
    let broken = broken.expect_err("broken");
    assert_eq!(broken.name(), "ExplorerUnreachable");
    assert!(!format!("{broken:?}").contains("the-key"));
}

#[tokio::test]
async fn blockscout_gets_the_commit_and_is_polled_until_the_contract_is_verified() {
    let started = json!({"message": "Smart-contract verification started"});
    let blockscout = Scripted::answering(vec![
        (404, json!({"message": "Not found"})),
        (200, started),
        (200, json!({"is_verified": true})),
    ]);
    let explorer = explorer(&blockscout, Interface::Blockscout);
    let published = explorer.verify_implementation(ACCOUNT, &sources()).await;
    assert_eq!(published.expect("verified").answer, "verified");
    let requests = blockscout.requests();
    let account = ACCOUNT.to_checksum(None);
    let contract = format!("/api/v2/smart-contracts/{account}");
    let paths: Vec<_> = requests.iter().map(Message::path).collect();
    let submit = format!("{contract}/verification/via/stylus-github-repository");
    assert_eq!(paths, [&*contract, &*submit, &*contract]);
    let submitted = json!({
        "cargo_stylus_version": "0.10.10",
        "repository_url": "https://example.org/team/notes",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "path_prefix": "contracts/note",
    });
    let body: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    assert_eq!(body, submitted);
    assert!(!requests[1].path().contains("the-key"));
    let proxy = explorer
        .link_proxy(ACCOUNT, ACCOUNT)
        .await
        .expect("no request");
    assert_eq!(proxy, None);
}

#[tokio::test]
async fn blockscout_that_verifies_no_stylus_contracts_is_a_refusal() {
    let blockscout = Scripted::answering(vec![
        (200, json!({"is_verified": false})),
        (404, json!({"message": "Not found"})),
    ]);
    let explorer = explorer(&blockscout, Interface::Blockscout);
    let refused = explorer.verify_implementation(ACCOUNT, &sources()).await;
    assert_eq!(refused.expect_err("none").name(), "ExplorerRefused");
    let nowhere = ExplorerClient::new(Interface::Blockscout, None, 1, None, &Silent);
    assert_eq!(nowhere.map(drop).expect_err("none").name(), "ExplorerUrl");
}

#[tokio::test]
async fn words_that_merely_mention_a_verified_contract_are_a_refusal() {
    let text = "Error: this contract is not already verified, and cannot be";
    let etherscan = Scripted::answering(vec![
        not(text),
        ok("guid"),
        not(text),
        not("Already Verified"),
    ]);
    let explorer = explorer(&etherscan, Interface::Etherscan);
    for _ in 0..2 {
        let refused = explorer.verify_implementation(ACCOUNT, &sources()).await;
        let refused = refused.expect_err("refused");
        assert_eq!(refused.name(), "ExplorerRefused");
        assert_eq!(refused.found().as_deref(), Some(text));
    }
    let known = explorer.verify_implementation(ACCOUNT, &sources()).await;
    let mut known = known.expect("known");
    known.answer = "x\n  ✓ everything is verified".into();
    let line = format!("{ACCOUNT}  the explorer says: \"x\\n  ✓ everything is verified\"");
    assert_eq!(known.line(), line);
}

#[test]
fn neither_a_repositorys_token_nor_the_key_goes_where_others_read_it() {
    for wrong in [
        "https://user:TOKEN@example.org/team/notes",
        "https://TOKEN@example.org/team/notes",
        "https://example.org/team/notes?token=TOKEN",
        "git@example.org:team/notes",
        "",
    ] {
        let refused = Sources::public(wrong).expect_err(wrong);
        assert_eq!(refused.name(), "RepositoryUrl");
        assert!(!refused.to_string().contains("TOKEN"));
    }
    let plain = "https://example.org/team/notes";
    assert_eq!(Sources::public(plain).expect("public"), plain);

    let open = |url: &str, key: Option<&str>| {
        let key = key.map(|key| Secret::new(key.into()));
        ExplorerClient::new(Interface::Etherscan, Some(url), 1, key, &Silent).map(drop)
    };
    let other = "http://localhost.example.org";
    for far in ["http://example.org/api", "http://10.0.0.1/api", other] {
        let refused = open(far, Some("k")).expect_err(far);
        assert_eq!(refused.name(), "ExposedKey", "{far}");
        open(far, None).expect("nothing is exposed");
    }
    for near in [
        "http://127.0.0.1:1/api",
        "http://[::1]/api",
        "http://localhost/",
        "https://example.org",
    ] {
        open(near, Some("k")).expect(near);
    }
}
