//! Whether something that sources show is part of a build: what its attributes say of it.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// Attributes that neither take something out of a build nor change its functions: of the language, and
/// of stylus-sdk and the framework.
const KNOWN: [&str; 52] = [
    "allow",
    "automatically_derived",
    "borrow",
    "cold",
    "constructor",
    "coverage",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "ensures",
    "entrypoint",
    "expect",
    "export_name",
    "fallback",
    "feature",
    "forbid",
    "implements",
    "inherit",
    "inheritable",
    "initializer",
    "initializing",
    "inline",
    "layout",
    "macro_export",
    "macro_use",
    "migration",
    "must_use",
    "no_implicit_prelude",
    "no_main",
    "no_mangle",
    "no_std",
    "non_exhaustive",
    "optimize",
    "path",
    "payable",
    "public",
    "receive",
    "recursion_limit",
    "repr",
    "selector",
    "solidity_error",
    "storage",
    "target_feature",
    "test",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "upgradeable",
    "warn",
];
/// Those of them that `cfg_attr` may add without a change of what callers find.
const HARMLESS: [&str; 20] = [
    "allow",
    "automatically_derived",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "feature",
    "forbid",
    "inline",
    "must_use",
    "no_main",
    "no_std",
    "non_exhaustive",
    "optimize",
    "repr",
    "track_caller",
    "warn",
];
/// Tools whose attributes the compiler passes over.
const TOOLS: [&str; 3] = ["clippy", "diagnostic", "rustfmt"];
/// Where the attributes of stylus-sdk and the framework come from.
pub(super) const TRUSTED: [&str; 3] = ["stylus_proc", "stylus_sdk", "stylus_upgradeable"];

/// Whether something is part of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// In every build.
    Always,
    /// In no build of a contract.
    Never,
    /// What decides it.
    Unknown(String),
}

impl Part {
    /// What the attributes of something say of it.
    pub(super) fn of(attributes: &[Attribute]) -> Self {
        let mut part = Self::Always;
        for attribute in attributes {
            let path = attribute.path();
            let is_decisive = if path.is_ident("cfg") {
                match attribute
                    .parse_args::<Meta>()
                    .ok()
                    .and_then(|it| value(&it))
                {
                    Some(false) => return Self::Never,
                    _ => true,
                }
            } else if path.is_ident("cfg_attr") {
                !is_harmless(attribute)
            } else if path.is_ident("test") {
                return Self::Never;
            } else {
                !is_known(path)
            };
            if is_decisive {
                part = Self::Unknown(format!("which #[{}] decides", shown(path)));
            }
        }
        part
    }
}

/// The value of a condition in builds of a contract, where it is plain: they are no tests.
fn value(condition: &Meta) -> Option<bool> {
    let of_all = |list: &syn::MetaList| {
        let all = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone());
        let all = all.ok()?;
        Some(all.iter().map(value).collect::<Vec<_>>())
    };
    match condition {
        Meta::Path(path) if path.is_ident("test") => Some(false),
        Meta::List(list) if list.path.is_ident("all") => {
            let all = of_all(list)?;
            all.contains(&Some(false)).then_some(false)
        }
        Meta::List(list) if list.path.is_ident("any") => {
            let all = of_all(list)?;
            all.iter().all(|one| *one == Some(false)).then_some(false)
        }
        _ => None,
    }
}

/// Whether what a `cfg_attr` adds changes nothing for callers.
fn is_harmless(attribute: &Attribute) -> bool {
    let all = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
    let Ok(all) = all else {
        return false;
    };
    let mut all = all.iter();
    if all.next().is_some_and(|it| value(it) == Some(false)) {
        return true;
    }
    all.all(|added| {
        let path = added.path();
        is_of_tool(path)
            || path
                .get_ident()
                .is_some_and(|one| HARMLESS.iter().any(|it| one == it))
    })
}

fn is_known(path: &Path) -> bool {
    let last = path.segments.last();
    let is_listed = last.is_some_and(|last| KNOWN.iter().any(|one| last.ident == one));
    let first = path.segments.first();
    let is_ours = first.is_some_and(|first| TRUSTED.iter().any(|one| first.ident == one));
    is_of_tool(path) || (is_listed && (path.segments.len() == 1 || is_ours))
}

fn is_of_tool(path: &Path) -> bool {
    let first = path.segments.first();
    path.segments.len() > 1 && first.is_some_and(|first| TOOLS.iter().any(|one| first.ident == one))
}

fn shown(path: &Path) -> String {
    let all = path.segments.iter().map(|one| one.ident.to_string());
    all.collect::<Vec<_>>().join("::")
}
