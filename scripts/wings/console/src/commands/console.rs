//! `console`: the commands' reports in a browser of this machine, and approvals by its wallet.

mod freshness;
pub(crate) mod pages;
mod preview;
mod request_error;
mod server;

use crate::context::prelude::*;
use crate::context::spec::{Governs, Group, Spec, no_file, report_type};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use tokio::net::TcpListener;

/// `console`.
pub(crate) static SPEC: Spec<ConsoleArgs> = Spec {
    name: "console",
    about: "Review and approve in a browser, with its wallet",
    group: Group::Look,
    examples: &[
        "console --open",
        "console --port 0",
        "console -e https://rpc.example.org",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<ConsoleReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// Look and approve in a browser, with its wallet.
///
/// It is served to this machine alone, and holds no key: the wallet signs and sends. What it shows is
/// what status, pending, history, policy explain, plan, census, doctor and verify report.
#[derive(Debug, Args)]
pub(crate) struct ConsoleArgs {
    /// Open it in the browser
    #[arg(long)]
    pub open: bool,
    /// The port of 127.0.0.1; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = 8560)]
    pub port: u16,
}

/// Runs until the process is ended.
pub(crate) async fn run(context: &Context, args: &ConsoleArgs) -> Result<Outcome> {
    let unverified = context.registry()?;
    // A problem with the chain or the registry is reported now and not on the first page.
    let client = context.reader().await?;
    context.verified(&client, unverified).await?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Error::Usage {
        message: format!("the console cannot listen on {address}"),
        expected: "a free port of 127.0.0.1".into(),
        found: error.to_string(),
        next: "give --port PORT, or --port 0 for any free one".into(),
    })?;
    let port = listener
        .local_addr()
        .map_or(args.port, |found| found.port());
    let url = format!("http://127.0.0.1:{port}/");
    let report = ConsoleReport {
        console: url.clone(),
    };
    (context.output).result(&context.outcome(&report));
    if args.open && !open(&url) {
        context.output.explain(&Report::of(&Error::Usage {
            message: "no browser could be opened".into(),
            expected: "xdg-open, or open on macOS".into(),
            found: "neither".into(),
            next: format!("open {url} in a browser"),
        }));
    }
    match server::serve(listener, port, context).await {}
}

/// The report of `console` when it listens.
#[derive(Serialize)]
pub(crate) struct ConsoleReport {
    /// Its address.
    console: String,
}

impl CommandReport for ConsoleReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        vec![
            format!("Listening on {}", self.console),
            "no key is used here: the wallet in the browser signs and sends; Ctrl-C ends it".into(),
        ]
    }
}

/// Opens an address in the browser of this machine. Returns true if that was possible.
fn open(url: &str) -> bool {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
