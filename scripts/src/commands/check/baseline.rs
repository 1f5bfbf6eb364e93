//! What `check` compares with: what is live, a version that is kept, a revision, or a file.

use super::CheckArgs;
use crate::app_error::Error;
use crate::build::REVISION;
use crate::commands::context::{Context, reviewed};
use crate::commands::kept::KeptName;
use crate::ids::LayoutHash;
use crate::interface::Callable;
use crate::layout::{Known, Side, read_file};
use crate::text::shell_word;
use crate::versions::Versions;
use std::path::Path;

/// What makes a kept file count.
const COMMIT: &str = "commit stylus-upgrades-versions/ to the branch that this is compared with, and fetch its \
                      history (fetch-depth: 0)";

/// The version before.
pub(super) struct Baseline {
    /// What it is, in words.
    pub(super) what: String,
    /// Its label, if that is known.
    pub(super) label: Option<String>,
    pub(super) side: Side,
    /// Its interface, or why that is not known.
    pub(super) abi: Result<Callable, String>,
    /// What else is not sure of it.
    pub(super) unseen: Vec<String>,
    /// Whether the chain was asked.
    pub(super) is_live: bool,
}

impl Baseline {
    pub(super) async fn find(context: &Context, args: &CheckArgs) -> Result<Self, Error> {
        let found = match &args.against {
            None => return Self::live(context, &args.name).await,
            Some(revision) if revision.starts_with(REVISION) => Self::revision(context, revision)?,
            Some(file) if Path::new(file).is_file() => Self::file(file)?,
            Some(version) => Self::kept(context, &args.name, version)?,
        };
        let label = args.from.clone().or(found.label);
        Ok(Self { label, ..found })
    }

    /// The version that is current, as the registry and the folder of what was registered have it.
    async fn live(context: &Context, name: &str) -> Result<Self, Error> {
        let client = context.snapshot().await?;
        let registry = context.verified(&client, context.registry()?).await?;
        let current = client.registry(registry).head(name).await?.current;
        if current.is_empty() {
            return Err(Error::Usage {
                message: format!("{name} has no version yet, so there is nothing to compare with"),
                expected: "a definition with a version".into(),
                found: "none".into(),
                next: format!("stylus-upgrades register {} 1.0 .", shell_word(name)),
            });
        }
        let code = client.registry(registry).code(name, &current).await?;
        let network = context.kept_network(&client);
        let kept = context.versions().read(&network, name, &current)?;
        if let Some(kept) = &kept {
            kept.require(code.codehash)?;
        }
        let versions = context.versions();
        let documents = context.documents(&client, registry);
        let known = documents.get(code.layout).await?;
        let published = known.document().and_then(Callable::of_document);
        let (abi, unseen) = match (published, kept) {
            (Some(published), _) => (Ok(published), None),
            (None, Some(kept)) => {
                let origin = reviewed(&versions, (&network, name, &current), &Versions::INTERFACE)?;
                let abi = kept.callable.ok_or_else(|| without_sources(&current));
                let abi = origin.no.map_or(abi, |why| Err(format!("{why}; {COMMIT}")));
                (abi, origin.note)
            }
            (None, None) => {
                let folder = versions.folder().display();
                let why = format!("{current} is not kept in {folder}");
                (Err(why), None)
            }
        };
        Ok(Self {
            what: format!(
                "{name} {current}, which is live in the registry {registry} of the chain {} at block {}",
                client.chain_id(),
                client.block()
            ),
            side: Side {
                hash: code.layout,
                known,
            },
            label: Some(current),
            abi,
            unseen: unseen.into_iter().collect(),
            is_live: true,
        })
    }

    fn kept(context: &Context, name: &str, version: &str) -> Result<Self, Error> {
        let (network, version) = match version.split_once('/') {
            Some((network, version)) => (Some(network.to_owned()), version),
            None => (None, version),
        };
        let kept = KeptName {
            network,
            name: name.into(),
            version: version.into(),
        };
        let (network, kept) = kept.find(context)?;
        let place = (network.as_str(), name, version);
        let files = [
            &Versions::INTERFACE[..],
            &[Versions::LAYOUT, Versions::RECORD],
        ]
        .concat();
        let origin = reviewed(&context.versions(), place, &files)?;
        let abi = kept.callable.ok_or_else(|| without_sources(version));
        Ok(Self {
            what: format!("{name} {version}, as it is kept"),
            label: Some(version.into()),
            side: Side {
                hash: match origin.no.is_some() {
                    true => LayoutHash::default(), // nor is the hash that the record says
                    false => kept.record.layout_hash,
                },
                known: match (&origin.no, kept.document) {
                    (Some(why), _) => Known::Not(why.clone()),
                    (None, Some(document)) => document.into(),
                    (None, None) => Known::Not("the registry has no layout of it".into()),
                },
            },
            abi: origin.no.map_or(abi, |why| Err(format!("{why}; {COMMIT}"))),
            unseen: origin.note.into_iter().collect(),
            is_live: false,
        })
    }

    fn revision(context: &Context, revision: &str) -> Result<Self, Error> {
        let artifact = context.artifact(revision)?;
        let interface = context.interface_of(artifact.codehash());
        Ok(Self {
            what: revision.to_owned(),
            label: None,
            side: Side {
                hash: artifact.layout_hash(),
                known: match artifact.document() {
                    Some(document) => document.into(),
                    None => Known::Not("the contract declares none".into()),
                },
            },
            unseen: Vec::new(),
            abi: interface.ok_or_else(|| "its interface is not known".to_owned()),
            is_live: false,
        })
    }

    fn file(file: &str) -> Result<Self, Error> {
        let document = read_file(Path::new(file), None)?.document;
        Ok(Self {
            what: file.to_owned(),
            label: None,
            side: Side {
                hash: LayoutHash(document.hash()),
                known: document.into(),
            },
            // Whoever proposes the change can have written the file.
            abi: Err(format!("{file} counts for its layout alone")),
            unseen: Vec::new(),
            is_live: false,
        })
    }

    /// The labels of the versions that are kept.
    pub(super) fn labels(&self, context: &Context, name: &str) -> Result<Vec<String>, Error> {
        let versions = context.versions();
        let mut labels: Vec<String> = self.label.clone().into_iter().collect();
        for network in versions.networks()? {
            labels.extend(versions.versions(&network, name)?);
        }
        Ok(labels)
    }
}

fn without_sources(version: &str) -> String {
    format!("{version} was registered without its sources")
}
