//! `trace`: the calls of a mined transaction as a tree, by the names that the registry, the manifest
//! and the versions that are kept give them.

use super::args::TraceArgs;
use super::context::Context;
use crate::app_error::Error;
use crate::error::Exit;
use crate::output::Outcome;
use crate::own_file;
use crate::progress::Progress;
use crate::text::grouped;
use crate::trace::{self, Known, Mined, Named, Sources, Trace};

pub(super) async fn run(context: &Context, args: &TraceArgs) -> Result<Outcome, Error> {
    let client = context.reader().await?;
    let what = format!("tracing {}", args.tx);
    context.output.begin(&what);
    let traced = trace::trace(&client, args.tx).await;
    context.output.end(&what);
    let mut trace = traced?;
    let registry = match context.named_registry()? {
        Some(unverified) => Some(context.verified(&client, unverified).await?),
        None => None,
    };
    let documents = registry.map(|registry| context.documents(&client, registry));
    let sources = Sources {
        registry,
        names: context.names(),
        versions: &context.versions(),
        documents: documents.as_ref(),
    };
    let known = Known::look(&client, &trace.frames, sources).await?;
    trace.missing.extend(known.missing.iter().cloned());
    let frames = trace.named(&client, &known).await?;
    if let Some(path) = &args.flamegraph {
        let graph = trace::flamegraph(args.tx, client.chain_id(), &frames);
        own_file::replace(path, graph.as_bytes(), trace::is_flamegraph)?;
    }
    let mut outcome = Outcome::default();
    let Mined {
        tx,
        block,
        from,
        success,
        gas_used,
        gas_for_l1,
    } = &trace.mined;
    outcome.field("tx", tx);
    outcome.field("block", block);
    outcome.field("from", from);
    outcome.field("success", success);
    outcome.field("gas", gas_used);
    outcome.field("gas_for_l1", gas_for_l1);
    outcome.field("refund", trace.refund);
    outcome.field("frames", &frames);
    outcome.field("missing", &trace.missing);
    outcome.field("contradictions", &trace.contradictions);
    outcome.field("flamegraph", &args.flamegraph);
    outcome.line(summary(&trace.mined, &known));
    outcome.lines.extend(tree(&trace, &frames));
    let missing = trace.missing.iter();
    outcome
        .lines
        .extend(missing.map(|what| format!("! missing: {what}")));
    let contradictions = trace.contradictions.iter();
    outcome
        .lines
        .extend(contradictions.map(|what| format!("✗ the endpoint contradicts itself: {what}")));
    outcome.exit = (!trace.contradictions.is_empty()).then_some(Exit::Refused);
    if let Some(path) = &args.flamegraph {
        outcome.line(format!("✓ the flame graph is in {}", path.display()));
    }
    Ok(outcome)
}

fn summary(mined: &Mined, known: &Known) -> String {
    let how = match mined.success {
        true => "✓ succeeded",
        false => "✗ failed",
    };
    let for_l1 = match mined.gas_for_l1 {
        Some(gas) => format!(", {} of it for L1", grouped(gas)),
        None => String::new(),
    };
    format!(
        "{} in block {}, from {}: {how}, {} gas{for_l1}",
        mined.tx,
        mined.block,
        known.title(mined.from),
        grouped(mined.gas_used)
    )
}

/// The frames with gas and ink before them, each below its caller.
fn tree(trace: &Trace, frames: &[Named]) -> Vec<String> {
    let has_ink = trace.frames.iter().any(|frame| frame.ink.is_some());
    let number = |number: Option<u64>| number.map(grouped).unwrap_or_default();
    let heading = match has_ink {
        true => format!("{:>12} {:>12} {:>16}", "gas", "alone", "ink alone"),
        false => format!("{:>12} {:>12}", "gas", "alone"),
    };
    let mut lines = vec![heading];
    let mut is_last = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        let depths = frames.iter().skip(at + 1).map(|later| later.depth);
        let next = depths.into_iter().find(|depth| *depth <= frame.depth);
        is_last.truncate(frame.depth);
        let mut prefix = String::new();
        if frame.depth > 0 {
            let above = is_last.iter().skip(1);
            prefix.extend(above.map(|last| if *last { "  " } else { "│ " }));
            prefix.push_str(match next == Some(frame.depth) {
                true => "├ ",
                false => "└ ",
            });
        }
        is_last.push(next != Some(frame.depth));
        let gas = format!(
            "{:>12} {:>12}",
            grouped(frame.gas_used),
            grouped(frame.gas_alone)
        );
        let ink = match has_ink {
            true => format!(" {:>16}", number(frame.ink.map(|ink| ink.alone))),
            false => String::new(),
        };
        lines.push(format!("{gas}{ink}  {prefix}{}", frame.line()));
    }
    if let Some(refund) = trace.refund {
        let paid_back = format!("-{}", grouped(refund));
        let ink = if has_ink {
            " ".repeat(17)
        } else {
            String::new()
        };
        lines.push(format!(
            "{paid_back:>12} {:>12}{ink}  paid back for storage that was cleared, at least",
            ""
        ));
    }
    lines
}
