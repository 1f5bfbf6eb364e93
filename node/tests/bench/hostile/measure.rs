//! What others notice of an attack: how long their calls take, and the memory that the node needs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::attack::{Attack, CONTRACT, Scene};
use crate::Fallible;
use crate::client::Client;
use crate::process::{Process, cpu_seconds};

/// Others that call at once.
const CALLERS: usize = 4;
/// The pause after each of their calls.
const PAUSE: Duration = Duration::from_millis(25);
/// The pause between two looks at the memory.
const LOOK: Duration = Duration::from_millis(50);
/// Threads of each attack.
const ATTACKERS: usize = 2;
/// The answer of the contract that others call.
const EXPECTED: &str = "0x000000000000000000000000000000000000000000000000000000000000002a";

/// What one attack came to.
pub(crate) struct Phase {
    /// Requests of the attackers.
    pub(crate) requests: u64,
    /// Calls of others without the right answer.
    pub(crate) failed: usize,
    /// How long the others' calls took, the shortest first.
    times: Vec<Duration>,
    /// Most bytes of memory.
    pub(crate) peak: u64,
    /// CPU seconds of the node, and of this process, which attacks and calls.
    pub(crate) cpu: [f64; 2],
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

/// Attacks for a time, and measures.
pub(crate) fn measure(
    node: &Process,
    scene: &Scene,
    attacks: &[&Attack],
    time: Duration,
) -> Fallible<Phase> {
    let (requests, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let until = Instant::now() + time;
    let used = || [node.id(), std::process::id()].map(|id| cpu_seconds(id).unwrap_or_default());
    let before = used();
    thread::scope(|scope| {
        for attack in attacks {
            for attacker in 0..ATTACKERS {
                let (requests, done) = (&requests, &done);
                scope.spawn(move || {
                    let mut round = attacker as u64;
                    while !done.load(Relaxed) {
                        // A refusal, or a connection that the node ends, is what it should do.
                        let sent = (attack.act)(scene, round).unwrap_or(1);
                        requests.fetch_add(sent, Relaxed);
                        round += ATTACKERS as u64;
                    }
                });
            }
        }
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| call(&scene.host, until)))
            .collect();
        let mut peak = 0;
        while Instant::now() < until {
            peak = peak.max(memory(node)?);
            thread::sleep(LOOK);
        }
        done.store(true, Relaxed);
        let (mut times, mut failed) = (Vec::new(), 0);
        for caller in callers {
            let (took, wrong) = caller.join().map_err(|_| "a caller panicked")??;
            times.extend(took);
            failed += wrong;
        }
        times.sort_unstable();
        let requests = requests.load(Relaxed);
        let after = used();
        Ok(Phase {
            requests,
            failed,
            times,
            peak,
            cpu: [after[0] - before[0], after[1] - before[1]],
        })
    })
}

/// Calls one after the other; how long each took, and how many had not the right answer.
fn call(host: &str, until: Instant) -> Fallible<(Vec<Duration>, usize)> {
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "to": CONTRACT }, "latest"],
    })
    .to_string();
    let (mut times, mut failed) = (Vec::new(), 0);
    let mut client = Client::connect(host)?;
    while Instant::now() < until {
        let begin = Instant::now();
        let answer = client.post(&body);
        times.push(begin.elapsed());
        let answer = answer.map(|answer| String::from_utf8_lossy(&answer).contains(EXPECTED));
        match answer {
            Ok(true) => {}
            Ok(false) => failed += 1,
            Err(_) => {
                failed += 1;
                client = Client::connect(host)?;
            }
        }
        thread::sleep(PAUSE);
    }
    Ok((times, failed))
}

/// Bytes of memory that the node has, as Linux tells them.
fn memory(node: &Process) -> Fallible<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kibibytes.ok_or("the node has ended")? << 10)
}
