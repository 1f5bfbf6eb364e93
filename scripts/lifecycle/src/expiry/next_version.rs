//! Activation of programs under the rules that the chain gets next: the version that its owner has scheduled, else the
//! newest rules that are known here.

use super::chain::{ChainFacts, DAY};
use super::programs::{Program, State};
use crate::assess::{Finding, FindingId, Part, Severity};
use crate::client::{ChainError, Client};
use crate::program_code::module;
use crate::text::utc;
use stylus_chain::Chain;
use stylus_vm::{Rules, activate};

/// Examines what the chain will be, and which programs that concerns.
///
/// # Errors
/// What the chain says.
pub async fn examine(
    client: &Client,
    chain: &ChainFacts,
    programs: &[Program],
) -> Result<Vec<Finding>, ChainError> {
    let newest = Chain::ARBOS_VERSIONS.last().copied().unwrap_or_default();
    let mut findings = Vec::new();
    let target = match chain.scheduled {
        Some(scheduled) if !Chain::ARBOS_VERSIONS.contains(&scheduled.arbos) => {
            findings.push(unknown(chain, scheduled.arbos, scheduled.time));
            newest
        }
        Some(scheduled) => scheduled.arbos,
        None => newest,
    };
    if target <= chain.arbos {
        return Ok(findings);
    }
    let (now, then) = (Rules::for_arbos(chain.arbos), Rules::for_arbos(target));
    let mut outdated = 0;
    for program in programs.iter().filter(|program| program.needed) {
        if matches!(program.state, State::Evm | State::Missing) {
            continue;
        }
        outdated += usize::from(then.stylus_version != now.stylus_version);
        if let Some(reason) = refused(client, program, now, then).await? {
            findings.push(rebuild(chain, program, target, reason));
        }
    }
    if outdated > 0 {
        let version = match chain.scheduled {
            Some(_) => target,
            None => first_with(then.stylus_version, chain.arbos, target),
        };
        findings.push(reactivate(chain, version, then.stylus_version, outdated));
    }
    Ok(findings)
}

/// The first version of ArbOS after `now`, up to `last`, that has this version of Stylus.
fn first_with(stylus: u16, now: u64, last: u64) -> u64 {
    let mut versions = now.saturating_add(1)..last;
    versions
        .find(|version| Rules::for_arbos(*version).stylus_version == stylus)
        .unwrap_or(last)
}

/// Returns the reason why the program would not be activated any more. A chain for development takes modules that others do
/// not: the measure is what it takes now.
async fn refused(
    client: &Client,
    program: &Program,
    now: Rules,
    then: Rules,
) -> Result<Option<String>, ChainError> {
    let parts = client.fragments(&program.code).await?;
    let wasm = match module(&program.code, &parts) {
        Ok(wasm) => wasm,
        Err(reason) => return Ok(Some(reason)),
    };
    let tried = |rules: &Rules| activate(&wasm, rules, &mut { u64::MAX }).map(drop);
    let debug = tried(&now).is_err();
    Ok(tried(&Rules { debug, ..then })
        .err()
        .map(|error| error.to_string()))
}

fn when(chain: &ChainFacts) -> String {
    match chain.scheduled {
        Some(scheduled) => format!(
            "it takes effect {}, in {} days",
            utc(scheduled.time),
            scheduled.time.saturating_sub(chain.time) / DAY
        ),
        None => "nothing is scheduled yet".into(),
    }
}

fn rebuild(chain: &ChainFacts, program: &Program, target: u64, reason: String) -> Finding {
    let (what, account, when) = (program.title(), program.address(), when(chain));
    let says = format!("the {what} {account} could not be activated under ArbOS {target}: {when}");
    finding(Severity::Warning, "WouldNotActivate", says).with(
        format!("a module that ArbOS {target} takes"),
        reason,
        "rebuild it with a compiler that keeps the rule, and register that as a version before the upgrade",
    )
}

fn reactivate(chain: &ChainFacts, target: u64, stylus: u16, count: usize) -> Finding {
    let severity = match chain.scheduled {
        Some(_) => Severity::Warning,
        None => Severity::Note,
    };
    let when = when(chain);
    let says = format!(
        "ArbOS {target} brings Stylus {stylus}, under which nothing runs that was activated before: {when}"
    );
    finding(severity, "NextVersionOutdates", says).with(
        format!("programs activated for Stylus {stylus}"),
        format!("{count} programs for Stylus {}", chain.stylus),
        "stylus-upgrades doctor --fix, right after the upgrade: before it nothing can be done",
    )
}

fn unknown(chain: &ChainFacts, version: u64, time: u64) -> Finding {
    let from = utc(time);
    let says = format!(
        "the chain will run ArbOS {version} from {from} on, and its rules are not known here"
    );
    finding(Severity::Warning, "NextVersionUnknown", says).with(
        format!("one of {:?}", Chain::ARBOS_VERSIONS),
        format!("ArbOS {} now, {version} scheduled", chain.arbos),
        "install a newer stylus-upgrades before, and ask again",
    )
}

fn finding(severity: Severity, name: &'static str, says: String) -> Finding {
    Finding::new(Part::Code, severity, FindingId::error(name), says)
}
