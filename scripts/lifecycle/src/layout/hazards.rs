//! What OpenZeppelin Upgrades refuses of code behind a proxy, found in the AST of a build-info: delegatecall,
//! selfdestruct, linked libraries, immutables, constructors, variables that are assigned where they are declared, and
//! initializers that are missing, called twice or out of order. Tags in the sources allow a kind as they do for that
//! tool; what they allow is found all the same, and says so.

mod allowed;
mod constants;
mod counters;
mod initializers;
mod pointers;

pub use self::counters::{Counter, Initializer, Initializers};

use self::allowed::{AllowedBy, Tags};
use super::compiled::linked;
use super::nodes::{Declared, Nodes, each, is, list, named_by};
use crate::assess::Fact;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use stylus_layout::Layout;

/// A kind of hazard, under the name that the tag `@custom:oz-upgrades-unsafe-allow` has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HazardKind {
    /// Code of others runs on the proxy's storage.
    Delegatecall,
    /// The code can be destroyed.
    Selfdestruct,
    /// Code at another address runs on the proxy's storage.
    ExternalLibraryLinking,
    /// A value that stands in the code and not in storage.
    StateVariableImmutable,
    /// A value that only a constructor would store.
    StateVariableAssignment,
    /// Code that never runs behind a proxy.
    Constructor,
    /// Parents whose initializers nothing calls, as there is no initializer.
    MissingInitializer,
    /// A parent whose initializer is not called.
    MissingInitializerCall,
    /// A parent whose initializer is called twice.
    DuplicateInitializerCall,
    /// Initializers of parents that are not called in the order of the parents.
    IncorrectInitializerOrder,
    /// Anybody can initialize the code itself, which no proxy needs.
    OpenImplementation,
    /// Assembly can set a pointer to an internal function to anything: what runs then, no source shows.
    FunctionPointer,
}

impl HazardKind {
    /// Its name in tags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delegatecall => "delegatecall",
            Self::Selfdestruct => "selfdestruct",
            Self::ExternalLibraryLinking => "external-library-linking",
            Self::StateVariableImmutable => "state-variable-immutable",
            Self::StateVariableAssignment => "state-variable-assignment",
            Self::Constructor => "constructor",
            Self::MissingInitializer => "missing-initializer",
            Self::MissingInitializerCall => "missing-initializer-call",
            Self::DuplicateInitializerCall => "duplicate-initializer-call",
            Self::IncorrectInitializerOrder => "incorrect-initializer-order",
            Self::OpenImplementation => "open-implementation",
            Self::FunctionPointer => "function-pointer",
        }
    }

    /// What it means behind a proxy.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Delegatecall => "runs code of another account on the proxy's storage",
            Self::Selfdestruct => "can destroy the code, or send the proxy's balance away",
            Self::ExternalLibraryLinking => {
                "runs the code of a linked library on the proxy's storage"
            }
            Self::StateVariableImmutable => {
                "is a value in the code: every proxy of this code has the same"
            }
            Self::StateVariableAssignment => {
                "is assigned where it is declared: the proxy's storage never has that value"
            }
            Self::Constructor => "never runs behind a proxy: what it stores is not there",
            Self::MissingInitializer => "has parents with initializers, and no initializer",
            Self::MissingInitializerCall => "is an initializer of a parent that nothing calls",
            Self::DuplicateInitializerCall => "is an initializer of a parent that runs twice",
            Self::OpenImplementation => {
                "can be initialized by anybody where it lies: its constructor does not call _disableInitializers()"
            }
            Self::FunctionPointer => {
                "may run bytes that no source shows as code: its assembly can set a pointer to an internal function"
            }
            Self::IncorrectInitializerOrder => {
                "is an initializer of a parent that does not run in the order of the parents"
            }
        }
    }
}

/// A hazard of a contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hazard {
    /// Its kind.
    pub kind: HazardKind,
    /// The contract and the function, variable or library: `Vault.run(address)`. No other place of that kind has the
    /// same words.
    pub place: String,
    /// The source file.
    pub file: String,
    /// Whether a tag of who wrote the contract allows it.
    pub is_allowed: bool,
}

/// What the sources of a contract show of its code. One that lists nothing says that they were searched: where nobody
/// searched them, there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// What no proxy should run.
    pub hazards: Vec<Hazard>,
    /// What its initializers leave behind.
    pub initializers: Initializers,
}

impl Audit {
    /// Nobody searched the sources: no file shows them.
    pub fn unknown() -> Fact<Self> {
        Fact::unknown("no build-info shows them")
    }
}

/// What a build-info shows of a contract, which has that layout; nothing where its AST is not there.
pub(super) fn of(
    info: &Value,
    (file, name): (&str, &str),
    contract: &Map<String, Value>,
    layout: &Layout,
) -> Option<Audit> {
    let output = info.get("output").unwrap_or(info);
    let compiled = output.get("sources").and_then(Value::as_object)?;
    if compiled.values().any(|source| source.get("ast").is_none()) {
        return None;
    }
    let mut all = list(&compiled.get(file)?["ast"]["nodes"]).iter();
    let own = all.find(|node| is(node, "ContractDefinition") && node["name"] == name)?;
    let nodes = Nodes::of(compiled.values().map(|source| &source["ast"]), own)?;
    let tags = Tags::of(info);
    let search = Search {
        nodes: &nodes,
        tags: &tags,
    };
    let mut found = Hazards::default();
    for base in nodes.bases() {
        search.of_contract(&base, &mut found);
    }
    search.libraries(own, contract, &mut found);
    search.pointers(own, &mut found);
    initializers::hazards(&search, own, &mut found);
    Some(Audit {
        hazards: found.list(),
        initializers: Initializers::of(&nodes, layout),
    })
}

/// What was found so far.
#[derive(Default)]
struct Hazards(BTreeSet<Hazard>);

impl Hazards {
    /// Adds a hazard at a place of a file, unless what OpenZeppelin published allows it.
    fn add(&mut self, kind: HazardKind, (place, file): (String, &str), by: AllowedBy) {
        if by < AllowedBy::Published {
            self.0.insert(Hazard {
                kind,
                place,
                file: file.to_owned(),
                is_allowed: by == AllowedBy::Author,
            });
        }
    }

    /// Each once. What one way allows and another one does not is not allowed.
    fn list(self) -> Vec<Hazard> {
        let mut all: Vec<Hazard> = self.0.into_iter().collect();
        all.dedup_by(|later, first| {
            (later.kind, &later.place, &later.file) == (first.kind, &first.place, &first.file)
        });
        // Two files may have contracts of one name.
        let is_same =
            |one: &Hazard, next: &Hazard| (one.kind, &one.place) == (next.kind, &next.place);
        for same in all.chunk_by_mut(is_same).filter(|same| same.len() > 1) {
            for one in same {
                one.place = format!("{}@{}", one.place, one.file);
            }
        }
        all
    }
}

/// What is looked for in the code of functions.
const OPERATIONS: [HazardKind; 2] = [HazardKind::Delegatecall, HazardKind::Selfdestruct];

struct Search<'a, 'v> {
    nodes: &'a Nodes<'v>,
    tags: &'a Tags<'v>,
}

impl<'v> Search<'_, 'v> {
    /// What a declaration is called, with its contract, or something in it.
    fn place(&self, of: &Declared<'_>, what: &str) -> String {
        let contract = of.contract.and_then(|id| self.nodes.get(id));
        let contract = contract.map_or("", |one| text(&one.node["name"]));
        match (contract, what) {
            ("", what) => what.to_owned(),
            (contract, "") => contract.to_owned(),
            (contract, what) => format!("{contract}.{what}"),
        }
    }

    /// What a contract, or a parent of it, declares.
    fn of_contract(&self, base: &Declared<'v>, found: &mut Hazards) {
        // Arguments of a parent's constructor, which may store a pointer to what they name.
        for node in list(&base.node["baseContracts"]) {
            let contract = base.node["id"].as_u64();
            let specifier = Declared {
                node,
                contract,
                ..*base
            };
            for kind in OPERATIONS {
                self.operations(specifier, kind, found);
            }
        }
        for node in list(&base.node["nodes"]) {
            let one = Declared {
                node,
                contract: base.node["id"].as_u64(),
                file: base.file,
            };
            let mut add = |kind: HazardKind, what: &str| {
                let by = [&one, base].map(|at| self.tags.allow(at, kind));
                let place = (self.place(&one, what), one.file);
                found.add(kind, place, by[0].max(by[1]));
            };
            let name = text(&node["name"]);
            if is(node, "VariableDeclaration") {
                let is_stored = node["constant"] != true;
                match text(&node["mutability"]) {
                    "immutable" => add(HazardKind::StateVariableImmutable, name),
                    _ if is_stored && node["value"].is_object() => {
                        add(HazardKind::StateVariableAssignment, name);
                    }
                    _ => {}
                }
            }
            if node["kind"] == "constructor" && !is_harmless(node) {
                add(HazardKind::Constructor, "constructor");
            }
            // Others are followed from where they are called. What a constructor or a first value names may run later,
            // by a pointer that it stores.
            let is_begun = node["kind"] == "constructor" || node["value"].is_object();
            let is_function = is(node, "FunctionDefinition") && is_called_from_outside(node);
            if is_function || is_begun {
                for kind in OPERATIONS {
                    self.operations(one, kind, found);
                }
            }
        }
    }

    /// Where a function, or one that it calls, has such an operation. A tag allows it in what it stands before, or in
    /// what that calls as well.
    fn operations(&self, entry: Declared<'v>, kind: HazardKind, found: &mut Hazards) {
        let mut ahead = vec![(entry, AllowedBy::Nobody, AllowedBy::Published)];
        let mut seen = BTreeSet::new();
        while let Some((function, above, callers)) = ahead.pop() {
            let contract = function.contract.and_then(|id| self.nodes.get(id));
            let around = [Some(function), contract];
            let most = |of: &dyn Fn(&Declared<'_>) -> AllowedBy| {
                let all = around.iter().flatten().map(of);
                all.max().unwrap_or(AllowedBy::Nobody)
            };
            // OpenZeppelin's word is about what OpenZeppelin wrote, from what anybody calls to the hazard.
            let writer = callers.min(self.tags.writer(function.file));
            let below = above.max(most(&|one| self.tags.allow_below(one, kind)));
            let below = below.min(writer);
            if !seen.insert((function.node["id"].as_u64(), below, writer)) {
                continue;
            }
            let (mut called, mut is_there) = (BTreeSet::new(), false);
            each(function.node, &mut |node| {
                is_there |= is_operation(node, kind);
                called.extend(named_by(node));
            });
            if is_there {
                let name = match text(&function.node["name"]) {
                    "" => text(&function.node["kind"]).to_owned(),
                    name => format!("{name}{}", parameters(function.node)),
                };
                let by = below.max(most(&|one| self.tags.allow(one, kind)));
                let by = by.min(writer);
                found.add(kind, (self.place(&function, &name), function.file), by);
            }
            let called = called.into_iter().flat_map(|id| self.bodies(id));
            ahead.extend(called.map(|one| (one, below, writer)));
        }
    }

    /// What runs where a function or modifier is named: that of a library or of no contract, or of the contract and
    /// its parents, where another one may override it.
    fn bodies(&self, id: u64) -> Vec<Declared<'v>> {
        let is_code = |one: &Declared<'_>| {
            is(one.node, "FunctionDefinition") || is(one.node, "ModifierDefinition")
        };
        let Some(one) = self.nodes.get(id).filter(is_code) else {
            return Vec::new();
        };
        if self.nodes.is_outside(id) {
            return vec![one];
        }
        let bases = self.nodes.bases();
        let is_own = bases
            .iter()
            .any(|base| base.node["id"].as_u64() == one.contract);
        let inherited = bases.iter().flat_map(|base| {
            let nodes = list(&base.node["nodes"]).iter();
            nodes.map(move |node| Declared {
                node,
                contract: base.node["id"].as_u64(),
                file: base.file,
            })
        });
        let same =
            inherited.filter(|other| is_code(other) && other.node["name"] == one.node["name"]);
        match is_own {
            true => same.collect(),
            // A call of another contract.
            false => Vec::new(),
        }
    }

    /// Whether assembly can set a pointer to a function.
    fn pointers(&self, own: &'v Value, found: &mut Hazards) {
        let kind = HazardKind::FunctionPointer;
        let one = own["id"].as_u64().and_then(|id| self.nodes.get(id));
        if let Some(one) = one.filter(|_| pointers::can_be_set(self.nodes)) {
            let by = self.tags.allow(&one, kind);
            found.add(kind, (text(&own["name"]).to_owned(), one.file), by);
        }
    }

    /// Libraries that are linked.
    fn libraries(&self, own: &'v Value, contract: &Map<String, Value>, found: &mut Hazards) {
        let kind = HazardKind::ExternalLibraryLinking;
        let Some(one) = own["id"].as_u64().and_then(|id| self.nodes.get(id)) else {
            return;
        };
        let by = self.tags.allow(&one, kind);
        for (file, name, _) in linked(contract) {
            let name = name.rsplit(':').next().unwrap_or_default();
            found.add(kind, (format!("{}.{name}", text(&own["name"])), &file), by);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The types of a function's parameters, without where they lie: `(address,bytes)`. Others of one name have other ones.
fn parameters(function: &Value) -> String {
    let types = list(&function["parameters"]["parameters"]).iter();
    let types = types.map(|one| {
        let words = text(&one["typeDescriptions"]["typeString"]).split(' ');
        let is_type = |word: &&str| {
            !matches!(
                *word,
                "memory"
                    | "calldata"
                    | "storage"
                    | "pointer"
                    | "ref"
                    | "struct"
                    | "contract"
                    | "enum"
                    | "payable"
            )
        };
        words.filter(is_type).collect::<String>()
    });
    format!("({})", types.collect::<Vec<_>>().join(","))
}

/// Whether anybody can call a function.
fn is_called_from_outside(node: &Value) -> bool {
    let is_open = matches!(text(&node["visibility"]), "public" | "external");
    is_open && node["kind"] != "constructor"
}

/// Whether what is called is a function of another contract, whose storage is another one.
fn is_sent(nodes: &Nodes<'_>, callee: &Value) -> bool {
    let of = &callee["expression"];
    let kind = text(&of["typeDescriptions"]["typeString"]);
    let id = named_by(callee);
    let is_attached = || {
        let of = id.and_then(|id| nodes.get(id)?.contract);
        let of = of.and_then(|of| nodes.get(of));
        of.is_none_or(|of| of.node["contractKind"] == "library")
    };
    kind.starts_with("contract ") && of["name"] != "this" && !is_attached()
}

/// The modifiers of a function, by their names, without the contracts in front of them.
fn modifiers(node: &Value) -> impl Iterator<Item = &str> {
    list(&node["modifiers"]).iter().map(modifier_name)
}

/// The name of a modifier that a function has.
fn modifier_name(modifier: &Value) -> &str {
    let name = &modifier["modifierName"];
    let name = name["name"].as_str().or(name["memberName"].as_str());
    let name = name.unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a constructor does nothing but to keep anybody from initializing the code itself.
fn is_harmless(node: &Value) -> bool {
    let is_lock = |statement: &Value| {
        let callee = &statement["expression"]["expression"];
        is(statement, "ExpressionStatement") && callee["name"] == "_disableInitializers"
    };
    list(&node["body"]["statements"]).iter().all(is_lock)
        && modifiers(node).all(|name| name == "initializer")
}

/// Whether a node is such an operation, in Solidity or in assembly.
fn is_operation(node: &Value, kind: HazardKind) -> bool {
    let (types, names): (&[&str], &[&str]) = match kind {
        HazardKind::Delegatecall => (
            &["t_function_baredelegatecall", "t_function_barecallcode"],
            &["delegatecall", "callcode"],
        ),
        HazardKind::Selfdestruct => (&["t_function_selfdestruct"], &["selfdestruct", "suicide"]),
        _ => return false,
    };
    let called = text(&node["expression"]["typeDescriptions"]["typeIdentifier"]);
    let in_solidity =
        is(node, "FunctionCall") && types.iter().any(|prefix| called.starts_with(prefix));
    let in_assembly =
        is(node, "YulFunctionCall") && names.contains(&text(&node["functionName"]["name"]));
    // solc before 0.6 shows assembly as text.
    let is_text = is(node, "InlineAssembly") && !node["AST"].is_object();
    let in_text = || match node["operations"].as_str() {
        Some(text) => {
            let is_between = |one: char| !one.is_ascii_alphanumeric() && !"_$.".contains(one);
            text.split(is_between).any(|word| names.contains(&word))
        }
        None => true,
    };
    in_solidity || in_assembly || is_text && in_text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn places_of_one_name_are_told_apart() {
        let mut found = Hazards::default();
        let kind = HazardKind::Delegatecall;
        for (place, file) in [
            ("Lib.run()", "a.sol"),
            ("Lib.run()", "b.sol"),
            ("Own.run()", "a.sol"),
        ] {
            found.add(kind, (place.to_owned(), file), AllowedBy::Nobody);
            found.add(kind, (place.to_owned(), file), AllowedBy::Author);
        }
        let places: Vec<_> = found.list().into_iter().map(|one| one.place).collect();
        assert_eq!(places, ["Lib.run()@a.sol", "Lib.run()@b.sol", "Own.run()"]);
    }

    #[test]
    fn parameters_are_named_by_their_types() {
        let of = |types: &[&str]| {
            let all: Vec<_> = types
                .iter()
                .map(|one| json!({"typeDescriptions": {"typeString": one}}))
                .collect();
            parameters(&json!({"parameters": {"parameters": all}}))
        };
        assert_eq!(of(&[]), "()");
        assert_eq!(of(&["address", "bytes calldata"]), "(address,bytes)");
        assert_eq!(of(&["struct Vault.Held storage pointer"]), "(Vault.Held)");
        assert_eq!(
            of(&["mapping(address => uint256)"]),
            "(mapping(address=>uint256))"
        );
    }

    #[test]
    fn operations_are_found_in_assembly_that_is_text() {
        let block =
            |operations: Value| json!({"nodeType": "InlineAssembly", "operations": operations});
        let call = block(json!(
            "{\n    let r := delegatecall(gas(), to, 0, 0, 0, 0)\n}"
        ));
        assert!(is_operation(&call, HazardKind::Delegatecall));
        assert!(!is_operation(&call, HazardKind::Selfdestruct));
        let other = block(json!("{\n    let my_selfdestruct := 1\n}"));
        assert!(!is_operation(&other, HazardKind::Selfdestruct));
        // It is not known.
        assert!(is_operation(&block(Value::Null), HazardKind::Selfdestruct));
    }
}
