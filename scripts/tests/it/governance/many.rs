//! A definition with many instances: what is asked of the endpoint does not grow with them.

use crate::governance::complex::{MIGRATE as COMPLEX, registers};
use crate::governance::creation::creation;
use crate::governance::relay::{FAR, ask};
use crate::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use stylus_upgrades::client::Client;
use stylus_upgrades::kill_point::VARIABLE;
use stylus_upgrades::model::INSTANCE_PAGE;
use stylus_upgrades::text::grouped;
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

/// The requests of a command, a line each: how many questions of each kind.
fn summary(relay: &Relay) -> String {
    let kind = |question: &Value| {
        let method = question["method"].as_str().unwrap_or_default().to_owned();
        let call = &question["params"][0];
        let input = call["input"].as_str().or(call["data"].as_str());
        let selector = input.and_then(|input| input.get(..10)).unwrap_or_default();
        format!("{method} {selector}")
    };
    let line = |request: Value| {
        let mut kinds = BTreeMap::<String, usize>::new();
        let questions = match request {
            Value::Array(questions) => questions,
            question => vec![question],
        };
        for question in &questions {
            *kinds.entry(kind(question)).or_default() += 1;
        }
        let kinds = kinds.iter().map(|(kind, count)| format!("{count} {kind}"));
        kinds.collect::<Vec<_>>().join(", ")
    };
    let lines: Vec<String> = relay.requests().into_iter().map(line).collect();
    lines.join("\n")
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
fn a_rollout_checks_the_path_of_an_instance_that_is_still_due() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..20);
    let relay = Relay::to(&sandbox.node.endpoint(), |_| None);
    sandbox.run_at(&relay, "Admin", MIGRATE).ends(0);
    let selector = format!("0x{}", hex::encode(abi::planCall::SELECTOR));
    let questions = questions(&relay);
    let paths = questions.iter().filter_map(|question| {
        let input = question["params"][0]["input"].as_str()?;
        let call = hex::decode(input.strip_prefix(&selector).map(|_| input)?).ok()?;
        abi::planCall::abi_decode(&call).ok()
    });
    let looked_at: BTreeSet<Address> = paths.map(|path| path.instance).collect();
    let proxies = sandbox.proxies();
    let (first, later) = proxies.split_at(8);
    for list in [first, later] {
        assert!(
            list.iter().any(|proxy| looked_at.contains(proxy)),
            "{looked_at:?} of {proxies:?}"
        );
    }
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
    ("history A", [12, 16, 48]),
    ("verify A", [20, 22, 42]),
    (PLAN, [35, 36, 40]),
    ("pause A", [18, 24, 34]),
];

/// HTTP requests for a hundred creations by one command, at most.
const CREATIONS_MAX: usize = 32;

/// Blocks that an endpoint gives the logs of at once, its words where more are asked for, and the HTTP requests of
/// `history` of 100 instances over 2,000 blocks, at most.
const RANGES: [(u64, &str, usize); 3] = [
    (10, "eth_getLogs is limited to a 10 block range", 60),
    (500, "exceed maximum block range: 500", 15),
    (10_000, "exceed maximum block range: 10000", 13),
];

/// The page that shows these counts.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/evidence/scale.md");

/// What an operator of many instances meets, the file of tests, and tests of it.
const TESTS: [(&str, &str, &[&str]); 20] = [
    (
        "`plan` of 10,000 entries",
        MANY,
        &[
            "a_plan_of_a_complex_migration_reads_the_entries_of_each_batch_together",
            "a_plan_of_ten_thousand_entries_takes_few_requests",
        ],
    ),
    (
        "`plan`, `status`, `doctor`, `history` and `verify` of 1,000 instances",
        MANY,
        &[
            "ten_and_a_hundred_instances_take_few_requests",
            "a_thousand_instances_take_few_requests",
        ],
    ),
    (
        "5,000 instances",
        MANY,
        &["five_thousand_instances_take_requests_in_proportion"],
    ),
    (
        "ranges of 10, 500 and 10,000 blocks",
        MANY,
        &["an_endpoint_that_bounds_ranges_gives_the_events_of_many_instances_in_few_requests"],
    ),
    (
        "batches of 1, 10 and 100 questions",
        MANY,
        &["an_endpoint_that_bounds_batches_gets_as_many_questions_as_it_takes"],
    ),
    (
        "few open files",
        MANY,
        &[
            "a_hundred_instances_are_looked_at_with_64_open_files",
            "a_thousand_instances_are_looked_at_with_256_open_files",
        ],
    ),
    (
        "a reset, 500, 502, 503 or 429 among many answers",
        MANY,
        &["reads_bear_the_trouble_of_an_endpoint_that_has_answered"],
    ),
    (
        "no traces, access lists and proofs",
        MANY,
        &["an_endpoint_without_traces_access_lists_and_proofs_serves_many_instances"],
    ),
    (
        "a block whose state is lost meanwhile",
        MANY,
        &["an_endpoint_that_loses_its_memory_of_a_block_ends_a_command_with_a_reason"],
    ),
    (
        "the first and the last instance of a pause",
        MANY,
        &["a_pause_is_sent_before_all_instances_are_listed"],
    ),
    (
        "a kill in a page of pauses",
        MANY,
        &["a_pause_that_is_killed_among_transactions_in_a_row_continues"],
    ),
    (
        "`migrate` with a rollout to 1,000 instances",
        MANY,
        &["a_rollout_to_a_thousand_instances_takes_few_requests"],
    ),
    (
        "a rollout that continues, to instances of several versions",
        MANY,
        &[
            "a_rollout_checks_the_steps_of_each_version_that_is_due",
            "a_rollout_checks_the_path_of_an_instance_that_is_still_due",
        ],
    ),
    (
        "lists of many lines",
        MANY,
        &["what_is_shown_of_many_instances_is_bounded"],
    ),
    (
        "equal changes of many entries",
        "scripts/core/src/commands/plan/grouped.rs",
        &["equal_changes_of_a_mapping_are_one_group"],
    ),
    (
        "layouts of 5,000 fields",
        "layout/src/compare/index.rs",
        &[
            "a_field_is_compared_with_those_near_it_alone",
            "structs_of_thousands_of_members_are_compared",
        ],
    ),
    (
        "fewer entries than the contract counts",
        "tests/it/run_migration/refusals.rs",
        &["run_migration_stops_at_a_batch_that_counts_less_than_its_items"],
    ),
    (
        "more entries than a plan tries",
        "scripts/tests/it/governance/complex.rs",
        &["of_a_complex_migration_the_rest_is_reported_by_number_as_not_tried"],
    ),
    (
        "a full disk",
        MANY,
        &["a_full_disk_keeps_a_transaction_back_and_no_answer"],
    ),
    (
        "a local chain that grows while it is saved, a full disk under it, and its restart",
        "node/tests/it/state.rs",
        &[
            "a_chain_grows_while_it_saves",
            "a_state_that_a_full_disk_does_not_take_leaves_the_one_before",
            "a_restart_needs_no_more_memory_than_the_run_before_it",
        ],
    ),
];

/// This file.
const MANY: &str = "scripts/tests/it/governance/many.rs";

/// Measured by the tests of the local chain.
const RESTART: &str = "\
A local chain with `--state` that mined 5,000 blocks with a transaction each, without optimizations: a file of 17.5 MB. The
run had 46.8 MB of memory at most, and its restart 39.8 MB: the file is read as it comes, and blocks are not copied.

";

/// A run of the nightly tests.
const MEASURED: &str = "\
Measured on 1 December 2026 with 1,000 instances at 100 ms a request, by a program without optimizations, on two cores that
built other programs meanwhile:

| command | requests | seconds |
|---|---|---|
| `status A` | 13 | 2.2 |
| `doctor` | 38 | 4.9 |
| `history A` | 43 | 3.7 |
| `verify A` | 38 | 4.0 |
| `plan A 2.0 counter-v2` | 32 | 8.7 |
| `pause A` | 28 | 5.4; the pause, with 12 instances, is sent after 1.1, the last of 10 lists after 4.5 |
| `migrate A 2.0 counter-v2` with its rollout | 220 | 38 |
| `plan` of 10,000 entries, with proofs | 61 | 27.0 |
| the same without proofs | 267 | 16.5 |

With 5,000 instances, 256 open files and a fault every 40 requests: `status` 13 requests, `doctor` 82, `history` 176,
`verify` 125, `plan` 33, `pause` 77.
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
         `migrate` with a rollout to 1,000 instances takes at most 250 requests. All these commands run with 256 open files.\n\n\
         `history` of 100 instances over 2,000 blocks, where the endpoint bounds `eth_getLogs`:\n\n\
         | blocks at once | requests, at most |\n|---|---|\n",
    );
    for (blocks, _, most) in RANGES {
        let blocks = grouped(blocks);
        text.push_str(&format!("| {blocks} | {most} |\n"));
    }
    text.push('\n');
    text.push_str(&format!(
        "`create-proxy --count 100` takes at most {CREATIONS_MAX} requests, with 100 transactions in 4 of them.\n\n"
    ));
    text.push_str(RESTART);
    text.push_str("| situation | tests |\n|---|---|\n");
    for (situation, file, tests) in TESTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let source = std::fs::read_to_string(path).expect(file);
        let tests = tests.iter().map(|test| {
            assert!(source.contains(&format!("fn {test}(")), "{file}: {test}");
            format!("`{test}`")
        });
        let tests: Vec<String> = tests.collect();
        text.push_str(&format!(
            "| {situation} | {}, in `{file}` |\n",
            tests.join(", ")
        ));
    }
    text.push('\n');
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
    resumed.warns(&["instances that are still paused: 100 of 100"]);
    let paused = sandbox.run("Admin", "pause A");
    paused.warns(&["instances that still run: 88 of 100"]);
    paused.ends(0);
}

#[test]
fn a_hundred_instances_are_created_with_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, |_| None);
    let words = "create-proxy A 1.0 --init initialize(uint256) 7 --count 100";
    sandbox.run_at(&relay, "Admin", words).ends(0);
    assert_eq!(sandbox.proxies().len(), 100);
    let requests = relay.requests();
    let of_method = |method: &str| {
        let of_method = requests
            .iter()
            .filter(|request| request.to_string().contains(method));
        of_method.count()
    };
    let (sends, count) = (of_method("eth_sendRawTransaction"), requests.len());
    let estimates = questions(&relay);
    let estimates = estimates
        .iter()
        .filter(|question| question["method"] == "eth_estimateGas");
    println!(
        "{count} requests, {sends} of transactions, {} questions",
        questions(&relay).len()
    );
    assert_eq!((sends, estimates.count()), (4, 1));
    assert!(count <= CREATIONS_MAX, "{count} requests");
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
    for limit in [100, 10, 1] {
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

/// An endpoint that is far away and gives the logs of so many blocks at once.
fn of_ranges(sandbox: &Sandbox, blocks: u64, refusal: &'static str) -> Relay {
    Relay::far(&sandbox.node.endpoint(), Duration::ZERO, move |question| {
        let block = |field: &str| {
            let text = question["params"][0][field].as_str().unwrap_or("0x0");
            u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a block")
        };
        let is_long =
            question["method"] == "eth_getLogs" && block("toBlock") - block("fromBlock") >= blocks;
        is_long.then_some(refusal)
    })
}

#[test]
fn an_endpoint_that_bounds_ranges_gives_the_events_of_many_instances_in_few_requests() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    for tens in 0..10 {
        create(&sandbox, tens * 10..tens * 10 + 10);
        sandbox.chain(|chain| chain.mine(200, None).expect("blocks"));
    }
    let whole = sandbox.run("Admin", "history A").document;
    for (blocks, refusal, most) in RANGES {
        let relay = of_ranges(&sandbox, blocks, refusal);
        let answer = sandbox.run_at(&relay, "Admin", "history A");
        answer.ends(0);
        let (entries, all) = (list(&answer.document, "entries"), list(&whole, "entries"));
        assert_eq!(entries, all, "{blocks}");
        let is_of_logs = |request: &&Value| request.to_string().contains("eth_getLogs");
        let requests = relay.requests();
        let of_logs = requests.iter().filter(is_of_logs).count();
        println!(
            "{blocks} blocks: {} requests, {of_logs} of logs",
            requests.len()
        );
        assert!(
            requests.len() <= most,
            "{blocks} blocks: {} requests, at most {most}:\n{}",
            requests.len(),
            summary(&relay)
        );
    }
}

#[test]
fn an_endpoint_without_traces_access_lists_and_proofs_serves_many_instances() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..10);
    let whole = sandbox.run("Admin", PLAN).document;
    let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, |question| {
        let method = question["method"].as_str().unwrap_or_default();
        let is_lacking = ["debug_", "trace_", "eth_createAccessList", "eth_getProof"];
        let is_lacking = is_lacking.iter().any(|prefix| method.starts_with(prefix));
        is_lacking.then_some("the method does not exist")
    });
    let answer = sandbox.run_at(&relay, "Admin", PLAN);
    let instances = list(answer.ends(0), "instances");
    assert_eq!(instances, list(&whole, "instances"));
}

#[test]
fn an_endpoint_that_loses_its_memory_of_a_block_ends_a_command_with_a_reason() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..10);
    for words in ["status A", "verify A", PLAN] {
        let asked = AtomicUsize::new(0);
        let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, move |question| {
            let is_state = ["eth_call", "eth_getCode", "eth_getStorageAt"]
                .iter()
                .any(|method| question["method"] == *method);
            let is_lost = is_state && asked.fetch_add(1, Ordering::SeqCst) >= 20;
            is_lost.then_some("missing trie node 0c: state is not available")
        });
        let answer = sandbox.run_at(&relay, "Admin", words);
        assert_eq!(answer.exit, Some(4), "{words}: {answer:?}");
        println!("{words}: {}", answer.refusal());
        let found = answer.said("found");
        assert!(found.contains("state is not available"), "{words}: {found}");
    }
}

#[test]
fn a_pause_is_sent_before_all_instances_are_listed() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..230);
    let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, |_| None);
    sandbox.run_at(&relay, "Admin", "pause A").ends(0);
    let requests = relay.requests();
    let is_sent = |request: &Value| request["method"] == "eth_sendRawTransaction";
    let sends = |request: &Value| match request.as_array() {
        Some(batch) => batch.iter().filter(|request| is_sent(request)).count(),
        None => usize::from(is_sent(request)),
    };
    let sent: Vec<usize> = requests.iter().map(sends).collect();
    println!("sent {sent:?}");
    let first = sent.iter().position(|transactions| *transactions > 0);
    assert!(first.is_some_and(|at| at <= 12), "{}", summary(&relay));
    let sent: Vec<usize> = sent
        .into_iter()
        .filter(|transactions| *transactions > 0)
        .collect();
    assert_eq!(sent, [1, 3], "the pause, then three lists together");
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
fn a_terminal_shows_the_entries_that_are_tried_and_a_file_does_not() {
    let sandbox = register_of(2_000);
    let words = COMPLEX.replace("migrate", "plan");
    let command = sandbox.command(&words);
    let (mut terminal, end) = pty_process::blocking::open().expect("a terminal");
    let size = pty_process::Size::new(40, 200);
    terminal.resize(size).expect("a size");
    let mut shown = pty_process::blocking::Command::new(command.get_program())
        .args(command.get_args())
        .current_dir(sandbox.folder.path());
    for (name, value) in command.get_envs() {
        shown = match value {
            Some(value) => shown.env(name, value),
            None => shown.env_remove(name),
        };
    }
    let mut child = shown.spawn(end).expect("it starts");
    let (mut text, mut buffer) = (Vec::new(), [0; 4_096]);
    // What was a terminal is none when the command has ended.
    while let Ok(length @ 1..) = terminal.read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
    }
    assert!(child.wait().expect("it ends").success());
    let text = String::from_utf8_lossy(&text);
    contains(&text, &["/2,000 entries", "/s, ", " left"]);
    let silent = sandbox.run("Admin", &words);
    assert!(!silent.stderr.contains("entries"), "{}", silent.stderr);
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
    assert!(requests <= 250, "{requests} requests:\n{}", summary(&relay));
}

/// The same command of a process that may have so many open files.
fn with_files(sandbox: &Sandbox, words: &str, files: usize) -> std::process::Command {
    limited(sandbox, words, &format!("ulimit -n {files}"))
}

/// The same command after those words of a shell.
fn limited(sandbox: &Sandbox, words: &str, limit: &str) -> std::process::Command {
    let command = sandbox.command_of("Admin", words);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.current_dir(sandbox.folder.path());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

#[test]
fn a_hundred_instances_are_looked_at_with_64_open_files() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..100);
    for (words, _) in COMMANDS {
        let mut command = with_files(&sandbox, words, 64);
        Answer::of(command.output().expect("it starts")).ends(0);
    }
}

#[test]
fn a_full_disk_keeps_a_transaction_back_and_no_answer() {
    const FULL: &str = "trap '' XFSZ; ulimit -f 0";
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..10);
    let nonce = sandbox.nonce();
    let paused = limited(&sandbox, "pause A", FULL).output();
    let paused = Answer::of(paused.expect("it starts"));
    assert_eq!(error(&paused), "JournalNotKept", "{paused:?}");
    assert_eq!(sandbox.nonce(), nonce, "nothing was sent");
    for words in ["status A", "verify A", "history A"] {
        let answer = limited(&sandbox, words, FULL).output();
        Answer::of(answer.expect("it starts")).ends(0);
    }
    sandbox.run("Admin", "pause A").ends(0);
}

#[test]
#[ignore = "nightly: layouts of five thousand fields, bounded by seconds of the processor"]
fn layouts_of_five_thousand_fields_are_compared_in_few_seconds_of_the_processor() {
    let sandbox = Sandbox::bare();
    let layout = |first: u64| {
        let fields = (first..5_000 + first).map(|slot| {
            let place = (slot - first).to_string();
            json!({"label": format!("field{slot}"), "offset": 0, "slot": place, "type": "t_uint256"})
        });
        let number = json!({"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"});
        let (fields, types) = (fields.collect::<Vec<_>>(), json!({"t_uint256": number}));
        json!({"storage": fields, "types": types, "namespaces": {}}).to_string()
    };
    sandbox.write("old.json", layout(0));
    sandbox.write("moved.json", layout(1));
    for (new, exit) in [("old.json", 0), ("moved.json", 1)] {
        let words = format!("layout diff old.json {new}");
        let output = limited(&sandbox, &words, "ulimit -t 5").output();
        Answer::of(output.expect("it starts")).ends(exit);
    }
}

#[test]
#[ignore = "nightly: a thousand instances, about 60 s"]
fn a_thousand_instances_are_looked_at_with_256_open_files() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..1_000);
    for (words, _) in COMMANDS {
        let mut command = with_files(&sandbox, words, 256);
        Answer::of(command.output().expect("it starts")).ends(0);
    }
}

#[test]
#[ignore = "nightly: five thousand instances with few open files and faults, about 80 s"]
fn five_thousand_instances_take_requests_in_proportion() {
    let sandbox = Sandbox::with_counter("Admin", 0);
    create(&sandbox, 0..5_000);
    for (words, [.., thousand]) in COMMANDS {
        let relay = Relay::far(&sandbox.node.endpoint(), Duration::ZERO, |_| None);
        let (url, faults) = faulty(&sandbox, 40);
        let at_fault = format!("{words} --rpc-url {url}");
        if !words.starts_with("pause") {
            let mut command = with_files(&sandbox, &at_fault, 256);
            Answer::of(command.output().expect("it starts")).ends(0);
        }
        let at_relay = format!("{words} --rpc-url {}", relay.endpoint());
        let mut command = with_files(&sandbox, &at_relay, 256);
        Answer::of(command.output().expect("it starts")).ends(0);
        let (requests, faults) = (relay.requests().len(), faults.load(Ordering::SeqCst));
        println!("{words}: {requests} requests, {faults} faults borne");
        assert!(requests <= 5 * thousand, "{words}: {requests} requests");
    }
}
