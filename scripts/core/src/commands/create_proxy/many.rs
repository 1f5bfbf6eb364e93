//! `create-proxy --count` and `--file`: many instances by one command. The salts follow from the command's words, so that
//! the chain says which of them exist, whoever created them and whenever the run before ended.

mod report;

pub(crate) use report::CreatedInstances;

use super::argument_file::{self, ArgumentRow, in_row};
use super::{
    CREATED_BARE, CREATED_OPEN, CreateProxyArgs, TypedInitializer, call_without_salt, initializer,
};
use crate::assess::Finding;
use crate::client::{ChainError, SentRow, SharedGas};
use crate::context::prelude::*;
use crate::governance::{Call, GovernedCall, already, deciding_policy_of};
use crate::pipeline::calldata;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::{Cleared, judge};
use crate::pipeline::shown::show;
use crate::progress::{Progress, Rate};
use crate::questions::ask_all;
use crate::text::{count, grouped, shell_word};
use alloy::network::TransactionBuilder;
use alloy::primitives::keccak256;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolEvent, SolValue};
use report::first_failure;
use std::collections::{BTreeMap, BTreeSet};

/// Creations that do not wait for one another, at most.
const PAGE: usize = 100;
/// Different rows of a file that are tried on a copy, at most.
const TRIED_MAX: usize = 16;

/// An instance that the command creates.
struct PlannedCreation {
    call: abi::createProxyCall,
    proxy: Address,
    state: CreationState,
}

/// The state of an instance that the command creates.
enum CreationState {
    Missing,
    /// It existed before.
    Earlier,
    Created,
    Failed(Report),
}

/// What a file or a number of instances asks for.
struct CreationRequest {
    /// The calls; those without a salt have the salt zero.
    calls: Vec<abi::createProxyCall>,
    /// The salts of the rows that have one.
    salts: Vec<Option<U256>>,
    /// The initializer as it was typed.
    typed: String,
    /// True if the rows are those of a file.
    is_file: bool,
    /// Wei for each.
    value: U256,
}

/// Creates the instances that are missing.
pub(super) async fn run(context: &Context, request: &CreateProxyArgs) -> Result<Outcome> {
    if context.is_export() {
        let flag = if request.file.is_some() {
            "--file"
        } else {
            "--count"
        };
        return Err(Error::Usage {
            message: format!("{flag} with --export: a file has one call"),
            expected: "create-proxy --export of one instance".into(),
            found: flag.into(),
            next: format!(
                "leave out {flag}, and export the creation of each instance with its own --salt"
            ),
        });
    }
    let rows = match &request.file {
        Some(file) => Some(argument_file::read(file)?),
        None => None,
    };
    let session = Session::sending(context, "create-proxy").await?;
    let wanted = match &rows {
        Some(rows) => CreationRequest::of_rows(session, request, rows).await?,
        None => CreationRequest::of_count(session, request).await?,
    };
    wanted.require_one_approver(session).await?;
    let mut planned = wanted.plan(session).await?;
    let missing = missing(&planned);
    let all = planned.len();
    if missing.len() < all {
        context.note(format!(
            "{} of {} exist already: {} to be created",
            grouped(all - missing.len()),
            count(all, "instance"),
            grouped(missing.len())
        ));
    }
    let mut effects = Effects::default();
    effects.add_sent(&[]);
    if !missing.is_empty() {
        let options = CheckOptions {
            typed: &wanted.typed,
            layout: request.storage.layout.as_deref(),
            ..CheckOptions::proposer(session)
        };
        wanted
            .review(session, &planned, options, &mut effects)
            .await?;
        let stopped = wanted.create(session, &mut planned, &mut effects).await?;
        let failed = first_failure(&planned, request.file.is_some());
        if let Some(error) = stopped.map(|error| Refusal::of(&error)).or(failed) {
            effects.stop(context, &error, Exit::Partial);
        }
    }
    let subject = CreatedInstances::new(context, request, &planned);
    Ok(context.outcome(&Governed { subject, effects }))
}

/// The places of the instances that are not there.
fn missing(planned: &[PlannedCreation]) -> Vec<usize> {
    let places = planned.iter().enumerate();
    let missing = places.filter(|(_, creation)| matches!(creation.state, CreationState::Missing));
    missing.map(|(place, _)| place).collect()
}

impl CreationRequest {
    /// As many equal instances as `--count` says.
    async fn of_count(session: Session<'_>, request: &CreateProxyArgs) -> Result<Self> {
        let TypedInitializer { data, typed } = TypedInitializer::read(session, request).await?;
        let call = call_without_salt(session, request, data)?;
        let number = request.count.unwrap_or_default();
        let salts = (0..number).map(|index| {
            let first = request.salt;
            first.map(|first| first.wrapping_add(U256::from(index)))
        });
        Ok(Self {
            calls: vec![call; number as usize],
            salts: salts.collect(),
            typed,
            is_file: false,
            value: request.value,
        })
    }

    /// An instance for each row of a file.
    async fn of_rows(
        session: Session<'_>,
        request: &CreateProxyArgs,
        rows: &[ArgumentRow],
    ) -> Result<Self> {
        let length = rows.first().map_or(0, ArgumentRow::argument_count);
        let function = match request.init.as_slice() {
            [name] if name.contains('(') => calldata::signature(name)?,
            [name] if !name.starts_with("0x") => {
                initializer(session, request, name, length).await?
            }
            words => {
                return Err(Error::Usage {
                    message: "--file has the arguments of --init".into(),
                    expected: "--init with the initializer's name or signature alone".into(),
                    found: words.join(" "),
                    next: "leave the arguments to the rows of the file".into(),
                });
            }
        };
        let manifest = &session.context.manifest;
        let calls = (1..).zip(rows).map(|(place, row)| {
            let data = row.encode(place, &function, manifest)?;
            call_without_salt(session, request, data)
        });
        Ok(Self {
            calls: calls.collect::<Result<_>>()?,
            salts: rows.iter().map(|row| row.salt).collect(),
            typed: function.signature(),
            is_file: true,
            value: request.value,
        })
    }

    /// Refuses a key that does not satisfy the policy of the creation by itself: each would be an action of its own.
    async fn require_one_approver(&self, session: Session<'_>) -> Result<()> {
        let (registry, client) = (session.registry, session.registry.client);
        let Some(first) = self.calls.first() else {
            return Ok(());
        };
        let sender = client.caller("create-proxy")?;
        let (role, policy) =
            deciding_policy_of(registry, &Call::CreateProxy(first.clone())).await?;
        if registry.satisfies(&first.name, &role, vec![sender]).await? {
            return Ok(());
        }
        let names = session.context.names();
        let (name, version) = (shell_word(&first.name), shell_word(&first.version));
        let message = format!(
            "{} does not create instances of {name} alone, so that --count and --file create none",
            names.long(sender)
        );
        let refusal = Refusal::new("CreationsNeedApprovals", message).with(
            format!("a key that satisfies the policy of role {role} by itself"),
            names.policy(&policy),
            format!(
                "stylus-upgrades create-proxy {name} {version} --salt NUMBER proposes one instance, which the others \
                 approve; once for each instance"
            ),
        );
        Err(refusal.into())
    }

    /// Chooses the salts, and looks which instances exist. What is there is not created again: each row of a file, and each
    /// given salt, is created once. A run of `--count` without a salt continues the one before, or follows it where that
    /// created all.
    async fn plan(&self, session: Session<'_>) -> Result<Vec<PlannedCreation>> {
        let is_once = self.is_file || self.salts.iter().any(Option::is_some);
        let unreported = if is_once {
            BTreeSet::new()
        } else {
            self.unreported_salts(session).await?
        };
        let mut run = 0;
        loop {
            let planned = self.plan_run(session, run).await?;
            let is_unreported =
                |creation: &PlannedCreation| unreported.contains(&creation.call.salt);
            if is_once || planned.iter().any(is_unreported) || !missing(&planned).is_empty() {
                self.require_same_calls(session, &planned).await?;
                return Ok(planned);
            }
            run += 1;
        }
    }

    /// The salts of creations that an earlier run of this command did not report.
    async fn unreported_salts(&self, session: Session<'_>) -> Result<BTreeSet<B256>> {
        let Session { context, registry } = session;
        let mut earlier = context.all_earlier(registry.address);
        earlier.retain(|sent| Some(&sent.what) == self.what().as_ref());
        let inputs = earlier
            .iter()
            .map(|sent| registry.client.input_to(registry.address, sent.tx));
        let inputs = ask_all(inputs).await?.into_iter().flatten();
        let calls = inputs.filter_map(|input| abi::createProxyCall::abi_decode(&input).ok());
        Ok(calls.map(|call| call.salt).collect())
    }

    /// The instances of one run, by the number of runs before it.
    async fn plan_run(&self, session: Session<'_>, run: u64) -> Result<Vec<PlannedCreation>> {
        let registry = session.registry;
        let length = if self.is_file {
            0
        } else {
            self.calls.len() as u64
        };
        let mut repeated: BTreeMap<B256, u32> = BTreeMap::new();
        let mut calls = Vec::with_capacity(self.calls.len());
        for (call, salt) in self.calls.iter().zip(&self.salts) {
            let words = (keccak256(call.abi_encode()), self.value, length, run).abi_encode();
            let base = keccak256(words);
            let place = repeated.entry(base).or_default();
            let salt = salt.map_or_else(|| numbered_salt(base, *place), B256::from);
            *place += 1;
            calls.push(abi::createProxyCall {
                salt,
                ..call.clone()
            });
        }
        let calls = calls.into_iter();
        let planned = calls.map(async |call| {
            let kind = call.kind.into();
            let proxy = registry.proxy_address(&call.name, kind, call.salt).await?;
            // A contract has a nonce from its first moment, and still has it after it left the registry.
            let is_there = registry.client.transactions_of(proxy).await? > 0;
            let state = if is_there {
                CreationState::Earlier
            } else {
                CreationState::Missing
            };
            Ok::<_, ChainError>(PlannedCreation { call, proxy, state })
        });
        Ok(ask_all(planned).await?)
    }

    /// Refuses an instance that exists and was created by another call.
    async fn require_same_calls(
        &self,
        session: Session<'_>,
        planned: &[PlannedCreation],
    ) -> Result<()> {
        let Session { context, registry } = session;
        let names = context.names();
        let mut existing = Vec::new();
        for creation in planned {
            if let CreationState::Earlier = creation.state {
                existing.push(self.governed(session, creation)?);
            }
        }
        let compared = existing
            .iter()
            .map(|governed| already(registry, governed, &names));
        ask_all(compared).await?;
        Ok(())
    }

    fn governed(&self, session: Session<'_>, creation: &PlannedCreation) -> Result<GovernedCall> {
        let bytes = creation.call.abi_encode().into();
        Ok(GovernedCall::decode(
            session.registry.address,
            bytes,
            self.value,
        )?)
    }

    /// The title of the transactions. It differs from that of one creation: what a run of this command did not report is
    /// not taken for one.
    fn what(&self) -> Option<String> {
        let first = self.calls.first()?;
        Some(format!(
            "create proxies of {} {}",
            first.name, first.version
        ))
    }

    /// Reviews the creations as that of one instance is reviewed: once for equal arguments, and at most
    /// [`TRIED_MAX`] different ones.
    async fn review(
        &self,
        session: Session<'_>,
        planned: &[PlannedCreation],
        options: CheckOptions<'_>,
        effects: &mut Effects,
    ) -> Result<()> {
        let context = session.context;
        let (samples, different) = samples(planned);
        if different > samples.len() {
            context.note(format!(
                "warning: {} of {} different rows are tried: {} are not",
                samples.len(),
                grouped(different),
                grouped(different - samples.len())
            ));
        }
        let mut reviewed: Option<Cleared> = None;
        for place in samples {
            let Some(creation) = planned.get(place) else {
                continue;
            };
            let governed = self.governed(session, creation)?;
            let judged = judge(session, &governed, options).await;
            let cleared = judged.and_then(|judged| judged.cleared(session));
            let cleared = cleared.map_err(|error| self.of_row(place, error))?;
            match &mut reviewed {
                None => {
                    show(session, &governed).await?;
                    reviewed = Some(cleared);
                }
                Some(first) => {
                    let known: Vec<Finding> = first.checks.found().cloned().collect();
                    let new = cleared
                        .checks
                        .found()
                        .filter(|finding| !known.contains(finding));
                    first.checks.extend(new.cloned());
                }
            }
        }
        let Some(reviewed) = reviewed else {
            return Ok(());
        };
        if planned
            .iter()
            .any(|creation| creation.call.initData.is_empty())
        {
            let is_closed = reviewed.checks.declares_initializers();
            context.note(if is_closed {
                CREATED_BARE
            } else {
                CREATED_OPEN
            });
        }
        effects.add_checks(&reviewed.checks);
        Ok(())
    }

    /// An error about the instance at that place: of a file, with the number of its row.
    fn of_row(&self, place: usize, error: Error) -> Error {
        if self.is_file {
            in_row(place + 1, &error).into()
        } else {
            error
        }
    }

    /// Sends the creations that are missing, a page at a time. What fails on the chain is noted; what keeps them from
    /// being sent ends the run, and is returned.
    ///
    /// # Errors
    /// The same where nothing was created and nothing failed.
    async fn create(
        &self,
        session: Session<'_>,
        planned: &mut [PlannedCreation],
        effects: &mut Effects,
    ) -> Result<Option<ChainError>> {
        let Session { context, registry } = session;
        let what = self.what().unwrap_or_default();
        let gas = self.foresee_gas(session, planned, &what).await?;
        let missing = missing(planned);
        let (all, mut done) = (missing.len() as u64, 0);
        let rate = Rate::from(0);
        let title = format!("creating {}", count(all, "instance"));
        context.output.begin(&title);
        for page in missing.chunks(PAGE) {
            // The chain says what the pages before this one created.
            registry.client.close_journal();
            let requests = page.iter().filter_map(|place| planned.get(*place));
            let requests = requests.map(|creation| self.transaction(registry.address, creation));
            let sent = registry
                .client
                .transact_alike_in_row(&what, requests.collect(), gas)
                .await;
            let row = sent.unwrap_or_else(SentRow::refused);
            let (mut is_useless, mut stopped) = (true, row.refused);
            for (place, outcome) in page.iter().zip(row.outcomes) {
                let Some(creation) = planned.get_mut(*place) else {
                    continue;
                };
                let outcome = match outcome {
                    // Its arguments take more than those that the gas was foreseen for.
                    Err(error) if error.is_out_of_gas() => {
                        let request = self.transaction(registry.address, creation);
                        registry.client.transact(&what, request).await
                    }
                    outcome => outcome,
                };
                match outcome {
                    Ok(sent) => {
                        effects.add_sent(std::slice::from_ref(&sent));
                        let created = sent.event_of::<abi::ProxyCreated>(registry.address);
                        creation.state = match created {
                            Some(created) if created.proxy == creation.proxy => {
                                CreationState::Created
                            }
                            _ => {
                                let event = abi::ProxyCreated::SIGNATURE;
                                let error = ChainError::no_event(&what, sent.tx, event);
                                CreationState::Failed(error.report())
                            }
                        };
                        is_useless &= !matches!(creation.state, CreationState::Created);
                    }
                    Err(error) if error.exit() == Exit::Chain => stopped = stopped.or(Some(error)),
                    Err(error) => {
                        let is_there = registry.client.transactions_of(creation.proxy).await? > 0;
                        creation.state = if is_there {
                            CreationState::Earlier
                        } else {
                            CreationState::Failed(error.report())
                        };
                    }
                }
                done += 1;
            }
            let detail = rate.summary(done, all);
            context.output.advance(done, all, "instances", &detail);
            if let Some(error) = stopped {
                context.output.end("");
                let is_decided = |creation: &PlannedCreation| {
                    matches!(
                        creation.state,
                        CreationState::Created | CreationState::Failed(_)
                    )
                };
                if planned.iter().any(is_decided) {
                    return Ok(Some(error));
                }
                return Err(error.into());
            }
            if is_useless {
                break; // what the whole page met, the next one would meet
            }
        }
        context.output.end("");
        Ok(None)
    }

    /// Foresees the gas of a creation, as that of the dearest of those that were tried.
    async fn foresee_gas(
        &self,
        session: Session<'_>,
        planned: &[PlannedCreation],
        what: &str,
    ) -> Result<SharedGas> {
        let registry = session.registry;
        let (samples, _) = samples(planned);
        let samples = samples
            .into_iter()
            .filter_map(|place| Some((place, planned.get(place)?)));
        let foreseen = samples.map(async |(place, creation)| {
            let request = self.transaction(registry.address, creation);
            let gas = registry.client.foresee_gas(what, request).await;
            gas.map_err(|error| self.of_row(place, error.into()))
        });
        let foreseen = ask_all(foreseen).await?.into_iter();
        Ok(foreseen.fold(SharedGas::default(), SharedGas::at_least))
    }

    fn transaction(&self, registry: Address, creation: &PlannedCreation) -> TransactionRequest {
        TransactionRequest::default()
            .with_to(registry)
            .with_input(creation.call.abi_encode())
            .with_value(self.value)
    }
}

/// The salt of one of several equal creations: its last four bytes are the place among them.
fn numbered_salt(base: B256, index: u32) -> B256 {
    let mut salt = base;
    if let Some(end) = salt.last_chunk_mut::<4>() {
        *end = index.to_be_bytes();
    }
    salt
}

/// The places of the first missing instances with different arguments, at most [`TRIED_MAX`], and how many different
/// arguments there are.
fn samples(planned: &[PlannedCreation]) -> (Vec<usize>, usize) {
    let mut first = BTreeMap::new();
    for place in missing(planned) {
        if let Some(creation) = planned.get(place) {
            first.entry(&creation.call.initData).or_insert(place);
        }
    }
    let mut places: Vec<usize> = first.into_values().collect();
    let different = places.len();
    places.sort_unstable();
    places.truncate(TRIED_MAX);
    (places, different)
}
