use super::*;
use crate::layout::{Item, TypeItem};
use crate::steps::StepKind;

fn layout() -> Layout {
    let ty = TypeItem {
        encoding: "inplace".into(),
        label: "uint256".into(),
        number_of_bytes: Some("32".into()),
        ..TypeItem::default()
    };
    let item = Item {
        ast_id: 1000,
        contract: "Note".into(),
        label: "note".into(),
        slot: "0".into(),
        type_id: "t_uint256".into(),
        src: Some("src/lib.rs:16".into()),
        ..Item::default()
    };
    Layout {
        storage: vec![item],
        types: [("t_uint256".into(), ty)].into(),
        ..Layout::default()
    }
}

fn document() -> Document {
    let step = DeclaredStep {
        kind: StepKind::Initializer,
        from: String::new(),
        to: "1.0".into(),
        signature: "initialize(uint256)".into(),
        conditions: vec!["nonzero(note)".into()],
    };
    Document {
        layout: layout(),
        steps: Some(vec![step]),
        migrates: vec![],
        filled: vec![],
        unsafe_code: vec![],
        build: None,
        interface: None,
    }
}

/// A document that was changed to this text is none.
fn require_refused(text: &str, changed: &str) {
    assert_ne!(changed, text);
    let refused = Document::decode(changed.as_bytes());
    assert!(
        matches!(refused, Err(LayoutError::Document { .. })),
        "{changed}"
    );
}

#[test]
fn how_it_was_built_stands_beside_the_layout_under_the_names_of_nep_330() {
    let snapshot = "git+https://example.org/note#0123456789012345678901234567890123456789";
    let mut with = document();
    with.build = Some(BuildMetadata {
        link: Some("https://example.org/note".into()),
        info: BuildInfo {
            build_environment: "rustc 1.91.0, cargo-stylus 0.10.10".into(),
            build_command: vec!["cargo".into(), "stylus".into()],
            contract_path: "contracts/note".into(),
            source_code_snapshot: Some(snapshot.into()),
        },
    });
    let text = String::from_utf8(with.encode()).unwrap();
    let expected = format!(
        r#"{{"build_info":{{"build_command":["cargo","stylus"],"build_environment":"rustc 1.91.0, cargo-stylus 0.10.10","contract_path":"contracts/note","source_code_snapshot":"{snapshot}"}},"link":"https://example.org/note","steps":"#
    );
    assert!(text.starts_with(&expected), "{text}");
    assert_eq!(Document::decode(text.as_bytes()).unwrap().build, with.build);
    assert_ne!(with.hash(), document().hash());
    // A document from before has none, and its hash stays.
    let before = Document::decode(&document().encode()).unwrap();
    assert_eq!((before.hash(), before.build), (document().hash(), None));
    // Without how it was built, a link says nothing; so do fields that nobody knows.
    let alone = text.replace(r#""build_info":"#, r#""build_inf0":"#);
    assert!(Document::decode(alone.as_bytes()).is_err());
    let more = text.replace(r#""contract_path""#, r#""contract_poth""#);
    assert!(Document::decode(more.as_bytes()).is_err());
}

#[test]
fn a_document_is_sorted_json_without_spaces() {
    let text = String::from_utf8(document().encode()).unwrap();
    let expected = concat!(
        r#"{"steps":[{"conditions":["nonzero(note)"],"from":"","kind":"initializer","#,
        r#""signature":"initialize(uint256)","to":"1.0"}],"#,
        r#""storage":[{"astId":0,"contract":"","label":"note","offset":0,"slot":"0","#,
        r#""type":"t_uint256"}],"#,
        r#""types":{"t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"}}}"#,
    );
    assert_eq!(text, expected);
    assert_eq!(document().hash(), keccak256(expected));
    let read = Document::decode(expected.as_bytes()).unwrap();
    assert_eq!(read.encode(), expected.as_bytes());
    assert_eq!(read.steps, document().steps);
}

#[test]
fn what_does_not_matter_does_not_change_the_hash() {
    let mut other = document();
    other.layout.storage[0].ast_id = 7;
    other.layout.storage[0].src = None;
    let unused = other.layout.types["t_uint256"].clone();
    other.layout.types.insert("t_unused".into(), unused);
    assert_eq!(other.hash(), document().hash());
    let mut other = document();
    other.steps.as_mut().unwrap()[0].conditions.clear();
    assert_ne!(other.hash(), document().hash());
}

#[test]
fn a_document_of_a_layout_alone_has_the_hash_of_the_layout() {
    let old = Document::of_layout(layout());
    assert_eq!(old.hash(), layout().hash());
    let read = Document::decode(&old.encode()).unwrap();
    assert_eq!((read.hash(), read.steps), (layout().hash(), None));
}

#[test]
fn ambiguous_text_is_refused() {
    let text = String::from_utf8(document().encode()).unwrap();
    let spaced = text.replace("\":", "\": ");
    let doubled = text.replace("\"slot\":\"0\"", "\"slot\":\"1\",\"slot\":\"0\"");
    let unknown = text.replace("{\"steps\"", "{\"note\":1,\"steps\"");
    let unsorted = text.replace(
        "\"label\":\"note\",\"offset\":0",
        "\"offset\":0,\"label\":\"note\"",
    );
    let numbered = text.replace("\"astId\":0", "\"astId\":5");
    let escaped = text.replace("\"note\"", "\"\\u006eote\"");
    for changed in [spaced, doubled, unknown, unsorted, numbered, escaped] {
        require_refused(&text, &changed);
    }
}

#[test]
fn hostile_documents_are_refused_and_cost_nothing() {
    let deep = "[".repeat(DOCUMENT_MAX);
    let nested = format!("{{\"storage\":{}", "[{\"type\":".repeat(3_000));
    let large = vec![b' '; DOCUMENT_MAX + 1];
    for bytes in [
        deep.as_bytes(),
        nested.as_bytes(),
        &large,
        b"",
        b"null",
        b"{}",
        b"\xff",
    ] {
        assert!(Document::decode(bytes).is_err());
    }
}

#[test]
fn a_field_beyond_its_slot_or_beyond_storage_is_refused() {
    let of = |slot: &str, offset: u64, size: &str| {
        let mut found = document();
        found.layout.storage[0].slot = slot.into();
        found.layout.storage[0].offset = offset;
        for kind in found.layout.types.values_mut() {
            kind.number_of_bytes = Some(size.into());
        }
        let json = Layout::from_json(&found.layout.to_json());
        let decoded = Document::decode(&found.encode());
        assert_eq!(json.is_ok(), decoded.is_ok(), "{json:?} {decoded:?}");
        decoded.map(|_| ()).map_err(|error| error.to_string())
    };
    let last = alloy_primitives::U256::MAX.to_string();
    for (slot, offset, size) in [
        ("1", 5, "27"),
        ("1", 31, "1"),
        ("1", 0, "18446744073709551615"),
        (&last, 0, "32"),
        ("0", 0, "0"),
    ] {
        assert_eq!(of(slot, offset, size), Ok(()), "{slot} {offset} {size}");
    }
    for (slot, offset, size, what) in [
        ("1", 5, "18446744073709551615", "place of note"),
        ("1", 5, "28", "place of note"),
        ("1", 32, "1", "offset of note"),
        (&last, 0, "33", "place of note"),
        ("one", 0, "32", "slot of note"),
        ("1", 0, "many", "numberOfBytes of uint256"),
    ] {
        let refused = of(slot, offset, size).expect_err("refused");
        assert!(refused.contains(what), "{refused}");
    }
}

fn with_interface() -> Document {
    let abi = [
        "function note() view returns (uint256)",
        "error Low(uint256)",
    ];
    let abi = abi.map(str::to_owned);
    let notes = ["the function x: the type T is not known".to_owned()];
    Document {
        interface: Some(PublicInterface::new(abi, notes).unwrap()),
        ..document()
    }
}

#[test]
fn the_interface_stands_beside_the_layout_and_is_no_part_of_earlier_documents() {
    let with = with_interface();
    let text = String::from_utf8(with.encode()).unwrap();
    let key = concat!(
        r#"{"interface":{"abi":["error Low(uint256)","function note() view returns (uint256)"],"#,
        r#""unseen":["the function x: the type T is not known"]},"steps":["#,
    );
    assert!(text.starts_with(key), "{text}");
    let read = Document::decode(text.as_bytes()).unwrap();
    assert_eq!(read.interface, with.interface);
    assert_eq!(with.without_interface().encode(), document().encode());
    // Of code whose steps nobody knows as well.
    let without_steps = Document {
        steps: None,
        ..with.clone()
    };
    let read = Document::decode(&without_steps.encode()).unwrap();
    assert_eq!((read.steps, read.interface), (None, with.interface.clone()));
}

#[test]
fn an_interface_in_any_other_text_is_refused() {
    let text = String::from_utf8(with_interface().encode()).unwrap();
    let (low, note) = (
        r#""error Low(uint256)""#,
        r#""function note() view returns (uint256)""#,
    );
    let of = |abi: String| text.replace(&format!("{low},{note}"), &abi);
    for changed in [
        of(format!("{note},{low}")),
        of(format!("{low},{low},{note}")),
        of(format!(r#"{low},{note},"function note()""#)),
        of(r#""error Low(uint256)\u0007""#.into()),
        of(r#""error Low(uint256 amount)""#.into()),
        of("7".into()),
        text.replace(r#","unseen":["#, r#","unseen":["a\u001b[31m","#),
        text.replace(r#","unseen":["#, r#","seen":["#),
        text.replace(r#""abi":"#, r#""functions":"#),
        text.replace(r#"["the function x: the type T is not known"]"#, "[]"),
    ] {
        require_refused(&text, &changed);
    }
}

#[test]
fn an_interface_that_does_not_fit_is_left_out() {
    let abi = (0..1_000).map(|n| format!("function a_function_of_number_{n}(uint256)"));
    let large = Document {
        interface: Some(PublicInterface::new(abi, []).unwrap()),
        ..document()
    };
    assert!(large.encode().len() > DOCUMENT_MAX);
    assert_eq!(large.fitting(), document());
    assert_eq!(with_interface().fitting(), with_interface());
}
