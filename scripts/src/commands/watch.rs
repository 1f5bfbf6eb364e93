//! `doctor --watch`: examines again and again, and offers what it found as metrics.

use super::context::{Context, Unverified};
use super::doctor::DoctorArgs;
use crate::app_error::Error;
use crate::doctor::{
    self, AHEAD_DAYS, DAY, Diagnosis, METRICS_PATH, Runs, Shared, Subject, render, serve,
};
use crate::error::Report;
use crate::governance::Names;
use crate::output::Outcome;
use crate::report::CommandReport;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;

/// Runs until the process is ended.
pub(super) async fn run(context: &Context, args: &DoctorArgs) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().unwrap_or(args.listen);
    let text = Shared::default();
    tokio::spawn(serve(listener, text.clone()));
    let url = format!("http://{address}{}", METRICS_PATH);
    let listening = Outcome::of(&Listening { metrics: url }, &context.names());

    let mut runs = Runs::default();
    let mut last: Option<Diagnosis> = None;
    let mut is_reported = false;
    loop {
        match examine(context, unverified).await {
            Ok(diagnosis) => {
                runs.last = unix_now();
                last = Some(diagnosis);
            }
            Err(error) => {
                runs.failed += 1;
                context.output.explain(&Report::of(&error));
            }
        }
        *text.write().unwrap_or_else(PoisonError::into_inner) = render(last.as_ref(), runs);
        if !is_reported {
            context.output.result(&listening);
            is_reported = true;
        }
        tokio::time::sleep(Duration::from_secs(args.every)).await;
    }
}

/// Where the metrics are.
#[derive(Serialize)]
struct Listening {
    metrics: String,
}

impl CommandReport for Listening {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![format!("Listening on {}", self.metrics)]
    }
}

async fn examine(context: &Context, unverified: Unverified) -> Result<Diagnosis, Error> {
    let framework = context.builder()?.framework()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    let subject = Subject {
        client: &client,
        registry,
        framework: &framework,
    };
    Ok(doctor::examine(subject, AHEAD_DAYS * DAY).await?)
}

/// Listens on this machine alone: what is offered has no password.
async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let refused = |message: String, found: String| Error::Usage {
        message,
        expected: "a free port of 127.0.0.1 or [::1]".into(),
        found,
        next: "give --listen 127.0.0.1:PORT; let a proxy of your own carry it further".into(),
    };
    if !address.ip().is_loopback() {
        let message = "metrics are offered to this machine alone".into();
        return Err(refused(message, address.to_string()));
    }
    TcpListener::bind(address).await.map_err(|error| {
        refused(
            format!("{address} cannot be listened on"),
            error.to_string(),
        )
    })
}

fn unix_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
