//! What `approve` checks of an action: the same as the command that proposed it.

use super::super::accept;
use super::super::adopt;
use super::super::args::ReviewArgs;
use super::super::context::Context;
use super::super::create_proxy;
use super::super::storage::{self, StorageChecks, StorageContext};
use super::super::transfer;
use super::{Run, Subject, Work};
use crate::app_error::Error;
use crate::assess::{Evidence, Origin, Part, Role};
use crate::client::Client;
use crate::governance::Call;
use crate::model::StepKind;
use crate::registry::{RecordedCode, runs};
use alloy::primitives::Address;
use stylus_upgrades_interface::registry::Step;

/// Checks what `call` decides about a version.
///
/// # Errors
/// What the command that proposes the call would refuse, and what nobody could check.
pub(in crate::commands) async fn check_action(
    context: &Context,
    client: &Client,
    registry: Address,
    call: &Call,
    (args, role): (&ReviewArgs, Role),
) -> Result<StorageChecks, Error> {
    if let Call::CreateProxy(create) = call {
        let call = (create, "");
        return create_proxy::check(context, client, registry, call, role).await;
    }
    let place = StorageContext {
        context,
        client,
        registry,
    };
    match call {
        Call::Adopt(adopt) => return adopt::check(place, adopt, (&args.storage, role)).await,
        Call::AcceptTransfer(accept) => {
            return accept::check(place, accept, (&args.storage, role)).await;
        }
        Call::TransferProxy(give) => {
            transfer::check(place, give).await?;
        }
        _ => {}
    }
    let Some((version, code, _)) = call.version() else {
        return Ok(StorageChecks::default());
    };
    let name = call.definition();
    let code = match code {
        Some(code) => RecordedCode::from(code),
        None => client.registry(registry).code(name, version).await?,
    };
    let mut work = Work::on(context, client.clone(), name, false).await?;
    work.checks.role = role;
    work.check_proposed(call, &code, args).await?;
    Ok(work.checks)
}

impl Work<'_> {
    /// Checks the version that a call is about, whose code it or the registry names.
    pub(in crate::commands) async fn check_proposed(
        &mut self,
        call: &Call,
        code: &RecordedCode,
        args: &ReviewArgs,
    ) -> Result<Option<Subject>, Error> {
        let Some((version, _, step)) = call.version() else {
            return Ok(None);
        };
        let (client, registry) = (&self.client, self.registry);
        let first = storage::recorded(client, registry, &self.name, code.codehash).await?;
        let is_old = first.is_some_and(|(label, _)| label != version);
        self.note_unbuilt(
            code,
            step,
            (args.source.is_some(), args.script_source.is_some()),
        );
        if args.source.is_none() {
            self.note_unproven(call)?;
        }
        let (run, pair) = (Run::registered(step), (version, step.from.as_str()));
        let flags = (is_old, matches!(call, Call::Migrate(_)));
        let checked = self.check_recorded(pair, code, &run, &args.storage, flags);
        Ok(Some(checked.await?))
    }

    /// Notes of a proposed version that its code was not built here: that it has the layout and the steps of its
    /// document is the word of whoever proposed it.
    fn note_unproven(&mut self, call: &Call) -> Result<(), Error> {
        let Some((_, Some(_), step)) = call.version() else {
            return Ok(());
        };
        let kept = self.context.builds(call, |_| ())?;
        if step.from.is_empty() || kept.iter().any(|build| build.what == "code") {
            return Ok(()); // nothing is taken over, or somebody built it
        }
        let why = "as its layout document says, which whoever proposed it wrote; only a build compares that with \
                   the code (--source)";
        for part in [Part::Layout, Part::Steps] {
            self.checks
                .coverage
                .add(Evidence::whole(part, Origin::Change, why));
        }
        Ok(())
    }

    /// Notes what only a build compares and nobody built: the sources of the code, and those of what
    /// runs on the way into it. Which of both were built.
    fn note_unbuilt(&mut self, code: &RecordedCode, step: &Step, (source, script): (bool, bool)) {
        let coverage = &mut self.checks.coverage;
        if !source && !code.source.is_zero() {
            coverage.add(storage::source_named());
        }
        if source {
            coverage.seen(Part::Source, Origin::Build);
        }
        if !script && matches!(runs(step), StepKind::Script | StepKind::Complex) {
            let why = "the code of its migration was not built and compared (--script-source)";
            coverage.add(Evidence::some(Part::Source, Origin::Chain, why));
        }
    }
}
