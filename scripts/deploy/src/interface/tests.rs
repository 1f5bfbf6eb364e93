use super::{Callable, RustFile, SourceFiles, added, compare, is_answered, storage_structs};
use crate::assess::Finding;
use alloy::json_abi::{Event, Function};
use alloy::primitives::keccak256;
use stylus_layout::{DeclaredStep, StepKind};

const HEAD: &str = "contract shop::Shop";
const LINES: [&str; 5] = [
    "function initialize(address owner)",
    "function total_supply() view returns (uint256)",
    "function buy(bytes32[] ids,uint8[3],(address,int128) of) payable returns (bool,string)",
    "receive",
    "fallback",
];
const SOURCE: &str = r#"
sol! {
    event Changed(address indexed by, uint256 value);
    event Ordered(Order order);
    error TooLarge(uint256 value, uint8[] parts);
    struct Order { Buyer buyer; uint amount; Kind kind; }
    enum Kind { Sell, Buy }
}
sol! { struct Buyer { address account; } }
#[storage]
#[entrypoint]
pub struct Shop {
    owner: StorageAddress,
    inner: Inner,
}
#[storage]
pub struct Inner {
    count: StorageU256,
}
impl Shop {
    pub fn total_supply(&self) -> U256 { U256::ZERO }
    #[selector(name = "renamed_it")]
    pub fn other(&self) {}
}
"#;
/// What `SOURCE` declares.
const DECLARED: [&str; 3] = [
    "Changed(address,uint256)",
    "Ordered(((address),uint256,uint8))",
    "TooLarge(uint256,uint8[])",
];

/// Bytes as the text format writes them.
fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A module that says this of itself, compares with these selectors and has these hashes in its data.
fn module(text: &str, compared: &[String], data: &[&str]) -> Vec<u8> {
    let mut parts = String::new();
    for signature in compared {
        let number = u32::from_str_radix(&hex::encode(&keccak256(signature)[..4]), 16);
        let number = number.expect("a number");
        parts += &format!("(func (result i32) (i32.const {number}))");
    }
    for signature in data {
        let hash = escaped(keccak256(signature).as_slice());
        parts += &format!("(data (i32.const 0) \"{hash}\")");
    }
    let text = escaped(text.as_bytes());
    let text = format!("(module (memory 1) {parts} (@custom \"stylus-interface\" \"{text}\"))");
    wat::parse_str(text).expect("a module")
}

/// The selectors' signatures of some lines.
fn signatures(lines: &[&str]) -> Vec<String> {
    let functions = lines.iter().filter(|line| line.starts_with("function"));
    functions
        .map(|line| Function::parse(line).expect("a function").signature())
        .collect()
}

fn text(lines: &[&str]) -> String {
    format!("{HEAD}\n{}\nend\n", lines.join("\n"))
}

/// What a module with those lines has, whose code answers them.
fn read(lines: &[&str]) -> Callable {
    let steps = [DeclaredStep {
        kind: StepKind::Initializer,
        from: String::new(),
        to: "1.0".into(),
        signature: "initialize(address)".into(),
        conditions: Vec::new(),
    }];
    let module = module(&text(lines), &signatures(lines), &[]);
    let found = Callable::of_module(&module, Some(&steps));
    found.expect("as it is written").expect("an interface")
}

/// What a module says of itself whose code answers the first lines.
fn said(text: &str) -> Result<Option<Callable>, String> {
    let answered = signatures(&LINES[..2]);
    Callable::of_module(&module(text, &answered, &[]), None)
}

fn ids(changes: &[Finding]) -> Vec<String> {
    changes.iter().map(|one| one.id.to_string()).collect()
}

fn rust(files: &[(&str, &str)]) -> Vec<RustFile> {
    let file = |(path, text): &(&str, &str)| RustFile {
        path: path.into(),
        inside: path.into(),
        is_own: true,
        place: path.into(),
        bytes: text.as_bytes().to_vec(),
    };
    files.iter().map(file).collect()
}

/// What sources declare of a module that has this in its data.
fn declared(source: &str, data: &[&str]) -> Callable {
    let rust = rust(&[("src/lib.rs", source)]);
    let sources = SourceFiles::read(&rust);
    Callable::default().with_sources(&sources, &module("", &[], data))
}

#[test]
fn the_functions_are_those_that_the_module_says_and_its_code_answers() {
    let found = read(&LINES);
    let functions: Vec<String> = found
        .abi
        .functions()
        .map(Function::full_signature)
        .collect();
    assert_eq!(
        functions,
        [
            "function buy(bytes32[] ids, uint8[3], tuple(address, int128) of) payable returns (bool, string)",
            "function initialize(address owner)",
            "function total_supply() view returns (uint256)",
        ]
    );
    assert!(found.abi.receive.is_some() && found.abi.fallback.is_some());
    assert_eq!(found.steps, ["initialize(address)"]);
    assert_eq!(found.unseen, [""; 0]);
    // Events and errors are not among what the module says of itself.
    let alone = found.clone().without_sources();
    assert_eq!((&alone.abi, alone.unseen.len()), (&found.abi, 1));
    // A section that is there twice says the same.
    let twice = text(&LINES).repeat(2);
    assert_eq!(said(&twice), said(&text(&LINES)));
    // Nothing is said by a module of an older macro, or of none.
    assert_eq!(said(""), Ok(None));
    assert_eq!(Callable::of_module(b"no module", None), Ok(None));
}

#[test]
fn a_number_whose_bytes_the_compiler_swapped_is_a_selector_where_it_is_compared() {
    let selector = keccak256("deposit()");
    let swapped = u32::from_le_bytes([selector[0], selector[1], selector[2], selector[3]]);
    let code = |is_compared: bool| {
        let does = if is_compared { "i32.eq" } else { "i32.add" };
        let text = format!(
            "(module (func (param i32) (result i32) local.get 0 i32.const {swapped} {does}))"
        );
        wat::parse_str(text).expect("a module")
    };
    let selector = [selector[0], selector[1], selector[2], selector[3]].into();
    assert!(is_answered(&code(true), selector) && !is_answered(&code(false), selector));
}

#[test]
fn a_section_that_claims_what_the_code_does_not_answer_is_named() {
    let said = |lines: &[&str]| said(&text(lines)).expect("as it is written");
    let found = said(&LINES).expect("an interface");
    assert_eq!(ids(&compare(&read(&LINES), &found)).len(), 1, "{found:?}");
    let line = "the function buy(bytes32[],uint8[3],(address,int128)): the code does not compare \
                calldata with its selector";
    assert_eq!(found.unseen, [line]);
    for strange in [
        "function x(foo)",
        "function x(uint256)\u{1b}[2K",
        "function mіgrate()", // a letter of another script
        "event Changed()",
        "nothing",
    ] {
        let lines = [&LINES[..2], &[strange]].concat();
        let found = said(&lines).expect("an interface");
        let known = found.abi.functions().count() + found.abi.events().count();
        assert_eq!((known, found.unseen.len()), (2, 1), "{strange}: {found:?}");
        assert!(found.unseen[0].is_ascii() && !found.unseen[0].contains('\u{1b}'));
    }
}

#[test]
fn a_section_that_something_else_wrote_to_is_refused() {
    let genuine = text(&LINES);
    for forged in [
        format!("{genuine}receive\n"),
        format!("{genuine}contract shop::Other\nfunction a()\nend\n"),
        format!("fallback\n{genuine}"),
        format!("contract shop::Other\nfallback payable\n{genuine}"),
        genuine.replace("\nend\n", "\n"),
        "\nend\n".into(),
        "x".into(),
    ] {
        assert!(said(&forged).is_err(), "{forged}");
    }
}

#[test]
fn what_callers_lose_is_found_and_what_they_gain_is_not() {
    let old = read(&LINES);
    let buy = "buy(bytes32[],uint8[3],(address,int128))";
    let changes: [(usize, &str, &str, &[&str]); 8] = [
        (
            1,
            "total_supply",
            "supply",
            &["function-removed:total_supply()"],
        ),
        (1, " view", "", &["mutability-changed:total_supply()"]),
        (2, "uint8[3]", "uint8[4]", &["function-changed:"]),
        (2, "(bool,string)", "(bool)", &["returns-changed:"]),
        (2, " payable", "", &["mutability-changed:"]),
        (3, "receive", "function a()", &["receive-removed:receive()"]),
        (
            4,
            "fallback",
            "function a()",
            &["fallback-removed:fallback()"],
        ),
        (4, "fallback", "fallback payable", &[]),
    ];
    for (line, before, after, expected) in changes {
        let mut lines: Vec<String> = LINES.map(Into::into).to_vec();
        assert!(lines[line].contains(before), "{before}");
        lines[line] = lines[line].replace(before, after);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|id| match id.ends_with(':') {
                true => format!("{id}{buy}"),
                false => (*id).to_owned(),
            })
            .collect();
        let new = read(&lines);
        assert_eq!(ids(&compare(&old, &new)), expected, "{before} → {after}");
        // As it is kept in a file and read again.
        let kept = serde_json::to_string(&old).expect("JSON");
        let kept = serde_json::from_str(&kept).expect("an interface");
        assert_eq!(ids(&compare(&kept, &new)), expected);
    }
    // A step comes and goes, and a function that becomes one is lost.
    let without = read(&LINES[1..]);
    assert_eq!(compare(&old, &without), []);
    let step = Callable {
        steps: vec!["total_supply()".into()],
        ..old.clone()
    };
    let found = ids(&compare(&old, &step));
    assert_eq!(found, ["function-changed:total_supply()"]);
    let new = |after: &Callable| -> Vec<String> {
        let added = added(&without, after).into_iter();
        added.map(|one| one.id.to_string()).collect()
    };
    // One that is a step is no function that callers can use.
    assert_eq!(new(&old), [""; 0]);
    let called = Callable {
        steps: Vec::new(),
        ..old.clone()
    };
    assert_eq!(new(&called), ["function-added:initialize(address)"]);
}

#[test]
fn events_and_errors_are_those_of_the_sources_that_the_module_has() {
    let found = declared(SOURCE, &DECLARED);
    let events: Vec<String> = found.abi.events().map(Event::full_signature).collect();
    assert_eq!(
        events,
        [
            "event Changed(address indexed by, uint256 value)",
            "event Ordered(tuple(tuple(address), uint256, uint8) order)",
        ]
    );
    let errors: Vec<String> = found.abi.errors().map(|one| one.signature()).collect();
    assert_eq!(errors, [DECLARED[2]]);
    assert_eq!(found.unseen, [""; 0]);
    for (number, gone) in ["event-removed:", "event-removed:", "error-removed:"]
        .iter()
        .enumerate()
    {
        // The declaration stays, and nothing of it is in the module.
        let mut data = DECLARED.to_vec();
        let signature = data.remove(number);
        let found = compare(&found, &declared(SOURCE, &data));
        assert_eq!(ids(&found), [format!("{gone}{signature}")]);
    }
    let plain = SOURCE.replace("address indexed by", "address by");
    let changed = compare(&found, &declared(&plain, &DECLARED));
    assert_eq!(ids(&changed), ["event-changed:Changed(address,uint256)"]);
    // The one that was is left in sources that nothing compiles.
    let both = format!(
        "{plain}\nmod dead {{ sol! {{ event Changed(address indexed by, uint256 value); }} }}"
    );
    let both = declared(&both, &DECLARED);
    assert_eq!(both.unseen.len(), 1, "{both:?}");
}

#[test]
fn what_of_the_sources_cannot_be_read_is_said() {
    let cases = [
        (
            "sol! { event A(Gone of); }",
            "the event A: the type Gone is not known",
        ),
        (
            "sol! { event A() anonymous; }",
            "the event A: it is anonymous",
        ),
        (
            "sol! { error Аb(); }",
            "the error Аb: a name that Solidity does not allow",
        ),
        ("sol!(\"abi.json\");", "a sol! of src/lib.rs cannot be read"),
        ("events!();", "what the macro events makes"),
        (
            "struct {",
            "src/lib.rs cannot be read: line 1: cannot parse string into token stream",
        ),
        (
            "sol! { struct X { X[] of; } event A(X x); }",
            "the event A: the type X is not known",
        ),
        (
            "sol! { struct X { bool a; } event A(X x); } mod b { sol! { struct X { uint8 a; } } }",
            "the event A: the type X is not known",
        ),
    ];
    for (source, expected) in cases {
        let found = declared(source, &["A()", "Ab()"]);
        assert_eq!(found.unseen, [expected]);
        assert_eq!(found.abi.events().count() + found.abi.errors().count(), 0);
    }
    // What is no part of the library is not looked at.
    let bad = "sol!(\"abi.json\"); StorageCache";
    let others = ["tests/a.rs", "benches/b.rs", ".x/c.rs"];
    let mut files: Vec<(&str, &str)> = others.iter().map(|path| (*path, bad)).collect();
    files.push(("src/deep/a.rs", SOURCE));
    let rust = rust(&files);
    let sources = SourceFiles::read(&rust);
    let found = Callable::default().with_sources(&sources, &module("", &[], &DECLARED));
    assert_eq!(
        (found.unseen.len(), found.abi.events().count()),
        (0, 2),
        "{found:?}"
    );
}

/// The words that are found in some code, separated by bars, then the code. `⏎` stands for a line break, `KELVIN` for a
/// letter that the compiler reads as a K.
const FORGERIES: &str = r##"impl StorageLayout: impl StorageLayout for A { const KIND: Link = other; }
impl StorageLayout: impl stylus_upgradeable::r#layout::r#StorageLayout for A {}
impl StorageLayout: trait StorageLayout {} impl<T> StorageLayout for A<T> {}
impl StorageLayout: #!"it⏎impl StorageLayout for A {}
impl StorageLayout: BOM#!"it⏎impl StorageLayout for A {}
impl StorageLayout: macro_rules! a { () => { impl StorageLayout for A {} } }
impl StorageLayout: macro_rules! a { ($t:ident) => { impl $t for A {} } } a!(StorageLayout);
impl StorageLayout: macro_rules! a { () => { #[cfg(test)] mod a { impl StorageLayout for A {} } } }
impl StorageLayout: impl StorageLayout<> for A {}
impl StorageLayout: #[cfg(target_arch = r"wasm32")] impl StorageLayout for A {}
impl StorageLayout: #[cfg(target_arch = "wasm\u{33}2")] impl StorageLayout for A {}
impl StorageLayout: macro_rules! m { (derive($t:path)) => { impl $t for A {} } } m! { derive(StorageLayout) }
impl StorageLayout: macro_rules! m { (#[derive($t:path)]) => { impl $t for A {} } } m! { #[derive(StorageLayout)] }
macro_rules sol_storage|impl StorageLayout: macro_rules! sol_storage { () => { impl StorageLayout for A {} } }
hex as sol_storage: use other::hex as sol_storage; sol_storage! { #[derive(StorageLayout)] struct A {} }
impl TopLevelStorage: unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for A {}
: fn a<S: TopLevelStorage + BorrowMut<A>>(storage: &mut impl TopLevelStorage) {}
StorageLayout as From: use stylus_upgradeable::layout::StorageLayout as From; impl From for A {}
link_section: #[link_section = "stylus-layout"] static A: u8 = 0;
link_section: #[unsafe(link_section = "stylus-layout")] static A: u8 = 0;
link_section: #[cfg_attr(all(), link_section = "stylus-layout")] static A: u8 = 0;
link_section: macro_rules! a { () => { #[link_section = "stylus-layout"] static A: u8 = 0; } }
evil as stylus_upgradeable: extern crate evil as stylus_upgradeable;
evil as core: extern crate evil as core;
evil as stylus_sdk: pub extern crate evil as r#stylus_sdk;
self as stylus_upgradeable: extern crate self as stylus_upgradeable;
evil as stylus_sdk: m! { extern crate evil as stylus_sdk; }
impl StorageLayout|name KELVININD: impl StorageLayout for A { const KELVININD: Link = other; }
name KELVININD: macro_rules! a { () => { KELVININD } }
name é: fn é() {}
: #[derive(StorageLayout)] struct A; use stylus_upgradeable::layout::StorageLayout;
: sol_storage! { #[derive(StorageLayout)] struct A { uint256 a; } }
: fn a<T: StorageLayout>() -> Link { <T as StorageLayout>::KIND }
: #[cfg(test)] mod tests { impl StorageLayout for A {} }
: #[cfg(not(target_arch = "wasm32"))] impl StorageLayout for A {}
: mod a { #[cfg(any(test, not(target_arch = "wasm32")))] impl StorageLayout for A {} }
: #[cfg(not(any(feature = "export-abi", test)))]⏎extern crate alloc;⏎#[cfg(any(feature = "export-abi", test))]⏎extern crate std as alloc;
: pub extern crate alloc; extern crate hex as other; extern crate std as alloc;
: /// impl StorageLayout for A⏎fn a() -> &str { "impl StorageLayout for A" }
: fn a() { unsafe { StorageU256::new(slot, 0, vm) }; } impl StorageKey for A { fn to_slot(&self, _: B256) -> U256 { slot } }
: evil! {} use evil::*; impl num::Zero for A {}"##;

#[test]
fn whatever_may_forge_a_layout_is_named_with_its_file() {
    let cases = FORGERIES.lines().filter_map(|case| case.split_once(": "));
    for (words, code) in cases.chain([("", SOURCE)]) {
        let [words, code] = [words, code].map(|text| text.replace("KELVIN", "\u{212a}"));
        let code = code.replace('⏎', "\n").replace("BOM", "\u{feff}");
        let rust = rust(&[("src/deep/a.rs", &code)]);
        let found = SourceFiles::read(&rust).layout_forgeries();
        let words = words.split('|').filter(|word| !word.is_empty());
        let expected = words.map(|word| format!("src/deep/a.rs: {word}"));
        assert_eq!(found, expected.collect(), "{code}");
    }
}

#[test]
fn a_field_has_a_line_and_what_is_gone_has_that_of_its_struct() {
    let rust = rust(&[("src/lib.rs", SOURCE)]);
    let sources = SourceFiles::read(&rust);
    let places = sources.places();
    let text = |line: usize| SOURCE.lines().nth(line - 1).unwrap_or_default().trim();
    let line = |field: &str| places.field(field).map(|(_, line)| text(line));
    assert_eq!(line("owner"), Some("owner: StorageAddress,"));
    assert_eq!(line("Inner.count"), Some("count: StorageU256,"));
    assert_eq!(line("inner.count"), Some("count: StorageU256,"));
    assert_eq!(line("gone"), Some("pub struct Shop {"));
    let line = |name: &str| places.function(name).map(|(_, line)| text(line));
    assert_eq!(line("renamed_it"), Some("pub fn other(&self) {}"));
    assert!(line("totalSupply").is_some() && line("total_supply").is_none());
}

#[test]
fn structs_of_sol_storage_are_read_as_those_of_rust() {
    let source = "sol_storage! {\n    #[entrypoint]\n    #[derive(StorageLayout)]\n    pub struct Counter {\n        \
                  uint256 number;\n        mapping(address => Inner) inners;\n    }\n    pub struct Inner {\n        \
                  bool set;\n    }\n}\n";
    let rust = rust(&[("src/lib.rs", source)]);
    let sources = SourceFiles::read(&rust);
    let places = sources.places();
    let line = |field: &str| places.field(field).map(|(_, line)| line);
    assert_eq!(
        (line("number"), line("inners"), line("Inner.set")),
        (Some(5), Some(6), Some(9))
    );
    let entrypoints: Vec<String> = sources.entrypoints().into_iter().collect();
    assert_eq!(entrypoints, ["Counter"]);
    // One without fields, and what is no storage.
    let unit = "mod a;\nstruct Other;\n#[storage]\n#[entrypoint]\npub struct Adder;\n#[public]\nimpl Adder {}\n";
    let units = storage_structs(unit);
    let units: Vec<_> = units
        .iter()
        .map(|one| (&*one.name, one.line, one.has("entrypoint")))
        .collect();
    assert_eq!(units, [("Adder", 5, true)]);
    let structs = storage_structs(source);
    let lines: Vec<usize> = structs.iter().map(|one| one.line).collect();
    assert_eq!(lines, [4, 8]);
    assert!(structs[0].has("StorageLayout") && !structs[1].has("StorageLayout"));
}
