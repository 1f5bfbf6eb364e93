//! `layout show`: a layout, variable by variable.

use crate::context::prelude::*;
use crate::layout::Named;
use stylus_layout::{DeclaredStep, Layout, StepKind, Storage, StorageField, TypeKind};

/// The report of a layout.
pub(super) fn shown(named: Named) -> ShownLayout {
    let Named { name, document, .. } = named;
    ShownLayout {
        hash: document.hash(),
        layout: document.layout,
        steps: document.steps,
        name,
    }
}

/// The report of `layout show`.
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
        let storage = Storage::from(&self.layout);
        for area in storage.areas() {
            if !area.name.is_empty() {
                lines.push(area.name.clone());
            }
            add_lines(&mut lines, &storage, &area.fields, "");
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
fn add_lines(lines: &mut Vec<String>, storage: &Storage, fields: &[StorageField], indent: &str) {
    for field in fields {
        let ty = storage.ty(field.ty);
        let slot = field.slot.map_or("?".to_owned(), |slot| slot.to_string());
        let place = format!("{indent}{slot}");
        lines.push(format!(
            "  {place:<8} byte {:<3} {}: {}",
            field.offset, field.name, ty.label
        ));
        if let TypeKind::Struct(Some(members)) = &ty.kind
            && indent.len() < 16
        {
            add_lines(lines, storage, members, &format!("{indent}+"));
        }
    }
}
