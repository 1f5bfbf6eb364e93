//! Whether something that sources show is part of a build: what its attributes say of it.

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// Attributes of the language: they neither take something out of a build nor change its functions, and
/// the compiler refuses them where a macro with their name is imported.
const BUILT_IN: [&str; 31] = [
    "allow",
    "automatically_derived",
    "cold",
    "coverage",
    "crate_name",
    "crate_type",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "feature",
    "forbid",
    "inline",
    "macro_export",
    "macro_use",
    "must_use",
    "no_implicit_prelude",
    "no_main",
    "no_mangle",
    "no_std",
    "non_exhaustive",
    "optimize",
    "path",
    "recursion_limit",
    "repr",
    "target_feature",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "warn",
];
/// Macros of the standard library: an import with their name takes their place.
const STANDARD: [&str; 2] = ["derive", "test"];
/// Macros of stylus-sdk and the framework.
const MACROS: [&str; 9] = [
    "ensures",
    "entrypoint",
    "inheritable",
    "initializer",
    "initializing",
    "migration",
    "public",
    "storage",
    "upgradeable",
];
/// What those macros and derives read and take away: no macros themselves.
const INERT: [&str; 10] = [
    "borrow",
    "constructor",
    "fallback",
    "implements",
    "inherit",
    "layout",
    "payable",
    "receive",
    "selector",
    "solidity_error",
];
/// Those that `cfg_attr` may add without a change of what callers find.
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
/// Tools whose attributes the compiler passes over, unless a crate or a module has the name.
pub(super) const TOOLS: [&str; 3] = ["clippy", "diagnostic", "rustfmt"];
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

/// What an attribute is that is not of the language, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// See [`STANDARD`].
    Standard,
    /// See [`MACROS`].
    Macro,
    /// See [`INERT`].
    Inert,
}

impl Part {
    /// What the attributes of a declaration say of its name, whatever they are by their names: whether
    /// they are those is asked where it decides of functions.
    pub(super) fn of_name(attributes: &[Attribute]) -> Self {
        Self::by(attributes, |path, _| !path.is_ident("test"))
    }

    /// What the attributes of a module, an import or an alias say of it: no macro belongs there.
    pub(super) fn of(attributes: &[Attribute]) -> Self {
        Self::by(attributes, |_, _| false)
    }

    /// What the attributes of something say of it. `is_it` tells, in their order, whether one that is not
    /// of the language is the one that its name says.
    pub(super) fn by(attributes: &[Attribute], mut is_it: impl FnMut(&Path, Kind) -> bool) -> Self {
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
                !is_harmless(attribute, &mut is_it)
            } else if path.is_ident("test") && is_it(path, Kind::Standard) {
                return Self::Never;
            } else {
                !is_of_tool(path)
                    && !is_one(path, &BUILT_IN)
                    && !kind(path).is_some_and(|kind| is_it(path, kind))
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
fn is_harmless(attribute: &Attribute, is_it: &mut impl FnMut(&Path, Kind) -> bool) -> bool {
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
        let is_allowed =
            is_one(path, &HARMLESS) && (is_one(path, &BUILT_IN) || is_it(path, Kind::Standard));
        is_of_tool(path) || is_allowed
    })
}

fn kind(path: &Path) -> Option<Kind> {
    let last = &path.segments.last()?.ident;
    if is_one(path, &STANDARD) {
        Some(Kind::Standard)
    } else if is_one(path, &INERT) {
        Some(Kind::Inert)
    } else {
        MACROS.iter().any(|one| last == one).then_some(Kind::Macro)
    }
}

/// Whether a path is one of these words.
fn is_one(path: &Path, words: &[&str]) -> bool {
    path.get_ident()
        .is_some_and(|one| words.iter().any(|it| one == it))
}

pub(super) fn is_of_tool(path: &Path) -> bool {
    let first = path.segments.first();
    path.segments.len() > 1 && first.is_some_and(|first| TOOLS.iter().any(|one| first.ident == one))
}

fn shown(path: &Path) -> String {
    let all = path.segments.iter().map(|one| one.ident.to_string());
    all.collect::<Vec<_>>().join("::")
}
