//! `pending`: open actions, who approved, who is missing, what blocks, until when.

use super::calldata::decoded;
use super::context::Context;
use super::facts::Place;
use super::propose::waiting;
use crate::app_error::Error;
use crate::client::Client;
use crate::functions::DecodedCall;
use crate::governance::{
    self, BuildFacts, Call, Names, PendingAction, UnreadableAction, code_facts,
};
use crate::ids::ActionId;
use crate::model::BlockedBy;
use crate::output::Outcome;
use crate::text::utc;
use alloy::primitives::{Address, B256};
use serde_json::json;

pub(super) async fn run(context: &Context, name: Option<&str>) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
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
        let decoded = decoded(Place::of(context, &client, registry), &call).await?;
        for line in decoded.iter().flat_map(DecodedCall::lines) {
            outcome.line(format!("    {line}"));
        }
        let superseded = superseded(&client, registry, &call).await?;
        if let Some(what) = &superseded {
            outcome.line(format!("    superseded: {what} already"));
        }
        let mut differs = Vec::new();
        let builds = context.builds(&call, |why| differs.push(why))?;
        for why in &differs {
            outcome.line(format!("    do not approve: {why}"));
        }
        for line in builds.iter().flat_map(BuildFacts::lines) {
            outcome.line(format!("    {line}"));
        }
        let given = context.given();
        let next = next(action, superseded.is_some(), &names, &given);
        outcome.line(format!("  next: {next}"));
        let mut document = json!(action);
        if let Some(fields) = document.as_object_mut() {
            fields.insert("facts".into(), json!(facts));
            fields.insert("decoded".into(), json!(decoded));
            fields.insert("builds".into(), json!(builds));
            fields.insert("differs".into(), json!(differs));
            fields.insert("next".into(), json!(next));
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

/// What is done with an open action now, and by whom; with the flags that were given.
fn next(open: &PendingAction, is_superseded: bool, names: &Names, given: &str) -> String {
    let PendingAction {
        action, readiness, ..
    } = open;
    let approve = format!("stylus-upgrades approve {action}{given}");
    let cancel = format!(
        "stylus-upgrades cancel {action}{given} by its proposer, {}; nothing comes of it any more",
        names.short(open.proposer)
    );
    if is_superseded {
        return cancel;
    }
    match readiness.blocked_by {
        BlockedBy::Nothing => format!("{approve}; anybody may, and it is executed"),
        BlockedBy::Delay => format!(
            "{approve} from {} on; anybody may",
            utc(readiness.not_before)
        ),
        BlockedBy::Approvals => format!(
            "stylus-upgrades review {action}{given}, then {approve} by {}",
            names.list(&readiness.missing)
        ),
        BlockedBy::Lambda => "the contract that the policy asks has to consent".into(),
        BlockedBy::NotRunnable => {
            format!("stylus-upgrades doctor{given} says which program has to be activated")
        }
        BlockedBy::DirectCall => {
            format!(
                "{approve} with a key whose account has no code; anybody may, and it is executed"
            )
        }
        BlockedBy::Paused => format!("stylus-upgrades resume{given}, by who may"),
        _ => cancel,
    }
}

/// Why nothing ever comes of an open action.
pub(super) async fn superseded(
    client: &Client,
    registry: Address,
    call: &Call,
) -> Result<Option<String>, Error> {
    let Call::CreateDefinition(define) = call else {
        return Ok(governance::superseded_by(client, registry, call).await?);
    };
    let known = client.registry(registry).known_head(&define.name).await?;
    Ok(known.map(|_| format!("{} is defined", define.name)))
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

/// Hexadecimal digits that name an action, at least: fewer may be those of an action that somebody
/// proposes meanwhile.
const DIGITS_MIN: usize = 8;

/// The action that `text` names: all of its digits, or the first of them, where only one open action
/// begins with those.
pub(super) async fn named(
    client: &Client,
    registry: Address,
    text: &str,
    names: &Names,
) -> Result<ActionId, Error> {
    if let Ok(action) = text.parse() {
        return Ok(action);
    }
    let refused = |found: String| Error::Usage {
        message: format!("{text:?} names no single action"),
        expected: format!("0x and 64 digits, or the first {DIGITS_MIN} or more of an open action"),
        found,
        next: "stylus-upgrades pending lists what is open".into(),
    };
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() > 2 * B256::len_bytes() || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(refused("no digits of an action's id".into()));
    }
    if digits.len() < DIGITS_MIN {
        let found = digits.len();
        let digits = if found == 1 { "digit" } else { "digits" };
        return Err(refused(format!("{found} {digits}")));
    }
    let begins = format!("0x{}", digits.to_lowercase());
    let open = governance::all_pending(client, registry, names).await?;
    let mut matching = open
        .ids()
        .filter(|action| action.to_string().starts_with(&begins));
    match (matching.next(), matching.next()) {
        (Some(action), None) => Ok(action),
        (Some(_), _) => Err(refused("several open actions begin like that".into())),
        (None, _) => Err(refused("no open action begins like that".into())),
    }
}
