//! The error enums of a contract, which need a variant for what our attributes refuse.

use super::refused;
use crate::project::ProjectError;
use syn::spanned::Spanned;
use syn::{Fields, Item, ItemEnum, Meta, Type, Variant};

/// What an error enum needs, so that an initializer or a migration may return it. `SolidityError` brings
/// the conversion.
pub(super) const VARIANT: &str = "Migratable(MigratableError),";
/// The derive of stylus-sdk.
const DERIVE: &str = "SolidityError";

/// Where the variant goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// The line of the opening brace, from 1.
    pub(super) line: usize,
    /// The column behind it, in characters.
    pub(super) column: usize,
    /// Whether the variant has a line of its own, the next one.
    pub(super) is_own_line: bool,
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
        let (open, close) = (one.brace_token.span.open(), one.brace_token.span.close());
        let (open, close) = (open.end(), close.start());
        let next = one.variants.first();
        let next = next.map_or(close.line, |variant| variant.span().start().line);
        positions.push(Position {
            line: open.line,
            column: open.column,
            is_own_line: next > open.line,
        });
    }
    Ok(positions)
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
