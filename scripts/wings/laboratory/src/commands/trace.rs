//! `trace`: the calls of a mined transaction as a tree, by the names that the registry, the manifest
//! and the layout documents of versions give them.

use crate::context::prelude::*;
use crate::context::spec::{Governs, Group, Spec, report_type};
use crate::cost::Gas;
use crate::ids::TxHash;

use crate::own_file;
use crate::progress::Progress;
use crate::text::grouped;
use crate::trace::{self, KnownAccounts, NamedFrame, TransactionSummary};
use clap::Args;
use std::path::PathBuf;

/// `trace`.
pub(crate) static SPEC: Spec<TraceArgs> = Spec {
    name: "trace",
    about: "Show the calls of a transaction, with the names of contracts, versions and functions",
    group: Group::Look,
    examples: &[
        "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d",
        "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d --flamegraph gas.folded",
        "trace 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d --json",
    ],
    writes: |args| args.flamegraph.as_ref().map(|_| "--flamegraph"),
    governed: Governs::Never,
    reports: || vec![report_type::<TraceReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A transaction whose calls are shown.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The transaction's hash
    pub tx: TxHash,
    /// Also write the calls with the gas that they used as folded stacks, for flame graphs
    #[arg(long, value_name = "FILE")]
    pub flamegraph: Option<PathBuf>,
}

pub(crate) async fn run(context: &Context, args: &TraceArgs) -> Result<Outcome> {
    let client = context.reader().await?;
    let what = format!("tracing {}", args.tx);
    context.output.begin(&what);
    let traced = trace::trace(&client, args.tx).await;
    context.output.end(&what);
    let mut trace = traced?;
    let documents = match context.named_registry()? {
        Some(unverified) => {
            let registry = context.verified(&client, unverified).await?;
            Some((registry, context.documents(registry)))
        }
        None => None,
    };
    let registry = documents.as_ref().map(|(registry, all)| (*registry, all));
    let known =
        KnownAccounts::look_up(&trace.frames, trace.mined.block, context.names(), registry).await?;
    trace.missing.extend(known.missing.iter().cloned());
    let frames = trace.name_frames(&client, &known).await?;
    if let Some(path) = &args.flamegraph {
        let graph = trace::render_flamegraph(&frames);
        own_file::replace(path, graph.as_bytes(), trace::is_flamegraph)?;
    }
    let report = TraceReport {
        sender: known.title(trace.mined.from),
        mined: trace.mined,
        frames,
        missing: trace.missing,
        flamegraph: args
            .flamegraph
            .as_deref()
            .map(|path| path.display().to_string()),
    };
    Ok(context.outcome(&report))
}

/// The report of `trace`.
#[derive(Serialize)]
pub(crate) struct TraceReport {
    #[serde(flatten)]
    mined: TransactionSummary,
    /// Every call in the order of their start.
    frames: Vec<NamedFrame>,
    /// The data that the endpoint does not give.
    missing: Vec<String>,
    /// The file of the flame graph; null if none was requested.
    flamegraph: Option<String>,
    /// The name of the sender.
    #[serde(skip)]
    sender: String,
}

impl CommandReport for TraceReport {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![render_summary(&self.mined, &self.sender)];
        lines.extend(render_tree(&self.frames));
        let missing = self.missing.iter();
        lines.extend(missing.map(|what| format!("! missing: {what}")));
        let graph = self.flamegraph.iter();
        lines.extend(graph.map(|path| format!("✓ the flame graph is in {path}")));
        lines
    }
}

fn render_summary(mined: &TransactionSummary, title: &str) -> String {
    let how = if mined.success {
        "✓ succeeded"
    } else {
        "✗ failed"
    };
    let for_l1 = match mined.gas_for_l1 {
        Some(gas) => format!(", {} of it for L1", grouped(gas)),
        None => String::new(),
    };
    format!(
        "{} in block {}, from {}: {how}, {}{for_l1}",
        mined.tx,
        mined.block,
        title,
        Gas::with_l1(mined.gas_used)
    )
}

/// Renders the frames with gas and ink before them, each below its caller.
fn render_tree(frames: &[NamedFrame]) -> Vec<String> {
    let has_ink = frames.iter().any(|frame| frame.frame.ink.is_some());
    let columns = |gas: &str, alone: &str, ink: &str| {
        if has_ink {
            format!("{gas:>12} {alone:>12} {ink:>16}")
        } else {
            format!("{gas:>12} {alone:>12}")
        }
    };
    let mut lines = vec![columns("gas", "alone", "ink alone")];
    let mut is_last = Vec::new();
    for (at, named) in frames.iter().enumerate() {
        let frame = &named.frame;
        let later = frames.iter().skip(at + 1);
        let mut depths = later.map(|later| later.frame.depth);
        let next = depths.find(|depth| *depth <= frame.depth);
        is_last.truncate(frame.depth);
        let mut prefix = String::new();
        if frame.depth > 0 {
            let above = is_last.iter().skip(1);
            prefix.extend(above.map(|last| if *last { "  " } else { "│ " }));
            prefix.push_str(if next == Some(frame.depth) {
                "├ "
            } else {
                "└ "
            });
        }
        is_last.push(next != Some(frame.depth));
        let ink = frame.ink.map(|ink| {
            if ink.at_least {
                format!("≥ {}", grouped(ink.alone))
            } else {
                grouped(ink.alone)
            }
        });
        let ink = ink.unwrap_or_default();
        let (gas, alone) = (grouped(frame.gas_used), grouped(frame.gas_alone));
        let figures = columns(&gas, &alone, &ink);
        lines.push(format!("{figures}  {prefix}{}", named.line()));
    }
    lines
}
