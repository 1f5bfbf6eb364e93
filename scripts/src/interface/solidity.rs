//! What stands in `sol! { … }` of the sources, by name: events and errors that the module has among its
//! bytes. The same topic cannot be that of another event.

use super::Callable;
use super::module::Module;
use super::sources::SourceFiles;
use alloy::dyn_abi::parser::is_valid_identifier;
use alloy::json_abi::{Error as AbiError, Event, EventParam, JsonAbi, Param};
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
pub(super) fn add(sources: &SourceFiles, module: &Module<'_>, to: &mut Callable) {
    to.unseen.extend(sources.unseen.iter().cloned());
    let mut items = Vec::new();
    for source in sources.files() {
        let mut found = Macros::default();
        found.visit_file(&source.file);
        for one in found.sol {
            match syn_solidity::parse2(one.tokens.clone()) {
                Ok(file) => items.extend(flat(file.items)),
                Err(_) => to
                    .unseen
                    .push(format!("a sol! of {} cannot be read", source.name)),
            }
        }
        let others = found.others.into_iter().filter(|_| source.is_own);
        let others: BTreeSet<String> = others.collect();
        to.unseen.extend(
            others
                .iter()
                .map(|name| format!("what the macro {name} makes")),
        );
    }
    let types = Types::of(&items);
    for item in &items {
        let added = match item {
            Item::Event(event) => types
                .event(event)
                .and_then(|one| add_event(one, module, &mut to.abi)),
            Item::Error(error) => types.error(error).map(|one| {
                let is_new = !to
                    .abi
                    .errors()
                    .any(|other| other.selector() == one.selector());
                if is_new && module.has_error(one.selector()) {
                    to.abi.errors.entry(one.name.clone()).or_default().push(one);
                }
            }),
            _ => Ok(()),
        };
        to.unseen.extend(added.err());
    }
}

/// The macros of a file.
#[derive(Default)]
struct Macros<'a> {
    /// Every `sol!`.
    sol: Vec<&'a Macro>,
    /// Those at the place of an item that nobody here knows.
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
        |event: &Event| -> Vec<bool> { event.inputs.iter().map(|one| one.indexed).collect() };
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

/// What the sources give the names of types to.
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

    /// What a name stands for, if all that have it are the same.
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

    fn event(&self, event: &syn_solidity::ItemEvent) -> Result<Event, String> {
        let of = || format!("the event {}", event.name);
        let inputs = event.parameters.iter().map(|input| {
            let Param {
                ty,
                name,
                components,
                ..
            } = self.param(&input.ty, input.name.as_ref())?;
            Ok(EventParam {
                ty,
                name,
                indexed: input.is_indexed(),
                components,
                internal_type: None,
            })
        });
        let inputs: Result<_, String> = inputs.collect();
        Ok(Event {
            name: identifier(&event.name).map_err(|why| format!("{}: {why}", of()))?,
            inputs: inputs.map_err(|why| format!("{}: {why}", of()))?,
            anonymous: event.is_anonymous(),
        })
    }

    fn error(&self, error: &syn_solidity::ItemError) -> Result<AbiError, String> {
        let of = || format!("the error {}", error.name);
        let inputs = error.parameters.iter();
        let inputs = inputs.map(|input| self.param(&input.ty, input.name.as_ref()));
        let inputs: Result<_, String> = inputs.collect();
        Ok(AbiError {
            name: identifier(&error.name).map_err(|why| format!("{}: {why}", of()))?,
            inputs: inputs.map_err(|why| format!("{}: {why}", of()))?,
        })
    }

    fn param(&self, ty: &Type, name: Option<&SolIdent>) -> Result<Param, String> {
        let ty = self.name(ty, DEPTH_MAX)?;
        let parsed = Param::parse(&ty).map_err(|error| format!("{ty}: {error}"))?;
        let name = name.and_then(|name| identifier(name).ok());
        Ok(Param {
            name: name.unwrap_or_default(),
            ..parsed
        })
    }

    /// A type as selectors spell it; types lie `depth` deep within each other, at most.
    fn name(&self, ty: &Type, depth: usize) -> Result<String, String> {
        let depth = depth.checked_sub(1).ok_or("a type that leads to itself")?;
        Ok(match ty {
            Type::Address(..) => "address".into(),
            Type::Bool(_) => "bool".into(),
            Type::String(_) => "string".into(),
            Type::Bytes(_) => "bytes".into(),
            Type::FixedBytes(_, size) => format!("bytes{size}"),
            Type::Int(_, bits) => format!("int{}", bits.map_or(256, Into::into)),
            Type::Uint(_, bits) => format!("uint{}", bits.map_or(256, Into::into)),
            Type::Array(array) => match array.size() {
                Some(size) => format!("{}[{size}]", self.name(&array.ty, depth)?),
                None => format!("{}[]", self.name(&array.ty, depth)?),
            },
            Type::Tuple(tuple) => {
                let all = tuple.types.iter().map(|one| self.name(one, depth));
                format!("({})", all.collect::<Result<Vec<_>, _>>()?.join(","))
            }
            Type::Custom(path) => {
                let last = path.last().to_string();
                let known = self.named(&last, depth);
                known.ok_or_else(|| format!("the type {last} is not known"))?
            }
            other => return Err(format!("the type {other} is not known")),
        })
    }
}

/// A name that Solidity allows. Rust has letters of every script, which could be read as something else.
fn identifier(name: &SolIdent) -> Result<String, String> {
    let name = name.to_string();
    match is_valid_identifier(&name) {
        true => Ok(name),
        false => Err("a name that Solidity does not allow".into()),
    }
}
