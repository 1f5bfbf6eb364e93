//! `doctor`: whether everything that is needed still runs, for how long, and what helps.

use super::context::Context;
use super::facts::Place;
use super::watch;
use crate::app_error::Error;
use crate::assess::{Finding, Severity};
use crate::client::Client;
use crate::doctor::{
    self, AHEAD_DAYS, Bid, ChainFacts, Check, Cure, Cured, Diagnosis, Program, State,
};
use crate::error::{Exit, Explain, Report};
use crate::model::Used;
use crate::output::Outcome;
use crate::progress::Progress;
use crate::text::{count, utc};
use alloy::primitives::{Address, U256};
use clap::Args;
use std::net::SocketAddr;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Whether everything that is needed still runs, and for how long.
///
/// Exit code 0: it does. 1: something that is needed does not work now. 3: something ends within 60
/// days, or a definition is paused. 5: not everything could be fixed.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Do what helps: keepalive and activation, with their data fees; any key may, and a run that was
    /// killed is continued by the next one
    #[arg(long)]
    pub fix: bool,
    /// With --fix, also what only a way back or a new instance of an old version needs
    #[arg(long, requires = "fix")]
    pub all: bool,
    /// With --fix, prolong what has fewer days left
    #[arg(long, value_name = "DAYS", default_value_t = AHEAD_DAYS)]
    pub within: u64,
    /// With --fix, place the lowest bids for what is not in the init cache, all together at most so much.
    /// Bids are spent, not deposited [default: none]
    #[arg(long, value_name = "WEI", requires = "fix")]
    pub max_bid: Option<U256>,
    /// Examine again and again, and offer what was found as metrics of Prometheus
    #[arg(long, conflicts_with = "fix")]
    pub watch: bool,
    /// With --watch, where: this machine alone is answered
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9464",
        requires = "watch"
    )]
    pub listen: SocketAddr,
    /// With --watch, how often
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "watch",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
}

pub(super) async fn run(context: &Context, args: &DoctorArgs) -> Result<Outcome, Error> {
    if args.watch {
        return watch::run(context, args).await;
    }
    let mut outcome = Outcome::default();
    let folder = std::env::current_dir().unwrap_or_default();
    let toolchain = doctor::toolchain(&folder);
    outcome.line("toolchain");
    outcome.lines.extend(toolchain.iter().map(Check::line));
    outcome.field("toolchain", &toolchain);
    let has_toolchain = toolchain.iter().all(|check| check.ok);
    let Some(unverified) = context.named_registry()? else {
        without_registry(context, args, has_toolchain, &mut outcome).await?;
        return Ok(outcome);
    };
    let mut client = context.snapshot().await?;
    let registry = context.verified(&client, unverified).await?;
    context.say_read_at(&client, registry, true);
    if args.fix && client.has_key() {
        client = context.journalled(client, "doctor --fix").await?;
    }
    let within = args.within.saturating_mul(DAY);
    let framework = context.builder()?.framework()?;
    let mut diagnosis = doctor::examine(&client, registry, &framework, within).await?;
    outcome.field("registry", registry);
    if args.fix {
        let cured = fix(context, &client, args, &diagnosis, &mut outcome).await?;
        if cured {
            diagnosis = doctor::examine(&client, registry, &framework, within).await?;
        }
        if let Some(most) = args.max_bid
            && bid(context, &client, &diagnosis, most, &mut outcome).await?
        {
            diagnosis = doctor::examine(&client, registry, &framework, within).await?;
        }
    }
    report(context, registry, &diagnosis, &mut outcome);
    Ok(outcome)
}

/// Warns, in another command, of what ends soon or does not run: of the registry itself and of these
/// accounts.
pub(super) async fn warn(place: Place<'_>, used: Vec<Used>) -> Result<Vec<Finding>, Error> {
    let (context, client, registry) = place.parts();
    let framework = context.builder()?.framework()?;
    let warnings = doctor::warnings(client, registry, &framework, used).await?;
    for warning in &warnings {
        context.output.note(&format!("warning: {}", warning.says()));
    }
    Ok(warnings)
}

/// The toolchain and the endpoint alone.
async fn without_registry(
    context: &Context,
    args: &DoctorArgs,
    has_toolchain: bool,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    if args.fix {
        context.registry()?; // there is nothing to be fixed without one
    }
    let chain = async {
        let client = context.reader().await?;
        Ok::<_, Error>(ChainFacts::read(&client).await?)
    };
    match chain.await {
        Ok(chain) => {
            outcome.lines.extend(chain_lines(&chain));
            outcome.field("chain", &chain);
            outcome.line("registry");
            outcome.line("  · none is named: --registry ADDRESS examines it and what it needs");
            if !has_toolchain {
                outcome.exit = Some(Exit::Refused);
            }
        }
        Err(error) => {
            let report = Report::of(&error);
            context.output.explain(&report);
            outcome.line("chain");
            outcome.line(format!("  ✗ {}", report.message));
            outcome.field("error", report);
            outcome.exit = Some(error.exit());
        }
    }
    outcome.field("ok", outcome.exit.is_none());
    Ok(())
}

/// Does what helps; whether anything was done.
async fn fix(
    context: &Context,
    client: &Client,
    args: &DoctorArgs,
    diagnosis: &Diagnosis,
    outcome: &mut Outcome,
) -> Result<bool, Error> {
    let programs = diagnosis.programs.iter();
    let all: Vec<&Program> = programs
        .filter(|program| program.needed || args.all)
        .filter(|program| program.cure != Cure::None)
        .collect();
    let paid = all
        .iter()
        .filter(|one| !matches!(one.cure, Cure::Later { .. }));
    let paid = paid.count();
    let mut cured = Vec::new();
    if paid > 0 {
        client.sender("doctor --fix")?;
        let fees = doctor::fees(client, &all).await?;
        context.output.note(&format!(
            "{paid} programs are fixed, with data fees of about {fees} wei beside the gas"
        ));
    }
    if !all.is_empty() {
        let bump = context.global.data_fee_bump_percent;
        cured = doctor::fix(client, &diagnosis.chain, &all, bump, &*context.output).await?;
    }
    outcome.line("fixed");
    if cured.is_empty() {
        outcome.line("  nothing needed it");
    }
    outcome.lines.extend(cured.iter().map(Cured::line));
    outcome.field("fixed", &cured);
    if cured.iter().any(|one| one.error.is_some()) {
        outcome.exit = Some(Exit::Partial);
    }
    Ok(paid > 0)
}

/// Places bids for what is not in the init cache; whether any was placed.
async fn bid(
    context: &Context,
    client: &Client,
    diagnosis: &Diagnosis,
    most: U256,
    outcome: &mut Outcome,
) -> Result<bool, Error> {
    let programs = diagnosis.programs.iter().filter(|program| program.needed);
    let programs: Vec<&Program> = programs.collect();
    outcome.line("init cache");
    let Some(mut bids) = doctor::offers(client, &diagnosis.chain, &programs, most).await? else {
        outcome.line("  · the chain has no cache manager that takes bids");
        outcome.field("bids", Vec::<Bid>::new());
        return Ok(false);
    };
    let sum = |only: bool| {
        let bids = bids.iter().filter(|bid| bid.within_bound || !only);
        bids.fold(U256::ZERO, |sum, bid| sum.saturating_add(bid.wei))
    };
    let (count, all, placed) = (bids.len(), sum(false), sum(true));
    if count > 0 {
        client.sender("doctor --fix")?;
        context.output.note(&format!(
            "{count} programs are not in the init cache: the lowest bids are {all} wei, of which \
             {placed} wei are spent now, and nobody gets them back"
        ));
        doctor::place(client, &diagnosis.chain, &mut bids, most, &*context.output).await?;
    } else {
        outcome.line("  everything that runs is in it");
    }
    outcome.lines.extend(bids.iter().map(Bid::line));
    if bids
        .iter()
        .any(|bid| bid.error.is_some() || !bid.within_bound)
    {
        outcome.exit = outcome.exit.or(Some(Exit::Partial));
    }
    outcome.field("bids", &bids);
    Ok(count > 0)
}

fn report(context: &Context, registry: Address, diagnosis: &Diagnosis, outcome: &mut Outcome) {
    outcome.lines.extend(chain_lines(&diagnosis.chain));
    outcome.line(format!("programs of {}", context.names().long(registry)));
    for program in &diagnosis.programs {
        outcome.lines.extend(program_lines(program));
    }
    for (name, lines) in [
        ("migrations", migrations(diagnosis)),
        ("actions", actions(diagnosis)),
        ("findings", findings(diagnosis)),
    ] {
        if !lines.is_empty() {
            outcome.line(name);
            outcome.lines.extend(lines);
        }
    }
    let severity = diagnosis.severity();
    let has = |name: &str| diagnosis.findings.iter().any(|one| one.id == *name);
    outcome.line(match severity {
        _ if has(doctor::INCOMPLETE) => {
            "the endpoint does not tell everything: what it hides is not examined"
        }
        Some(Severity::Danger) => "something that is needed does not work now",
        _ if has(doctor::PAUSED) => "everything that is needed runs; a definition is paused",
        Some(Severity::Warning) => "everything works; something needs attention in time",
        Some(_) | None => "everything works",
    });
    outcome.field("chain", &diagnosis.chain);
    outcome.field("programs", &diagnosis.programs);
    outcome.field("migrations", &diagnosis.migrations);
    outcome.field("actions", &diagnosis.actions);
    outcome.field("cache_bids", &diagnosis.cache_bids);
    outcome.field("findings", &diagnosis.findings);
    let exit = match severity {
        Some(Severity::Danger) => Some(Exit::Refused),
        Some(Severity::Warning) => Some(Exit::NotReady),
        Some(_) | None => None,
    };
    outcome.exit = outcome.exit.or(exit);
    outcome.field("ok", outcome.exit.is_none());
    let first = diagnosis.findings.first();
    if let Some(first) = first.filter(|_| outcome.exit.is_some()) {
        outcome.field("error", Report::of(first));
    }
}

fn chain_lines(chain: &ChainFacts) -> Vec<String> {
    let mut lines = vec![
        "chain".to_owned(),
        format!(
            "  ✓ {}  chain {}, block {}, ArbOS {}, Stylus {}",
            chain.endpoint, chain.chain_id, chain.block, chain.arbos, chain.stylus
        ),
        format!(
            "  · an activation lasts {} days, and can be prolonged when it is {} days old",
            chain.expiry_days, chain.keepalive_days
        ),
    ];
    if let Some(scheduled) = chain.scheduled {
        let (arbos, time) = (scheduled.arbos, utc(scheduled.time));
        lines.push(format!("  ! ArbOS {arbos} is scheduled for {time}"));
    }
    lines
}

/// One line for the code, and one for each purpose of it.
fn program_lines(program: &Program) -> Vec<String> {
    let (mark, state) = match program.state {
        State::Active { seconds_left } if seconds_left < AHEAD_DAYS * DAY => {
            ("!", format!("{} left", count(seconds_left / DAY, "day")))
        }
        State::Active { seconds_left } => {
            ("✓", format!("{} left", count(seconds_left / DAY, "day")))
        }
        State::Expired { age } => (
            "✗",
            format!("expired, activated {} ago", count(age / DAY, "day")),
        ),
        State::Outdated { version, wanted } => (
            "✗",
            format!("outdated, for Stylus {version} and not {wanted}"),
        ),
        State::Inactive => ("✗", "never activated".into()),
        State::Evm => ("✓", "EVM code, does not expire".into()),
        State::Missing => ("✗", "no code".into()),
    };
    // What nothing needs now raises no alarm, and `--fix` alone leaves it as it is.
    let (mark, flags) = match program.needed {
        true => (mark, "--fix"),
        false => ("·", "--fix --all"),
    };
    let cached = match program.cached {
        Some(true) => "  cached",
        Some(false) | None => "",
    };
    let cure = match program.cure {
        Cure::None => String::new(),
        Cure::Later { from } => format!("  keepalive possible from {}", utc(from)),
        Cure::Keepalive => format!("  {flags} keeps it alive"),
        Cure::Activate => format!("  {flags} activates it"),
    };
    let mut lines = vec![format!(
        "  {mark} {}  {state}{cached}{cure}",
        program.codehash
    )];
    for account in &program.accounts {
        let mut uses: Vec<_> = account
            .uses
            .iter()
            .map(|one| {
                let needed = if one.needed { "" } else { ", not needed now" };
                format!("{} ({}){needed}", one.role.name(), one.of)
            })
            .collect();
        uses.dedup();
        let wrong = match account.recorded {
            Some(recorded) if recorded != program.codehash => "  NOT THE RECORDED CODE",
            _ => "",
        };
        lines.push(format!(
            "      {}  {}{wrong}",
            account.address,
            uses.join("; ")
        ));
    }
    lines
}

fn migrations(diagnosis: &Diagnosis) -> Vec<String> {
    let migrations = diagnosis.migrations.iter();
    migrations
        .map(|one| {
            format!(
                "  {}  {} {} → {}  since {}",
                one.proxy,
                one.definition,
                one.from,
                one.to,
                utc(one.since)
            )
        })
        .collect()
}

fn actions(diagnosis: &Diagnosis) -> Vec<String> {
    let actions = diagnosis.actions.iter();
    actions
        .map(|one| {
            format!(
                "  {}  {} {}  {}, until {}",
                one.action,
                one.definition,
                one.call,
                count(one.approvals, "approval"),
                utc(one.expires)
            )
        })
        .collect()
}

fn findings(diagnosis: &Diagnosis) -> Vec<String> {
    let lines = diagnosis.findings.iter().flat_map(Finding::lines);
    lines.map(|line| format!("  {line}")).collect()
}
