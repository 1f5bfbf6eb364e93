//! What `check` compares with: what is live, a version that is kept, a revision, or a file.

use super::CheckArgs;
use crate::app_error::Error;
use crate::assess::{Fact, Origin};
use crate::build::{REVISION, Reviewed};
use crate::commands::context::Context;
use crate::commands::facts::Before;
use crate::commands::kept::KeptName;
use crate::ids::LayoutHash;
use crate::interface::Callable;
use crate::layout::{Side, read_file};
use crate::text::shell_word;
use crate::versions::Versions;
use std::path::Path;

/// What makes a kept file count.
const COMMIT: &str = "commit stylus-upgrades-versions/ to the branch that this is compared with, and fetch its \
                      history (fetch-depth: 0)";

/// Why a kept file counts only where the default branch has it.
const WHY: &str = "it comes from the kept folder, which this pull request can change";

/// The version before.
pub(super) struct Baseline {
    /// What it is, in words.
    pub(super) what: String,
    /// Its label, if that is known.
    pub(super) label: Option<String>,
    /// What is known of it without a chain; nothing where the chain is asked.
    pub(super) before: Option<Before>,
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

    /// The version that is current, as the registry has it.
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
        if let Some(kept) = context.versions().read(&network, name, &current)? {
            kept.require(code.codehash)?;
        }
        Ok(Self {
            what: format!(
                "{name} {current}, which is live in the registry {registry} of the chain {} at block {}",
                client.chain_id(),
                client.block()
            ),
            label: Some(current),
            before: None,
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
        let reviewed = Kept::of(&context.versions(), place)?;
        let origin = match (&reviewed.no, &reviewed.note) {
            (None, None) => Origin::DefaultBranch,
            (None, Some(_)) => Origin::Remembered,
            (Some(_), _) => Origin::NotKnown,
        };
        let note = reviewed.note.unwrap_or_default();
        let callable = match (&reviewed.no, kept.callable()) {
            (Some(why), _) => unknown(&format!("{why}; {COMMIT}")),
            (None, None) => unknown(&format!(
                "the layout document of {version} has no interface"
            )),
            (None, Some(callable)) => Fact::doubted(callable, origin, note.clone()),
        };
        Ok(Self {
            what: format!("{name} {version}, as it is kept"),
            label: Some(version.into()),
            before: Some(Before {
                code: None,
                layout: Side {
                    hash: match reviewed.no.is_some() {
                        true => LayoutHash::default(), // nor is the hash that the record says
                        false => kept.record.layout_hash,
                    },
                    known: match (reviewed.no, kept.document) {
                        (Some(why), _) => Fact::unknown(why),
                        (None, Some(document)) => Fact::doubted(document, origin, note),
                        (None, None) => Fact::unknown("the registry has no layout of it"),
                    },
                },
                callable,
            }),
        })
    }

    fn revision(context: &Context, revision: &str) -> Result<Self, Error> {
        let artifact = context.artifact(revision)?;
        let interface = context.interface_of(artifact.codehash());
        Ok(Self {
            what: revision.to_owned(),
            label: None,
            before: Some(Before {
                code: None,
                layout: Side {
                    hash: artifact.layout_hash(),
                    known: match artifact.document() {
                        Some(document) => Fact::of(document, Origin::Build),
                        None => Fact::unknown("the contract declares none"),
                    },
                },
                callable: match interface {
                    Some(interface) => Fact::of(interface, Origin::Build),
                    None => unknown("its interface is not known"),
                },
            }),
        })
    }

    /// Whoever proposes the change can have written the file.
    fn file(file: &str) -> Result<Self, Error> {
        let document = read_file(Path::new(file))?.document;
        let why = format!("{file} says it, which the change itself can bring");
        Ok(Self {
            what: file.to_owned(),
            label: None,
            before: Some(Before {
                code: None,
                layout: Side {
                    hash: LayoutHash(document.hash()),
                    known: Fact::doubted(document, Origin::Change, why),
                },
                callable: unknown(&format!("{file} counts for its layout alone")),
            }),
        })
    }

    /// The labels of the versions that are kept.
    pub(super) fn labels(&self, context: &Context, name: &str) -> Result<Vec<String>, Error> {
        let kept = context.versions().records()?.into_iter();
        let kept = kept.filter(|one| one.name == name);
        let labels = self.label.clone().into_iter();
        Ok(labels.chain(kept.map(|one| one.version)).collect())
    }
}

/// Why nobody knows what callers can use.
fn unknown(why: &str) -> Fact<Callable> {
    Fact::unknown(format!("are not known: {why}"))
}

/// Whether the kept files count: the chain has the hash of the code alone, and a pull request can change what is kept
/// beside it. So they count where the default branch has the same files.
struct Kept {
    /// Why the kept files are not compared with.
    no: Option<String>,
    /// What is said where nobody can tell a pull request from what was there before.
    note: Option<String>,
}

impl Kept {
    fn of(
        versions: &Versions,
        (network, name, version): (&str, &str, &str),
    ) -> Result<Self, Error> {
        let place = versions.place(network, name, version)?;
        let mut note = None;
        for file in Versions::COMPARED.iter().map(|file| place.join(file)) {
            match Reviewed::of(&file) {
                Reviewed::Yes => {}
                Reviewed::NoRepository if !file.exists() => {}
                Reviewed::NoRepository => note = Some(WHY.to_owned()),
                Reviewed::No(why) => {
                    let no = Some(format!("{WHY}: {why}"));
                    return Ok(Self { no, note: None });
                }
            }
        }
        Ok(Self { no: None, note })
    }
}
