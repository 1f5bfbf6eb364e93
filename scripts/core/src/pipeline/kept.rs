//! Records of registered versions, next to the manifest: the command that executes the action writes them, and
//! `NAME@VERSION` names them.

use crate::build::REVISION;
use crate::context::prelude::*;
use crate::versions::{Kept, Record};

/// The label of the current version.
pub(crate) const LIVE: &str = "live";

/// Keeps a registered version and reports the folder. The chain has the version, so a folder that cannot be written is
/// only a warning.
pub(crate) async fn keep(session: Session<'_>, name: &str, version: &str) -> Option<String> {
    let context = session.context;
    match write(session, name, version).await {
        Ok(kept) => {
            let (folder, is_new) = kept?;
            if is_new {
                context.note(format!("{name} {version} is kept in {folder}"));
            }
            Some(folder)
        }
        Err(error) => {
            let next = Report::of(&error)
                .next()
                .map(|next| format!("{next}; then "));
            let next = next.unwrap_or_default();
            context.note(format!(
                "warning: {name} {version} could not be kept: {error}; {next}run the same command again to keep it"
            ));
            None
        }
    }
}

/// Writes a version as the registry has it; nothing of a fork, and nothing outside of a project: who approves or executes
/// from elsewhere keeps no versions.
async fn write(session: Session<'_>, name: &str, version: &str) -> Result<Option<(String, bool)>> {
    let Session { context, registry } = session;
    let is_project = context.manifest_file().exists();
    if !is_project || context.is_fork(registry.client).await? {
        return Ok(None);
    }
    let code = session.registry.code(name, version).await?;
    let documents = session.documents();
    let document = documents.get(code.layout).await?.into_value();
    let record = Record::new(
        (name, version),
        (registry.client.chain_id(), registry.address),
        &code,
    );
    let bytes = registry.client.code_bytes(code.implementation).await?;
    let (versions, network) = (context.versions(), context.kept_network(registry.client));
    let is_new = versions.keep(&network, &Kept::new(record, bytes, document))?;
    let folder = versions.place(&network, name, version)?;
    Ok(Some((folder.display().to_string(), is_new)))
}

/// A source that names what was registered: `NAME@VERSION`, or `NETWORK/NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptName {
    pub(crate) network: Option<String>,
    pub(crate) name: String,
    pub(crate) version: String,
}

impl KeptName {
    /// Parses `text`; `None` if it names no version, or is a path that begins with `.` or `/`.
    pub(crate) fn named(text: &str) -> Option<Self> {
        if text.starts_with(['.', '/']) || text.starts_with(REVISION) {
            return None;
        }
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

    /// The record of that name, with its network. This needs no chain: the files must have the recorded hashes.
    pub(crate) fn read(&self, context: &Context) -> Result<(String, Kept)> {
        let versions = context.versions();
        let found = match &self.network {
            Some(network) => {
                let kept = versions.read(network, &self.name, &self.version)?;
                kept.map(|kept| (network.clone(), kept))
            }
            None => versions.find(&self.name, &self.version)?,
        };
        Ok(found.ok_or_else(|| {
            let (name, version) = (&self.name, &self.version);
            let folder = versions.folder().display().to_string();
            let message = format!("nothing is kept of {name} {version} in {folder}");
            Refusal::new("VersionUnknown", message)
                .with(
                    "a version that was registered from this project",
                    "none",
                    "give its sources as git:REVISION, or restore the folder from version control",
                )
                .usage()
        })?)
    }
}
