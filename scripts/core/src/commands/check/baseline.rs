//! The baseline of `check`: the version that is live, a version that is kept, a revision, or a file.

use super::CheckArgs;
use crate::assess::{Fact, Origin, Role};
use crate::build::{Artifact, REVISION, Reviewed};
use crate::checks::{Code, Runs, Stage, Transition, Version};
use crate::context::prelude::*;
use crate::ids::LayoutHash;
use crate::interface::Callable;
use crate::layout::{Side, Who, read_file};
use crate::pipeline::facts::{Asked, Before, transition};
use crate::pipeline::kept::KeptName;
use crate::text::shell_word;
use crate::versions::Versions;
use std::collections::BTreeSet;
use std::path::Path;
use stylus_layout::Document;

/// The step that makes a kept file count.
const COMMIT: &str = "commit stylus-upgrades-versions/ to the branch that this is compared with, and fetch its \
                      history (fetch-depth: 0)";

/// The reason why a kept file counts only where the default branch has it.
const WHY: &str = "it comes from the kept folder, which this pull request can change";

/// Returns true if a crate's folder or a `.wasm` file has that path: it is new code, and no version before.
fn is_code(path: &str) -> bool {
    let path = Path::new(path);
    let is_wasm = path
        .extension()
        .is_some_and(|extension| extension == "wasm");
    path.join("Cargo.toml").is_file() || is_wasm && path.is_file()
}

/// The refusal of new code in `--against`.
fn swapped(args: &CheckArgs, code: &str) -> Error {
    let is_baseline = args.source.starts_with(REVISION) || Path::new(&args.source).is_file();
    let before = if is_baseline {
        shell_word(&args.source)
    } else {
        "VERSION".into()
    };
    Error::Usage {
        message: format!("--against names the version before, and {code} is the new code"),
        expected: "a version that is kept here, git:REVISION, or a file with a layout".into(),
        found: format!("{code}, which is code to check"),
        next: format!(
            "stylus-upgrades check {} {} --against {before}",
            shell_word(&args.name),
            shell_word(code)
        ),
    }
}

/// The version before.
pub(crate) struct Baseline {
    /// The description of it, in words.
    pub(crate) what: String,
    /// Its label, if that is known.
    pub(crate) label: Option<String>,
    /// The known facts about it without a chain; nothing where the chain is asked.
    pub(crate) before: Option<Before>,
}

impl Baseline {
    /// Refuses new code in the place of the version before.
    ///
    /// # Errors
    /// [`Error::Usage`], with the arguments in their order.
    pub(crate) fn check_arguments(args: &CheckArgs) -> Result<()> {
        match &args.against {
            Some(code) if is_code(code) => Err(swapped(args, code)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn find(context: &Context, args: &CheckArgs) -> Result<Self> {
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
    async fn live(context: &Context, name: &str) -> Result<Self> {
        let session = Session::reading(context).await?;
        let registry = session.registry;
        let current = session.registry.head(name).await?.current;
        if current.is_empty() {
            return Err(Error::Usage {
                message: format!("{name} has no version yet, so there is nothing to compare with"),
                expected: "a definition with a version".into(),
                found: "none".into(),
                next: format!("stylus-upgrades register {} 1.0 .", shell_word(name)),
            });
        }
        let code = session.registry.code(name, &current).await?;
        let network = context.kept_network(registry.client);
        if let Some(kept) = context.versions().read(&network, name, &current)? {
            kept.require_codehash(code.codehash)?;
        }
        Ok(Self {
            what: format!(
                "{name} {current}, which is live in the registry {registry} of the chain {} at block {}",
                registry.client.chain_id(),
                registry.client.block()
            ),
            label: Some(current),
            before: None,
        })
    }

    /// The chain has only the hash of the code, and a pull request can change the kept files. So they count only if the
    /// default branch has the same ones.
    fn kept(context: &Context, name: &str, version: &str) -> Result<Self> {
        let (network, version) = match version.split_once('/') {
            Some((network, version)) => (Some(network.to_owned()), version),
            None => (None, version),
        };
        let kept = KeptName {
            network,
            name: name.into(),
            version: version.into(),
        };
        let (network, kept) = kept.read(context)?;
        let (what, label) = (format!("{name} {version}, as it is kept"), version);
        let folder = context.versions().place(&network, name, version)?;
        let (mut origin, mut note) = (Origin::DefaultBranch, "");
        for file in Versions::COMPARED.iter().map(|file| folder.join(file)) {
            match Reviewed::of(&file) {
                Reviewed::Yes => {}
                Reviewed::NoRepository if !file.exists() => {}
                Reviewed::NoRepository => (origin, note) = (Origin::Remembered, WHY),
                Reviewed::No(why) => {
                    let why = format!("{WHY}: {why}");
                    let callable = unknown(&format!("{why}; {COMMIT}"));
                    // The hash in the record does not count either.
                    let before = (LayoutHash::default(), Fact::unknown(why), callable);
                    return Ok(Self::of(what, Some(label), before));
                }
            }
        }
        let callable = match kept.callable() {
            Some(callable) => Fact::doubted(callable, origin, note),
            None => unknown(&format!(
                "the layout document of {version} has no interface"
            )),
        };
        let known = match kept.document {
            Some(document) => Fact::doubted(document, origin, note),
            None => Fact::unknown("the registry has no layout of it"),
        };
        let before = (kept.record.layout_hash, known, callable);
        Ok(Self::of(what, Some(label), before))
    }

    fn revision(context: &Context, revision: &str) -> Result<Self> {
        let artifact = context.artifact(revision)?;
        let known = match artifact.document() {
            Some(document) => artifact.says(document),
            None => Fact::unknown("the contract declares none"),
        };
        let callable = match context.interface_of(artifact.codehash()) {
            Some(interface) => Fact::of(interface, Origin::Build),
            None => unknown("its interface is not known"),
        };
        let before = (artifact.layout_hash(), known, callable);
        Ok(Self::of(revision.to_owned(), None, before))
    }

    /// The author of the change can have written the file.
    fn file(file: &str) -> Result<Self> {
        let document = read_file(Path::new(file))?.document;
        let hash = LayoutHash(document.hash());
        let why = format!("it comes from {file}, which the change itself can add");
        let known = Fact::doubted(document, Origin::Change, why);
        let callable = unknown(&format!("{file} is used only for its layout"));
        Ok(Self::of(file.to_owned(), None, (hash, known, callable)))
    }

    /// A baseline that needs no chain.
    fn of(
        what: String,
        label: Option<&str>,
        (hash, known, callable): (LayoutHash, Fact<Document>, Fact<Callable>),
    ) -> Self {
        Self {
            what,
            label: label.map(str::to_owned),
            before: Some(Before {
                code: None,
                layout: Side { hash, known },
                counted_shorter: BTreeSet::new(),
                callable,
            }),
        }
    }

    /// The labels of the versions that are kept.
    fn labels(&self, context: &Context, name: &str) -> Result<Vec<String>> {
        let kept = context.versions().records()?.into_iter();
        let kept = kept.filter(|one| one.name == name);
        let labels = self.label.clone().into_iter();
        Ok(labels.chain(kept.map(|one| one.version)).collect())
    }
}

/// The unknown interface, with the reason.
fn unknown(why: &str) -> Fact<Callable> {
    Fact::unknown(format!("are not known: {why}"))
}

/// The step from a version to what was built.
pub(crate) async fn against(
    context: &Context,
    args: &CheckArgs,
    (base, before): (&Baseline, Before),
    artifact: &Artifact,
    to: &str,
) -> Result<Transition> {
    let labels = base.labels(context, &args.name)?;
    let asked = Asked::Kept(context, &labels);
    let document = match artifact.document() {
        Some(document) => artifact.says(document),
        None => Fact::unknown("the contract declares none"),
    };
    let there = artifact.code_at(Address::ZERO).into();
    let version = Version {
        name: &args.name,
        from: base.label.as_ref().unwrap_or(&base.what),
        to,
        stage: Stage::Proposed,
        code: &Code::built(artifact.clone(), there, document, false),
        runs: match base.label {
            None => Runs::Nothing,
            Some(_) => asked.runs(&args.step).await?,
        },
        who: Who::All,
        current: "",
    };
    transition(asked, &version, Some(before), (Role::Ci, Vec::new())).await
}
