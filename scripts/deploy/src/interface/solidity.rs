//! The content of `sol! { … }` in the sources, by name: events and errors that the module has among its
//! bytes. The same topic cannot be that of another event.

use super::Callable;
use super::module::Module;
use super::sources::SourceFiles;
use alloy::dyn_abi::DynSolType;
use alloy::dyn_abi::parser::is_valid_identifier;
use alloy::json_abi::{AbiItem, Error as AbiError, Event, JsonAbi};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{ItemMacro, Macro};
use syn_solidity::{Item, SolIdent, Type};

/// Macros at the place of an item that declare no events and no errors.
const KNOWN: [&str; 7] = [
    "allocating_program",
    "complex_program",
    "lazy_maps",
    "macro_rules",
    "sol",
    "sol_interface",
    "sol_storage",
];

/// Types within each other, at most.
const DEPTH_MAX: usize = 16;

/// Adds the events and errors of the sources that are in the module.
pub(super) fn add(sources: &SourceFiles<'_>, module: &Module<'_>, to: &mut Callable) {
    to.unseen.extend(sources.unseen.iter().cloned());
    let mut items = Vec::new();
    for source in &sources.files {
        let mut found = Macros::default();
        found.visit_file(&source.file);
        for one in found.sol {
            match syn_solidity::parse2(one.tokens.clone()) {
                Ok(file) => items.extend(flat(file.items)),
                Err(_) => to
                    .unseen
                    .push(format!("a sol! of {} cannot be read", source.of.name())),
            }
        }
        let others = found.others.into_iter().filter(|_| source.of.is_own);
        let others: BTreeSet<String> = others.collect();
        to.unseen.extend(
            others
                .iter()
                .map(|name| format!("what the macro {name} makes")),
        );
    }
    let types = Types::of(&items);
    for item in &items {
        let added = match types.declared(item) {
            Ok(Some(AbiItem::Event(one))) => add_event(one.into_owned(), module, &mut to.abi),
            Ok(Some(AbiItem::Error(one))) => {
                add_error(one.into_owned(), module, &mut to.abi);
                Ok(())
            }
            other => other.map(drop),
        };
        to.unseen.extend(added.err());
    }
}

/// The macros of a file.
#[derive(Default)]
struct Macros<'a> {
    /// Every `sol!`.
    sol: Vec<&'a Macro>,
    /// The names at the place of an item that nobody here knows.
    others: Vec<String>,
}

impl<'a> Visit<'a> for Macros<'a> {
    fn visit_macro(&mut self, one: &'a Macro) {
        if last_of(one) == "sol" {
            self.sol.push(one);
        }
    }

    fn visit_item_macro(&mut self, item: &'a ItemMacro) {
        let name = last_of(&item.mac);
        if !KNOWN.contains(&name.as_str()) {
            self.others.push(name);
        }
        syn::visit::visit_item_macro(self, item);
    }
}

fn last_of(one: &Macro) -> String {
    let last = one.path.segments.last();
    last.map(|last| last.ident.to_string()).unwrap_or_default()
}

/// Items with those of contracts and interfaces among them.
fn flat(items: Vec<Item>) -> Vec<Item> {
    let inside = |item| match item {
        Item::Contract(contract) => flat(contract.body),
        other => vec![other],
    };
    items.into_iter().flat_map(inside).collect()
}

/// Adds an event that the module has. Two of one topic that index different parameters are told apart by
/// nothing, and one without a topic shows nowhere.
fn add_event(event: Event, module: &Module<'_>, abi: &mut JsonAbi) -> Result<(), String> {
    let (name, topic) = (event.name.clone(), event.selector());
    if event.anonymous {
        return Err(format!("the event {name}: it is anonymous"));
    }
    let indexed =
        |event: &Event| -> Vec<bool> { event.inputs.iter().map(|input| input.indexed).collect() };
    let same = abi.events().find(|other| other.selector() == topic);
    match same.map(indexed) {
        None if module.has_event(topic) => {
            abi.events.entry(name).or_default().push(event);
            Ok(())
        }
        Some(other) if other != indexed(&event) => Err(format!(
            "which parameters of the event {name} are indexed: two sol! differ"
        )),
        _ => Ok(()),
    }
}

/// Adds an error that the module has.
fn add_error(error: AbiError, module: &Module<'_>, abi: &mut JsonAbi) {
    let selector = error.selector();
    let is_new = abi.errors().all(|other| other.selector() != selector);
    if is_new && module.has_error(selector) {
        let same = abi.errors.entry(error.name.clone());
        same.or_default().push(error);
    }
}

/// The types that the sources give names to.
struct Types<'a>(BTreeMap<String, Vec<&'a Item>>);

impl<'a> Types<'a> {
    fn of(items: &'a [Item]) -> Self {
        let mut types: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
        for item in items {
            let name = match item {
                Item::Enum(one) => &one.name,
                Item::Struct(one) => &one.name,
                Item::Udt(one) => &one.name,
                _ => continue,
            };
            types.entry(name.to_string()).or_default().push(item);
        }
        Self(types)
    }

    /// Returns what a name stands for, if all that have it are the same.
    fn named(&self, name: &str, depth: usize) -> Option<String> {
        let all = self.0.get(name)?.iter().map(|item| match item {
            Item::Struct(one) => {
                let fields = one.fields.iter().map(|field| self.name(&field.ty, depth));
                let fields: Vec<String> = fields.collect::<Result<_, _>>().ok()?;
                Some(format!("({})", fields.join(",")))
            }
            Item::Udt(one) => self.name(&one.ty, depth).ok(),
            _ => Some("uint8".to_owned()),
        });
        let all: BTreeSet<Option<String>> = all.collect();
        match all.len() {
            1 => all.into_iter().next().flatten(),
            _ => None,
        }
    }

    /// An event or an error with the types that selectors have; nothing of any other item.
    fn declared(&self, item: &Item) -> Result<Option<AbiItem<'static>>, String> {
        let (kind, name, inputs): (_, _, Vec<_>) = match item {
            Item::Event(event) => {
                let inputs = event.parameters.iter();
                let inputs =
                    inputs.map(|input| (&input.ty, input.is_indexed(), input.name.as_ref()));
                ("event", &event.name, inputs.collect())
            }
            Item::Error(error) => {
                let inputs = error.parameters.iter();
                let inputs = inputs.map(|input| (&input.ty, false, input.name.as_ref()));
                ("error", &error.name, inputs.collect())
            }
            _ => return Ok(None),
        };
        let of = |why: &str| format!("the {kind} {name}: {why}");
        if matches!(item, Item::Event(event) if event.is_anonymous()) {
            return Err(of("it is anonymous"));
        }
        let input = |(ty, is_indexed, name): (&Type, bool, Option<&SolIdent>)| {
            let ty = self.name(ty, DEPTH_MAX)?;
            let indexed = if is_indexed { " indexed" } else { "" };
            let name = name.map(|name| name.to_string());
            let name = name.filter(|name| is_valid_identifier(name));
            Ok(format!("{ty}{indexed} {}", name.unwrap_or_default()))
        };
        let inputs: Result<Vec<String>, String> = inputs.into_iter().map(input).collect();
        let inputs = inputs.map_err(|why| of(&why))?.join(",");
        // Rust has letters of every script, which could be read as something else.
        let parsed = AbiItem::parse(&format!("{kind} {name}({inputs})"));
        let parsed = parsed.map_err(|_| of("a name that Solidity does not allow"))?;
        Ok(Some(parsed))
    }

    /// A type as selectors spell it; types lie `depth` deep within each other, at most.
    fn name(&self, ty: &Type, depth: usize) -> Result<String, String> {
        let depth = depth.checked_sub(1).ok_or("a recursive type")?;
        Ok(match ty {
            Type::Array(array) => {
                let size = array.size().map(|size| size.to_string());
                let of = self.name(&array.ty, depth)?;
                format!("{of}[{}]", size.unwrap_or_default())
            }
            Type::Tuple(tuple) => {
                let all = tuple.types.iter().map(|one| self.name(one, depth));
                format!("({})", all.collect::<Result<Vec<_>, _>>()?.join(","))
            }
            Type::Custom(path) => {
                let last = path.last().to_string();
                let known = self.named(&last, depth);
                known.ok_or_else(|| format!("the type {last} is not known"))?
            }
            Type::Address(..) => "address".into(),
            other => {
                let parsed = DynSolType::parse(&other.to_string());
                let parsed = parsed.map_err(|_| format!("the type {other} is not known"))?;
                parsed.sol_type_name().into_owned()
            }
        })
    }
}
