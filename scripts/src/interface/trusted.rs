//! Whether an attribute or a macro is the one that its name says.

use super::condition::TRUSTED;
use super::modules::Tree;
use super::names::{DEPTH_MAX, Named, Search, Target, words};
use syn::Path;

/// Modules of stylus-sdk and the framework that have the macros' names.
const PRELUDES: [&[&str]; 5] = [
    &["stylus_proc"],
    &["stylus_sdk", "prelude"],
    &["stylus_sdk", "stylus_proc"],
    &["stylus_upgradeable"],
    &["stylus_upgradeable", "prelude"],
];
/// Crates that have `sol!`.
const SOL: [&str; 4] = ["alloy", "alloy_core", "alloy_sol_macro", "alloy_sol_types"];

/// Whether a module outside has a macro of that name.
pub(super) fn has(path: &[String], name: &str) -> bool {
    let is_macro = match path.first().map(String::as_str) {
        Some("stylus_upgradeable") => ["upgradeable", "inheritable", "Lazy"].contains(&name),
        _ => ["public", "entrypoint", "storage", "sol_storage"].contains(&name),
    };
    is_macro && PRELUDES.iter().any(|one| path == *one)
}

impl Tree {
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
    fn may_come_from_elsewhere(&self, module: usize) -> bool {
        let root = self.crates[self.modules[module].krate].root;
        let all = [Some(module), root];
        let mut all = all
            .into_iter()
            .flatten()
            .map(|one| &self.modules[one].names);
        let is_other = |path: &Vec<String>| {
            let found = self.path(module, path, &mut Search::default(), DEPTH_MAX);
            match found {
                Some(Target::Module(inner)) => {
                    self.modules[inner].krate != self.modules[module].krate
                }
                Some(Target::Outside(path)) => !path
                    .first()
                    .is_some_and(|one| TRUSTED.contains(&one.as_str())),
                _ => true,
            }
        };
        all.any(|names| names.uses_macros || names.globs.iter().any(is_other))
    }
}
