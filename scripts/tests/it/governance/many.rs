//! A definition with many instances: what is asked of the endpoint does not grow with them.

use crate::governance::complex::{MIGRATE as COMPLEX, registers};
use crate::governance::creation::creation;
use crate::governance::relay::{FAR, ask};
use crate::prelude::*;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use stylus_upgrades::client::Client;
use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades::model::INSTANCE_PAGE;
use stylus_upgrades_test_support::http::{respond, serve};
use stylus_upgrades_test_support::page;

alloy::sol! {
    function initialize(uint256 value) external;
    function award(address[] to, uint256 points) external;
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
fn a_rollout_checks_the_steps_of_each_version_that_is_due() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..LOOKED_AT);
    sandbox.run("Admin", MIGRATE);
    assert_eq!(sandbox.done("Admin", "upgrade A")["left"], 0);
    // After all that were looked at comes one of another version.
    create(&sandbox, LOOKED_AT..LOOKED_AT + 1);
    let answer = sandbox.run("Admin", ROLLBACK);
    assert_eq!(answer.document["not_compared"], Value::Null, "{answer:?}");
    answer.ends(0).has(json!({"left": 0}));
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

/// Commands that look at every instance, and one that stops them, with the HTTP requests of each at a far endpoint, at
/// most: with 10, 100 and 1,000 instances.
const COMMANDS: [(&str, [usize; 3]); 6] = [
    ("status A", [14, 14, 16]),
    ("doctor", [30, 30, 40]),
    ("history A", [16, 20, 52]),
    ("verify A", [22, 25, 44]),
    (PLAN, [35, 36, 40]),
    ("pause A", [18, 24, 34]),
];

/// The page that shows these counts.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/evidence/scale.md");

/// A run of the nightly tests.
const MEASURED: &str = "\
Measured on 1 December 2026 with 1,000 instances at 100 ms a request, by a program without optimizations:

| command | requests | seconds |
|---|---|---|
| `status A` | 13 | 1.5 |
| `doctor` | 36 | 3.6 |
| `history A` | 46 | 2.9 |
| `verify A` | 39 | 3.0 |
| `plan A 2.0 counter-v2` | 32 | 5.0 |
| `pause A` | 28 | 3.7; the pause, with 12 instances, is sent after 1.0, the last of 10 lists after 3.1 |
| `migrate A 2.0 counter-v2` with its rollout | 265 | 35 |
| `plan` of 10,000 entries, with proofs | 61 | 12.7 |
| the same without proofs | 262 | 10.9 |
";

#[test]
fn the_page_shows_the_requests_that_tests_allow() {
    let mut text = String::from(
        "# Many instances\n\n\
         HTTP requests of a command at an endpoint whose round trip takes 100 ms, at most, by the number of instances of the\n\
         definition. Tests run these commands through a proxy that counts: with 10 and 100 instances in every run of the suite,\n\
         with 1,000 in the nightly one. `scripts/tests/it/governance/many.rs` writes this page.\n\n\
         | command | 10 | 100 | 1,000 |\n|---|---|---|---|\n",
    );
    for (words, [ten, hundred, thousand]) in COMMANDS {
        let words = words.split(" --").next().unwrap_or_default();
        text.push_str(&format!("| `{words}` | {ten} | {hundred} | {thousand} |\n"));
    }
    text.push_str(
        "\n`plan` of a complex migration with 10,000 entries takes at most 100 requests where the endpoint proves 1,000 slots in\n\
         one question (`eth_getProof`), and 300 where it has no proofs; all entries are tried.\n\n\
         Where the endpoint bounds `eth_getLogs` to 500 blocks, `history` of 100 instances over 2,000 blocks takes at most 18\n\
         requests, 4 of them for events. All these commands run with 256 open files.\n\n",
    );
    text.push_str(MEASURED);
    page::compare(Path::new(PAGE), &text);
}

/// Counts the HTTP requests of each command at an endpoint that is far away. `column` is that of [`COMMANDS`].
fn count_requests(sandbox: &Sandbox, pause: Duration, column: usize) {
    let mut too_many = Vec::new();
    for (words, most) in COMMANDS {
        let most = most[column];
        let begun = Instant::now();
        let sent = Arc::<Mutex<Vec<Duration>>>::default();
        let noted = sent.clone();
        let relay = Relay::far(&sandbox.node.endpoint(), pause, move |request| {
            if request["method"] == "eth_sendRawTransaction" {
                noted.lock().expect("times").push(begun.elapsed());
            }
            None
        });
        sandbox.run_at(&relay, "Admin", words).ends(0);
        let (requests, questions) = (relay.requests().len(), questions(&relay).len());
        let (took, sent) = (begun.elapsed(), sent.lock().expect("times"));
        println!(
            "{words}: {requests} requests of {most}, {questions} questions, {took:?}; sent after {sent:?}"
        );
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
    count_requests(&sandbox, Duration::ZERO, 0);
    sandbox.done("Admin", "resume A");
    create(&sandbox, 10..100);
    count_requests(&sandbox, Duration::ZERO, 1);
    let resumed = sandbox.run("Admin", "resume A");
    resumed.warns(&["100 of 100 instances are still paused"]);
    let paused = sandbox.run("Admin", "pause A");
    paused.warns(&["88 of 100 instances still run"]);
    paused.ends(0);
}

#[test]
fn a_pause_that_is_killed_among_transactions_in_a_row_continues() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..230);
    for place in ["sent:1", "sent:2", "before-sending:3", "sent:4", "mined:2"] {
        let snapshot = sandbox.chain(|chain| chain.snapshot());
        let before = sandbox.nonce();
        let mut killed = sandbox.command_of("Admin", "pause A");
        let killed = killed.env(VARIABLE, place).output().expect("it starts");
        assert_eq!(killed.status.signal(), Some(9), "{place}: {killed:?}");
        sandbox.run("Admin", "pause A").ends(0);
        assert_eq!(
            sandbox.nonce() - before,
            4,
            "{place}: the pause, and three lists"
        );
        let instances = sandbox.instances("A");
        let paused = instances
            .iter()
            .filter(|instance| instance["state"] == "paused");
        assert_eq!(paused.count(), 230, "{place}");
        assert!(sandbox.chain(move |chain| chain.revert(snapshot)));
        let _ = std::fs::remove_dir_all(sandbox.path(".stylus-upgrades"));
    }
}

#[test]
fn what_is_shown_of_many_instances_is_bounded() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..100);
    let status = sandbox.shown("Admin", "status A", 0);
    contains(&status, &["100 instances at 1.0  live"]);
    for (words, all) in [
        ("status A", 100),
        ("history A", 100),
        ("verify A", 500),
        ("doctor", 1),
    ] {
        let lines = sandbox.shown("Admin", words, 0).lines().count();
        assert!(lines <= 40, "{words}: {lines} lines");
        let full = sandbox.shown("Admin", &format!("{words} --full"), 0);
        let full = full.lines().count();
        println!("{words}: {lines} lines of {full}");
        assert!(full >= all, "{words}: {full} lines");
    }
    let newest = sandbox.shown("Admin", "history A --last 200", 0);
    assert!(newest.lines().count() > 50, "{newest}");
    // What is not as it should be has a line of its own.
    sandbox.send(
        0,
        &abi::pauseCall {
            name: "A".into(),
            first: sandbox.proxies()[..3].to_vec(),
        },
    );
    let status = sandbox.shown("Admin", "status A", 0);
    contains(
        &status,
        &[
            "3 instances at 1.0  paused",
            "97 instances at 1.0  live",
            "more lines: --full",
        ],
    );
    assert!(status.lines().count() <= 40, "{status}");
}

#[test]
fn an_endpoint_that_bounds_batches_gets_as_many_questions_as_it_takes() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..100);
    for limit in [10, 1] {
        let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, move |request| {
            let size = request.as_array().map_or(1, Vec::len);
            (size > limit).then_some("too many requests in a batch")
        });
        sandbox.run_at(&relay, "Admin", "history A").ends(0);
        let requests = relay.requests();
        let sizes = requests
            .iter()
            .map(|request| request.as_array().map_or(1, Vec::len));
        let refused = sizes.filter(|size| *size > limit).count();
        println!("{limit}: {} requests, {refused} refused", requests.len());
        assert!(refused <= 64, "{limit}: {refused} refused");
    }
}

#[test]
fn an_endpoint_that_bounds_ranges_gives_the_events_of_many_instances_in_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    for tens in 0..10 {
        create(&sandbox, tens * 10..tens * 10 + 10);
        sandbox.chain(|chain| chain.mine(200, None).expect("blocks"));
    }
    let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, |question| {
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
    assert!(requests.len() <= 18 && of_logs <= 4, "{requests:#?}");
}

/// A register with so many members, and points for each.
fn register_of(members: u64) -> Sandbox {
    const AT_ONCE: u64 = 250;
    let (sandbox, proxies) = registers(1);
    let proxy: Address = proxies[0].parse().expect("an address");
    for first in (0..members).step_by(AT_ONCE as usize) {
        let to = first..members.min(first + AT_ONCE);
        let to = to.map(|member| Address::from_word(keccak256(member.to_be_bytes())));
        let points = U256::from(7);
        let call = awardCall {
            to: to.collect(),
            points,
        };
        let admin = sandbox.node.addresses()[0];
        let receipt = sandbox.sent(admin, proxy, call.abi_encode().into(), 30_000_000);
        assert!(receipt.success, "{receipt:?}");
    }
    sandbox
}

/// HTTP requests for a plan of a complex migration, at an endpoint that proves so many slots in one question.
fn requests_of_complex_plan(sandbox: &Sandbox, proven: usize, pause: Duration) -> usize {
    let relay = Relay::far(&sandbox.node.endpoint(), pause, move |request| {
        let slots = request["params"][1].as_array().map_or(0, Vec::len);
        let is_proof = request["method"] == "eth_getProof";
        (is_proof && slots > proven).then_some("too many keys")
    });
    let words = COMPLEX.replace("migrate", "plan");
    let begun = Instant::now();
    let answer = sandbox.run_at(&relay, "Admin", &words);
    let requests = relay.requests().len();
    let count = questions(&relay).len();
    println!(
        "{proven}: {requests} requests, {count} questions, {:?}",
        begun.elapsed()
    );
    let instances = list(&answer.document, "instances");
    assert_eq!(
        instances[0]["batches"]["left"],
        Value::Null,
        "{}",
        instances[0]["batches"]
    );
    requests
}

#[test]
fn a_plan_of_a_complex_migration_reads_the_entries_of_each_batch_together() {
    let sandbox = register_of(1_000);
    let proven = requests_of_complex_plan(&sandbox, 1_000, Duration::ZERO);
    let asked = requests_of_complex_plan(&sandbox, 0, Duration::ZERO);
    assert!(proven <= 60 && asked <= 85, "{proven} and {asked} requests");
}

#[test]
#[ignore = "nightly: ten thousand entries at a slow endpoint, about 60 s"]
fn a_plan_of_ten_thousand_entries_takes_few_requests() {
    let sandbox = register_of(10_000);
    let proven = requests_of_complex_plan(&sandbox, 1_000, FAR);
    let asked = requests_of_complex_plan(&sandbox, 0, FAR);
    assert!(
        proven <= 100 && asked <= 300,
        "{proven} and {asked} requests"
    );
}

/// An endpoint that meets a question with trouble each `nth` time: a reset, 500, 502, 503 or 429. What is sent to the chain
/// is taken. Its URL, and how often it was in trouble.
fn faulty(sandbox: &Sandbox, nth: usize) -> (String, Arc<AtomicUsize>) {
    const FAULTS: [&str; 5] = ["", "500 X", "502 X", "503 X", "429 X"];
    let target = sandbox.node.address().to_string();
    let (requests, faults) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let met = faults.clone();
    let address = serve(move |stream, message| {
        let request: Value = serde_json::from_slice(&message.body).expect("JSON");
        let count = requests.fetch_add(1, Ordering::SeqCst) + 1;
        if count.is_multiple_of(nth) && !request.to_string().contains("eth_send") {
            let fault = FAULTS[met.fetch_add(1, Ordering::SeqCst) % FAULTS.len()];
            if !fault.is_empty() {
                let _ = respond(stream, fault, "", "\"no\"");
            }
            return; // a connection without an answer
        }
        let _ = respond(stream, "200 OK", "", &ask(&target, &request).to_string());
    });
    (format!("http://{address}"), faults)
}

#[test]
fn reads_bear_the_trouble_of_an_endpoint_that_has_answered() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..10);
    let mut met = 0;
    for (words, _) in COMMANDS {
        let is_read = !words.starts_with("pause");
        let whole = is_read.then(|| sandbox.run("Admin", words).document);
        let (url, faults) = faulty(&sandbox, 7);
        let answer = sandbox.run("Admin", &format!("{words} --rpc-url {url}"));
        answer.ends(0);
        let faults = faults.load(Ordering::SeqCst);
        assert!(faults > 0, "{words}: nothing was borne");
        met += faults;
        if faults > 1 {
            answer.warns(&["does not answer now", "asking again for up to"]);
        }
        if words.starts_with("status") || words.starts_with("verify") {
            assert_eq!(Some(answer.document), whole, "{words}");
        }
    }
    println!("{met} faults");
}

#[test]
#[ignore = "nightly: a thousand instances at a slow endpoint, about 120 s"]
fn a_thousand_instances_take_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    count_requests(&sandbox, FAR, 2);
}

#[test]
#[ignore = "nightly: a rollout to a thousand instances at a slow endpoint, about 45 s"]
fn a_rollout_to_a_thousand_instances_takes_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    let begun = Instant::now();
    let relay = Relay::far(&sandbox.node.endpoint(), FAR, |_| None);
    sandbox.run_at(&relay, "Admin", MIGRATE).ends(0);
    let requests = relay.requests().len();
    println!("{requests} requests, {:?}", begun.elapsed());
    let instances = sandbox.instances("A");
    assert!(
        instances
            .iter()
            .all(|instance| instance["version"] == "2.0")
    );
    assert!(requests <= 280, "{requests} requests");
}

#[test]
#[ignore = "nightly: a thousand instances, about 60 s"]
fn a_thousand_instances_are_looked_at_with_256_open_files() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    for (words, _) in COMMANDS {
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
