//! The JSON schemas of types, as serde serializes them by their attributes.

use super::sources::{Declared, Shape, Sources};
use crate::prelude::*;
use serde_json::Map;
use std::collections::{BTreeMap, BTreeSet};
use syn::punctuated::Punctuated;
use syn::{Expr, Field, Fields, GenericArgument, Lit, Meta, PathArguments, Token, Type};

/// Where a type stands: its module, and what its parameters are.
#[derive(Clone, Default)]
struct Scope {
    module: Vec<String>,
    parameters: BTreeMap<String, Value>,
}

/// The fields of an object.
#[derive(Default)]
pub(super) struct Object {
    properties: Map<String, Value>,
    required: BTreeSet<String>,
}

/// The definitions of types so far, by name.
pub(super) struct Schemas<'a> {
    sources: &'a Sources,
    names: BTreeMap<String, String>,
    pub(super) definitions: Map<String, Value>,
}

/// The arguments of the `serde` attributes of a type, a field or a variant.
struct Serde(BTreeMap<String, String>);

impl Serde {
    fn of(attributes: &[syn::Attribute]) -> Self {
        let mut all = BTreeMap::new();
        for attribute in attributes.iter().filter(|one| one.path().is_ident("serde")) {
            let words = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            for word in words.expect("words of serde") {
                let value = match &word {
                    Meta::NameValue(pair) => text_of(&pair.value),
                    _ => String::new(),
                };
                let name = word.path().get_ident().map(ToString::to_string);
                all.insert(name.unwrap_or_default(), value);
            }
        }
        Self(all)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The name of a field or a variant in JSON; `style` is what its type says.
    fn name(&self, ident: &syn::Ident, style: Option<&str>) -> String {
        let ident = ident.to_string();
        let ident = ident.strip_prefix("r#").unwrap_or(&ident);
        self.get("rename")
            .map_or_else(|| renamed(ident, style), str::to_owned)
    }
}

impl<'a> Schemas<'a> {
    pub(super) fn of_sources(sources: &'a Sources) -> Self {
        Self {
            sources,
            names: BTreeMap::new(),
            definitions: Map::new(),
        }
    }

    /// The schema of a type by its whole name, as Rust prints it.
    pub(super) fn of_name(&mut self, name: &str) -> Value {
        let parsed = syn::parse_str(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        self.of(&parsed, &Scope::default())
    }

    fn of(&mut self, of: &Type, scope: &Scope) -> Value {
        match of {
            Type::Reference(one) => self.of(&one.elem, scope),
            Type::Slice(one) => json!({"type": "array", "items": self.of(&one.elem, scope)}),
            Type::Array(one) => json!({"type": "array", "items": self.of(&one.elem, scope)}),
            Type::Tuple(one) => {
                let items: Vec<Value> = one.elems.iter().map(|of| self.of(of, scope)).collect();
                json!({"type": "array", "prefixItems": items})
            }
            Type::Path(one) => self.of_path(&one.path, scope),
            other => panic!("no schema of {other:?}"),
        }
    }

    fn of_path(&mut self, path: &syn::Path, scope: &Scope) -> Value {
        let named = path.segments.iter().map(|one| one.ident.to_string());
        let named: Vec<String> = named.collect();
        let name = named.last().expect("a name");
        if let Some(parameter) = scope.parameters.get(name) {
            return parameter.clone();
        }
        let arguments = arguments(path);
        match (name.as_str(), arguments.as_slice()) {
            ("Option", [of]) => any_of([self.of(of, scope), json!({"type": "null"})]),
            ("Vec" | "BTreeSet" | "VecDeque", [of]) => {
                json!({"type": "array", "items": self.of(of, scope)})
            }
            ("Box" | "Arc" | "Cow", [of]) => self.of(of, scope),
            ("BTreeMap", [_, of]) => {
                json!({"type": "object", "additionalProperties": self.of(of, scope)})
            }
            _ => match by_hand(name) {
                Some(schema) => schema,
                None => {
                    let declared = self.sources.find(&named, &scope.module);
                    let arguments = arguments.iter().map(|of| self.of(of, scope)).collect();
                    self.of_declared(declared, arguments)
                }
            },
        }
    }

    /// A reference to the definition of a type of the program's. It is made once.
    fn of_declared(&mut self, declared: &Declared, arguments: Vec<Value>) -> Value {
        let key = format!("{}{arguments:?}", declared.path.join("::"));
        if let Some(name) = self.names.get(&key) {
            return reference(name);
        }
        let name = self.free_name(declared, &arguments);
        self.names.insert(key, name.clone());
        self.definitions.insert(name.clone(), Value::Null);
        let parameters = declared.generics.type_params();
        let parameters = parameters.map(|one| one.ident.to_string()).zip(arguments);
        let scope = Scope {
            module: declared.path[..declared.path.len() - 1].to_vec(),
            parameters: parameters.collect(),
        };
        let serde = Serde::of(&declared.attributes);
        let schema = match &declared.shape {
            // The report of a governed call: fields of the command, and those of all such calls.
            Shape::Struct(fields) if !scope.parameters.is_empty() => {
                let parts: Vec<Value> = fields.iter().map(|one| self.of(&one.ty, &scope)).collect();
                json!({"allOf": parts})
            }
            _ if serde.has("into") => by_hand(serde.get("into").expect("a type")).expect("known"),
            Shape::Struct(fields) => self.of_fields(fields, serde.get("rename_all"), &scope),
            Shape::Enum(variants) => self.of_variants(variants, &serde, &scope),
        };
        let schema = described(schema, &declared.attributes);
        self.definitions.insert(name.clone(), schema);
        reference(&name)
    }

    /// The name of a type, with the types in it; with its module if another type has the same name.
    fn free_name(&self, declared: &Declared, arguments: &[Value]) -> String {
        let mut path = declared.path.iter().rev();
        let mut name = path.next().expect("a name").clone();
        for argument in arguments {
            name.push_str(referred(argument).unwrap_or_default());
        }
        while self.definitions.contains_key(&name) {
            name = format!("{}.{name}", path.next().expect("a module"));
        }
        name
    }

    fn of_fields(&mut self, fields: &Fields, style: Option<&str>, scope: &Scope) -> Value {
        match fields {
            Fields::Unit => json!({"type": "null"}),
            Fields::Unnamed(all) => match all.unnamed.first() {
                Some(inner) if all.unnamed.len() == 1 => self.of(&inner.ty, scope),
                _ => panic!("no schema of a tuple with a name"),
            },
            Fields::Named(all) => {
                let mut object = Object::default();
                for field in &all.named {
                    self.add_field(&mut object, field, style, scope);
                }
                object.schema()
            }
        }
    }

    fn add_field(
        &mut self,
        object: &mut Object,
        field: &Field,
        style: Option<&str>,
        scope: &Scope,
    ) {
        let serde = Serde::of(&field.attrs);
        if serde.has("skip") {
            return;
        }
        let condition = serde.get("skip_serializing_if");
        let schema = match (serde.get("serialize_with"), &field.ty) {
            (Some(function), _) => self.of_name(written_by(function)),
            (None, Type::Path(one)) if condition == Some("Option::is_none") => {
                let inner = arguments(&one.path);
                self.of(inner.first().expect("an option"), scope)
            }
            (None, of) => self.of(of, scope),
        };
        if serde.has("flatten") {
            let mut inner = fields_of(&schema, &self.definitions);
            if condition.is_some() {
                inner.required.clear();
            }
            object.merge(inner);
            return;
        }
        let name = serde.name(field.ident.as_ref().expect("a name"), style);
        if condition.is_none() {
            object.required.insert(name.clone());
        }
        object.add(name, described(schema, &field.attrs));
    }

    fn of_variants(&mut self, variants: &[syn::Variant], of: &Serde, scope: &Scope) -> Value {
        let (style, tag) = (of.get("rename_all"), of.get("tag"));
        let mut words = Vec::new();
        let mut all = Vec::new();
        for variant in variants {
            let name = Serde::of(&variant.attrs).name(&variant.ident, style);
            if variant.fields == Fields::Unit && tag.is_none() {
                words.push(json!(name));
                continue;
            }
            let content = self.of_fields(&variant.fields, None, scope);
            let schema = match tag {
                Some(tag) => {
                    let mut object = fields_of(&content, &self.definitions);
                    object.required.insert(tag.to_owned());
                    object.add(tag.to_owned(), json!({"const": name}));
                    object.schema()
                }
                None if of.has("untagged") => content,
                None => {
                    let properties = Map::from_iter([(name.clone(), content)]);
                    json!({"type": "object", "properties": properties, "required": [name]})
                }
            };
            all.push(described(schema, &variant.attrs));
        }
        if !words.is_empty() {
            all.push(json!({"enum": words}));
        }
        any_of(all)
    }
}

impl Object {
    /// Adds a field. One that two flattened objects have may be of either form; the first describes it.
    fn add(&mut self, name: String, schema: Value) {
        let schema = match self.properties.remove(&name) {
            Some(earlier) if bare(&earlier) == bare(&schema) => earlier,
            Some(earlier) => any_of([earlier, schema]),
            None => schema,
        };
        self.properties.insert(name, schema);
    }

    fn merge(&mut self, other: Self) {
        for (name, schema) in other.properties {
            self.add(name, schema);
        }
        self.required.extend(other.required);
    }

    pub(super) fn schema(mut self) -> Value {
        if self.properties.contains_key("tx") {
            let link = "The page of an explorer about the transaction, if the manifest names one.";
            self.add(
                "link".into(),
                json!({"type": "string", "description": link}),
            );
        }
        json!({"type": "object", "properties": self.properties, "required": self.required})
    }
}

/// The fields of the objects that a schema describes. Those of one of several forms are required if all have them.
pub(super) fn fields_of(schema: &Value, definitions: &Map<String, Value>) -> Object {
    let mut object = Object::default();
    if let Some(name) = referred(schema) {
        object.merge(fields_of(&definitions[name], definitions));
    }
    for part in list_in(schema, "allOf") {
        object.merge(fields_of(part, definitions));
    }
    let mut forms = list_in(schema, "anyOf").map(|one| fields_of(one, definitions));
    if let Some(mut union) = forms.next() {
        for form in forms {
            union.required.retain(|name| form.required.contains(name));
            let required = std::mem::take(&mut union.required);
            union.merge(form);
            union.required = required;
        }
        object.merge(union);
    }
    let own = schema["properties"].as_object().cloned();
    object.merge(Object {
        properties: own.unwrap_or_default(),
        required: list_in(schema, "required")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    });
    object
}

/// The list in a schema; empty if there is none.
pub(super) fn list_in<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    schema[name].as_array().into_iter().flatten()
}

/// The schemas of types that are not declared with `derive(Serialize)`.
fn by_hand(name: &str) -> Option<Value> {
    Some(match name {
        "bool" => json!({"type": "boolean"}),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i32" | "i64" | "i128" => {
            json!({"type": "integer"})
        }
        "f64" => json!({"type": "number"}),
        "String" | "str" | "char" | "PathBuf" | "Path" | "Address" | "B256" | "U256" | "Bytes"
        | "Selector" | "FindingId" | "ActionId" | "CodeHash" | "LayoutHash" | "SourceHash"
        | "CalldataHash" | "TxHash" | "ProxyKind" | "DefinitionState" | "InstanceState"
        | "StepKind" | "BlockedBy" => json!({"type": "string"}),
        "Value" => json!({}),
        // How much of each part was checked.
        "Coverage" => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        // Expectations in words; null if they are not known.
        "Asks" => json!({"type": ["array", "null"], "items": {"type": "string"}}),
        _ => return None,
    })
}

/// The type that a function of the program's serializes in place of the field's own.
fn written_by(function: &str) -> &'static str {
    match function {
        "decimal" => "String",
        "as_seconds" => "f64",
        "as_summary" | "joined" => "Option<String>",
        "step::serialize" => "Vec<stylus_upgrades_common::model::step::Document>",
        other => panic!("the form that {other} writes is not known"),
    }
}

fn any_of(all: impl IntoIterator<Item = Value>) -> Value {
    let mut all: Vec<Value> = all.into_iter().collect();
    match all.len() {
        1 => all.remove(0),
        _ => json!({"anyOf": all}),
    }
}

/// A schema without its description.
fn bare(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("description");
    }
    schema
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The definition that a schema refers to.
pub(super) fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// All definitions that a schema refers to, anywhere in it.
fn references(schema: &Value) -> Vec<String> {
    let inner: Vec<&Value> = match schema {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(all) => all.iter().collect(),
        _ => Vec::new(),
    };
    let own = schema
        .get("$ref")
        .and_then(|_| referred(schema))
        .map(str::to_owned);
    own.into_iter()
        .chain(inner.into_iter().flat_map(references))
        .collect()
}

/// Leaves out the definitions that nothing refers to, beginning from `roots`.
pub(super) fn retain_used(definitions: &mut Map<String, Value>, roots: &Value) {
    let mut used = BTreeSet::new();
    let mut open = references(roots);
    while let Some(name) = open.pop() {
        if used.insert(name.clone()) {
            open.extend(references(&definitions[&name]));
        }
    }
    definitions.retain(|name, _| used.contains(name));
}

/// The types between the angle brackets of a path.
fn arguments(path: &syn::Path) -> Vec<&Type> {
    let PathArguments::AngleBracketed(all) = &path.segments.last().expect("a name").arguments
    else {
        return Vec::new();
    };
    let types = all.args.iter().filter_map(|one| match one {
        GenericArgument::Type(of) => Some(of),
        _ => None,
    });
    types.collect()
}

/// A schema with the first paragraph of its comment.
fn described(mut schema: Value, attributes: &[syn::Attribute]) -> Value {
    let lines = attributes.iter().filter(|one| one.path().is_ident("doc"));
    let lines = lines.filter_map(|one| Some(text_of(&one.meta.require_name_value().ok()?.value)));
    let lines = lines.map(|line| line.trim().to_owned());
    let paragraph: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    if let Some(fields) = schema.as_object_mut().filter(|_| !paragraph.is_empty()) {
        fields.insert("description".into(), paragraph.join(" ").into());
    }
    schema
}

fn text_of(value: &Expr) -> String {
    match value {
        Expr::Lit(one) => match &one.lit {
            Lit::Str(text) => text.value(),
            other => panic!("no text: {other:?}"),
        },
        other => panic!("no text: {other:?}"),
    }
}

/// A name of Rust in a style of serde.
fn renamed(name: &str, style: Option<&str>) -> String {
    let mut words = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    match style {
        None => name.to_owned(),
        Some("lowercase") => name.to_lowercase(),
        Some("UPPERCASE") => name.to_uppercase(),
        Some("snake_case") => words,
        Some("kebab-case") => words.replace('_', "-"),
        Some("camelCase") => {
            let mut parts = words.split('_');
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |all, part| {
                let (initial, rest) = part.split_at(part.len().min(1));
                all + &initial.to_uppercase() + rest
            })
        }
        Some(other) => panic!("a style that is not known: {other}"),
    }
}
