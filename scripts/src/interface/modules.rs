//! The modules of crates, found as the compiler finds them: from the root of the library by `mod`.

mod manifest;
mod supply;

use super::condition::{Part, TOOLS, is_of_tool};
use super::names::{Named, Names};
use super::storage::idents;
use manifest::Manifest;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use supply::Locks;
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// Modules of a contract and of what it depends on, at most.
const MODULES_MAX: usize = 10_000;
/// Bytes of a source file, at most.
const FILE_MAX: u64 = 8_000_000;

/// The modules of a contract's crate, and of those that it depends on by path.
#[derive(Default)]
pub(super) struct Tree {
    pub(super) crates: Vec<Crate>,
    pub(super) modules: Vec<Module>,
    /// What of the contract's own crate could not be read, and why.
    pub(super) unseen: Vec<String>,
}

/// A crate.
pub(super) struct Crate {
    /// Its root.
    pub(super) root: Option<usize>,
    /// The crates that it can name, of those that were read.
    pub(super) externs: BTreeMap<String, usize>,
    /// Why it has no functions, whatever its sources show.
    pub(super) is_other: Option<String>,
    /// Whether it is one of the framework's own.
    pub(super) is_framework: bool,
}

/// A module.
pub(super) struct Module {
    pub(super) krate: usize,
    pub(super) parent: Option<usize>,
    pub(super) file: PathBuf,
    pub(super) items: Vec<Item>,
    pub(super) names: Names,
    /// What decides whether it is compiled, where something does.
    pub(super) condition: Option<String>,
    /// Whether something in it has an attribute of a tool.
    uses_tools: bool,
}

/// A module whose items are not added yet.
struct Found {
    krate: usize,
    parent: Option<usize>,
    name: String,
    file: PathBuf,
    items: Vec<Item>,
    condition: Option<String>,
    /// Where the files of its modules lie; nothing where that is not known.
    folder: Option<PathBuf>,
    is_inline: bool,
}

impl Tree {
    /// Reads the crate in `folder`, which is first, and those in `dependencies`.
    pub(super) fn read(folder: &Path, dependencies: &[PathBuf]) -> Self {
        let mut tree = Self::default();
        let folders: Vec<&Path> = std::iter::once(folder)
            .chain(dependencies.iter().map(PathBuf::as_path))
            .collect();
        let manifests: Vec<Manifest> = folders.iter().map(|one| Manifest::read(one)).collect();
        let mut locks = Locks::default();
        for (krate, manifest) in manifests.iter().enumerate() {
            tree.crates.push(Crate {
                root: None,
                externs: manifest.externs(&manifests),
                is_other: manifest.is_other(&mut locks),
                is_framework: manifest.is_framework(),
            });
            let root = manifest.root();
            let condition = manifest.why_unknown();
            tree.file(
                Found {
                    krate,
                    parent: None,
                    name: String::new(),
                    folder: root.parent().map(Path::to_owned),
                    file: root,
                    items: Vec::new(),
                    condition,
                    is_inline: false,
                },
                folders[krate],
            );
        }
        tree.require_tools();
        tree
    }

    /// Adds the module that a file has, and those below it.
    fn file(&mut self, root: Found, folder: &Path) {
        let mut left = vec![root];
        while let Some(mut found) = left.pop() {
            if !found.is_inline {
                match self.parse(&found, folder) {
                    Ok(file) => {
                        match Part::of(&file.attrs) {
                            Part::Never => continue,
                            Part::Unknown(why) => {
                                found.condition.get_or_insert(why);
                            }
                            Part::Always => {}
                        }
                        found.items = file.items;
                    }
                    Err(reason) => {
                        self.note(&found, folder, &reason);
                        continue;
                    }
                }
            }
            if self.modules.len() >= MODULES_MAX {
                self.note(&found, folder, "there are too many modules");
                return;
            }
            self.add(found, &mut left);
        }
    }

    fn add(&mut self, found: Found, left: &mut Vec<Found>) {
        let (number, krate) = (self.modules.len(), found.krate);
        let mut tools = Tools(false);
        found.items.iter().for_each(|item| tools.visit_item(item));
        let mut items = Vec::new();
        for item in found.items {
            let Item::Mod(module) = item else {
                items.push(item);
                continue;
            };
            let condition = match Part::of(&module.attrs) {
                Part::Never => continue,
                Part::Unknown(why) => found.condition.clone().or(Some(why)),
                Part::Always => found.condition.clone(),
            };
            let outside = Outside {
                file: &found.file,
                folder: found.folder.as_deref(),
                is_inline: found.is_inline,
            };
            match outside.module(module) {
                Ok((name, file, items, below)) => left.push(Found {
                    krate,
                    parent: Some(number),
                    name,
                    is_inline: file.is_none(),
                    file: file.unwrap_or_else(|| found.file.clone()),
                    items: items.unwrap_or_default(),
                    condition,
                    folder: below,
                }),
                Err(reason) if krate == 0 => self.unseen.push(reason),
                Err(_) => {} // what is inherited from it is missed later
            }
        }
        let names = Names::of(&items);
        match found.parent {
            Some(parent) => {
                let is_certain = self.modules[parent].condition == found.condition;
                let named = match is_certain {
                    true => Named::Module(number),
                    false => Named::Unknown,
                };
                self.modules[parent].names.add(found.name, named);
            }
            None => self.crates[krate].root = Some(number),
        }
        self.modules.push(Module {
            krate,
            parent: found.parent,
            file: found.file,
            items,
            names,
            condition: found.condition,
            uses_tools: tools.0,
        });
    }

    /// Refuses crates in which the attribute of a tool may be a macro: of a crate or a module that has the
    /// tool's name.
    fn require_tools(&mut self) {
        for number in 0..self.modules.len() {
            let module = &self.modules[number];
            let is_taken = TOOLS
                .iter()
                .any(|one| module.names.named.contains_key(*one));
            if module.uses_tools && (is_taken || self.may_come_from_elsewhere(number)) {
                let why = "an attribute of a tool may be a macro of that name";
                let krate = module.krate;
                self.crates[krate]
                    .is_other
                    .get_or_insert_with(|| why.into());
            }
        }
    }

    fn note(&mut self, found: &Found, folder: &Path, reason: &str) {
        if found.krate == 0 {
            let shown = found.file.strip_prefix(folder).unwrap_or(&found.file);
            let line = format!("{} cannot be read: {reason}", shown.display());
            self.unseen.push(line);
        }
    }

    /// The file of a module, unless it leads back to one that it is in.
    fn parse(&self, found: &Found, folder: &Path) -> Result<syn::File, String> {
        let mut above = found.parent;
        while let Some(number) = above {
            let module = &self.modules[number];
            if canonical(&module.file) == canonical(&found.file) {
                return Err("it leads back to itself".into());
            }
            above = module.parent;
        }
        let real = std::fs::canonicalize(&found.file).map_err(|error| error.to_string())?;
        let is_inside = canonical(folder).is_some_and(|folder| real.starts_with(folder));
        if !is_inside
            && canonical(folder).map(|base| plain(&base, folder, &found.file)) != Some(real.clone())
        {
            return Err("it is a link that leads out of the package".into());
        }
        let metadata = std::fs::metadata(&real).map_err(|error| error.to_string())?;
        if !metadata.is_file() || metadata.len() > FILE_MAX {
            return Err("it is no file, or too large".into());
        }
        super::parse(&real)
    }
}

/// Whether there is an attribute of a tool.
struct Tools(bool);

impl<'a> Visit<'a> for Tools {
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        let path = attribute.path();
        let is_added = || {
            let list = attribute.meta.require_list();
            list.is_ok_and(|list| {
                let mut words = idents(list.tokens.clone()).into_iter();
                words.any(|word| TOOLS.contains(&word.as_str()))
            })
        };
        self.0 |= is_of_tool(path) || (path.is_ident("cfg_attr") && is_added());
    }
}

/// The module that a `mod` stands in.
struct Outside<'a> {
    file: &'a Path,
    folder: Option<&'a Path>,
    is_inline: bool,
}

/// A module's name, its file or its items, and where the files of its modules lie.
type Parts = (String, Option<PathBuf>, Option<Vec<Item>>, Option<PathBuf>);

impl Outside<'_> {
    fn module(&self, module: ItemMod) -> Result<Parts, String> {
        let name = module.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
        let named = path_of(&module);
        if let Some((_, items)) = module.content {
            let below = match named {
                None => self.folder.map(|folder| folder.join(&name)),
                Some(_) => None,
            };
            return Ok((name, None, Some(items), below));
        }
        let missing = || format!("the module {name}, whose file was not found");
        if let Some(path) = named {
            let path = path.ok_or_else(missing)?;
            let base = match self.is_inline {
                true => self.folder,
                false => self.file.parent(),
            };
            let file = base.ok_or_else(missing)?.join(path);
            let below = file.parent().map(Path::to_owned);
            return Ok((name, Some(file), None, below));
        }
        let folder = self.folder.ok_or_else(missing)?;
        let files = [
            folder.join(format!("{name}.rs")),
            folder.join(&name).join("mod.rs"),
        ];
        let mut files = files.into_iter().filter(|file| file.is_file());
        match (files.next(), files.next()) {
            (Some(file), None) => {
                let below = folder.join(&name);
                Ok((name, Some(file), None, Some(below)))
            }
            _ => Err(missing()),
        }
    }
}

/// What `#[path]` says; nothing inside where it is no text.
fn path_of(module: &ItemMod) -> Option<Option<String>> {
    let attribute = module
        .attrs
        .iter()
        .find(|one| one.path().is_ident("path"))?;
    let Meta::NameValue(pair) = &attribute.meta else {
        return Some(None);
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(Some(text.value())),
        _ => Some(None),
    }
}

fn canonical(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// Where `file`, below `folder` as it was given, would lie without links; `base` is where `folder` does.
fn plain(base: &Path, folder: &Path, file: &Path) -> PathBuf {
    let mut plain = base.to_owned();
    for part in file.strip_prefix(folder).unwrap_or(file).components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
