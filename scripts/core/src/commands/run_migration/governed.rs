//! Decisions of approvers about an instance between versions: another handler, or the abort.

use crate::context::prelude::*;
use crate::governance::GovernedCall;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::check_and_send;

/// The warning that the upgrade to the next version starts the same migration again.
const STAYS_BACK: &str = "after the abort, `upgrade` skips this instance until another version is current. \
                          The upgrade to that version would start this migration again: first register that \
                          version and a step that bypasses this migration, then migrate";

/// Names another handler: a lost key does not freeze a contract. Without a handler, aborts a complex migration.
pub(super) async fn govern(
    context: &Context,
    proxy: &str,
    handler: Option<&str>,
) -> Result<Outcome> {
    let handler = match handler {
        Some(handler) => Some(context.manifest.address(handler)?),
        None => None,
    };
    if handler.is_none() {
        context.note(STAYS_BACK);
    }
    let session = Session::sending(context, "run-migration").await?;
    let proxy = context.manifest.address(proxy)?;
    let name = session.registry.instance(proxy).await?.definition;
    let mut subject = BetweenVersions {
        name: name.clone(),
        proxy,
        next: None,
    };
    let nonce = session.registry.details(proxy).await?.nonce;
    let call = match handler {
        Some(handler) => abi::setHandlerCall {
            name,
            proxy,
            handler,
            nonce,
        }
        .abi_encode(),
        None => abi::abortMigrationCall { name, proxy, nonce }.abi_encode(),
    };
    let governed = GovernedCall::decode(session.registry.address, call.into(), U256::ZERO)?;
    let options = CheckOptions::proposer(session);
    let effects = check_and_send(session, governed, options).await?;
    let next = format!("stylus-upgrades run-migration {proxy}");
    let is_done = effects.exit() == Exit::Done && !context.is_export();
    let is_next = is_done && session.registry.instance(proxy).await?.state.is_migrating();
    subject.next = is_next.then(|| next.clone());
    let mut outcome = context.outcome(&Governed { subject, effects });
    if is_next {
        outcome.line(format!("next: {next}, by the handler"));
    }
    Ok(outcome)
}

/// The instance about which `run-migration --handler` and `--abort` decide.
#[derive(Serialize)]
pub(crate) struct BetweenVersions {
    /// Its definition.
    name: String,
    /// The instance.
    proxy: Address,
    /// The command of the handler that follows, once the call is executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl CommandReport for BetweenVersions {}
