//! Sources that lead elsewhere: links, folders of compilers and of packages.

use super::tests::Project;
use crate::error::Explain;

/// A folder or an ending that no search looks at, and what a build script wrote.
#[test]
fn what_the_compiler_read_and_nobody_searched_is_named() {
    let project = Project::new();
    project.write("work/contract/src/.all/lib.rs", "mod other;");
    project.write("work/contract/src/lib.txt", "mod other;");
    project.write("work/contract/src/abi.json", "[{\"name\": \"a\"}]");
    project.write("work/contract/src/searched.rs", "");
    let source = project.source();
    let read = [
        ("contract/src/.all/lib.rs", true),
        ("contract/src/lib.txt", true),
        ("contract/tests/it.rs", true),
        ("OUT_DIR/made.rs", true),
        ("contract/src/searched.rs", false),
        ("contract/src/abi.json", true),
    ];
    let paths = read.map(|(path, _)| std::path::PathBuf::from(path));
    let named: Vec<_> = source.not_searched(&paths).collect();
    let expected = read
        .iter()
        .zip(&paths)
        .filter(|((_, is_named), _)| *is_named);
    assert_eq!(named, expected.map(|(_, path)| path).collect::<Vec<_>>());
}

#[test]
fn declared_sources_below_a_link_that_leaves_the_workspace_are_refused() {
    let project = Project::new();
    project.write("outside/secret", "of somebody");
    std::os::unix::fs::symlink(project.path("outside"), project.path("work/shared"))
        .expect("a link");
    project.declare("[package.metadata.stylus-upgrades]\nsources = [\"../shared/secret\"]\n");
    let error = project.read().expect_err("it lies outside");
    assert_eq!(error.name(), "SourceFile", "{error}");
}

/// A library or a build script that begins outside of the package: it is part of the sources, or refused.
#[test]
fn a_target_that_begins_in_no_file_of_the_sources_is_refused_with_its_path() {
    let project = Project::new();
    project.write("work/shared/entry.rs", "pub fn one() {}");
    project.write("outside/entry.rs", "pub fn one() {}");
    let library = |path: &str| format!("[lib]\npath = \"{path}\"\n");
    let linked = project.path("work/contract/src/linked.rs");
    std::os::unix::fs::symlink(project.path("outside/entry.rs"), linked).expect("a link");
    for (path, more) in [
        ("work/shared/entry.rs", library("../shared/entry.rs")),
        ("outside/entry.rs", library("../../outside/entry.rs")),
        ("contract/src/linked.rs", library("src/linked.rs")),
        (
            "shared/entry.rs",
            "build = \"../shared/entry.rs\"\n".to_owned(),
        ),
    ] {
        project.declare(&more);
        let error = project.read().expect_err(path);
        assert_eq!(error.name(), "NotInSources", "{path}: {error}");
        assert!(error.to_string().contains(path), "{error}");
    }
    let declared = "[package.metadata.stylus-upgrades]\nsources = [\"../shared\"]\n";
    project.declare(&format!("{}{declared}", library("../shared/entry.rs")));
    let before = project.hash();
    project.write("work/shared/entry.rs", "pub fn two() {}");
    assert_ne!(project.hash(), before);
}

#[test]
fn a_folder_with_a_compiler_is_no_toolchain() {
    for file in ["rust-toolchain", "rust-toolchain.toml"] {
        let project = Project::new();
        let write = |text: &str| project.write(&format!("work/{file}"), text);
        for text in [
            "[toolchain]\npath = \"/opt/rust\"\n",
            "[toolchain]\nchannel = \"/opt/rust\"\n",
            "[toolchain]\nchannel = \"1.95.0\"\npath = \"rust\"\n",
            "./rust\n",
            "[toolchain]\ncomponents = []\n",
        ] {
            let path = write(text);
            let error = project.read().expect_err("the compiler is no source");
            assert_eq!(error.name(), "SourceFile", "{text}: {error}");
            assert!(
                error.to_string().contains(&path.display().to_string()),
                "{error}"
            );
        }
        for text in ["[toolchain]\nchannel = \"1.95.0\"\n", "1.95.0\n"] {
            write(text);
            project.read().expect("a channel");
        }
    }
}

/// No checksum of the lock file holds for packages in a folder.
#[test]
fn packages_in_a_folder_instead_of_a_registry_are_refused() {
    let project = Project::new();
    let settings = "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n";
    let before = project.hash();
    let path = project.write("work/.cargo/config.toml", settings);
    let error = project.read().expect_err("a source");
    assert_eq!(error.name(), "SourceFile", "{error}");
    assert!(error.to_string().contains("source: "), "{error}");
    std::fs::remove_file(path).expect("removed");
    // Above the workspace nothing is read.
    project.write(".cargo/config.toml", settings);
    assert_eq!(project.hash(), before);
}

/// A key is not copied, and not left out in silence either: a user who meant it for the build would find
/// it missing. Its owner moves it, or says that it is none.
#[test]
fn a_key_among_the_sources_is_refused() {
    let project = Project::new();
    let before = project.hash();
    let key = format!("0x{}\n", "b6".repeat(32));
    for place in ["work/contract/key", "work/library/tests/key.txt"] {
        let path = project.write(place, &key);
        let error = project.read().expect_err(place);
        assert_eq!(error.name(), "LooksLikeKey", "{error}");
        assert!(error.to_string().contains(place), "{error}");
        assert!(!error.to_string().contains("b6b6"), "{error}");
        std::fs::remove_file(path).expect("removed");
    }
    assert_eq!(project.hash(), before);
    let path = project.write("work/contract/.env", "PRIVATE_KEY=");
    assert!(project.read().is_err());
    std::fs::remove_file(path).expect("removed");

    project.write("work/key", &key); // of no package
    assert_eq!(project.hash(), before);
    project.write("work/contract/testdata/root.txt", &key);
    let manifest = std::fs::read_to_string(project.path("work/contract/Cargo.toml")).expect("it");
    project.write(
        "work/contract/Cargo.toml",
        &format!("{manifest}public-files = [\"testdata/root.txt\"]\n"),
    );
    assert_ne!(project.hash(), before);
}

/// The compiler's list of what it read would end there, and what comes after it in the list would be seen by nobody.
#[test]
fn a_file_that_the_compiler_cannot_list_is_refused() {
    for name in ["a\nb.rs", "a\rb.rs", "a\\"] {
        let project = Project::new();
        let written = project.write(&format!("work/contract/src/{name}"), "");
        let error = project.read().expect_err(name);
        assert_eq!(error.name(), "SourceFile", "{error}");
        assert!(error.to_string().contains("its name has"), "{error}");
        std::fs::remove_file(written).expect("removed");
        project.read().expect("without it");
    }
}
