//! The error enums of a contract, which need a variant for what our attributes refuse.

use super::refused;
use crate::project::ProjectError;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Fields, Item, ItemEnum, Macro, Meta, Type, Variant};

/// What an error enum needs, so that an initializer or a migration may return it. `SolidityError` brings
/// the conversion.
pub(super) const VARIANT: &str = "Migratable(MigratableError),";
/// The derive of stylus-sdk.
const DERIVE: &str = "SolidityError";

/// Where the variant goes: in front of what is first between the braces, or of the closing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column, in characters.
    pub(super) column: usize,
}

/// The positions in the error enums of a source file that lack the variant.
pub(super) fn error_enums(file: &syn::File) -> Result<Vec<Position>, ProjectError> {
    let mut positions = Vec::new();
    for item in &file.items {
        let Item::Enum(one) = item else {
            continue;
        };
        if !derives(one) || one.variants.iter().any(is_ours) {
            continue;
        }
        let named = |variant: &&Variant| variant.ident == "Migratable";
        if let Some(other) = one.variants.iter().find(named) {
            return Err(refused(format!(
                "src/lib.rs line {}: {} has a variant Migratable of its own; rename it, our attributes \
                 need Migratable(MigratableError)",
                other.span().start().line,
                one.ident
            )));
        }
        let behind = match one.variants.first() {
            Some(first) => first.span(),
            None => one.brace_token.span.close(),
        };
        let behind = behind.start();
        positions.push(Position {
            line: behind.line,
            column: behind.column,
        });
    }
    Ok(positions)
}

/// The error enums that [`error_enums`] does not change, and why: the variant is put there by hand.
pub(super) fn skipped(file: &syn::File) -> Vec<String> {
    let mut skipped = Skipped::default();
    for item in &file.items {
        match item {
            Item::Enum(one) if derives(one) => {}
            other => skipped.visit_item(other),
        }
    }
    skipped.0
}

#[derive(Default)]
struct Skipped(Vec<String>);

impl Skipped {
    fn add(&mut self, line: usize, what: &str) {
        self.0.push(format!(
            "src/lib.rs line {line}: {what} is left as it is: where an initializer or a migration returns \
             that error, it needs {VARIANT} too"
        ));
    }
}

impl<'ast> Visit<'ast> for Skipped {
    fn visit_item_enum(&mut self, one: &'ast ItemEnum) {
        let mut lists = one
            .attrs
            .iter()
            .filter_map(|attribute| match &attribute.meta {
                Meta::List(list) => Some(list.tokens.to_string()),
                _ => None,
            });
        if lists.any(|list| list.contains(DERIVE)) && !one.variants.iter().any(is_ours) {
            let what = format!(
                "the enum {}, inside of something or conditional,",
                one.ident
            );
            self.add(one.ident.span().start().line, &what);
        }
    }

    fn visit_macro(&mut self, one: &'ast Macro) {
        if one.tokens.to_string().contains(DERIVE) {
            let line = one.bang_token.span.start().line;
            self.add(line, &format!("a macro that writes {DERIVE}"));
        }
    }
}

/// Whether a source file that is not read has such an enum, as far as its text tells.
pub(super) fn is_skipped(text: &str) -> bool {
    text.contains(DERIVE) && !text.contains("MigratableError")
}

fn derives(one: &ItemEnum) -> bool {
    one.attrs.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else {
            return false;
        };
        let mut found = false;
        let all = list.parse_nested_meta(|derived| {
            let last = derived.path.segments.last();
            found |= last.is_some_and(|last| last.ident == DERIVE);
            Ok(())
        });
        list.path.is_ident("derive") && all.is_ok() && found
    })
}

fn is_ours(variant: &Variant) -> bool {
    let Fields::Unnamed(fields) = &variant.fields else {
        return false;
    };
    fields.unnamed.iter().any(|field| match &field.ty {
        Type::Path(path) => {
            let last = path.path.segments.last();
            last.is_some_and(|last| last.ident == "MigratableError")
        }
        _ => false,
    })
}
