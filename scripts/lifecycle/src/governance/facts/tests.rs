use super::{BuildFacts, OTHER_COMMIT};
use crate::build::{BuildInfo, Commit};
use crate::error::{Exit, Explain};
use crate::governance::Call;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::layout::Build;
use alloy::primitives::{Address, B256};
use alloy::sol_types::SolCall;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::{Code, Step};

fn call() -> Call {
    let call = abi::migrateCall {
        name: "A".into(),
        version: "2.0".into(),
        code: Code {
            implementation: Address::repeat_byte(1),
            codehash: B256::repeat_byte(2),
            layoutHash: B256::repeat_byte(3),
            sourceHash: B256::repeat_byte(4),
        },
        step: Step {
            from: "1.0".into(),
            kind: 2,
            script: Address::repeat_byte(5),
            scriptCodehash: B256::repeat_byte(6),
            data: Default::default(),
        },
    };
    Call::decode(&call.abi_encode()).expect("a governed call")
}

fn build(code: u8, layout: u8, source: u8) -> Build {
    Build {
        name: "counter".into(),
        codehash: CodeHash(B256::repeat_byte(code)),
        code_bytes: 100,
        layout_hash: LayoutHash(B256::repeat_byte(layout)),
        source_hash: SourceHash(B256::repeat_byte(source)),
        build: BuildInfo {
            commit: Some(Commit {
                id: "0123456789abcdef0123456789abcdef01234567".into(),
                dirty: false,
            }),
            ..BuildInfo::default()
        },
        interface: None,
    }
}

#[test]
fn the_build_of_the_very_code_is_shown_with_its_commit() {
    let facts = BuildFacts::of(&call(), "code", &build(2, 3, 4), true).expect("the same");
    let lines = facts.lines().join("\n");
    assert!(
        lines.contains("0123456789ab") && lines.contains("wasm-encoder"),
        "{lines}"
    );
    assert!(
        lines.contains("built in this run; same code hash"),
        "{lines}"
    );
    // A record that somebody left proves nothing.
    let reported = BuildFacts::of(&call(), "code", &build(2, 3, 4), false).expect("the same");
    let lines = reported.lines().join("\n");
    assert!(
        lines.contains("build with approve --source") && !lines.contains("built in this run"),
        "{lines}"
    );
    // A step names the code of its script and nothing else.
    BuildFacts::of(&call(), "script", &build(6, 9, 9), true).expect("the same");
}

#[test]
fn a_build_that_differs_in_code_layout_or_sources_is_shown_to_nobody() {
    for (build, hash) in [
        (build(9, 3, 4), "code hash"),
        (build(2, 9, 4), "layout hash"),
        (build(2, 3, 9), "source hash"),
    ] {
        let error = BuildFacts::of(&call(), "code", &build, true).expect_err("it differs");
        assert_eq!(
            (error.name().as_str(), error.exit()),
            ("ArtifactDiffers", Exit::Refused)
        );
        assert!(error.to_string().contains(hash), "{error}");
        let expected = error.expected().expect("named");
        let found = error.found().expect("built");
        assert!(expected != found && found.contains("0x0909"), "{found}");
    }
    assert!(BuildFacts::of(&call(), "script", &build(2, 3, 4), true).is_err());
}

/// Who proposes writes what hash of sources he likes: other code is never explained away.
#[test]
fn other_code_that_names_the_same_sources_is_not_to_be_approved() {
    let next = |what, build: &Build| {
        let error = BuildFacts::of(&call(), what, build, true).expect_err("it differs");
        error.next().expect("advice")
    };
    let (same_sources, other_sources) = (build(9, 3, 4), build(9, 3, 9));
    for (what, build, is_named) in [
        ("code", &same_sources, true),
        ("code", &other_sources, false),
        // A script names no sources.
        ("script", &same_sources, false),
    ] {
        let next = next(what, build);
        assert!(
            next.starts_with("do not approve it before you know why"),
            "{next}"
        );
        assert_eq!(next.contains(OTHER_COMMIT), is_named, "{what}: {next}");
    }
}

/// Sources of no commit have no hash on a public chain: code and layout are compared.
#[test]
fn an_action_that_names_no_sources_is_compared_by_its_code_and_layout() {
    let mut unnamed = call();
    let Call::Migrate(version) = &mut unnamed else {
        panic!("another call");
    };
    version.code.sourceHash = B256::ZERO;
    BuildFacts::of(&unnamed, "code", &build(2, 3, 9), true).expect("the same code");
    assert!(BuildFacts::of(&unnamed, "code", &build(9, 3, 0), true).is_err());
    assert!(BuildFacts::of(&unnamed, "code", &build(2, 9, 0), true).is_err());
}
