//! What names mean in the modules of crates: what a module declares, what it imports, and where that is.

use super::condition::{Part, TRUSTED};
use super::modules::{Module, Tree};
use super::storage::{idents, structs_of};
use super::trusted;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Item, ItemExternCrate, ItemMacro, Path, UseTree};

/// Imports are followed so far.
pub(super) const DEPTH_MAX: usize = 32;
/// Macros that declare what is read here or nothing of a module's own.
const MACROS: [&str; 5] = [
    "complex_program",
    "lazy_maps",
    "sol",
    "sol_interface",
    "sol_storage",
];
/// What a name stands for in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Something that the module declares.
    Item,
    /// A module.
    Module(usize),
    /// What is elsewhere.
    Use(Vec<String>),
    /// What nobody knows: several things, or one under a condition.
    Unknown,
}

/// What a name leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// An item of a module.
    Item(usize, String),
    /// A module.
    Module(usize),
    /// A path in a crate that was not read.
    Outside(Vec<String>),
}

/// The names of a module.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) named: BTreeMap<String, Named>,
    pub(super) globs: Vec<Vec<String>>,
    /// Whether macros may declare more.
    pub(super) is_open: bool,
    /// The macros that nobody here knows.
    pub(super) unknown: BTreeSet<String>,
    /// Names that an import gives to something of another name.
    pub(super) renamed: BTreeSet<String>,
    /// Whether it takes every macro of a crate.
    pub(super) uses_macros: bool,
    /// Macros that it defines itself.
    defined: BTreeSet<String>,
}

impl Names {
    /// The names that a module's items have, its modules' left out.
    pub(super) fn of(items: &[Item]) -> Self {
        let mut names = Self::default();
        for item in items {
            names.item(item);
        }
        let defined = names.defined.clone();
        for name in defined
            .iter()
            .filter(|name| MACROS.contains(&name.as_str()))
        {
            names.unknown.insert(name.clone());
            names.is_open = true;
        }
        names
    }

    pub(super) fn add(&mut self, name: String, what: Named) {
        let before = self.named.insert(name.clone(), what.clone());
        if before.is_some_and(|before| before != what || what == Named::Item) {
            self.named.insert(name, Named::Unknown);
        }
    }

    /// Every name that is given here, imports of everything left out.
    pub(super) fn declared(&self) -> impl Iterator<Item = (&str, &Named)> {
        self.named.iter().map(|(name, what)| (name.as_str(), what))
    }

    fn item(&mut self, item: &Item) {
        let (attributes, name) = match item {
            Item::Enum(it) => (&it.attrs, &it.ident),
            Item::Struct(it) => (&it.attrs, &it.ident),
            Item::Trait(it) => (&it.attrs, &it.ident),
            Item::TraitAlias(it) => (&it.attrs, &it.ident),
            Item::Type(it) => (&it.attrs, &it.ident),
            Item::Union(it) => (&it.attrs, &it.ident),
            Item::Macro(it) => return self.invoked(it),
            Item::ExternCrate(it) => return self.krate(it),
            Item::Use(it) => {
                let is_certain = match Part::of(&it.attrs) {
                    Part::Never => return,
                    Part::Always => true,
                    Part::Unknown(_) => false,
                };
                let start = match it.leading_colon {
                    Some(_) => vec![String::new()],
                    None => Vec::new(),
                };
                return self.tree(&it.tree, start, is_certain);
            }
            _ => return,
        };
        let part = match item {
            Item::Enum(_) | Item::Struct(_) | Item::Trait(_) | Item::Union(_) => {
                Part::of_name(attributes)
            }
            _ => Part::of(attributes),
        };
        match part {
            Part::Never => {}
            Part::Always => self.add(name.to_string(), Named::Item),
            Part::Unknown(_) => self.add(name.to_string(), Named::Unknown),
        }
    }

    fn krate(&mut self, item: &ItemExternCrate) {
        self.uses_macros |= item.attrs.iter().any(|one| {
            let is_added = || {
                let list = one.meta.require_list();
                list.is_ok_and(|list| {
                    idents(list.tokens.clone())
                        .iter()
                        .any(|it| it == "macro_use")
                })
            };
            one.path().is_ident("macro_use") || (one.path().is_ident("cfg_attr") && is_added())
        });
        let (name, path) = (
            item.ident.to_string(),
            vec![String::new(), item.ident.to_string()],
        );
        match &item.rename {
            Some((_, other)) if other != "_" => self.add(other.to_string(), Named::Unknown),
            Some(_) => {}
            None => self.add(name, Named::Use(path)),
        }
    }

    fn invoked(&mut self, item: &ItemMacro) {
        if Part::of(&item.attrs) == Part::Never {
            return;
        }
        let last = item
            .mac
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string());
        match (last.as_deref(), &item.ident) {
            (Some("macro_rules"), Some(name)) => {
                self.defined.insert(name.to_string());
            }
            (Some("sol_storage"), _) => {
                for name in structs_of(&item.mac) {
                    self.add(name, Named::Item);
                }
            }
            (Some("sol"), _) => match super::solidity::declared(&item.mac) {
                Some(all) => all.into_iter().for_each(|name| self.add(name, Named::Item)),
                None => self.is_open = true,
            },
            (Some("sol_interface"), _) => self.is_open = true,
            (Some(name), _) if MACROS.contains(&name) => {}
            (name, _) => {
                self.unknown.extend(name.map(str::to_owned));
                self.is_open = true;
            }
        }
    }

    fn tree(&mut self, tree: &UseTree, mut path: Vec<String>, is_certain: bool) {
        let (name, is_renamed) = match tree {
            UseTree::Path(one) => {
                path.push(one.ident.to_string());
                return self.tree(&one.tree, path, is_certain);
            }
            UseTree::Group(group) => {
                for one in &group.items {
                    self.tree(one, path.clone(), is_certain);
                }
                return;
            }
            UseTree::Glob(_) => {
                match is_certain {
                    true => self.globs.push(path),
                    false => self.is_open = true,
                }
                return;
            }
            UseTree::Name(one) if one.ident == "self" => (path.last().cloned(), false),
            UseTree::Name(one) => {
                path.push(one.ident.to_string());
                (path.last().cloned(), false)
            }
            UseTree::Rename(one) if one.rename == "_" => return,
            UseTree::Rename(one) => {
                if one.ident != "self" {
                    path.push(one.ident.to_string());
                }
                (Some(one.rename.to_string()), one.rename != one.ident)
            }
        };
        let Some(name) = name else {
            return;
        };
        if is_renamed {
            self.renamed.insert(name.clone());
        }
        let what = match is_certain {
            true => Named::Use(path),
            false => Named::Unknown,
        };
        self.add(name, what);
    }
}

/// The words of a path; nothing where it has arguments before its end.
pub(super) fn words(path: &Path) -> Vec<String> {
    let start = path.leading_colon.map(|_| String::new());
    let all = path.segments.iter().map(|one| one.ident.to_string());
    start.into_iter().chain(all).collect()
}

impl Tree {
    /// What a path leads to from a module.
    pub(super) fn resolve(&self, module: usize, path: &Path) -> Option<Target> {
        self.path(module, &words(path), &mut Search::default(), DEPTH_MAX)
    }

    /// What the words of an import of a module lead to.
    pub(super) fn path_of(&self, module: &Module, path: &[String]) -> Option<Target> {
        let number = self
            .modules
            .iter()
            .position(|one| std::ptr::eq(one, module))?;
        match path {
            [one] => self.outside(number, one),
            path => self.path(number, path, &mut Search::default(), DEPTH_MAX),
        }
    }

    pub(super) fn path(
        &self,
        module: usize,
        path: &[String],
        search: &mut Search,
        depth: usize,
    ) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (first, mut rest) = path.split_first()?;
        let krate = &self.crates[self.modules[module].krate];
        let mut target = match first.as_str() {
            "crate" => Target::Module(krate.root?),
            "self" => Target::Module(module),
            "super" => Target::Module(self.modules[module].parent?),
            "" => {
                let (name, after) = rest.split_first()?;
                rest = after;
                self.outside(module, name)?
            }
            "Self" => return None,
            name => match self.name(module, name, search, depth) {
                Some(found) => found,
                None if self.may_have(module, name) => return None,
                None => self.outside(module, name)?,
            },
        };
        for word in rest {
            target = match target {
                Target::Module(inner) if word == "super" => {
                    Target::Module(self.modules[inner].parent?)
                }
                Target::Module(inner) => self.name(inner, word, search, depth)?,
                Target::Outside(mut before) => {
                    before.push(word.clone());
                    Target::Outside(before)
                }
                Target::Item(..) => return None,
            };
        }
        Some(target)
    }

    /// Whether a module declares a name that leads nowhere that is known.
    fn may_have(&self, module: usize, name: &str) -> bool {
        self.modules[module].names.named.contains_key(name)
    }

    /// The root of another crate.
    fn outside(&self, module: usize, name: &str) -> Option<Target> {
        let krate = &self.crates[self.modules[module].krate];
        match krate.externs.get(name) {
            Some(number) => Some(Target::Module(self.crates[*number].root?)),
            None => Some(Target::Outside(vec![name.to_owned()])),
        }
    }

    pub(super) fn name(
        &self,
        module: usize,
        name: &str,
        search: &mut Search,
        depth: usize,
    ) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let names = &self.modules[module].names;
        match names.named.get(name) {
            Some(Named::Item) => return Some(Target::Item(module, name.to_owned())),
            Some(Named::Module(inner)) => return Some(Target::Module(*inner)),
            Some(Named::Use(path)) => {
                // `use name::…` of a crate with the name that it brings in.
                if path.len() == 1 && path[0] == name {
                    return self.outside(module, name);
                }
                return self.path(module, path, search, depth);
            }
            Some(Named::Unknown) => return None,
            None if names.is_open && !search.is_macro => return None,
            None => {}
        }
        // Only this can lead back: what is declared is found as often as it is asked for.
        if !search.seen.insert((module, name.to_owned())) {
            return None;
        }
        let mut found = BTreeSet::new();
        for glob in &names.globs {
            match self.path(module, glob, search, depth) {
                Some(Target::Module(inner)) => found.extend(self.name(inner, name, search, depth)),
                Some(Target::Outside(mut path)) if trusted::has(&path, name) => {
                    path.push(name.to_owned());
                    found.insert(Target::Outside(path));
                }
                _ => {}
            }
        }
        let is_foreign = |one: &Target| match one {
            Target::Outside(path) => !path
                .first()
                .is_some_and(|first| TRUSTED.contains(&first.as_str())),
            _ => true,
        };
        match found.len() {
            1 => found.pop_first(),
            _ if search.is_macro => found.into_iter().find(is_foreign),
            _ => None,
        }
    }
}

/// What a search has come by.
#[derive(Default)]
pub(super) struct Search {
    pub(super) seen: BTreeSet<(usize, String)>,
    /// Whether a macro is searched: the compiler refuses one of another macro beside an imported one.
    pub(super) is_macro: bool,
}
