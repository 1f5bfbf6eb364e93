//! A governed call in readable form, with everything that is known of it here. Calldata in it is decoded with the
//! known interfaces: of code that was built or registered from here, else the signatures in the code's published
//! document.

use super::control;
use crate::context::prelude::*;
use crate::functions::{DecodedCall, Functions, interfaces};
use crate::governance::{
    Call, Display, GovernedCall, PendingAction, PolicyChange, ShownCall, code_facts,
    find_ended_actions, read_ended_actions,
};
use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::model::StepKind;
use crate::registry::{RecordedCode, runs};
use futures::try_join;

/// The readable form of a governed call.
///
/// # Errors
/// Errors of the chain, and files that cannot be read.
pub async fn shown(session: Session<'_>, governed: &GovernedCall) -> Result<ShownCall> {
    shown_call(session, &governed.bytes, &governed.call, None).await
}

/// Reads the readable form of a governed call, and prints it; hashes and builds with `--full` alone.
///
/// # Errors
/// The errors of [`shown`].
pub(crate) async fn show(session: Session<'_>, governed: &GovernedCall) -> Result<ShownCall> {
    let shown = shown(session, governed).await?;
    let lines = if session.context.global.full {
        shown.lines()
    } else {
        shown.short_lines(&governed.what())
    };
    lines
        .into_iter()
        .for_each(|line| session.context.note(line));
    Ok(shown)
}

/// The readable form of a call, from the bytes and their decoded call. `open` has the open actions where they were read
/// before: then it is one of a list, which does not say who controls the code.
pub(crate) async fn shown_call(
    session: Session<'_>,
    bytes: &[u8],
    call: &Call,
    open: Option<&[PendingAction]>,
) -> Result<ShownCall> {
    let (registry, names) = (session.registry, session.context.names());
    let policy_change = async { Ok(PolicyChange::of(registry, call, &names).await?) };
    let ends = async {
        Ok(match open {
            Some(open) => find_ended_actions(registry, (call, bytes), open).await?,
            None => read_ended_actions(registry, (call, bytes)).await?,
        })
    };
    let facts = async { Ok(code_facts(registry.client, call).await?) };
    let control = async {
        if open.is_some() {
            return Ok(None);
        }
        control::of_call(session, call).await
    };
    let sources = published_sources(session, call);
    let (policy_change, control, ends, facts, decoded, published_sources) = try_join!(
        policy_change,
        control,
        ends,
        facts,
        decoded(session, call),
        sources
    )?;
    let mut differs = Vec::new();
    Ok(ShownCall {
        display: Display::of(bytes, &names)?,
        policy_change,
        control,
        ends,
        facts,
        decoded,
        published_sources,
        builds: session.context.builds(call, |why| differs.push(why))?,
        differs,
    })
}

/// Reads the public place of the sources from the document of the code of `call`.
async fn published_sources(session: Session<'_>, call: &Call) -> Result<Option<String>> {
    let Some((_, Some(code), _)) = call.version() else {
        return Ok(None);
    };
    let known = session.documents().get(code.layoutHash.into()).await?;
    let build = known.into_value().and_then(|known| known.build);
    Ok(build.and_then(|build| build.info.source_code_snapshot))
}

/// The initializer or the migration of `call`; `None` without calldata.
pub(crate) async fn decoded(session: Session<'_>, call: &Call) -> Result<Vec<DecodedCall>> {
    let (what, data, version, code, step) = match (call, call.version()) {
        (Call::CreateProxy(create), _) => {
            let version = create.version.as_str();
            ("initializer", &create.initData, version, None, None)
        }
        (_, Some((version, code, step))) => ("migration", &step.data, version, code, Some(step)),
        _ => return Ok(Vec::new()),
    };
    if data.is_empty() {
        return Ok(Vec::new());
    }
    let (name, names) = (call.definition(), session.context.names());
    let functions = match step {
        Some(step) if runs(step) == StepKind::Complex => Ok(interfaces().proxy.clone()),
        Some(step) if runs(step) == StepKind::Script => {
            kept(session, name, step.scriptCodehash.into()).await
        }
        _ => {
            let code = match code {
                Some(code) => Some(RecordedCode::from(code)),
                None => session
                    .registry
                    .known_version(name, version)
                    .await?
                    .map(|one| one.code),
            };
            match code {
                Some(code) => declared(session, (name, code, data)).await?,
                None => Err(format!("{version} is not registered")),
            }
        }
    };
    Ok(vec![match functions {
        Ok(functions) => functions.decoded(what, data, &|account| names.long(account)),
        Err(why) => DecodedCall::undecoded(what, data, why),
    }])
}

/// The kept interface of some code, or why there is none.
async fn kept(session: Session<'_>, name: &str, codehash: CodeHash) -> Result<Functions, String> {
    match session.functions(name, codehash).await {
        Ok(Some(functions)) => Ok(functions),
        Ok(None) => Err(
            "this machine has no interface of this code; build it here to keep one (code with #[upgradeable])"
                .into(),
        ),
        Err(error) => Err(format!(
            "the interface that is kept here cannot be read: {error}"
        )),
    }
}

/// The kept interface, and the published document of the code if that has more.
async fn declared(
    session: Session<'_>,
    (name, code, data): (&str, RecordedCode, &[u8]),
) -> Result<Result<Functions, String>> {
    let kept = kept(session, name, code.codehash).await;
    if kept.as_ref().is_ok_and(|functions| functions.knows(data)) {
        return Ok(kept);
    }
    let known = session.documents().get(code.layout).await?;
    let published = known.value().and_then(Callable::of_document);
    let steps = known.value().and_then(|known| known.steps.clone());
    if published.is_none() && steps.is_none() {
        return Ok(kept);
    }
    // The proposer of the version wrote its document.
    let published = published.map(|one| Functions::of_abi(&one.abi).unnamed());
    let steps = steps.unwrap_or_default();
    let signatures = steps.iter().map(|step| step.signature.as_str());
    let declared = Functions::of_signatures(signatures);
    let known = kept
        .unwrap_or_default()
        .with(&published.unwrap_or_default());
    Ok(Ok(known.with(&declared)))
}
