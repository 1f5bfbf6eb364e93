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
    assert!(large.to_json().len() > DOCUMENT_MAX);
    assert_eq!(large.clone().fitting(), document());
    assert_eq!(with_interface().fitting(), with_interface());
    // It stays where the layout alone is compressed.
    let both = Document {
        interface: large.interface,
        ..large_document()
    };
    assert_eq!(both.clone().fitting(), both);
}

/// A layout with so many fields of these names.
fn layout_of_fields(count: usize, name: impl Fn(usize) -> String) -> Layout {
    let mut layout = layout();
    let field = layout.storage.remove(0);
    let fields = (0..count).map(|place| Item {
        label: name(place),
        slot: place.to_string(),
        ..field.clone()
    });
    layout.storage = fields.collect();
    layout
}

/// Five thousand fields: about 450,000 bytes of JSON.
fn large_document() -> Document {
    Document {
        layout: layout_of_fields(5_000, |place| format!("field_{place}")),
        ..document()
    }
}

/// A stream of these bytes, of a quality and window.
fn stream_of(bytes: &[u8], quality: i32) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: 22,
        ..Default::default()
    };
    let mut packed = vec![packed::BROTLI];
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &params).expect("a stream");
    packed
}

#[test]
fn a_document_that_is_longer_than_the_chain_takes_is_published_compressed() {
    let large = large_document();
    let (json, bytes) = (large.to_json(), large.encode());
    assert!(json.len() > 10 * DOCUMENT_MAX && large.is_publishable());
    assert!(bytes.len() <= DOCUMENT_MAX && bytes[0] == packed::BROTLI);
    assert_eq!(bytes, stream_of(&json, 9));
    let read = Document::decode(&bytes).expect("a document");
    assert_eq!(
        read,
        Document {
            layout: large.layout.canonical(),
            ..large.clone()
        }
    );
    assert_eq!((read.hash(), read.to_json()), (keccak256(&bytes), json));
    // The encoder is part of the format: the hash is recorded for good.
    let recorded = "0xfbdc5e3e632382bc2334ae9267d3e8110d0eccaec2ed89b071fd318e6820beb6";
    assert_eq!(read.hash().to_string(), recorded);
}

#[test]
fn documents_of_up_to_32768_bytes_keep_their_bytes() {
    let longest = (0..).map(|length| {
        let mut document = document();
        document.layout = layout_of_fields(300, |place| format!("f{place}{}", "x".repeat(length)));
        document
    });
    let fits = |document: &Document| document.to_json().len() <= DOCUMENT_MAX;
    let mut all = longest
        .skip_while(|document| !fits(document))
        .take_while(fits);
    let first = all.next().expect("one that fits");
    let last = all.last().unwrap_or(first);
    assert!(last.to_json().len() > DOCUMENT_MAX - 1_000);
    assert_eq!(last.encode(), last.to_json());
    // Compressed all the same, it is another document of the same layout: none.
    assert!(Document::decode(&stream_of(&last.to_json(), 9)).is_err());
}

#[test]
fn compressed_bytes_that_are_no_document_are_refused() {
    let (json, bytes) = (large_document().to_json(), large_document().encode());
    let refused = |bytes: &[u8]| Document::decode(bytes).expect_err("it is refused");
    // A bomb: 8 MiB in a few bytes, of spaces and of a document that goes on.
    let spaces = stream_of(&vec![b' '; 8 << 20], 5);
    let goes_on = stream_of(&[&json[..], &vec![b' '; 2 << 20]].concat(), 5);
    for bomb in [spaces, goes_on] {
        assert!(bomb.len() <= DOCUMENT_MAX);
        assert_eq!(refused(&bomb), LayoutError::Unpacked { most: UNPACKED_MAX });
    }
    for length in [1, 2, bytes.len() / 2, bytes.len() - 1] {
        let cut = refused(&bytes[..length]).to_string();
        assert!(cut.contains("not whole"), "{cut}");
    }
    for first in [0, 2, 3, b'[', 0x7f, 0xff] {
        let mut other = bytes.clone();
        other[0] = first;
        let other = refused(&other).to_string();
        assert!(
            other.contains(&format!("begin with {first:#04x}")),
            "{other}"
        );
    }
    // What follows the stream, another stream of the same, and text that is not ours.
    refused(&[&bytes[..], &[0]].concat());
    refused(&stream_of(&json, 11));
    let text = String::from_utf8(json).expect("text");
    for changed in [
        text.replacen("\"astId\":0", "\"astId\":5", 1),
        text.replacen("\":", "\": ", 1),
        text.replacen("{\"steps\"", "{\"note\":1,\"steps\"", 1),
        text.replacen("field_7\"", "field_\\u0037\"", 1),
    ] {
        assert_ne!(changed, text);
        refused(&stream_of(changed.as_bytes(), 9));
    }
    // Compressed, and still longer than the chain takes.
    let dense = layout_of_fields(3_000, |place| keccak256(place.to_be_bytes()).to_string());
    let dense = Document::of_layout(dense);
    assert!(dense.encode().len() > DOCUMENT_MAX && !dense.is_publishable());
    assert!(
        refused(&dense.encode())
            .to_string()
            .contains("32768 at most")
    );
    let long = Document::of_layout(layout_of_fields(15_000, |place| format!("f{place}")));
    assert!(long.to_json().len() > UNPACKED_MAX && !long.is_publishable());
    refused(&long.encode());
}
