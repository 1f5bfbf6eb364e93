//! A definition with many instances: what is asked of the endpoint does not grow with them.

use crate::governance::creation::creation;
use crate::prelude::*;
use std::ops::Range;
use stylus_upgrades::client::Client;
use stylus_upgrades::model::INSTANCE_PAGE;

alloy::sol! {
    function initialize(uint256 value) external;
}

/// Instances of which the storage, the code and the paths are looked at, at most.
const LOOKED_AT: u64 = 64;

/// Creates instances with these salts.
fn create(sandbox: &Sandbox, salts: Range<u64>) {
    for salt in salts {
        let value = U256::from(7);
        let mut call = creation("A", initializeCall { value }.abi_encode().into());
        call.salt = B256::from(U256::from(salt));
        sandbox.send(0, &call);
    }
}

/// What an endpoint was asked, also where several questions came in one request.
fn questions(relay: &Relay) -> Vec<Value> {
    let requests = relay.requests().into_iter();
    let questions = requests.flat_map(|request| match request {
        Value::Array(questions) => questions,
        question => vec![question],
    });
    questions.collect()
}

/// The calls of a view among these questions.
fn calls_of<C: SolCall>(questions: &[Value]) -> usize {
    let selector = format!("0x{}", hex::encode(C::SELECTOR));
    let calls = questions.iter().filter(|question| {
        question["method"] == "eth_call" && question["params"][0].to_string().contains(&selector)
    });
    calls.count()
}

#[test]
fn a_migration_that_is_typed_again_does_not_read_every_instance() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..LOOKED_AT + 6);
    sandbox.run("Admin", MIGRATE);
    assert_eq!(sandbox.done("Admin", "upgrade A")["left"], 0);
    let relay = Relay::to(&sandbox.node.endpoint(), |_| None);
    let again = format!("{MIGRATE} --rpc-url {}", relay.endpoint());
    let answer = sandbox.done("Admin", &again);
    answer.has(json!({"executed": true, "left": 0}));
    let asked = questions(&relay);
    let single = calls_of::<abi::instanceOfCall>(&asked);
    let pages = calls_of::<abi::instancePageCall>(&asked);
    assert!(
        single <= 4 && (1..=8).contains(&pages),
        "{single} instances and {pages} pages were read"
    );
}

#[test]
fn lists_of_instances_are_read_in_pages() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let asked = |words: &str| {
        let relay = Relay::to(&sandbox.node.endpoint(), |_| None);
        sandbox.run_at(&relay, "Admin", words).ends(0);
        questions(&relay)
    };
    create(&sandbox, 0..10);
    let few = asked("status A").len();
    create(&sandbox, 10..30);
    for words in ["status A", "verify A", "history A", "doctor", "pause A"] {
        let requests = asked(words);
        let single = calls_of::<abi::instanceOfCall>(&requests);
        let details = calls_of::<abi::instanceDetailsCall>(&requests);
        assert_eq!((single, details), (0, 0), "{words}");
        let pages = calls_of::<abi::instancePageCall>(&requests);
        assert!((1..=4).contains(&pages), "{words}: {pages} pages");
        if words == "status A" {
            assert_eq!(requests.len(), few, "as many as for ten instances");
        }
    }
}

#[tokio::test]
async fn positions_are_read_in_whole_pages_of_any_size() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..30);
    let relay = Relay::to(&sandbox.node.endpoint(), |_| None);
    let endpoint = relay.endpoint();
    let client = Client::connect(&endpoint).await.expect("it answers");
    let registry = client.registry(sandbox.registry());
    let all = registry.listed_instances("A", 0..usize::MAX, INSTANCE_PAGE);
    let all = all.await.expect("a page");
    let proxies: Vec<Address> = all.iter().map(|listed| listed.instance.proxy).collect();
    assert_eq!(proxies, sandbox.proxies());
    let code = registry.code("A", "1.0").await.expect("a version");
    let runs = |implementation| implementation == Some(code.implementation);
    assert!(all.iter().all(|listed| runs(listed.implementation)));
    for (page_size, range, pages) in [
        (7, 0..usize::MAX, 5),
        (10, 0..usize::MAX, 4), // a page that is full may not be the last one
        (7, 0..30, 5),
        (10, 0..30, 3),
        (7, 8..20, 2),
        (7, 6..8, 2),
        (7, 29..40, 1),
        (7, 35..40, 1),
        (7, 5..5, 0),
        (1, 3..6, 3),
    ] {
        let before = calls_of::<abi::instancePageCall>(&questions(&relay));
        let client = Client::connect(&endpoint).await.expect("it answers");
        let registry = client.registry(sandbox.registry());
        let listed = registry.listed_instances("A", range.clone(), page_size);
        let listed = listed.await.expect("a page");
        let within = range.start.min(all.len())..range.end.min(all.len());
        assert_eq!(listed, all[within], "{page_size} {range:?}");
        let asked = calls_of::<abi::instancePageCall>(&questions(&relay)) - before;
        assert_eq!(asked, pages, "{page_size} {range:?}");
    }
}

#[test]
#[ignore = "nightly: a thousand instances at a slow endpoint, about 120 s"]
fn a_thousand_instances_take_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    let mut many = Vec::new();
    for (words, most) in [
        ("status A", 25),
        ("doctor", 60),
        ("verify A", 150),
        ("history A", 200),
        (PLAN, 300),
        ("pause A", 100),
    ] {
        let far = |_: &Value| std::thread::sleep(Duration::from_millis(100));
        let relay = Relay::interrupting(&sandbox.node.endpoint(), far);
        sandbox.run_at(&relay, "Admin", words).ends(0);
        let (requests, questions) = (relay.requests().len(), questions(&relay).len());
        println!("{words}: {requests} requests of {most}, {questions} questions");
        if requests > most {
            many.push(format!("{words}: {requests}, at most {most}"));
        }
    }
    assert!(many.is_empty(), "{many:#?}");
}
