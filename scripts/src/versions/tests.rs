use super::{Kept, Record, State, Versions, VersionsError, Written};
use crate::ids::CodeHash;
use crate::interface::Callable;
use alloy::json_abi::JsonAbi;
use alloy::primitives::{Address, B256, Bytes, keccak256};
use stylus_layout::{Document, Layout};
use stylus_upgrades_interface::registry::{Code, Step};

const LAYOUT: &str = r#"{"storage":[],"types":{},"namespaces":{}}"#;

fn kept(code: &'static [u8], state: State) -> Kept {
    let layout = Layout::from_json(LAYOUT).expect("a layout");
    let document = Document::of_layout(layout);
    let recorded = Code {
        implementation: Address::repeat_byte(1),
        codehash: keccak256(code),
        layoutHash: document.hash(),
        sourceHash: B256::repeat_byte(3),
    };
    let step = Step {
        from: "1.0".into(),
        kind: 1,
        script: Address::ZERO,
        scriptCodehash: B256::ZERO,
        data: Bytes::from_static(&[1, 2]),
    };
    let chain = (7, Address::repeat_byte(9));
    let record = Record::new(("a/../b", "2.0"), chain, state, &recorded, &[step]);
    let abi = JsonAbi::parse(["function note() view returns (uint256)"]).expect("an ABI");
    let callable = Callable {
        abi,
        steps: vec!["begin()".into()],
        unseen: vec!["one that was not found".into()],
    };
    let code = Bytes::from_static(code);
    Kept::new(record, code, Some(document), Some(callable)).expect("its bytes")
}

#[test]
fn what_is_kept_is_read_again_from_a_folder_below_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one", State::Proposed);
    assert_eq!(versions.read("7", "a/../b", "2.0").expect("none"), None);
    assert_eq!(versions.keep("7", &one).expect("kept"), Written::New);
    assert_eq!(versions.keep("7", &one).expect("kept"), Written::Unchanged);
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read.as_ref(), Some(&one));
    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    assert!(place.ends_with("7/a%2F..%2Fb/2.0"), "{}", place.display());
    let readme = std::fs::read_to_string(versions.folder().join("README.md")).expect("it");
    assert!(readme.contains("Commit it."));

    let done = kept(b"one", State::Registered);
    assert_eq!(versions.keep("7", &done).expect("kept"), Written::Updated);
    let other = kept(b"other", State::Registered);
    let written = versions.keep("7", &other).expect("kept");
    assert_eq!(written, Written::Reproposed, "of the same registry");
    let mut elsewhere = other.clone();
    elsewhere.record.chain_id = 8;
    let written = versions.keep("7", &elsewhere).expect("kept");
    assert_eq!(written, Written::Replaced);
    versions.keep("7", &other).expect("kept");
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    assert_eq!(read, Some(other));
    assert_eq!(versions.versions("7", "a/../b").expect("listed"), ["2.0"]);
}

#[test]
fn a_changed_file_is_refused_and_written_anew_by_the_next_registration() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one", State::Registered);
    versions.keep("7", &one).expect("kept");
    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    for file in ["code.bin", "layout.json", "abi.json", "notes.json"] {
        std::fs::write(place.join(file), "changed").expect("written");
        let error = versions.read("7", "a/../b", "2.0").expect_err(file);
        assert!(matches!(error, VersionsError::Tampered { .. }), "{error}");
        let written = versions.keep("7", &one).expect("kept again");
        assert_eq!(written, Written::Mended);
        assert!(versions.read("7", "a/../b", "2.0").is_ok());
        std::fs::remove_file(place.join(file)).expect("removed");
        versions.read("7", "a/../b", "2.0").expect_err(file);
        versions.keep("7", &one).expect("kept again");
    }
}

#[test]
fn an_interface_without_notes_does_not_count_as_all_that_the_sources_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    versions
        .keep("7", &kept(b"one", State::Registered))
        .expect("kept");
    let place = versions.place("7", "a/../b", "2.0").expect("a place");
    let path = place.join("version.json");
    let text = std::fs::read_to_string(&path).expect("a record");
    let mut record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let fields = record.as_object_mut().expect("fields");
    assert!(fields.remove("notes_hash").is_some());
    std::fs::write(&path, record.to_string()).expect("written");
    let read = versions.read("7", "a/../b", "2.0").expect("read");
    let callable = read.and_then(|kept| kept.callable).expect("an interface");
    assert!(callable.steps.is_empty());
    assert!(callable.unseen[0].contains("was not noted"), "{callable:?}");
}

#[test]
fn code_that_is_not_what_the_registry_has_is_neither_kept_nor_used() {
    let one = kept(b"one", State::Registered);
    let error = Kept::new(one.record.clone(), Bytes::from_static(b"two"), None, None);
    assert!(matches!(error, Err(VersionsError::Code { .. })));
    assert!(one.require(CodeHash::of(b"one")).is_ok());
    let error = one.require(CodeHash::of(b"two")).expect_err("another");
    assert!(matches!(error, VersionsError::OtherCode { .. }));
}

#[test]
fn one_name_for_two_programs_asks_for_the_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    versions
        .keep("7", &kept(b"one", State::Registered))
        .expect("kept");
    versions
        .keep("8", &kept(b"one", State::Registered))
        .expect("kept");
    assert!(versions.find("a/../b", "2.0").expect("one").is_some());
    versions
        .keep("9", &kept(b"two", State::Registered))
        .expect("kept");
    let error = versions.find("a/../b", "2.0").expect_err("two");
    assert!(matches!(error, VersionsError::Ambiguous { .. }));
}

#[test]
fn nothing_is_written_or_read_through_a_link_in_the_folder() {
    let one = kept(b"one", State::Registered);
    for depth in 0..4 {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        let versions = Versions::beside(folder.path());
        let place = versions.place("7", "a/../b", "2.0").expect("a place");
        let link = place.ancestors().nth(depth).expect("above it");
        std::fs::create_dir_all(link.parent().expect("a folder")).expect("made");
        std::os::unix::fs::symlink(outside.path(), link).expect("a link");
        let error = versions.keep("7", &one).expect_err("a link");
        assert!(matches!(error, VersionsError::Own(_)), "{depth}: {error}");
        versions.read("7", "a/../b", "2.0").expect_err("a link");
        versions.find("a/../b", "2.0").expect_err("a link");
        let left = std::fs::read_dir(outside.path()).expect("it").count();
        assert_eq!(left, 0, "{depth}: written through the link");
    }
}

#[test]
fn a_proposal_never_replaces_what_is_registered_however_many_write_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    for round in 0..20 {
        let network = round.to_string();
        std::thread::scope(|scope| {
            for state in [State::Proposed, State::Registered, State::Proposed] {
                let (versions, network) = (&versions, &network);
                scope.spawn(move || versions.keep(network, &kept(b"one", state)).expect("kept"));
            }
        });
        let read = versions.read(&network, "a/../b", "2.0").expect("whole");
        assert_eq!(read, Some(kept(b"one", State::Registered)), "round {round}");
        let proposed = versions.proposed(&network, Address::repeat_byte(9));
        assert_eq!(proposed.expect("read"), []);
    }
    let proposal = kept(b"one", State::Proposed);
    assert_eq!(
        versions.keep("0", &proposal).expect("kept"),
        Written::Unchanged
    );
    versions.keep("new", &proposal).expect("kept");
    let open = versions.proposed("new", Address::repeat_byte(9));
    assert_eq!(open.expect("read"), [proposal.record]);
    let others = versions.proposed("new", Address::repeat_byte(8));
    assert_eq!(others.expect("read"), []);
}

#[test]
fn who_writes_waits_for_the_one_who_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    versions
        .keep("7", &kept(b"one", State::Proposed))
        .expect("kept");
    let lock = std::fs::File::open(versions.folder()).expect("the folder");
    lock.lock().expect("locked");
    let other = versions.clone();
    let writer = std::thread::spawn(move || other.keep("7", &kept(b"one", State::Registered)));
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(!writer.is_finished(), "it does not wait");
    drop(lock);
    let written = writer.join().expect("no panic").expect("kept");
    assert_eq!(written, Written::Updated);
    let left: Vec<_> = std::fs::read_dir(versions.folder()).expect("it").collect();
    assert_eq!(left.len(), 2, "a README and a network: no file of the lock");
}

#[test]
fn what_was_proposed_and_ended_is_said_and_can_be_proposed_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let versions = Versions::beside(folder.path());
    let one = kept(b"one", State::Proposed);
    versions.keep("7", &one).expect("kept");
    versions.end("7", &one.record).expect("ended");
    let state = || {
        let read = versions.read("7", "a/../b", "2.0").expect("read");
        read.expect("kept").record.state
    };
    assert_eq!(state(), State::Ended);
    let registry = one.record.registry;
    assert_eq!(versions.definitions("7", registry).expect("it"), [""; 0]);
    versions.keep("7", &one).expect("kept");
    assert_eq!(state(), State::Proposed);
    let registered = kept(b"one", State::Registered);
    versions.keep("7", &registered).expect("kept");
    versions
        .end("7", &one.record)
        .expect("what was registered meanwhile stays");
    assert_eq!(state(), State::Registered);
    assert_eq!(versions.definitions("7", registry).expect("it"), ["a/../b"]);
}
