//! Whether an attribute or a macro is the one that its name says.

use super::condition::{Kind, Part, TRUSTED};
use super::modules::Tree;
use super::names::{DEPTH_MAX, Named, Search, Target, words};
use std::collections::BTreeSet;
use syn::{Attribute, Path};

/// Modules of stylus-sdk and the framework that have the macros' names.
const PRELUDES: [&[&str]; 5] = [
    &["stylus_proc"],
    &["stylus_sdk", "prelude"],
    &["stylus_sdk", "stylus_proc"],
    &["stylus_upgradeable"],
    &["stylus_upgradeable", "prelude"],
];
/// What the framework has of them.
const OURS: [&str; 7] = [
    "ensures",
    "inheritable",
    "initializer",
    "initializing",
    "Lazy",
    "migration",
    "upgradeable",
];
/// Crates that have `sol!`.
const SOL: [&str; 4] = ["alloy", "alloy_core", "alloy_sol_macro", "alloy_sol_types"];

/// Whether a module outside has a macro of that name.
pub(super) fn has(path: &[String], name: &str) -> bool {
    let is_macro = match path.first().map(String::as_str) {
        Some("stylus_upgradeable") => OURS.contains(&name),
        _ => ["public", "entrypoint", "storage", "sol_storage"].contains(&name),
    };
    is_macro && PRELUDES.iter().any(|one| path == *one)
}

impl Tree {
    /// What the attributes of an item say of it.
    pub(super) fn part(&self, module: usize, attributes: &[Attribute]) -> Part {
        self.part_with(module, attributes, false)
    }

    /// What the attributes of a method say of it, in a block whose macros take away what they read.
    pub(super) fn part_of_method(&self, module: usize, attributes: &[Attribute]) -> Part {
        self.part_with(module, attributes, true)
    }

    fn part_with(&self, module: usize, attributes: &[Attribute], is_method: bool) -> Part {
        // `#[public]` takes away those below it before the compiler looks for macros of their names.
        let mut is_taken_away = is_method;
        Part::by(attributes, |path, kind| match kind {
            Kind::Macro => {
                let is_it = self.is_trusted(module, path);
                is_taken_away |=
                    is_it && path.segments.last().is_some_and(|it| it.ident == "public");
                is_it
            }
            Kind::Inert if is_taken_away => true,
            Kind::Inert | Kind::Standard => path
                .get_ident()
                .is_some_and(|name| self.is_no_import(module, &name.to_string())),
        })
    }

    /// Whether no import of a module may bring a macro of that name.
    fn is_no_import(&self, module: usize, name: &str) -> bool {
        let mut search = Search {
            is_macro: true,
            ..Search::default()
        };
        let is_module = matches!(
            self.modules[module].names.named.get(name),
            Some(Named::Module(_))
        );
        let is_free = !self.modules[module].names.named.contains_key(name)
            && self.name(module, name, &mut search, DEPTH_MAX).is_none();
        (is_free || is_module) && !self.may_come_from_elsewhere(module)
    }

    /// Whether an attribute or a macro is the one of stylus-sdk or the framework.
    pub(super) fn is_trusted(&self, module: usize, path: &Path) -> bool {
        let Some(last) = path.segments.last().map(|last| last.ident.to_string()) else {
            return false;
        };
        let krate = self.modules[module].krate;
        let own = self.modules.iter().filter(|one| one.krate == krate);
        let mut own = own.flat_map(|one| one.names.named.iter());
        let is_taken = own.any(|(name, what)| {
            let is_itself = matches!(what, Named::Use(path) if path.last() == Some(name));
            TRUSTED.contains(&name.as_str()) && !is_itself
        });
        if is_taken {
            return false;
        }
        let mut search = Search {
            is_macro: true,
            ..Search::default()
        };
        match self.path(module, &words(path), &mut search, DEPTH_MAX) {
            Some(Target::Outside(found)) if found.len() == 1 => {
                !self.may_come_from_elsewhere(module)
            }
            Some(Target::Outside(found)) => {
                let first = found.first().map(String::as_str);
                let is_ours = first.is_some_and(|one| TRUSTED.contains(&one) || SOL.contains(&one));
                is_ours && found.last() == Some(&last)
            }
            _ => false,
        }
    }

    /// Whether a name that no module declares may be one of a crate that is neither stylus-sdk nor the
    /// framework.
    pub(super) fn may_come_from_elsewhere(&self, module: usize) -> bool {
        let root = self.crates[self.modules[module].krate].root;
        let uses_macros = |one: usize| self.modules[one].names.uses_macros;
        if uses_macros(module) || root.is_some_and(uses_macros) {
            return true;
        }
        let mut left: Vec<usize> = [Some(module), root].into_iter().flatten().collect();
        let mut seen = BTreeSet::new();
        while let Some(one) = left.pop() {
            if !seen.insert(one) {
                continue;
            }
            for glob in &self.modules[one].names.globs {
                match self.path(one, glob, &mut Search::default(), DEPTH_MAX) {
                    // What it takes from elsewhere may be taken from it.
                    Some(Target::Module(inner))
                        if self.modules[inner].krate == self.modules[module].krate =>
                    {
                        left.push(inner);
                    }
                    Some(Target::Outside(path))
                        if path
                            .first()
                            .is_some_and(|it| TRUSTED.contains(&it.as_str())) => {}
                    _ => return true,
                }
            }
        }
        false
    }
}
