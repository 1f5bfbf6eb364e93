//! What one client notices of others: how long its calls take, and the memory that the node needs.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::clients::{CONTRACT, Kind, Scene};
use crate::Fallible;
use crate::client::Client;
use crate::process::{Process, cpu_seconds};

/// The pause after each measured call.
const PAUSE: Duration = Duration::from_millis(25);
/// The pause between two looks at the memory.
const LOOK: Duration = Duration::from_millis(50);
/// The answer of the contract.
const EXPECTED: &str = "0x000000000000000000000000000000000000000000000000000000000000002a";

/// What a time with some clients came to.
#[derive(Default)]
pub(crate) struct Phase {
    /// Requests of the clients.
    pub(crate) requests: usize,
    /// Requests that were refused, or answered wrongly, and the first reason.
    pub(crate) failures: Vec<String>,
    /// How long the measured calls took, the shortest first.
    times: Vec<Duration>,
    /// Most bytes of memory.
    pub(crate) peak: u64,
    /// CPU seconds of the node.
    pub(crate) cpu: f64,
}

impl Phase {
    pub(crate) fn calls(&self) -> usize {
        self.times.len()
    }

    /// So many of 100 calls took no longer.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let at = (self.times.len() * percent).div_ceil(100).max(1) - 1;
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// Lets clients of these kinds work for a time, and measures.
pub(crate) fn measure(
    node: &Process,
    scene: &Scene,
    kinds: &[&Kind],
    time: Duration,
) -> Fallible<Phase> {
    let (requests, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let until = Instant::now() + time;
    let used = || cpu_seconds(node.id()).unwrap_or_default();
    let before = used();
    thread::scope(|scope| {
        let mut clients = Vec::new();
        for kind in kinds {
            for number in 0..kind.number as u64 {
                let (requests, done) = (&requests, &done);
                clients.push(scope.spawn(move || work(kind, scene, (number, requests, done))));
            }
        }
        let caller = scope.spawn(|| call(&scene.host, until));
        let mut phase = Phase::default();
        while Instant::now() < until {
            phase.peak = phase.peak.max(memory(node)?);
            thread::sleep(LOOK);
        }
        done.store(true, Relaxed);
        for client in clients {
            let failure = client.join().map_err(|_| "a client panicked")?;
            phase.failures.extend(failure);
        }
        let (mut times, failures) = caller.join().map_err(|_| "the caller panicked")?;
        times.sort_unstable();
        phase.times = times;
        phase.failures.extend(failures);
        phase.requests = requests.load(Relaxed);
        phase.cpu = used() - before;
        Ok(phase)
    })
}

/// One client, until all are done; why its work failed, where it did.
fn work(
    kind: &Kind,
    scene: &Scene,
    (number, requests, done): (u64, &AtomicUsize, &AtomicBool),
) -> Option<String> {
    let mut client = match Client::connect(&scene.host) {
        Ok(client) => client,
        Err(error) => return Some(format!("{}: {error}", kind.name)),
    };
    let mut round = number;
    while !done.load(Relaxed) {
        match (kind.work)(&mut client, scene, round) {
            Ok(made) => requests.fetch_add(made, Relaxed),
            Err(error) => return Some(format!("{}: {error}", kind.name)),
        };
        round += kind.number as u64;
        thread::sleep(kind.pause);
    }
    None
}

/// Calls one after the other; how long each took, and what failed.
fn call(host: &str, until: Instant) -> (Vec<Duration>, Vec<String>) {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "to": CONTRACT }, "latest"],
    })
    .to_string();
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    let mut client = match Client::connect(host) {
        Ok(client) => client,
        Err(error) => return (times, vec![error.to_string()]),
    };
    while Instant::now() < until {
        let begin = Instant::now();
        let answer = client.post(&body);
        times.push(begin.elapsed());
        match answer.map(|answer| String::from_utf8_lossy(&answer).contains(EXPECTED)) {
            Ok(true) => {}
            Ok(false) => failures.push("another answer".into()),
            Err(error) => {
                failures.push(error.to_string());
                break;
            }
        }
        thread::sleep(PAUSE);
    }
    (times, failures)
}

/// Bytes of memory that the node has, as Linux tells them.
fn memory(node: &Process) -> Fallible<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kibibytes.ok_or("the node has ended")? << 10)
}
