use super::{Kept, Record, Versions};
use crate::ids::CodeHash;
use crate::model::RecordedCode;
use crate::program_code::CodeBytes;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use stylus_layout::{Document, Layout, PublicInterface};

const LAYOUT: &str = r#"{"storage":[],"types":{},"namespaces":{}}"#;

/// Code in one piece.
fn in_one(code: &'static [u8]) -> CodeBytes {
    CodeBytes {
        code: Bytes::from_static(code),
        fragments: Vec::new(),
    }
}

fn kept(code: &'static [u8]) -> Kept {
    let layout = Layout::from_json(LAYOUT).expect("a layout");
    let interface = PublicInterface::new(["function note() view returns (uint256)".into()], []);
    let document = Document {
        interface: Some(interface.expect("an interface")),
        ..Document::of_layout(layout)
    };
    let recorded = RecordedCode {
        implementation: Address::repeat_byte(1),
        codehash: CodeHash(keccak256(code)),
        layout: document.hash().into(),
        source: B256::repeat_byte(3).into(),
    };
    let chain = (7, Address::repeat_byte(9));
    let record = Record::new(("a/../b", "2.0"), chain, &recorded);
    Kept::new(record, in_one(code), Some(document))
}

#[test]
fn what_is_kept_is_read_again_from_a_folder_below_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one");
    assert_eq!(versions.read("7", "a/../b", "2.0").expect("none"), None);
    assert!(versions.keep("7", &one).expect("kept"));
    assert!(!versions.keep("7", &one).expect("kept"), "it is there");
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read.as_ref(), Some(&one));
    let callable = one.callable().expect("an interface");
    assert_eq!(callable.abi.functions().count(), 1);
    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    assert!(place.ends_with("7/a%2F..%2Fb/2.0"), "{}", place.display());
    let readme = std::fs::read_to_string(versions.folder().join("README.md")).expect("it");
    assert!(readme.contains("Commit it."));

    let other = kept(b"other");
    assert!(versions.keep("7", &other).expect("kept"));
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read.as_ref(), Some(&other));
    assert_eq!(
        versions.records().expect("listed"),
        std::slice::from_ref(&other.record)
    );

    // What another registry or chain recorded under the same name replaces nothing.
    for (chain_id, registry) in [(7, Address::repeat_byte(8)), (8, other.record.registry)] {
        let mut of_other = kept(b"other");
        (of_other.record.chain_id, of_other.record.registry) = (chain_id, registry);
        let error = versions.keep("7", &of_other).expect_err("of another");
        assert!(error.is("VersionsOfOther"), "{error}");
    }
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read, Some(other));
}

#[test]
fn a_changed_file_is_refused_and_rewritten_by_the_next_registration() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one");
    versions.keep("7", &one).expect("kept");
    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    for file in ["code.bin", "layout.json"] {
        std::fs::write(place.join(file), "changed").expect("written");
        let error = versions.read("7", "a/../b", "2.0").expect_err(file);
        assert!(error.is("VersionsTampered"), "{error}");
        assert!(versions.keep("7", &one).expect("kept again"));
        assert!(versions.read("7", "a/../b", "2.0").is_ok());
        std::fs::remove_file(place.join(file)).expect("removed");
        versions.read("7", "a/../b", "2.0").expect_err(file);
        versions.keep("7", &one).expect("kept again");
    }
}

#[test]
fn code_that_is_not_what_the_registry_has_is_neither_kept_nor_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one");
    let other = Kept::new(one.record.clone(), in_one(b"two"), None);
    let error = versions.keep("7", &other).expect_err("other code");
    assert!(error.is("VersionsTampered"), "{error}");
    assert!(one.require_codehash(CodeHash::of(b"one")).is_ok());
    let error = one
        .require_codehash(CodeHash::of(b"two"))
        .expect_err("another");
    assert!(error.is("VersionsDiffer"));
    let mut unlike = one.record;
    unlike.layout_hash = B256::repeat_byte(1).into();
    let unlike = Kept::new(unlike, one.code, one.document);
    assert_eq!((unlike.document, unlike.record.has_layout), (None, false));
}

#[test]
fn one_name_for_two_programs_asks_for_the_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    versions.keep("7", &kept(b"one")).expect("kept");
    versions.keep("8", &kept(b"one")).expect("kept");
    assert!(versions.find("a/../b", "2.0").expect("one").is_some());
    versions.keep("9", &kept(b"two")).expect("kept");
    let error = versions.find("a/../b", "2.0").expect_err("two");
    assert!(error.is("VersionAmbiguous"));
}

#[test]
fn nothing_is_written_or_read_through_a_link_in_the_folder() {
    let one = kept(b"one");
    for depth in 0..4 {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        let versions = Versions::beside(folder.path());
        let place = versions.place("7", "a/../b", "2.0").expect("a place");
        let link = place.ancestors().nth(depth).expect("above it");
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("made");
        std::os::unix::fs::symlink(outside.path(), link).expect("a link");
        let error = versions.keep("7", &one).expect_err("a link");
        assert!(error.is("Kind"), "{depth}: {error}");
        versions.read("7", "a/../b", "2.0").expect_err("a link");
        versions.find("a/../b", "2.0").expect_err("a link");
        versions.records().expect_err("a link");
        let left = std::fs::read_dir(outside.path()).expect("it").count();
        assert_eq!(left, 0, "{depth}: written through the link");
    }
}

#[test]
fn several_processes_that_write_at_once_leave_a_whole_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    for round in 0..20 {
        let network = round.to_string();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                let (versions, network) = (&versions, &network);
                scope.spawn(move || versions.keep(network, &kept(b"one")).expect("kept"));
            }
        });
        let read = versions.read(&network, "a/../b", "2.0").expect("whole");
        assert_eq!(read, Some(kept(b"one")), "round {round}");
    }
}

/// Without its fragments the list of them is no program: a test that begins there fails.
#[test]
fn a_version_in_fragments_is_kept_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let mut root = vec![0xef, 0xf0, 0x02, 0, 0, 0, 0, 9];
    root.extend([Address::repeat_byte(1), Address::repeat_byte(2)].concat());
    let one = kept(b"one");
    let mut record = one.record.clone();
    record.codehash = CodeHash::of(&root);
    let code = CodeBytes {
        code: root.into(),
        fragments: vec![Bytes::from_static(b"first"), Bytes::from_static(b"second")],
    };
    let whole = Kept::new(record, code, one.document);
    assert!(versions.keep("7", &whole).expect("kept"));
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read.as_ref(), Some(&whole));

    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    std::fs::write(place.join("fragment-2.bin"), "other").expect("written");
    let error = versions.read("7", "a/../b", "2.0").expect_err("another");
    assert!(error.is("VersionsTampered"), "{error}");
    let mut less = whole.clone();
    less.code.fragments.pop();
    let less = Kept::new(less.record, less.code, less.document);
    assert!(versions.keep("7", &less).expect("kept"));
    let error = versions
        .read("7", "a/../b", "2.0")
        .expect_err("one is missing");
    assert!(error.is("VersionsTampered"), "{error}");
}
