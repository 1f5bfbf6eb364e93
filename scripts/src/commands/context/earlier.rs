//! What an earlier run had sent and not reported, as far as it still holds.

use super::Context;
use crate::app_error::Error;
use crate::client::{Client, Sent};
use crate::governance::{GovernedCall, Submitted};
use crate::progress::Progress;

/// What an earlier run had sent and not reported of the same call, as far as it still holds. What does
/// not is told as what it is.
pub(in crate::commands) async fn earlier(
    context: &Context,
    client: &Client,
    governed: &GovernedCall,
) -> Result<Option<Submitted>, Error> {
    let registry = governed.registry;
    let sent = context.earlier_call(client, registry, governed.input());
    let Some(sent) = sent.await? else {
        return Ok(None);
    };
    let reported = governed.sent_before(client, &sent).await?;
    if reported.is_none() {
        report_undone(context, &sent);
    }
    Ok(reported)
}

/// Says that an earlier run is not the answer, and that the same is sent.
pub(in crate::commands) fn report_undone(context: &Context, sent: &Sent) {
    context.output.note(&format!(
        "more was decided since the earlier run sent {}: the same is asked for anew",
        sent.tx
    ));
}
