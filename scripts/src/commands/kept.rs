//! What was registered is kept beside the manifest: written once an action is executed, or proposed
//! and marked afterwards; read again by its name, `NAME@VERSION`.

use super::context::Context;
use super::facts::Place;
use crate::app_error::Error;
use crate::governance::{Call, pending};
use crate::layout::Known;
use crate::progress::Progress;
use crate::versions::{Kept, Record, State, VersionsError, Written};
use stylus_upgrades_interface::registry::{Code, Step};

/// The label of whatever version is current.
pub(super) const LIVE: &str = "live";

/// Keeps the version that `call` is about, and says in which folder. What is on the chain is done, so a folder that
/// cannot be written is a warning.
pub(super) async fn keep(place: Place<'_>, call: &Call, executed: bool) -> Option<String> {
    let (version, code, step) = call.version()?;
    let name = call.definition();
    let proposed = match (executed, code) {
        (true, _) => None,
        (false, Some(code)) => Some((code, step)),
        (false, None) => return None, // another way into a version that is kept
    };
    let output = &place.context.output;
    let (folder, written) = match write(place, (name, version), proposed).await {
        Ok(kept) => kept?,
        Err(error) => {
            output.note(&format!(
                "warning: {name} {version} is not kept: {error}; the same command again keeps it"
            ));
            return None;
        }
    };
    if written != Written::Unchanged {
        output.note(&format!("{name} {version} is kept in {folder}"));
    }
    let replaced = match written {
        Written::Replaced => "what another chain or registry had under that name",
        Written::Reproposed => "other code that was proposed under that name",
        Written::Mended => "files that were not as they had been recorded",
        Written::New | Written::Unchanged | Written::Updated => "",
    };
    if !replaced.is_empty() {
        output.note(&format!("it replaces {replaced}"));
    }
    Some(folder)
}

/// Writes a version as the registry has it, or as it was proposed; nothing of a fork.
async fn write(
    place: Place<'_>,
    (name, version): (&str, &str),
    proposed: Option<(&Code, &Step)>,
) -> Result<Option<(String, Written)>, Error> {
    let (context, client, registry) = place.parts();
    if context.is_fork(client).await? {
        return Ok(None);
    }
    let (code, steps, state) = match proposed {
        Some((code, step)) => (code.clone(), vec![step.clone()], State::Proposed),
        None => {
            let found = place.reader().version(name, version).await?;
            (found.code.into(), found.steps, State::Registered)
        }
    };
    let versions = context.versions();
    let network = context.kept_network(client);
    let chain = (client.chain_id(), registry);
    let mut record = Record::new((name, version), chain, state, &code, &steps);
    if state == State::Proposed {
        record.proposed_by_block = Some(client.newest_block().await?);
    }
    let document = match context
        .documents(client, registry)
        .get(code.layoutHash.into())
        .await?
    {
        Known::Document(document) => Some(*document),
        Known::Not(_) => None,
    };
    let place = (client, registry);
    let known = context.callable_of(place, name, code.codehash.into());
    let callable = known.await.unwrap_or_default().map(|known| known.callable);
    let bytes = client.code(code.implementation).await?;
    let kept = Kept::new(record, bytes, document, callable)?;
    let written = versions.keep(&network, &kept)?;
    let folder = versions.place(&network, name, version)?;
    Ok(Some((folder.display().to_string(), written)))
}

/// What was proposed from here, and was registered by the approval of somebody else or has ended: whatever command asks
/// the chain next writes it so. What the chain does not answer stays as it is.
pub(super) async fn refresh(context: &Context) {
    if let Err(Error::Versions(error)) = refresh_proposed(context).await {
        let line = format!("warning: what was proposed is not kept as it is now: {error}");
        context.output.note(&line);
    }
}

async fn refresh_proposed(context: &Context) -> Result<(), Error> {
    let (Some(client), Some(unverified)) = (context.connected(), context.named_registry()?) else {
        return Ok(());
    };
    let (versions, network) = (context.versions(), context.kept_network(client));
    let proposed = versions.proposed(&network, unverified.address())?;
    if proposed.is_empty() || context.is_fork(client).await? {
        return Ok(());
    }
    let registry = context.verified(client, unverified).await?;
    // All of it is judged as of one block, whichever node of the endpoint answers.
    let client = &client.pinned().await?;
    let place = Place::of(context, client, registry);
    for record in proposed {
        let (name, version) = (&record.name, &record.version);
        let now = match place.reader().known_version(name, version).await? {
            Some(_) => {
                let written = write(place, (name, version), None).await?;
                let folder = written.map(|(folder, _)| folder).unwrap_or_default();
                format!("is registered by now: so says {folder}")
            }
            None if record.state == State::Proposed && has_ended(place, &record).await? => {
                versions.end(&network, &record)?;
                "that has ended: cancelled, expired, or a policy changed".into()
            }
            None => continue,
        };
        let line = format!("{name} {version} was proposed from here, and {now}");
        context.output.note(&line);
    }
    Ok(())
}

/// Whether no action is open any more that would register what was proposed.
async fn has_ended(place: Place<'_>, record: &Record) -> Result<bool, Error> {
    let (_, client, registry) = place.parts();
    // A node that lags does not have the proposal yet.
    if record.proposed_by_block > Some(client.newest_block().await?) {
        return Ok(false);
    }
    let open = pending(client, registry, &record.name).await?;
    let proposes = |call: &Call| match call.version() {
        Some((label, Some(code), _)) => {
            (label, code.codehash) == (&record.version, record.codehash.0)
        }
        _ => false,
    };
    let is_open = open.actions.iter().any(|one| proposes(&one.says));
    Ok(open.unreadable.is_empty() && !is_open)
}

/// Keeps a version that the registry has, and is not kept as such.
pub(super) async fn mark(place: Place<'_>, name: &str, version: &str) {
    if let Err(error) = write(place, (name, version), None).await {
        let line = format!("warning: {name} {version} is not kept: {error}");
        place.context.output.note(&line);
    }
}

/// A source that names what was registered: `NAME@VERSION`, or `NETWORK/NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptName {
    pub(super) network: Option<String>,
    pub(super) name: String,
    pub(super) version: String,
}

impl KeptName {
    /// What `text` names, unless that is a path alone.
    ///
    /// # Errors
    /// [`VersionsError::AlsoPath`] where a version is kept under that name, and something is at that
    /// path as well.
    pub(super) fn named(context: &Context, text: &str) -> Result<Option<Self>, Error> {
        let Some(named) = Self::parse(text) else {
            return Ok(None);
        };
        if std::fs::symlink_metadata(text).is_err() {
            return Ok(Some(named));
        }
        let is_kept = match named.look(context) {
            Err(VersionsError::Name { .. }) => false, // as an absolute path
            found => found?.is_some(),
        };
        match is_kept || named.version == LIVE {
            true => Err(VersionsError::AlsoPath { text: text.into() }.into()),
            false => Ok(None),
        }
    }

    /// Nothing where `text` names no version.
    fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.rsplit_once('@')?;
        let (network, name) = match name.split_once('/') {
            Some((network, name)) => (Some(network.to_owned()), name),
            None => (None, name),
        };
        (!name.is_empty() && !version.is_empty()).then(|| Self {
            network,
            name: name.into(),
            version: version.into(),
        })
    }

    /// What is kept under that name. Nobody asks the chain: the files hash to what is recorded.
    pub(super) fn read(&self, context: &Context) -> Result<Kept, Error> {
        Ok(self.find(context)?.1)
    }

    /// The same, with the network that it is kept for.
    pub(super) fn find(&self, context: &Context) -> Result<(String, Kept), Error> {
        Ok(self.look(context)?.ok_or_else(|| VersionsError::Unknown {
            name: self.name.clone(),
            version: self.version.clone(),
            folder: context.versions().folder().to_owned(),
        })?)
    }

    fn look(&self, context: &Context) -> Result<Option<(String, Kept)>, VersionsError> {
        let versions = context.versions();
        match &self.network {
            Some(network) => {
                let kept = versions.read(network, &self.name, &self.version)?;
                Ok(kept.map(|kept| (network.clone(), kept)))
            }
            None => versions.find(&self.name, &self.version),
        }
    }
}
