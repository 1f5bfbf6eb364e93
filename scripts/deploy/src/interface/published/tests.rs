use super::*;
use crate::assess::{FindingKind, Severity};
use crate::interface::compare;
use stylus_layout::{DeclaredStep, Layout, StepKind};

const LINES: [&str; 6] = [
    "error TooLarge(uint256 value, uint8[] parts)",
    "event Changed(address indexed by, uint256 value)",
    "event Ordered((address,uint256) order) anonymous",
    "function based() view returns (uint256)",
    "function buy(uint8[3] parts, (address,int128) of) payable returns (bool,string)",
    "function initialize(address owner)",
];

#[test]
fn what_callers_can_use_is_published_in_solidity_s_words_and_read_back() {
    let mut abi = JsonAbi::parse(LINES).expect("an interface");
    abi.receive = Some(Receive {
        state_mutability: StateMutability::Payable,
    });
    abi.fallback = Some(Fallback {
        state_mutability: StateMutability::NonPayable,
    });
    let here = Callable {
        abi,
        steps: vec!["initialize(address)".into()],
        library_errors: vec!["error TooLarge(uint256,uint8[])".into()],
        unseen: vec!["the function custom(Größe)".into()],
    };
    let published = here.published().expect("an interface");
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
            "receive",
        ]
    );
    assert!(here.is_published_as(&published));
    // A document that claims an error for its libraries would hide the removal of that error later.
    let of_contract = Callable {
        library_errors: Vec::new(),
        ..here.clone()
    };
    assert!(!of_contract.is_published_as(&published));
    let earlier = of_contract.published().expect("an interface");
    assert!(here.is_published_as(&earlier));
    let gone = compare(&here, &Callable::default());
    let of_libraries = gone
        .iter()
        .find(|lost| lost.id == FindingKind::LibraryErrors.id());
    let of_libraries = of_libraries.expect("a note");
    assert_eq!(of_libraries.severity, Severity::Note);
    let unseen = published.unseen();
    assert!(
        matches!(unseen, [one] if one.contains("Gr\\u{f6}")),
        "{unseen:?}"
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
    assert_eq!(there.steps, here.steps);
    assert_eq!(there.library_errors, here.library_errors);
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
