//! Which `#[public]` blocks answer calls: the entrypoint's, and those of what it implements and inherits.

use super::Interface;
use super::blocks::{self, Block};
use super::condition::Part;
use super::functions::{generics, has, last_of, listed, methods, positional, sol_name};
use super::modules::Tree;
use super::names::{Target, words};
use super::types::Types;
use std::collections::{BTreeSet, VecDeque};
use syn::{Path, Type, TypePath};

/// What somebody calls without finding it in the sources: the framework's own, of a lazy migration.
const MADE: [&str; 2] = ["stylus_upgradeable", "Lazy"];

/// The functions of the entrypoint, of the traits that it implements for callers, and of what it
/// inherits.
pub(super) fn read(tree: &Tree, types: &Types, found: &mut Interface) {
    let entrypoint = match blocks::entrypoint(tree) {
        Ok(entrypoint) => entrypoint,
        Err(why) => return found.unseen.push(why),
    };
    found.entrypoint = Some(entrypoint.1.clone());
    let mut reading = Reading {
        tree,
        types,
        blocks: blocks::of(tree),
        doubtful: BTreeSet::new(),
        found,
    };
    let mut left = VecDeque::from([entrypoint.clone()]);
    let mut seen = BTreeSet::new();
    while let Some(of) = left.pop_front() {
        if seen.insert(of.clone()) {
            let is_entrypoint = of == entrypoint;
            left.extend(reading.functions_of(&of, is_entrypoint));
        }
    }
}

struct Reading<'a> {
    tree: &'a Tree,
    types: &'a Types,
    blocks: Vec<Block<'a>>,
    /// Names of functions that may be there and answer before those that are inherited.
    doubtful: BTreeSet<String>,
    found: &'a mut Interface,
}

impl Reading<'_> {
    /// Adds the functions of a type; the types that it inherits.
    fn functions_of(&mut self, of: &(usize, String), is_entrypoint: bool) -> Vec<(usize, String)> {
        let (tree, name) = (self.tree, &of.1);
        let (mut own, mut by_trait) = (Vec::new(), Vec::new());
        for (number, block) in self.blocks.iter().enumerate() {
            let Type::Path(ty) = block.item.self_ty.as_ref() else {
                continue;
            };
            let is_named = ty
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == *name);
            let is_parameter = generics(&block.item.generics).contains(name);
            if ty.qself.is_some() || !is_named || is_parameter {
                continue;
            }
            let is_it = match tree.resolve(block.module, &ty.path) {
                Some(Target::Item(module, found)) if (module, &found) == (of.0, name) => true,
                Some(_) => continue, // another type of that name
                None => false,
            };
            match &block.item.trait_ {
                None => own.push((number, is_it)),
                Some((_, path, _)) => by_trait.push((number, is_it, path.clone())),
            }
        }
        let is_certain =
            |number: usize, is_it: bool| is_it && self.blocks[number].condition.is_none();
        let certain: Vec<usize> = own
            .iter()
            .filter_map(|(number, is_it)| is_certain(*number, *is_it).then_some(*number))
            .collect();
        if certain.len() != 1 {
            let line = format!("the functions of {name}, whose #[public] block was not found");
            self.found.unseen.push(line);
        }
        let one = match certain.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        for (number, is_it) in own {
            let why = match is_it {
                true => self.blocks[number].condition.clone(),
                false => Some("whose type was not found".into()),
            };
            let several =
                || (one != Some(number)).then(|| "which one of several blocks has".into());
            self.block(number, why.or_else(several), is_entrypoint);
        }
        let Some(one) = one else {
            return Vec::new();
        };
        let (module, attributes) = (self.blocks[one].module, self.blocks[one].item.attrs.clone());
        for ty in listed(&attributes, "implements") {
            self.implemented(&ty, module, &by_trait);
        }
        let mut inherited = Vec::new();
        for ty in listed(&attributes, "inherit") {
            match self.tree.resolve(module, &ty.path) {
                Some(Target::Item(module, name)) => inherited.push((module, name)),
                _ => {
                    let name = last_of(&ty.path);
                    let line =
                        format!("the functions of {name}, whose #[public] block was not found");
                    self.found.unseen.push(line);
                }
            }
        }
        inherited
    }

    /// Adds the functions of a trait that `#[implements]` names, of its implementations for the type.
    fn implemented(&mut self, ty: &TypePath, module: usize, all: &[(usize, bool, Path)]) {
        let named = self.tree.resolve(module, &ty.path);
        let is_ours = match &named {
            Some(Target::Outside(path)) => {
                let ends = [path.first(), path.last()].map(|one| one.map(String::as_str));
                ends == MADE.map(Some)
            }
            _ => false,
        };
        let name = last_of(&ty.path);
        let of_trait = all.iter().filter(|(number, _, path)| {
            let inside = self.blocks[*number].module;
            let is_spelled_alike = || inside == module && words(path) == words(&ty.path);
            let is_same = match (&named, self.tree.resolve(inside, path)) {
                (Some(Target::Outside(path)), _) if path.len() == 1 => is_spelled_alike(),
                (Some(named), Some(found)) => *named == found,
                // Names of one module that were spelled alike are one.
                _ => is_spelled_alike(),
            };
            is_same && positional(path) == positional(&ty.path)
        });
        let of_trait: Vec<(usize, bool)> = of_trait
            .map(|(number, is_it, _)| (*number, *is_it))
            .collect();
        let certain = of_trait
            .iter()
            .filter(|(number, is_it)| *is_it && self.blocks[*number].condition.is_none());
        let is_one = certain.count() == 1;
        if !is_one && !is_ours {
            let line = format!("the functions of {name}, whose #[public] block was not found");
            self.found.unseen.push(line);
        }
        for (number, is_it) in of_trait {
            let why = match is_it {
                true => self.blocks[number].condition.clone(),
                false => Some("whose type was not found".into()),
            };
            let several = || (!is_one).then(|| "which one of several blocks has".into());
            self.block(number, why.or_else(several), false);
        }
    }

    /// Adds the functions of a block, or notes them with what decides whether they are there. Calls that
    /// no function answers go to the entrypoint's own block alone.
    fn block(&mut self, number: usize, why: Option<String>, is_main: bool) {
        let Block { module, item, .. } = self.blocks[number];
        let generic = generics(&item.generics);
        let mut doubtful = Vec::new();
        for method in methods(item) {
            let name = sol_name(method);
            let part = self.tree.part_of_method(module, &method.attrs);
            let why = why.clone().or_else(|| match part.clone() {
                Part::Unknown(why) => Some(why),
                Part::Always | Part::Never => None,
            });
            let is_without_name = has(&method.attrs, "receive") || has(&method.attrs, "fallback");
            match why {
                _ if part == Part::Never => {}
                None if is_without_name && !is_main => {}
                None if self.doubtful.contains(&name) => {
                    let line = format!("which of two functions {name} answers");
                    self.found.unseen.push(line);
                }
                None => {
                    let file = &self.tree.modules[module].file;
                    if !self.found.method(file, method, self.types, &generic) {
                        doubtful.push(name);
                    }
                }
                Some(why) => {
                    let ident = &method.sig.ident;
                    let line = format!("whether there is a function {ident}, {why}");
                    self.found.unseen.push(line);
                    doubtful.push(name);
                }
            }
        }
        self.doubtful.extend(doubtful);
    }
}
