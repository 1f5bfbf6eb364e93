//! `layout migration`: the code that moves what an old version stored.

use super::diff::NamedHash;
use crate::assess::FindingId;
use crate::context::prelude::*;
use crate::layout::{Named, declaration, moved_by_migration};
use stylus_layout::{Overrides, Source, Unsupported, skeleton};

/// Writes a migration of the old version's data.
pub(super) fn migration(
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

/// The report of `layout migration`.
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
         // It uses raw slot numbers, which no layout lists: `plan` shows the slots that it writes.\n\n{code}"
    )
}
