//! The creation of an instance, tried on a copy.

use super::super::facts::Place;
use crate::app_error::Error;
use crate::assess::{Fact, Finding, Part, Severity};
use crate::governance::{deciding_policy, kind_in_words};
use crate::plan::{Creation, CreationRequest, creation, limits_in_words};
use crate::review::{self, Created, TRIED};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Tries it, and adds what came of it to `findings`.
pub(super) async fn created(
    place: Place<'_>,
    call: &abi::createProxyCall,
    findings: &mut Vec<Finding>,
) -> Result<Created, Error> {
    let (context, client, registry) = place.parts();
    let code = place
        .reader()
        .known_version(&call.name, &call.version)
        .await?
        .map(|one| one.code);
    let layout = match code {
        Some(code) => context.documents(client, registry).get(code.layout).await?,
        None => Fact::unknown("nobody registered the version"),
    };
    let request = CreationRequest {
        registry,
        call: call.clone(),
        policy: deciding_policy(client, registry, &call.name, "create").await?,
        layout: layout.into_value().map(|known| known.layout),
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
    match creation(client, request).await {
        Ok(tried) => {
            findings.push(match &tried.problem {
                Some(problem) => problem.clone(),
                None => {
                    let says = match call.initData.is_empty() {
                        true => "the instance is created, and no initializer runs".into(),
                        false => succeeds(&tried),
                    };
                    review::tried(says, &tried.reads, true)
                }
            });
            let own = tried.balance.map(|wei| (tried.proxy, wei));
            let beside = ("registry and proxy", tried.others.as_slice());
            findings.extend(review::effects(&tried.reads, own.as_slice(), beside));
            created.tried = Some(tried);
        }
        Err(error) => {
            let says = format!("not checked: the creation was not tried: {error}");
            findings.push(Finding::named(Part::Trial, Severity::Unknown, TRIED, says));
        }
    }
    Ok(created)
}

/// What was seen, and on what it depends.
fn succeeds(tried: &Creation) -> String {
    let outside = match tried.others.is_empty() && tried.balance.is_none() {
        true => ", and beside registry and proxy nothing changes",
        false => "",
    };
    format!(
        "the instance is created, and its initializer succeeds{outside}: alike with {} gas. \
         Code that reads gas, time, fee or sender may do otherwise",
        limits_in_words(&tried.limits)
    )
}
