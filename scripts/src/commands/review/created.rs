//! What the creation of an instance would make: its address, the code that it runs, and what its
//! storage would hold, tried on a copy.

use super::super::calldata::registered;
use super::super::context::Context;
use crate::app_error::Error;
use crate::client::Client;
use crate::governance::{deciding_policy, kind_in_words};
use crate::ids::CodeHash;
use crate::layout::Known;
use crate::output::Outcome;
use crate::plan::{Creation, CreationRequest, Elsewhere, creation};
use crate::review::{Card, Weight};
use crate::text::{grouped, word};
use alloy::primitives::Address;
use serde::Serialize;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// What is created.
#[derive(Serialize)]
pub(super) struct Created {
    definition: String,
    version: String,
    kind: String,
    /// The account with the version's code, and its hash; none where nobody registered the version.
    implementation: Option<Address>,
    codehash: Option<CodeHash>,
    /// What came of it on a copy; none where it could not be tried.
    tried: Option<Creation>,
}

/// Tries it, and adds what came of it to `cards`.
pub(super) async fn created(
    context: &Context,
    client: &Client,
    registry: Address,
    call: &abi::createProxyCall,
    cards: &mut Vec<Card>,
) -> Result<Created, Error> {
    let code = registered(client, registry, (&call.name, &call.version)).await?;
    let layout = match code {
        Some(code) => context.documents(client, registry).get(code.layout).await?,
        None => Known::Not("nobody registered the version".into()),
    };
    let request = CreationRequest {
        registry,
        call: call.clone(),
        policy: deciding_policy(client, registry, &call.name, "create").await?,
        layout: layout.document().map(|known| known.layout.clone()),
        names: context.names(),
    };
    let mut created = Created {
        definition: call.name.clone(),
        version: call.version.clone(),
        kind: kind_in_words(call.kind),
        implementation: code.map(|code| code.implementation),
        codehash: code.map(|code| code.codehash),
        tried: None,
    };
    let about = super::tried::ABOUT;
    match creation(client, request).await {
        Ok(tried) => {
            cards.push(match &tried.problem {
                Some(problem) => Card::new(about, Weight::Danger, problem.lines().join("; ")),
                None => {
                    let says = match call.initData.is_empty() {
                        true => "the instance is created, and no initializer runs".into(),
                        false => succeeds(&tried),
                    };
                    Card::new(about, Weight::Good, says)
                }
            });
            if !tried.others.is_empty() {
                let all: Vec<String> = tried.others.iter().map(changed).collect();
                let says = format!("beside registry and proxy it changes {}", all.join("; "));
                cards.push(Card::new("other accounts", Weight::Warning, says));
            }
            created.tried = Some(tried);
        }
        Err(error) => {
            let says = format!("not checked: the creation was not tried: {error}");
            cards.push(Card::new(about, Weight::Unknown, says));
        }
    }
    Ok(created)
}

/// What was seen, and on what it depends.
fn succeeds(tried: &Creation) -> String {
    let limits: Vec<String> = tried.limits.iter().map(|limit| grouped(*limit)).collect();
    let outside = match tried.others.is_empty() {
        true => ", and beside registry and proxy nothing changes",
        false => "",
    };
    format!(
        "the instance is created, and its initializer succeeds{outside}: alike with {} gas, on block {}. \
         Code that reads gas, time, fee or sender may do otherwise",
        limits.join(", "),
        tried.block
    )
}

/// What would change of another account.
fn changed(one: &Elsewhere) -> String {
    let mut parts = Vec::new();
    match one.changes.len() {
        0 => {}
        words => parts.push(format!("{words} storage words")),
    }
    if let Some((before, after)) = one.balance {
        parts.push(format!("{before} wei become {after}"));
    }
    if one.creates {
        parts.push("code or nonce".into());
    }
    format!("{} ({})", one.account, parts.join(", "))
}

impl Created {
    pub(super) fn report(&self, outcome: &mut Outcome) {
        let Self {
            definition,
            version,
            kind,
            ..
        } = self;
        outcome.line(format!("creates    {definition} {version}, {kind}"));
        if let (Some(account), Some(hash)) = (self.implementation, self.codehash) {
            outcome.line(format!("  code     {account} {hash}"));
        }
        if let Some(tried) = &self.tried {
            outcome.line(format!("  proxy    {}", tried.proxy));
            for one in &tried.changes {
                let name = one.name.clone().unwrap_or_else(|| one.slot.to_string());
                outcome.line(format!("  holds    {name}: {}", word(&one.after)));
            }
            for one in &tried.others {
                outcome.line(format!("  changes  {}", changed(one)));
            }
            for event in &tried.events {
                outcome.line(format!("  emits    {}", event.what));
            }
        }
        outcome.field("created", self);
    }
}
