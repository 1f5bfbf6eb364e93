//! `history`: what happened to a definition, from chain data alone, and whether it still holds.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::history::{HistoryReport, TRANSACTIONS_MAX, VerifiedHistory, Wanted, read_verified};
use crate::pipeline::{arrivals, standing};
use clap::Args;
use std::num::NonZeroUsize;

/// `history`.
pub(crate) static SPEC: Spec<HistoryArgs> = Spec {
    name: "history",
    about: "Show what happened, from chain data alone, and whether it still holds",
    group: Group::Look,
    examples: &["history Counter", "history ''", "history Counter --last 10"],
    writes: no_file,
    governed: Governs::Never,
    reports: || vec![report_type::<HistoryReport>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// A history.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// The definition; '' is the registry itself
    pub name: String,
    /// Show only the newest events, this many; what still holds is compared with all
    #[arg(long, value_name = "N")]
    pub last: Option<NonZeroUsize>,
}

/// Everything that happened to a definition, or the newest of it; the empty name is the registry itself.
pub(crate) async fn run(
    context: &Context,
    HistoryArgs { name, last }: &HistoryArgs,
) -> Result<Outcome> {
    let names = context.names();
    let wanted = last.map_or(Wanted::All, |last| Wanted::Newest(last.get()));
    let read = async |registry| read_verified(registry, name, &names, wanted).await;
    let (session, verified) = Session::reading_while(context, read).await?;
    let VerifiedHistory {
        compared,
        mut verification,
    } = verified;
    // Events say what happened here. What an instance keeps from elsewhere, no check of them covers.
    let arrived =
        arrivals::of_these(session, &compared.arrivals(), Some(compared.definition())).await?;
    verification
        .findings
        .extend(standing::taken(context, arrived));
    if let Some(error) = &verification.error {
        context.note(&error.message);
    }
    let lines_max = last.map_or(TRANSACTIONS_MAX, |_| usize::MAX);
    let report = HistoryReport::of(compared, verification, context.global.full, lines_max);
    Ok(Outcome::of(&report, &names))
}
