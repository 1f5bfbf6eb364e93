//! `register`, `migrate` and `rollback`: a version, its code, and the way into it.

use super::args::{RollbackArgs, VersionArgs};
use super::calldata;
use super::context::Context;
use super::rollout;
use super::tell::propose;
use crate::client::{Client, Sent};
use crate::deploy;
use crate::error::Error;
use crate::governance::{Call, PendingAction, Placed, pending, place};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

pub(super) async fn register(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let work = Work::begin(context, "register", &args.name).await?;
    let (new, sent) = work.prepare(args).await?;
    let outcome = describe(&new);
    let NewVersion {
        name,
        version,
        code,
        step,
    } = new;
    let call = abi::addVersionCall {
        name,
        version,
        code,
        step,
    };
    let bytes = call.abi_encode().into();
    propose(context, &work.client, work.registry, &bytes, sent, outcome).await
}

pub(super) async fn migrate(context: &Context, args: &VersionArgs) -> Result<Outcome, Error> {
    let work = Work::begin(context, "migrate", &args.name).await?;
    let (new, sent) = work.prepare(args).await?;
    work.migrate(new, sent).await
}

/// A new version with the code of an older one.
pub(super) async fn rollback(context: &Context, args: &RollbackArgs) -> Result<Outcome, Error> {
    let work = Work::begin(context, "rollback", &args.name).await?;
    let call = abi::getVersionCall {
        name: args.name.clone(),
        version: args.to.clone(),
    };
    let code = work.client.call(work.registry, &call).await?.code;
    let bump = context.global.data_fee_bump_percent;
    let old = format!("{} {}", args.name, args.to);
    let mut sent = Vec::new();
    if !work.client.code(code.implementation).await?.is_empty() {
        sent.extend(activate_if_program(&work.client, &old, code.implementation, bump).await?);
    }
    let data = calldata::encode(&args.call, &context.manifest)?;
    let step = work
        .step(&args.version, None, args.script.as_deref(), data, &mut sent)
        .await?;
    let new = NewVersion {
        name: args.name.clone(),
        version: args.version.clone(),
        code,
        step,
    };
    work.migrate(new, sent).await
}

/// What the commands on versions share.
struct Work<'a> {
    context: &'a Context,
    client: Client,
    registry: Address,
    name: String,
    current: String,
    open: Vec<PendingAction>,
}

impl<'a> Work<'a> {
    async fn begin(context: &'a Context, what: &str, name: &str) -> Result<Self, Error> {
        let registry = context.registry()?;
        let client = context.working_client(what).await?;
        let definition = client
            .call(registry, &abi::definitionCall { name: name.into() })
            .await?;
        let open = pending(&client, registry, name, &context.names()).await?;
        Ok(Self {
            context,
            client,
            registry,
            name: name.into(),
            current: definition.current,
            open,
        })
    }

    /// Deploys what is not there yet and makes the version.
    async fn prepare(&self, args: &VersionArgs) -> Result<(NewVersion, Vec<Sent>), Error> {
        let data = calldata::encode(&args.call, &self.context.manifest)?;
        let (implementation, mut sent) = self.placed(&args.source).await?;
        let code = registry::code_at(&self.client, implementation).await?;
        let from = args.from.as_deref();
        let step = if args.born {
            registry::born()
        } else {
            self.step(&args.version, from, args.script.as_deref(), data, &mut sent)
                .await?
        };
        let new = NewVersion {
            name: self.name.clone(),
            version: args.version.clone(),
            code,
            step,
        };
        Ok((new, sent))
    }

    /// The way into `version`. Where the version is there already, it is the way that was
    /// registered with the same migration.
    async fn step(
        &self,
        version: &str,
        from: Option<&str>,
        script: Option<&str>,
        data: Bytes,
        sent: &mut Vec<Sent>,
    ) -> Result<Step, Error> {
        let from = from.unwrap_or(&self.current);
        let step = match script {
            Some(source) => {
                let (script, more) = self.placed(source).await?;
                sent.extend(more);
                registry::script(&self.client, from, script, data).await?
            }
            None if data.is_empty() => registry::nothing(from),
            None => registry::call(from, data),
        };
        let registered = self.registered(version).await?.map(|(_, steps)| steps);
        let same = registered.unwrap_or_default().into_iter().find(|other| {
            let moved = Step {
                from: other.from.clone(),
                ..step.clone()
            };
            *other == moved && (self.current == version || other.from == self.current)
        });
        Ok(same.unwrap_or(step))
    }

    /// Code and ways into a version, if it is there.
    async fn registered(&self, version: &str) -> Result<Option<(Code, Vec<Step>)>, Error> {
        let call = abi::getVersionCall {
            name: self.name.clone(),
            version: version.into(),
        };
        match self.client.call(self.registry, &call).await {
            Ok(found) => Ok(Some((found.code, found.steps))),
            Err(error) if error.revert().is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The account that `source` names, or where its code lies for every approver.
    async fn placed(&self, source: &str) -> Result<(Address, Vec<Sent>), Error> {
        if !Path::new(source).exists()
            && let Ok(address) = self.context.manifest.address(source)
        {
            return Ok((address, Vec::new()));
        }
        let artifact = self.context.artifact(source)?;
        let Placed {
            address,
            because,
            sent,
        } = place(
            &self.client,
            self.registry,
            &self.name,
            &self.open,
            &artifact,
            self.context.global.data_fee_bump_percent,
        )
        .await?;
        self.context
            .output
            .note(&format!("{} is at {address}: {because}", artifact.name));
        Ok((address, sent))
    }

    /// Proposes or approves the migration; goes on with the rollout where it is done already.
    async fn migrate(&self, new: NewVersion, sent: Vec<Sent>) -> Result<Outcome, Error> {
        let mut outcome = describe(&new);
        if self.is_done(&new).await? {
            outcome.field("executed", true);
            outcome.line(format!("{} {} is activated already", new.name, new.version));
            let (client, registry) = (&self.client, self.registry);
            rollout::roll(
                self.context,
                client,
                registry,
                &new.name,
                None,
                &mut outcome,
            )
            .await?;
            return Ok(outcome);
        }
        let NewVersion {
            name,
            version,
            code,
            step,
        } = new;
        let call = abi::migrateCall {
            name,
            version,
            code,
            step,
        };
        let bytes = call.abi_encode().into();
        self.warn_of_others(&call.version, &bytes);
        let (context, client) = (self.context, &self.client);
        propose(context, client, self.registry, &bytes, sent, outcome).await
    }

    /// Whether the version is current with this very code and way.
    async fn is_done(&self, new: &NewVersion) -> Result<bool, Error> {
        if self.current != new.version {
            return Ok(false);
        }
        let registered = self.registered(&new.version).await?;
        Ok(registered.is_some_and(|(code, steps)| {
            code == new.code && (steps.contains(&new.step) || new.step.from.is_empty())
        }))
    }

    /// Another open action for the same version is worth knowing: its approvals do not count for
    /// this one.
    fn warn_of_others(&self, version: &str, bytes: &Bytes) {
        for other in self.open.iter().filter(|other| other.call != *bytes) {
            let decoded = Call::decode(&other.call);
            if decoded.is_ok_and(|call| call.version().is_some_and(|(label, ..)| label == version))
            {
                self.context.output.note(&format!(
                    "another action for {} {version} is open and says something else: {}",
                    self.name, other.action
                ));
            }
        }
    }
}

/// Activates code that is a Stylus program; other code needs none.
async fn activate_if_program(
    client: &Client,
    name: &str,
    account: Address,
    bump_percent: u32,
) -> Result<Option<Sent>, Error> {
    use stylus_upgrades_interface::chain::PROGRAM_PREFIX;
    if !client.code(account).await?.starts_with(&PROGRAM_PREFIX) {
        return Ok(None);
    }
    Ok(deploy::activate(client, name, account, bump_percent).await?)
}

fn describe(new: &NewVersion) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.field("name", &new.name);
    outcome.field("version", &new.version);
    outcome.field("from", &new.step.from);
    outcome.field("implementation", new.code.implementation);
    outcome.field("codehash", new.code.codehash);
    outcome.line(format!(
        "{} {}  {}",
        new.name, new.version, new.code.implementation
    ));
    outcome
}
