//! `layout`: storage layouts shown, compared, and turned into a migration. Needs no chain, but for
//! `NAME@live`.

mod diff;
mod migration;
mod show;

use super::spec::{Governs, Group, Spec, report_type_of};
use crate::assess::{Finding, Severity};
use crate::context::prelude::*;
use crate::ids::LayoutHash;
use crate::layout::{Named, Unreadable, file_of, read_file, undeclared, unreadable};
use crate::pipeline::kept::{KeptName, LIVE};
use clap::{Args, Subcommand};
use diff::{Difference, diff};
use migration::{WrittenMigration, migration};
use show::{ShownLayout, shown};
use std::path::Path;

/// `layout`.
pub(crate) static SPEC: Spec<LayoutArgs> = Spec {
    name: "layout",
    about: "Show and compare storage layouts, or write a migration; needs no chain",
    group: Group::Author,
    examples: &[
        "layout show .",
        "layout diff Counter@live .",
        "layout migration git:v1.0 . --drop legacy",
    ],
    writes: |args| match args.command {
        LayoutCommand::Show { keep: true, .. } => Some("--keep"),
        _ => None,
    },
    governed: Governs::Never,
    reports: || {
        vec![
            report_type_of::<ShownLayout>("show"),
            report_type_of::<Difference>("diff"),
            report_type_of::<WrittenMigration>("migration"),
        ]
    },
    run: |context, args| Box::pin(run(context, &args.command)),
};

/// The arguments of `layout`.
#[derive(Debug, Args)]
pub(crate) struct LayoutArgs {
    /// The command below `layout`.
    #[command(subcommand)]
    pub command: LayoutCommand,
}

/// Commands on storage layouts. They need no chain.
#[derive(Debug, Subcommand)]
pub(crate) enum LayoutCommand {
    /// Show the storage layout of a contract, and the hash that the registry records
    ///
    /// The layout is that of a contract which derives StorageLayout, read from what its compiler
    /// wrote, or that of a compiler's JSON.
    Show {
        /// A crate's folder, a contract of this workspace by name, git:REVISION, a .wasm file, a layout's
        /// hash, what was registered (NAME@VERSION; NAME@live asks the chain), or JSON of solc or
        /// @openzeppelin/upgrades-core (FILE:NAME for one contract of several)
        source: String,
        /// Keep it next to the manifest under its hash, where upgrade, migrate and register look for
        /// the layout of the live version
        #[arg(long)]
        keep: bool,
    },
    /// Compare two layouts: may the new version take over the storage of the old one?
    ///
    /// Exit code 0: it may. Exit code 1: data would be misread or lost, or a rename or retype is
    /// not declared. Each finding has an id, such as reorder:owner, for --accept.
    Diff {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// A migration runs in between: it may drop fields, and it handles what the contract's author
        /// declares in Cargo.toml ([package.metadata.stylus-upgrades] migrates = ["reorder:owner"])
        #[arg(long)]
        with_migration: bool,
    },
    /// Write a migration of the old version's data, in Rust
    ///
    /// Fields of the same name keep their values, even if they moved or their type is wider now.
    /// Fields that one call cannot convert, or whose data would be lost without --drop, are refused
    /// by name.
    Migration {
        /// The old version: as for `layout show`
        old: String,
        /// The new version: as for `layout show`
        new: String,
        /// Another source for one field: `field=@old` (a field of the old version), `field=empty`,
        /// or `field=expression` (Rust, of type U256; old values are named old_field); may be repeated
        #[arg(long = "override", value_name = "FIELD=SOURCE")]
        overrides: Vec<String>,
        /// A field of the old version that may be lost; may be repeated
        #[arg(long, value_name = "FIELD")]
        drop: Vec<String>,
    },
}

pub(crate) async fn run(context: &Context, command: &LayoutCommand) -> Result<Outcome> {
    let (reviewed, of_manifest) = if asks_registry(command) {
        context.as_reviewed()?
    } else {
        (None, None)
    };
    let context = reviewed.as_ref().unwrap_or(context);
    // Only a comparison can refuse.
    let is_warning = |one: &&Finding| {
        one.severity < Severity::Danger || !matches!(command, LayoutCommand::Diff { .. })
    };
    if let Some(one) = of_manifest.as_ref().filter(is_warning) {
        context.warn(one);
    }
    match command {
        LayoutCommand::Show { source, keep } => {
            let named = read(context, source).await?;
            if *keep {
                context.store().keep_document(&named.document)?;
            }
            Ok(context.outcome(&shown(named)))
        }
        LayoutCommand::Diff {
            old,
            new,
            with_migration,
        } => {
            let (old, new) = read_both(context, old, new).await?;
            diff(context, (&old, &new), *with_migration, of_manifest)
        }
        LayoutCommand::Migration {
            old,
            new,
            overrides,
            drop,
        } => {
            let (old, new) = read_both(context, old, new).await?;
            let written = migration(&old, &new, overrides, drop)?;
            Ok(context.outcome(&written))
        }
    }
}

/// Returns true if one of the layouts is the live one.
fn asks_registry(command: &LayoutCommand) -> bool {
    let sources = match command {
        LayoutCommand::Show { source, .. } => vec![source],
        LayoutCommand::Diff { old, new, .. } | LayoutCommand::Migration { old, new, .. } => {
            vec![old, new]
        }
    };
    let mut named = sources
        .into_iter()
        .filter_map(|source| KeptName::named(source));
    named.any(|one| one.version == LIVE)
}

/// Reads two versions. If both have one name, each is called as it was typed.
async fn read_both(context: &Context, old: &str, new: &str) -> Result<(Named, Named)> {
    let (mut before, mut after) = (read(context, old).await?, read(context, new).await?);
    if before.name == after.name && old != new {
        before.name = old.to_owned();
        after.name = new.to_owned();
    }
    Ok((before, after))
}

/// A crate's folder, a contract's name, a crate at a revision of git, a `.wasm` file, a hash that is
/// kept here, what was registered (`NAME@VERSION`; `NAME@live` asks the chain), or JSON (`FILE:NAME`
/// for one contract of several).
async fn read(context: &Context, source: &str) -> Result<Named> {
    if let Ok(hash) = source.parse::<LayoutHash>()
        && let Some(document) = context.store().document(hash)?
    {
        return Ok(Named::of(source, document));
    }
    if let Some(kept) = KeptName::named(source) {
        return registered(context, source, &kept).await;
    }
    let (file, _) = file_of(Path::new(source));
    if file.is_file() || !file.is_dir() && is_json(file) {
        return Ok(read_file(Path::new(source))?);
    }
    let is_path = Path::new(source).exists();
    let artifact = context
        .artifact(source)
        .map_err(|error| match error.name() {
            name if name == "NotAContract" && !is_path => of_definition(source, &error).into(),
            _ => error,
        })?;
    let undeclared = || undeclared(&artifact.name);
    let document = artifact.document().ok_or_else(undeclared)?;
    Ok(Named::of(artifact.name, document))
}

/// Returns true for the path of a JSON file, with or without a contract after it: `FILE.json:NAME`.
fn is_json(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ending == "json" || ending.starts_with("json:"))
}

/// The advice that a source that is no contract may be the name of a definition.
fn of_definition(name: &str, error: &dyn Explain) -> Refusal {
    let next = format!(
        "give the folder of a crate, a .wasm file, or {name}@{LIVE}: the version that is live of the definition {name}"
    );
    Refusal::of(error).advising(next)
}

/// The layout of a version that was registered.
async fn registered(context: &Context, source: &str, kept: &KeptName) -> Result<Named> {
    let unknown = |reason: String| unreadable(Path::new(source), Unreadable::Malformed(reason));
    let document = if kept.version == LIVE {
        let session = Session::reading(context).await?;
        context.say_read_at(session.read_at(), true);
        let registry = session.registry;
        let current = registry.head(&kept.name).await?.current;
        let code = registry.code(&kept.name, &current).await?;
        let known = session.documents().get(code.layout).await?;
        let why = known.why().to_owned();
        Some(known.into_value().ok_or_else(|| unknown(why))?)
    } else {
        kept.read(context)?.1.document
    };
    let document = document.ok_or_else(|| unknown("the registry has no layout of it".into()))?;
    Ok(Named {
        is_recorded: true,
        ..Named::of(source, document)
    })
}
