//! `doctor --watch`: metrics over HTTP, on this machine alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use stylus_upgrades_harness::{Chain, Harness};

use super::fixture::{Done, Team};
use super::program::run;

/// How long a change may take to be seen.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program that watches; ended when dropped.
pub(super) struct Watching {
    child: Child,
    /// Host and port.
    address: String,
}

impl Watching {
    pub(super) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let document: Value = serde_json::from_str(&line).expect("one document");
        let url = document["metrics"].as_str().expect("a URL");
        let address = url
            .trim_start_matches("http://")
            .trim_end_matches("/metrics");
        Self {
            child,
            address: address.to_owned(),
        }
    }

    /// Status line, headers and body of an answer.
    fn answer(&self, request: &str) -> String {
        self.answer_to("localhost", request)
    }

    fn answer_to(&self, host: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request = format!("{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    }

    /// The values of a metric.
    pub(super) fn values(&self, metric: &str) -> Vec<i64> {
        let answer = self.answer("GET /metrics");
        let lines = answer.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter(|line| line.split(['{', ' ']).next() == Some(metric))
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect()
    }

    /// Waits until a metric has these properties.
    fn until(&self, metric: &str, holds: impl Fn(&[i64]) -> bool) -> Vec<i64> {
        let begun = Instant::now();
        loop {
            let values = self.values(metric);
            if holds(&values) {
                return values;
            }
            assert!(begun.elapsed() < TIMEOUT, "{metric}: {values:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "nightly: a year of a chain, many commands, about 54 s"]
async fn what_is_watched_is_offered_as_metrics_and_follows_the_chain() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let command = team.watching("127.0.0.1:0");
    let watching = tokio::task::spawn_blocking(move || Watching::start(command));
    let watching = watching.await.expect("it watches");
    let well = watching.values("stylus_program_seconds_left");
    assert!(
        well.len() >= 8 && well.iter().all(|left| *left > 360 * 86_400),
        "{well:?}"
    );
    assert_eq!(watching.values("stylus_chain_stylus_version"), [3]);
    let head = watching.answer("GET /metrics");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains("application/openmetrics-text"), "{head}");
    assert!(head.trim_end().ends_with("# EOF"), "{head}");
    assert!(watching.answer("GET /").starts_with("HTTP/1.1 404"));
    for (host, status) in [
        ("127.0.0.1:9464", 200),
        ("[::1]", 200),
        ("evil.example", 421),
    ] {
        let answer = watching.answer_to(host, "GET /metrics");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{host}: {answer}"
        );
    }
    assert!(watching.answer("POST /metrics").starts_with("HTTP/1.1 405"));

    team.wait(366).await?;
    let dead = watching.until("stylus_program_seconds_left", |all| {
        all.iter().all(|left| *left == 0)
    });
    assert_eq!(dead.len(), well.len());
    assert!(watching.values("stylus_program_runs").contains(&0));
    team.fix(&[]).await.ends_with(0);
    watching.until("stylus_program_seconds_left", |all| {
        all.iter().all(|left| *left > 0)
    });
    Ok(())
}

#[tokio::test]
async fn nothing_but_this_machine_is_answered() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9464"] {
        let ran = run(team.watching(address)).await;
        ran.ends_with(2);
        let said = ran.document["error"]["message"].as_str().expect("words");
        assert!(said.contains("this machine alone"), "{said}");
    }
    Ok(())
}
