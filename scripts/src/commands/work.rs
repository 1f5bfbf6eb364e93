//! What the commands on versions share: the definition, its open actions, and code that is found,
//! deployed, or only thought of.

use super::args::{VersionArgs, WayArgs};
use super::calldata;
use super::context::Context;
use crate::build::{Artifact, evm};
use crate::client::{Client, Sent};
use crate::error::Error;
use crate::governance::{Call, PendingAction, Placed, find, pending, place};
use crate::progress::Progress;
use crate::registry::{self, NewVersion};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use std::path::Path;
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::reasons::step;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

/// The work on one version of one definition.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context,
    pub(super) client: Client,
    pub(super) registry: Address,
    pub(super) name: String,
    /// The version that is current.
    pub(super) current: String,
    pub(super) open: Vec<PendingAction>,
    /// Transactions that it took so far.
    pub(super) sent: Vec<Sent>,
    /// Whether nothing may be sent.
    is_dry: bool,
    /// What would have been deployed, and where to.
    pub(super) undeployed: Vec<(Address, Artifact)>,
}

impl<'a> Work<'a> {
    /// Work that deploys what it needs.
    pub(super) async fn begin(context: &'a Context, what: &str, name: &str) -> Result<Self, Error> {
        let client = context.working_client(what).await?;
        Self::on(context, client, name, false).await
    }

    /// Work that sends nothing.
    pub(super) async fn begin_dry(context: &'a Context, name: &str) -> Result<Self, Error> {
        let client = context.client().await?;
        Self::on(context, client, name, true).await
    }

    async fn on(
        context: &'a Context,
        client: Client,
        name: &str,
        is_dry: bool,
    ) -> Result<Self, Error> {
        let registry = context.registry()?;
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
            sent: Vec::new(),
            is_dry,
            undeployed: Vec::new(),
        })
    }

    /// The version that was asked for, with its code in place.
    pub(super) async fn version(&mut self, args: &VersionArgs) -> Result<NewVersion, Error> {
        let (implementation, codehash) = self.code(&args.source).await?;
        let step = if args.born {
            registry::born()
        } else {
            self.step(&args.version, args.from.as_deref(), &args.way)
                .await?
        };
        Ok(NewVersion {
            name: self.name.clone(),
            version: args.version.clone(),
            code: Code {
                implementation,
                codehash,
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
            },
            step,
        })
    }

    /// The way into `version`. Where the version is there already, it is the way that was
    /// registered with the same migration.
    pub(super) async fn step(
        &mut self,
        version: &str,
        from: Option<&str>,
        args: &WayArgs,
    ) -> Result<Step, Error> {
        let from = from.unwrap_or(&self.current).to_owned();
        let step = self.way(&from, args).await?;
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

    /// The step from `from` that the arguments describe.
    pub(super) async fn way(&mut self, from: &str, args: &WayArgs) -> Result<Step, Error> {
        let manifest = &self.context.manifest;
        let data = calldata::encode(&args.call, manifest)?;
        if let (Some(source), Some(handler)) = (&args.complex, &args.handler) {
            let handler = manifest.address(handler)?;
            let start = startMigrationCall { handler }.abi_encode();
            return self.lambda(from, step::COMPLEX, source, start.into()).await;
        }
        Ok(match &args.script {
            Some(source) => self.lambda(from, step::SCRIPT, source, data).await?,
            None if data.is_empty() => registry::nothing(from),
            None if args.foreign => Step {
                kind: step::FOREIGN_CALL,
                ..registry::call(from, data)
            },
            None => registry::call(from, data),
        })
    }

    /// A step that delegatecalls a contract of its own.
    async fn lambda(
        &mut self,
        from: &str,
        kind: u8,
        source: &str,
        data: Bytes,
    ) -> Result<Step, Error> {
        let (script, codehash) = self.code(source).await?;
        Ok(Step {
            kind,
            script,
            scriptCodehash: codehash,
            data,
            ..registry::nothing(from)
        })
    }

    /// Code and ways into a version, if it is there.
    pub(super) async fn registered(
        &self,
        version: &str,
    ) -> Result<Option<(Code, Vec<Step>)>, Error> {
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

    /// The open migration to `version` that was proposed first.
    pub(super) fn proposed(&self, version: &str) -> Option<abi::migrateCall> {
        let mut calls = self.open.iter().map(|open| Call::decode(&open.call));
        calls.find_map(|call| match call {
            Ok(Call::Migrate(call)) if call.version == version => Some(call),
            _ => None,
        })
    }

    /// Whether the version is current with this very code and way.
    pub(super) async fn is_done(&self, new: &NewVersion) -> Result<bool, Error> {
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
    pub(super) fn warn_of_others(&self, version: &str, bytes: &Bytes) {
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

    /// The account that `source` names, or where its code lies for every approver; with the hash
    /// of its code.
    async fn code(&mut self, source: &str) -> Result<(Address, B256), Error> {
        if !Path::new(source).exists()
            && let Ok(address) = self.context.manifest.address(source)
        {
            let code = registry::code_at(&self.client, address).await?;
            return Ok((address, code.codehash));
        }
        let artifact = self.context.artifact(source)?;
        let (client, registry, name) = (&self.client, self.registry, &self.name);
        let codehash = artifact.codehash();
        if self.is_dry {
            let found = find(client, registry, name, &self.open, &artifact).await?;
            let address = found.map(|(address, _)| address);
            let address =
                address.unwrap_or_else(|| evm::create2_address(&artifact.creation_code()));
            self.undeployed.push((address, artifact));
            return Ok((address, codehash));
        }
        let bump = self.context.global.data_fee_bump_percent;
        let Placed {
            address,
            because,
            sent,
        } = place(client, registry, name, &self.open, &artifact, bump).await?;
        self.sent.extend(sent);
        let line = format!("{} is at {address}: {because}", artifact.name);
        self.context.output.note(&line);
        Ok((address, codehash))
    }
}
