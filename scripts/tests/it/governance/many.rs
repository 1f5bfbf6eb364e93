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
        (10, 0..usize::MAX, 3),
        (7, 0..30, 5),
        (10, 0..30, 3),
        (7, 8..20, 2),
        (7, 6..8, 2),
        (7, 29..40, 1),
        (7, 35..40, 0),
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

/// Commands that look at every instance, and one that stops them.
const COMMANDS: [&str; 6] = [
    "status A",
    "doctor",
    "history A",
    "verify A",
    PLAN,
    "pause A",
];

/// An endpoint that its first question finds far away. Each one takes `pause`.
fn far(sandbox: &Sandbox, pause: Duration) -> Relay {
    Relay::interrupting(&sandbox.node.endpoint(), move |request| {
        let is_first = request["method"] == "eth_chainId";
        std::thread::sleep(if is_first { FAR.max(pause) } else { pause });
    })
}

/// A round trip of an endpoint that is far away.
const FAR: Duration = Duration::from_millis(100);

/// The HTTP requests of each command at an endpoint that is far away, none of them more than `most`.
fn count_requests(sandbox: &Sandbox, pause: Duration, most: [usize; COMMANDS.len()]) {
    let mut too_many = Vec::new();
    for (words, most) in COMMANDS.into_iter().zip(most) {
        let relay = far(sandbox, pause);
        sandbox.run_at(&relay, "Admin", words).ends(0);
        let (requests, questions) = (relay.requests().len(), questions(&relay).len());
        println!("{words}: {requests} requests of {most}, {questions} questions");
        if requests > most {
            too_many.push(format!("{words}: {requests}, at most {most}"));
        }
    }
    assert!(too_many.is_empty(), "{too_many:#?}");
}

#[test]
fn ten_and_a_hundred_instances_take_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..10);
    count_requests(&sandbox, Duration::ZERO, [16, 32, 20, 24, 200, 20]);
    sandbox.done("Admin", "resume A");
    create(&sandbox, 10..100);
    count_requests(&sandbox, Duration::ZERO, [16, 34, 26, 30, 280, 32]);
}

#[test]
fn an_endpoint_that_bounds_ranges_gives_the_events_of_many_instances_in_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    for tens in 0..10 {
        create(&sandbox, tens * 10..tens * 10 + 10);
        sandbox.chain(|chain| chain.mine(200, None).expect("blocks"));
    }
    let relay = Relay::to(&sandbox.node.endpoint(), |question| {
        if question["method"] == "eth_chainId" {
            std::thread::sleep(FAR);
        }
        let block = |field: &str| {
            let text = question["params"][0][field].as_str().unwrap_or("0x0");
            u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a block")
        };
        let is_long =
            question["method"] == "eth_getLogs" && block("toBlock") - block("fromBlock") >= 500;
        is_long.then_some("exceed maximum block range: 500")
    });
    sandbox.run_at(&relay, "Admin", "history A").ends(0);
    let is_of_logs = |request: &&Value| request.to_string().contains("eth_getLogs");
    let requests = relay.requests();
    let of_logs = requests.iter().filter(is_of_logs).count();
    println!("{} requests, {of_logs} of logs", requests.len());
    assert!(requests.len() <= 25 && of_logs <= 8, "{requests:#?}");
}

#[test]
#[ignore = "nightly: a thousand instances at a slow endpoint, about 120 s"]
fn a_thousand_instances_take_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    count_requests(&sandbox, FAR, [25, 60, 80, 80, 340, 80]);
}

#[test]
#[ignore = "nightly: a thousand instances, about 60 s"]
fn a_thousand_instances_are_looked_at_with_256_open_files() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    for words in COMMANDS {
        let command = sandbox.command_of("Admin", words);
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]);
        limited.arg(command.get_program()).args(command.get_args());
        limited.current_dir(sandbox.folder.path());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => limited.env(name, value),
                None => limited.env_remove(name),
            };
        }
        Answer::of(limited.output().expect("it starts")).ends(0);
    }
}
