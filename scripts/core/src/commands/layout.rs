//! `layout`: storage layouts shown, compared, and turned into a migration. Needs no chain, but for
//! `NAME@live`.

use super::spec::{Governs, Group, Spec, report_type_of};
use crate::assess::{Fact, Finding, FindingId, Origin, Refused, Role, Severity, decide};
use crate::context::prelude::*;
use crate::ids::LayoutHash;
use crate::layout::{
    Named, Pair, Side, StorageCheck, Unreadable, check_storage, declaration, file_of, finding_id,
    moved_by_migration, read_file, undeclared, unreadable,
};

use crate::pipeline::kept::{KeptName, LIVE};
use clap::{Args, Subcommand};
use std::path::Path;
use stylus_layout::{
    DeclaredStep, FieldChange, Item, Layout, Members, Overrides, Source, StepKind, Unsupported,
    skeleton,
};

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

/// What to do with them.
#[derive(Debug, Args)]
pub(crate) struct LayoutArgs {
    /// What to do with them.
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
    let (reviewed, of_manifest) = match asks_registry(command) {
        true => context.as_reviewed()?,
        false => (None, None),
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
        LayoutCommand::Show { source, keep } => show(context, source, *keep).await,
        LayoutCommand::Diff {
            old,
            new,
            with_migration,
        } => {
            let (old, new) = (read(context, old).await?, read(context, new).await?);
            diff(context, (&old, &new), *with_migration, of_manifest)
        }
        LayoutCommand::Migration {
            old,
            new,
            overrides,
            drop,
        } => {
            let (old, new) = (read(context, old).await?, read(context, new).await?);
            let written = migration(&old, &new, overrides, drop)?;
            Ok(context.outcome(&written))
        }
    }
}

/// Whether one of the layouts is the live one.
fn asks_registry(command: &LayoutCommand) -> bool {
    let sources = match command {
        LayoutCommand::Show { source, .. } => vec![source],
        LayoutCommand::Diff { old, new, .. } | LayoutCommand::Migration { old, new, .. } => {
            vec![old, new]
        }
    };
    let mut named = sources.into_iter().filter_map(|one| KeptName::named(one));
    named.any(|one| one.version == LIVE)
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
    if file.is_file() || !file.is_dir() && file.extension().is_some_and(|ending| ending == "json") {
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

/// What is no contract may be the name of a definition.
fn of_definition(name: &str, error: &dyn Explain) -> Refusal {
    let next = format!(
        "give the folder of a crate, a .wasm file, or {name}@{LIVE}: the version that is live of the definition {name}"
    );
    Refusal::of(error).advising(next)
}

/// The layout of a version that was registered.
async fn registered(context: &Context, source: &str, kept: &KeptName) -> Result<Named> {
    let unknown = |reason: String| unreadable(Path::new(source), Unreadable::Malformed(reason));
    let document = match kept.version == LIVE {
        false => kept.read(context)?.1.document,
        true => {
            let session = Session::reading(context).await?;
            context.say_read_at(session.read_at(), true);
            let registry = session.registry;
            let current = registry.head(&kept.name).await?.current;
            let code = registry.code(&kept.name, &current).await?;
            let known = session.documents().get(code.layout).await?;
            let why = known.why().to_owned();
            Some(known.into_value().ok_or_else(|| unknown(why))?)
        }
    };
    let document = document.ok_or_else(|| unknown("the registry has no layout of it".into()))?;
    Ok(Named {
        is_recorded: true,
        ..Named::of(source, document)
    })
}

async fn show(context: &Context, source: &str, keep: bool) -> Result<Outcome> {
    let Named { name, document, .. } = read(context, source).await?;
    if keep {
        context.store().keep_document(&document)?;
    }
    let shown = ShownLayout {
        hash: document.hash(),
        layout: document.layout,
        steps: document.steps,
        name,
    };
    Ok(context.outcome(&shown))
}

/// What `layout show` reports.
#[derive(Serialize)]
pub(crate) struct ShownLayout {
    /// The contract or the version.
    name: String,
    /// The hash of the layout document.
    hash: B256,
    /// The layout of its storage.
    layout: Layout,
    /// Initializers and migrations that the code declares; null if they are not known.
    steps: Option<Vec<DeclaredStep>>,
}

impl CommandReport for ShownLayout {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = vec![format!("{}  {}", self.name, self.hash)];
        add_lines(&mut lines, &self.layout, &self.layout.storage, "");
        for (namespace, items) in &self.layout.namespaces {
            lines.push(namespace.clone());
            add_lines(&mut lines, &self.layout, items, "");
        }
        lines.extend(self.steps.iter().flatten().map(step_line));
        lines
    }
}

/// A line for an initializer or a migration.
fn step_line(step: &DeclaredStep) -> String {
    let (from, to, signature) = (&step.from, &step.to, &step.signature);
    let what = match step.kind {
        StepKind::Initializer => format!("initializer {to}"),
        StepKind::Migration => format!("migration {from} → {to}"),
        StepKind::Complex => format!("complex migration {from} → {to}"),
    };
    format!("{what}  {signature} {}", step.conditions.join(" "))
        .trim_end()
        .to_owned()
}

/// A line per variable: slot, offset, name, type; members of structs below.
fn add_lines(lines: &mut Vec<String>, layout: &Layout, items: &[Item], indent: &str) {
    for item in items {
        let ty = layout.types.get(&item.type_id);
        let label = ty.map_or(item.type_id.as_str(), |ty| &ty.label);
        let place = format!("{indent}{}", item.slot);
        lines.push(format!(
            "  {place:<8} byte {:<3} {}: {label}",
            item.offset, item.label
        ));
        if let Some(Members::Struct(members)) = ty.and_then(|ty| ty.members.as_ref())
            && indent.len() < 16
        {
            add_lines(lines, layout, members, &format!("{indent}+"));
        }
    }
}

/// Reports every finding, and ends with exit code 1 if the new version is refused.
fn diff(
    context: &Context,
    (old, new): (&Named, &Named),
    with_migration: bool,
    of_manifest: Option<Finding>,
) -> Result<Outcome> {
    let (before, after) = (side(old), side(new));
    let pair = Pair {
        name: "",
        from: &old.name,
        to: &new.name,
        old: &before,
        new: &after,
        runs_migration: with_migration,
        goes_back: false,
    };
    let mut compared = check_storage(&pair)?;
    if let Some(one) = of_manifest.as_ref()
        && one.severity == Severity::Danger
    {
        compared.partial.push(one.message.clone());
        compared.found.insert(0, one.clone());
    }
    let accepts = context.accepted();
    compared.report.iter().for_each(|one| {
        accepts.covers(&finding_id(one)); // also a difference that stops nothing
    });
    let changes = compared.report.iter().cloned();
    let mut report = Difference {
        old: NamedHash::of(old),
        new: NamedHash::of(new),
        findings: changes.map(NamedChange::of).collect(),
        verdict: "refused",
        accepted: None,
        partial: None,
        warnings: of_manifest.into_iter().collect(),
        error: None,
        check: None,
        exit: Exit::Done,
    };
    if let Some(refused) = Refused::of(decide(&compared.found, &accepts, Role::Proposer).refused) {
        let error = Report::of(&refused);
        context.output.explain(&error);
        (report.error, report.exit) = (Some(error), refused.exit());
    } else {
        let check = compared.taken(&pair, &accepts, &[]);
        report.verdict = check.verdict;
        report.accepted = Some(check.accepted.clone());
        report.partial = Some(check.partial.clone());
        report.check = Some(check);
    }
    Ok(context.outcome(&report))
}

/// What `layout diff` reports.
#[derive(Serialize)]
pub(crate) struct Difference {
    /// The version before.
    old: NamedHash,
    /// The new version.
    new: NamedHash,
    /// The fields that differ.
    findings: Vec<NamedChange>,
    /// `unchanged`, `safe`, `accepted`, `unknown` or `refused`.
    verdict: &'static str,
    /// The blocking findings that were accepted; absent if the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Vec<Finding>>,
    /// The parts that were not compared although both layouts are known; absent if the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<Vec<String>>,
    /// The finding about the file that names the registry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding>,
    /// Why the new version is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Report>,
    #[serde(skip)]
    check: Option<StorageCheck>,
    #[serde(skip)]
    exit: Exit,
}

impl CommandReport for Difference {
    fn lines(&self, _: &Names) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(check) = &self.check {
            for finding in &check.findings {
                let (decision, id) = (finding.decision.name(), finding_id(finding));
                lines.push(format!("{decision:<13} {id}  {}", finding.note));
            }
            lines.extend(check.lines());
        }
        lines
    }

    fn exit(&self) -> Exit {
        self.exit
    }
}

/// A layout that is compared.
#[derive(Serialize)]
struct NamedHash {
    /// The contract or the version.
    name: String,
    /// The hash of its layout document.
    hash: B256,
}

impl NamedHash {
    fn of(named: &Named) -> Self {
        Self {
            name: named.name.clone(),
            hash: named.document.hash(),
        }
    }
}

/// A field that differs.
#[derive(Serialize)]
struct NamedChange {
    /// Its id for `--accept`.
    id: FindingId,
    #[serde(flatten)]
    change: FieldChange,
}

impl NamedChange {
    fn of(change: FieldChange) -> Self {
        Self {
            id: finding_id(&change),
            change,
        }
    }
}

fn side(named: &Named) -> Side {
    let origin = match named.is_recorded {
        true => Origin::Chain,
        false => Origin::Remembered,
    };
    Side {
        hash: LayoutHash(named.document.hash()),
        known: Fact::of(named.document.clone(), origin),
    }
}

fn migration(
    old: &Named,
    new: &Named,
    overrides: &[String],
    drop: &[String],
) -> Result<WrittenMigration> {
    let mut all = Overrides::none().with_keys();
    for text in overrides {
        let (field, source) = text.split_once('=').ok_or_else(|| not_understood(text))?;
        let source = match (source, source.strip_prefix('@')) {
            ("empty", _) => Source::Empty,
            (_, Some(old)) => Source::Field(old.into()),
            (code, None) => Source::Code(code.into()),
        };
        all = all.with(field, source);
    }
    for field in drop {
        all = all.drop(field);
    }
    let (old_layout, new_layout) = (&old.document.layout, &new.document.layout);
    let moved = moved_by_migration(old_layout, new_layout)?;
    let code = skeleton(old_layout, new_layout, &all).map_err(unsupported)?;
    let code = declared_above(&moved, &code);
    Ok(WrittenMigration {
        old: NamedHash::of(old),
        new: NamedHash::of(new),
        migrates: moved,
        code,
    })
}

/// What `layout migration` reports.
#[derive(Serialize)]
pub(crate) struct WrittenMigration {
    /// The version before.
    old: NamedHash,
    /// The new version.
    new: NamedHash,
    /// The entries that `Cargo.toml` of the new version must declare.
    migrates: Vec<FindingId>,
    /// Rust code of the migration.
    code: String,
}

impl CommandReport for WrittenMigration {
    fn lines(&self, _: &Names) -> Vec<String> {
        self.code.lines().map(str::to_owned).collect()
    }
}

/// The refusal of an invalid `--override`.
fn not_understood(text: &str) -> Refusal {
    let message = format!("--override {text:?} is not valid: it has no =");
    let refusal = Refusal::new("LayoutDeclaration", message).with(
        "field=expression, field=@old-field or field=empty",
        text,
        "stylus-upgrades layout migration --help",
    );
    refusal.usage()
}

/// The refusal to write a migration.
fn unsupported(why: Unsupported) -> Refusal {
    let message = format!("no migration can be written: {why}");
    Refusal::new("MigrationUnsupported", message).with(
        "fields whose data can be converted",
        why.to_string(),
        "give --override for that field, or write its migration by hand",
    )
}

/// The code of a migration, below the lines that Cargo.toml needs for it.
fn declared_above(moved: &[FindingId], code: &str) -> String {
    if moved.is_empty() {
        return code.to_owned();
    }
    let [table, line] = declaration(moved);
    format!(
        "// Declare in Cargo.toml of the new version what this moves:\n//\n//     {table}\n//     {line}\n//\n\
         // It uses raw slot numbers, so `check` reports it as code that may compute slots itself.\n\n{code}"
    )
}
