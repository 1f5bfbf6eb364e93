//! What an author declares about the way from the old layout to the new one.

use crate::error::LayoutError;
use crate::layout::{Item, Layout, Members};
use crate::shape::bare;

/// Renames and retypes that are meant, besides those written into the new layout itself
/// (`renamedFrom`, `retypedFrom`; in Rust `#[layout(renamed_from = "…", retyped_from = "…")]`).
///
/// A field is named by its label, a member by `Struct.member`, a field of a namespace by
/// `erc7201:<id>:label`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declarations {
    renames: Vec<(String, String)>,
    retypes: Vec<(String, String)>,
}

impl Declarations {
    /// Nothing declared.
    pub fn none() -> Self {
        Self::default()
    }

    /// The field of the new layout had this name in the old one.
    pub fn renamed(mut self, field: &str, from: &str) -> Self {
        self.renames.push((field.into(), from.into()));
        self
    }

    /// The field of the new layout had this type (its label) in the old one, and its bytes mean
    /// the same in both.
    pub fn retyped(mut self, field: &str, from: &str) -> Self {
        self.retypes.push((field.into(), from.into()));
        self
    }

    /// The new layout with the declarations written into it, as other tools read them.
    ///
    /// # Errors
    /// [`LayoutError::NoSuchField`] if one names no field of the layout.
    pub fn apply(&self, new: &Layout) -> Result<Layout, LayoutError> {
        let mut declared = new.clone();
        for (field, from) in &self.renames {
            find(&mut declared, "rename", field)?.renamed_from = Some(from.clone());
        }
        for (field, from) in &self.retypes {
            find(&mut declared, "retype", field)?.retyped_from = Some(from.clone());
        }
        Ok(declared)
    }

    /// The old layout without the `retyped_from` of fields whose retype is declared here: what is
    /// said of this step is no annotation that was kept from the step before.
    pub(crate) fn renewed(&self, old: &Layout, new: &Layout) -> Result<Layout, LayoutError> {
        let (mut old, mut new) = (old.clone(), new.clone());
        for (field, _) in &self.retypes {
            let item = find(&mut new, "retype", field)?;
            let area = field.strip_suffix(&item.label).unwrap_or_default();
            let renamed = item.renamed_from.clone();
            let has_kept_name = find(&mut old, "retype", field)
                .is_ok_and(|item| renamed.is_none() || item.renamed_from == renamed);
            let path = match renamed {
                Some(label) if !has_kept_name => format!("{area}{label}"),
                _ => field.clone(),
            };
            if let Ok(item) = find(&mut old, "retype", &path) {
                item.retyped_from = None;
            }
        }
        Ok(old)
    }
}

/// The item that a path names.
fn find<'l>(
    layout: &'l mut Layout,
    kind: &'static str,
    field: &str,
) -> Result<&'l mut Item, LayoutError> {
    let mut all: Vec<(String, &mut Item)> = vec![];
    for item in &mut layout.storage {
        all.push((item.label.clone(), item));
    }
    for (namespace, items) in &mut layout.namespaces {
        for item in items {
            all.push((format!("{namespace}:{}", item.label), item));
        }
    }
    for ty in layout.types.values_mut() {
        if let Some(Members::Struct(members)) = &mut ty.members {
            for item in members {
                all.push((format!("{}.{}", bare(&ty.label), item.label), item));
            }
        }
    }
    let known = all
        .iter()
        .map(|(path, _)| path.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    match all.into_iter().find(|(path, _)| path == field) {
        Some((_, item)) => Ok(item),
        None => Err(LayoutError::NoSuchField {
            kind,
            field: field.into(),
            known,
        }),
    }
}
