use super::*;
use crate::interface::compare;
use stylus_layout::{DeclaredStep, Layout};

const SOURCE: &str = r#"
mod other;
sol! {
    struct Order { address buyer; uint amount; }
    event Changed(address indexed by, uint256 value);
    event Ordered(Order order) anonymous;
    error TooLarge(uint256 value, uint8[] parts);
}
#[storage]
#[entrypoint]
pub struct Shop {}
pub struct Base {}
#[upgradeable]
#[public]
#[inherit(Base)]
impl Shop {
    #[initializer("1.0")]
    pub fn initialize(&mut self, owner: Address) {}
    pub fn total_supply(&self) -> U256 { todo!() }
    #[payable]
    pub fn buy(&mut self, parts: [u8; 3], of: (Address, I128)) -> Result<(bool, String), Vec<u8>> { todo!() }
    pub fn based(&self) -> U256 { todo!() }
    #[receive]
    #[payable]
    pub fn receive(&mut self) {}
    #[fallback]
    pub fn fallback(&mut self) {}
    pub fn custom(&self, of: Größe) {}
}
#[public]
impl Base {
    pub fn based(&self) -> bool { true }
}
"#;

fn read() -> Interface {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("src")).expect("made");
    std::fs::write(folder.path().join("src/lib.rs"), SOURCE).expect("written");
    std::fs::write(folder.path().join("src/other.rs"), "fn (").expect("written");
    Interface::read(folder.path(), &[])
}

#[test]
fn what_sources_show_is_published_in_solidity_s_words_and_read_back() {
    let found = read();
    let published = found.published().expect("an interface");
    assert_eq!(
        published.abi(),
        [
            "error TooLarge(uint256,uint8[])",
            "event Changed(address indexed,uint256)",
            "event Ordered((address,uint256)) anonymous",
            "fallback",
            "function based() view returns (uint256)",
            "function buy(uint8[3],(address,int128)) payable returns (bool,string)",
            "function initialize(address)",
            "function totalSupply() view returns (uint256)",
            "receive",
        ]
    );
    // Nothing in it depends on where the sources are.
    assert_eq!(read().published(), Some(published.clone()));
    assert_eq!(published.unseen().len(), 2, "{published:?}");
    assert!(
        published
            .unseen()
            .iter()
            .any(|one| one.contains("Gr\\u{f6}"))
    );

    let step = DeclaredStep {
        kind: StepKind::Initializer,
        from: String::new(),
        to: "1.0".into(),
        signature: "initialize(address)".into(),
        conditions: Vec::new(),
    };
    let document = Document {
        steps: Some(vec![step]),
        interface: Some(published),
        ..Document::of_layout(Layout::default())
    };
    let document = Document::decode(&document.encode()).expect("a document");
    let there = Callable::of_document(&document).expect("an interface");
    let here = found.callable();
    assert_eq!(there.steps, here.steps);
    assert_eq!(
        (compare(&here, &there), compare(&there, &here)),
        (vec![], vec![])
    );
    assert_eq!(there.abi.len(), here.abi.len());
}

#[test]
fn notes_are_printable_short_and_not_too_many() {
    let mut unseen: Vec<String> = (0..100).map(|n| format!("note {n:03}")).collect();
    unseen.push(format!("\u{1b}[31m\u{202e}{}", "x".repeat(NOTE_MAX)));
    let notes = notes(&unseen);
    assert_eq!(notes.len(), NOTES_MAX);
    assert_eq!(notes[NOTES_MAX - 1], "38 more");
    let first = &notes[0];
    assert!(first.starts_with("\\u{1b}[31m\\u{202e}x"), "{first}");
    assert!(
        first.ends_with("x...") && first.len() == NOTE_MAX,
        "{first}"
    );
    assert!(PublicInterface::new([], notes).is_ok());
}
