mod hidden;

use super::{Interface, added, compare};

const CONTRACT: &str = r#"
extern crate alloc;
use stylus_sdk::prelude::*;
type Id = FixedBytes<32>;
sol! {
    struct Order { address buyer; uint amount; }
    event Changed(address indexed by, uint256 value);
    event Ordered(Order order);
    error TooLarge(uint256 value, uint8[] parts);
}
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
#[upgradeable]
#[public]
#[inherit(Base<u8>)]
impl Shop {
    #[constructor]
    pub fn constructor(&mut self) {}
    #[initializer("1.0")]
    pub fn initialize(&mut self, proof: Proof, owner: Address) -> Result<(), Failure> { Ok(()) }
    pub fn total_supply(&self) -> U256 { U256::ZERO }
    #[payable]
    pub fn buy(&mut self, ids: Vec<Id>, parts: [u8; 3], of: (Address, I128)) -> Result<(bool, String), Vec<u8>> { todo!() }
    #[selector(name = "renamed_it")]
    pub fn other(order: Order, raw: Bytes) -> Uint<64, 1> { todo!() }
    fn private_too(&mut self) {}
    pub fn custom(&self, of: Mine) {}
}
impl Shop {
    pub fn not_public(&self) {}
}
pub struct Base<T>(T);
pub struct Unrelated;
#[inheritable]
#[public]
impl<T> Base<T> {
    pub fn based(&self) -> bool { true }
}
#[public]
impl Unrelated {
    pub fn unrelated(&self) {}
}
"#;

fn read(source: &str) -> Interface {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("src")).expect("made");
    std::fs::write(folder.path().join("src/lib.rs"), source).expect("written");
    Interface::read(folder.path(), &[])
}

fn signatures(found: &Interface) -> Vec<String> {
    let mut all: Vec<String> = found
        .functions
        .iter()
        .map(|one| one.item.full_signature())
        .collect();
    all.sort();
    all
}

#[test]
fn functions_events_and_errors_are_read_as_the_sdk_names_them() {
    let found = read(CONTRACT);
    assert_eq!(
        signatures(&found),
        [
            "function based() view returns (bool)",
            "function buy(bytes32[] ids, uint8[3] parts, tuple(address, int128) of) payable returns (bool, string)",
            "function initialize(address owner)",
            "function privateToo()",
            "function renamed_it(tuple(address, uint256) order, bytes raw) pure returns (uint64)",
            "function totalSupply() view returns (uint256)",
        ]
    );
    let abi = found.abi();
    let signature = |all: Vec<String>| all.join(" ");
    assert_eq!(
        signature(abi.events().map(|one| one.signature()).collect()),
        "Changed(address,uint256) Ordered((address,uint256))"
    );
    assert_eq!(
        signature(abi.errors().map(|one| one.signature()).collect()),
        "TooLarge(uint256,uint8[])"
    );
    assert_eq!(
        found.unseen,
        ["the function custom: the type Mine is not known"]
    );
}

#[test]
fn what_has_a_name_that_could_be_read_as_something_else_is_not_taken() {
    for (allowed, other) in [
        ("renamed_it", "a\\n✓ registry.migrate"),
        ("renamed_it", "migrate(uint256)"),
        ("renamed_it", ""),
        ("fn total_supply", "fn mіgrate"), // a letter of another script
        ("event Changed", "event Chаnged"),
        ("error TooLarge", "error TooLаrge"),
    ] {
        let found = read(&CONTRACT.replace(allowed, other));
        let abi = found.abi();
        let count = abi.functions().count() + abi.events().count() + abi.errors().count();
        assert_eq!(count, 8, "{other}");
        let unseen = found
            .unseen
            .iter()
            .filter(|one| one.ends_with("a name that Solidity allows is not known"));
        assert_eq!(unseen.count(), 1, "{:?}", found.unseen);
    }
    // An argument needs no name.
    let found = read(&CONTRACT.replace("raw: Bytes", "rаw: Bytes"));
    let text = serde_json::to_string(&found.abi()).expect("JSON");
    assert!(
        serde_json::from_str::<alloy::json_abi::JsonAbi>(&text).is_ok(),
        "{text}"
    );
}

#[test]
fn a_result_by_an_alias_of_ones_own_is_read_as_one() {
    let alias = "type RawResult<T = ()> = core::result::Result<T, Vec<u8>>;";
    for (returns, signature) in [
        (
            "RawResult<bool>",
            "function renamed_it() pure returns (bool)",
        ),
        ("RawResult", "function renamed_it() pure"),
    ] {
        let function = "pub fn other(order: Order, raw: Bytes) -> Uint<64, 1>";
        let source = CONTRACT.replace(function, &format!("pub fn other() -> {returns}"));
        let found = read(&format!("{alias}\n{source}"));
        assert!(
            signatures(&found).iter().any(|one| one == signature),
            "{found:?}"
        );
    }
    // The parameter is not what it succeeds with.
    let source = CONTRACT.replace("Uint<64, 1>", "Odd<bool>");
    let found = read(&format!("type Odd<E> = Result<(), E>;\n{source}"));
    assert_eq!(found.unseen.len(), 2, "{:?}", found.unseen);
}

#[test]
fn a_field_has_a_line_and_what_is_gone_has_that_of_its_struct() {
    let found = read(CONTRACT);
    let line = |field: &str| found.place_of(field).map(|(_, line)| line);
    let text = |line: usize| CONTRACT.lines().nth(line - 1).unwrap_or_default().trim();
    assert_eq!(line("owner").map(text), Some("owner: StorageAddress,"));
    assert_eq!(line("Inner.count").map(text), Some("count: StorageU256,"));
    assert_eq!(line("inner.count").map(text), Some("count: StorageU256,"));
    assert_eq!(line("gone").map(text), Some("pub struct Shop {"));
    assert_eq!(
        found
            .function_at("buy")
            .map(|(_, line)| text(line))
            .unwrap_or_default()
            .split('(')
            .next(),
        Some("pub fn buy")
    );
}

#[test]
fn what_callers_lose_is_found_and_what_they_gain_is_not() {
    let old = read(CONTRACT).callable();
    assert_eq!(compare(&old, &read(CONTRACT).callable()), []);
    let changes: [(&str, &str, &[&str]); 9] = [
        (
            "pub fn total_supply",
            "pub fn supply",
            &["function-removed:totalSupply()"],
        ),
        (
            "[u8; 3]",
            "[u8; 4]",
            &["function-changed:buy(bytes32[],uint8[3],(address,int128))"],
        ),
        (
            "(bool, String)",
            "bool",
            &["returns-changed:buy(bytes32[],uint8[3],(address,int128))"],
        ),
        (
            "    #[payable]\n",
            "",
            &["mutability-changed:buy(bytes32[],uint8[3],(address,int128))"],
        ),
        (
            "total_supply(&self)",
            "total_supply(&mut self)",
            &["mutability-changed:totalSupply()"],
        ),
        (
            "address indexed by",
            "address by",
            &["event-changed:Changed(address,uint256)"],
        ),
        (
            "event Ordered(Order order);",
            "",
            &["event-removed:Ordered((address,uint256))"],
        ),
        (
            "uint8[] parts",
            "uint8 parts",
            &["error-changed:TooLarge(uint256,uint8[])"],
        ),
        (
            "fn private_too(&mut self) {}",
            "fn private_too(&mut self) {}\n fn more(&self) {}",
            &[],
        ),
    ];
    for (before, after, expected) in changes {
        assert!(CONTRACT.contains(before), "{before}");
        let found = compare(&old, &read(&CONTRACT.replace(before, after)).callable());
        let found: Vec<String> = found.iter().map(|one| one.id().to_string()).collect();
        assert_eq!(found, expected, "{before} → {after}");
    }
    let without = CONTRACT.replace("pub fn initialize", "pub fn begin");
    assert_eq!(compare(&old, &read(&without).callable()), []);
    let more = CONTRACT.replace("pub fn initialize", "pub fn more");
    let new: Vec<_> = added(&old.abi, &read(&more))
        .into_iter()
        .map(|one| (one.code, one.signature))
        .collect();
    assert_eq!(new, [("function-added", "more(address)".to_owned())]);
}

fn lost(old: &str, new: &str) -> Vec<String> {
    let changes = compare(&read(old).callable(), &read(new).callable());
    changes.iter().map(|one| one.id().to_string()).collect()
}

#[test]
fn what_answers_calls_without_a_selector_is_compared_from_sources_and_from_what_is_kept() {
    let with = |functions: &str| {
        let function = "    fn private_too(&mut self) {}";
        assert!(CONTRACT.contains(function));
        CONTRACT.replace(function, &format!("{functions}\n{function}"))
    };
    let receive =
        with("#[receive]\n#[payable]\nfn take(&mut self) -> Result<(), Vec<u8>> { Ok(()) }");
    let paid =
        with("#[fallback]\n#[payable]\nfn other(&mut self, data: &[u8]) -> ArbResult { todo!() }");
    let unpaid = with("#[fallback]\nfn other(&mut self, data: &[u8]) -> ArbResult { todo!() }");
    for (old, new, expected) in [
        (&receive[..], CONTRACT, &["receive-removed:receive()"][..]),
        (&unpaid, CONTRACT, &["fallback-removed:fallback()"]),
        (&paid, &unpaid, &["mutability-changed:fallback()"]),
        (&receive, &receive, &[]),
        (&paid, &paid, &[]),
        (CONTRACT, &receive, &[]),
    ] {
        assert_eq!(lost(old, new), expected);
        // As it is kept in a file and read again.
        let kept = serde_json::to_string(&read(old).callable()).expect("JSON");
        let kept = serde_json::from_str(&kept).expect("an interface");
        assert_eq!(compare(&kept, &read(new).callable()).len(), expected.len());
    }
}

#[test]
fn what_cfg_decides_is_not_counted_as_there() {
    let line = "whether there is a function total_supply, which #[cfg] decides";
    let function = "    pub fn total_supply";
    let own = CONTRACT.replace(
        function,
        &format!("    #[cfg(feature = \"x\")]\n{function}"),
    );
    assert_eq!(lost(CONTRACT, &own), ["function-removed:totalSupply()"]);
    assert!(read(&own).callable().unseen.iter().any(|one| one == line));
    let block = CONTRACT.replace("#[upgradeable]\n", "#[cfg(not(test))]\n#[upgradeable]\n");
    let found = read(&block);
    assert!(found.unseen.iter().any(|one| one == line));
    assert_eq!(signatures(&found), [""; 0], "nor what it inherits");
    let (outside, block) = CONTRACT.split_once("#[upgradeable]\n").expect("a block");
    let module = format!("{outside}#[cfg(windows)]\nmod inner {{\nuse super::*;\n{block}\n}}");
    let found = read(&module);
    assert!(found.unseen.iter().any(|one| one == line), "{found:?}");
    // No build of a contract is a test.
    let module = module.replace("cfg(windows)", "cfg(test)");
    assert_eq!(signatures(&read(&module)), [""; 0]);
    assert!(!read(&module).unseen.iter().any(|one| one == line));
}

#[test]
fn a_function_that_becomes_an_initializer_is_lost_and_an_initializer_that_goes_is_not() {
    assert_eq!(read(CONTRACT).steps, ["initialize(address)"]);
    let function = "    fn private_too(&mut self) {}";
    let step = CONTRACT.replace(function, &format!("#[initializer(\"9.9\")]\n{function}"));
    assert_eq!(lost(CONTRACT, &step), ["function-changed:privateToo()"]);
    assert_eq!(lost(&step, &CONTRACT.replace(function, "")), [""; 0]);
    assert_eq!(
        lost(CONTRACT, &CONTRACT.replace(function, "")),
        ["function-removed:privateToo()"]
    );
}

#[test]
fn what_cannot_be_read_is_said() {
    let found = read("struct {");
    assert_eq!(found.unseen.len(), 2, "{:?}", found.unseen);
    assert!(found.unseen[0].contains("src/lib.rs cannot be read: line 1"));
}

#[test]
fn structs_of_sol_storage_are_read_as_those_of_rust() {
    let source = "sol_storage! {\n    #[entrypoint]\n    #[derive(StorageLayout)]\n    pub struct Counter {\n        \
                  uint256 number;\n        mapping(address => Inner) inners;\n    }\n    pub struct Inner {\n        \
                  bool set;\n    }\n}\n#[public]\nimpl Counter {\n    pub fn number(&self) -> U256 { todo!() }\n}\n";
    let found = read(source);
    assert_eq!(
        signatures(&found),
        ["function number() view returns (uint256)"]
    );
    let line = |field: &str| found.place_of(field).map(|(_, line)| line);
    assert_eq!(
        (line("number"), line("inners"), line("Inner.set")),
        (Some(5), Some(6), Some(9))
    );
    let structs = super::storage_structs(&syn::parse_file(source).expect("Rust"));
    assert_eq!(
        structs.iter().map(|one| one.line).collect::<Vec<_>>(),
        [4, 8]
    );
    assert!(structs[0].has("StorageLayout") && !structs[1].has("StorageLayout"));
}
