//! `pending`: open actions, who approved, who is missing, what blocks, until when.

use super::context::Context;
use super::propose::waiting;
use crate::app_error::Error;
use crate::client::Client;
use crate::governance::{
    self, BuildFacts, Call, Names, PendingAction, UnreadableAction, code_facts,
};
use crate::output::Outcome;
use alloy::primitives::{Address, B256};
use serde_json::json;

pub(super) async fn run(context: &Context, name: Option<&str>) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.client().await?;
    let names = context.names();
    let open = match name {
        Some(name) => governance::pending(&client, registry, name, &names).await?,
        None => governance::all_pending(&client, registry, &names).await?,
    };
    let mut outcome = Outcome::default();
    outcome.field("registry", registry);
    let mut documents = Vec::new();
    for action in &open.actions {
        let call = Call::decode(&action.call)?;
        let facts = code_facts(&client, &call).await?;
        outcome.line(format!("action {}", action.action));
        for line in describe(action, &names) {
            outcome.line(format!("  {line}"));
        }
        for fact in &facts {
            outcome.line(format!("    {}", fact.line()));
        }
        let mut differs = Vec::new();
        let builds = context.builds(&call, |why| differs.push(why))?;
        for why in &differs {
            outcome.line(format!("    do not approve: {why}"));
        }
        for line in builds.iter().flat_map(BuildFacts::lines) {
            outcome.line(format!("    {line}"));
        }
        let mut document = json!(action);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("facts".into(), json!(facts));
            fields.insert("builds".into(), json!(builds));
            fields.insert("differs".into(), json!(differs));
        }
        documents.push(document);
    }
    for action in &open.unreadable {
        outcome.line(format!("action {}", action.action));
        for line in describe_unreadable(action, &names) {
            outcome.line(format!("  {line}"));
        }
        documents.push(json!(action));
    }
    if open.is_empty() {
        outcome.line("nothing is open");
    }
    outcome.field("actions", documents);
    Ok(outcome)
}

fn describe(action: &PendingAction, names: &Names) -> Vec<String> {
    let mut lines = action.display.lines();
    lines.push(format!("proposed by {}", names.long(action.proposer)));
    lines.push(format!(
        "approvals  {}/{}",
        action.readiness.approvals, action.readiness.required
    ));
    lines.extend(waiting(&action.readiness, names));
    lines
}

fn describe_unreadable(action: &UnreadableAction, names: &Names) -> Vec<String> {
    let of = match action.definition.as_str() {
        "" => "the registry itself",
        name => name,
    };
    vec![
        format!("of {of}, unreadable: {}", action.unreadable),
        format!("proposed by {}", names.long(action.proposer)),
        "do not approve it: ask its proposer for the command that he typed".into(),
    ]
}

/// The action that `text` names: all of its digits, or the first few where only one open action
/// begins with them.
pub(super) async fn named(
    client: &Client,
    registry: Address,
    text: &str,
    names: &Names,
) -> Result<B256, Error> {
    if let Ok(action) = text.parse() {
        return Ok(action);
    }
    let open = governance::all_pending(client, registry, names).await?;
    let mut matching = open
        .ids()
        .filter(|action| text.len() > 2 && action.to_string().starts_with(text));
    match (matching.next(), matching.next()) {
        (Some(action), None) => Ok(action),
        (first, _) => Err(Error::Usage {
            message: format!("{text:?} names no single action"),
            expected: "0x and 64 digits, or the first digits of an open action".into(),
            found: match first {
                Some(_) => "several open actions begin like that".into(),
                None => "no open action begins like that".into(),
            },
            next: "stylus-upgrades pending lists what is open".into(),
        }),
    }
}
