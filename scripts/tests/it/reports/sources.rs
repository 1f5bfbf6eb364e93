//! The structs and enums of the sources, by the paths of their modules.

use crate::prelude::*;
use std::collections::BTreeMap;
use syn::{Fields, Generics, Item, UseTree};

/// The crates whose types reports contain, with the folders of their sources.
const CRATES: [(&str, &str); 8] = [
    ("stylus_upgrades_core", "core/src"),
    ("stylus_upgrades_console", "wings/console/src"),
    ("stylus_upgrades_laboratory", "wings/laboratory/src"),
    ("stylus_upgrades_watch", "wings/watch/src"),
    ("stylus_upgrades_common", "common/src"),
    ("stylus_upgrades_deploy", "deploy/src"),
    ("stylus_upgrades_lifecycle", "lifecycle/src"),
    ("stylus_layout", "../layout/src"),
];

/// A struct or an enum.
pub(super) struct Declared {
    pub(super) path: Vec<String>,
    pub(super) attributes: Vec<syn::Attribute>,
    pub(super) generics: Generics,
    pub(super) shape: Shape,
}

/// What it consists of.
pub(super) enum Shape {
    Struct(Fields),
    Enum(Vec<syn::Variant>),
}

/// What a module imports: the name there, and the whole path.
type Imports = Vec<(String, Vec<String>)>;

/// All of them, and what each module imports: the name there, and the whole path; `*` for all that a module has.
#[derive(Default)]
pub(super) struct Sources {
    declared: Vec<Declared>,
    imports: BTreeMap<Vec<String>, Imports>,
}

impl Sources {
    pub(super) fn read() -> Self {
        let mut sources = Self::default();
        for (name, folder) in CRATES {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            sources.read_folder(&root, &[name.to_owned()]);
        }
        sources
    }

    fn read_folder(&mut self, folder: &Path, module: &[String]) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let mut inner = module.to_vec();
            if !["lib", "main", "mod"].contains(&name.as_str()) {
                inner.push(name);
            }
            if path.is_dir() {
                self.read_folder(&path, &inner);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                self.add(syn::parse_file(&text).expect("Rust").items, &inner);
            }
        }
    }

    fn add(&mut self, items: Vec<Item>, module: &[String]) {
        for item in items {
            let (name, attributes, generics, shape) = match item {
                Item::Struct(one) => (
                    one.ident,
                    one.attrs,
                    one.generics,
                    Shape::Struct(one.fields),
                ),
                Item::Enum(one) => {
                    let variants = one.variants.into_iter().collect();
                    (one.ident, one.attrs, one.generics, Shape::Enum(variants))
                }
                Item::Use(one) => {
                    let imports = self.imports.entry(module.to_vec()).or_default();
                    add_imports(&one.tree, &mut Vec::new(), imports);
                    continue;
                }
                _ => continue,
            };
            self.declared.push(Declared {
                path: [module, &[name.to_string()]].concat(),
                attributes,
                generics,
                shape,
            });
        }
    }

    /// The type that a path names in a module: one of this module, or of the modules that the path or the import names,
    /// in the same crate or else in another.
    ///
    /// # Panics
    /// If there is none, or more than one.
    pub(super) fn find(&self, named: &[String], module: &[String]) -> &Declared {
        let (first, rest) = named.split_first().expect("a name");
        let imported = self.imported(first, module);
        let whole = imported.map_or_else(|| named.to_vec(), |path| [path, rest].concat());
        let ups = whole.iter().take_while(|word| *word == "super").count();
        let above = &module[..module.len() - ups];
        let there = [above, &whole[ups..]].concat();
        if let Some(found) = self.declared.iter().find(|one| one.path == there) {
            return found;
        }
        let (name, modules) = whole.split_last().expect("a name");
        let found = self.declared.iter().filter(|one| {
            let mut within = modules.iter().filter(|word| !is_relative(word));
            one.path.last() == Some(name) && within.all(|word| one.path.contains(word))
        });
        let mut found: Vec<&Declared> = found.collect();
        let is_here = |one: &&Declared| one.path.first() == module.first();
        if found.iter().any(is_here) {
            found.retain(is_here);
        } else if found.len() > 1 {
            // The crates of the command line have the modules of lower ones under the same names.
            found.retain(|one| one.path[0].starts_with("stylus_upgrades"));
        }
        match found.as_slice() {
            [one] => one,
            others => {
                let others: Vec<String> = others.iter().map(|one| one.path.join("::")).collect();
                panic!("{whole:?} in {module:?} is one of {others:?}")
            }
        }
    }

    /// The path of a name that a module imports, itself or with all that another module has.
    fn imported(&self, name: &str, module: &[String]) -> Option<&[String]> {
        let imports = self.imports.get(module)?;
        if let Some((_, path)) = imports.iter().find(|(one, _)| one == name) {
            return Some(path);
        }
        let all = imports.iter().filter(|(one, _)| one == "*");
        let mut others = all.filter_map(|(_, path)| absolute(path, module));
        others.find_map(|other| self.imported(name, &other))
    }
}

/// The module that a path in another one leads to; `None` where it leads out of the crate.
fn absolute(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|word| *word == "super").count();
    let within = match path.first()?.as_str() {
        "crate" => &module[..1],
        "self" => module,
        "super" => &module[..module.len().checked_sub(ups)?],
        _ => return None,
    };
    Some([within, &path[ups.max(1)..]].concat())
}

fn is_relative(word: &str) -> bool {
    ["crate", "super", "self"].contains(&word)
}

fn add_imports(tree: &UseTree, path: &mut Vec<String>, imports: &mut Imports) {
    match tree {
        UseTree::Path(one) => {
            path.push(one.ident.to_string());
            add_imports(&one.tree, path, imports);
            path.pop();
        }
        UseTree::Group(group) => {
            let items = group.items.iter();
            items.for_each(|one| add_imports(one, path, imports));
        }
        UseTree::Name(one) => {
            let name = one.ident.to_string();
            imports.push((name.clone(), [path.as_slice(), &[name]].concat()));
        }
        UseTree::Rename(one) => {
            let whole = [path.as_slice(), &[one.ident.to_string()]].concat();
            imports.push((one.rename.to_string(), whole));
        }
        UseTree::Glob(_) => imports.push(("*".into(), path.clone())),
    }
}
