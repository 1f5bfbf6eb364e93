use super::matching_folders;
use crate::build::error::BuildError;
use crate::build::source::tests::Project;
use crate::error::Explain;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A private key of the reader, in a file outside of the project.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// Puts a link to what the reader has in the place of a file of the project.
fn link_to(project: &Project, content: &str, name: &str) {
    let target = project.write("reader/file", content);
    let path = project.write(name, "");
    std::fs::remove_file(&path).expect("removed");
    symlink(target, path).expect("a link");
}

fn refusal(project: &Project, name: &str) -> BuildError {
    let error = project.read().expect_err(name);
    let said = format!("{error} {:?} {:?}", error.found(), error.next());
    assert!(!said.contains(&KEY[2..20]), "{name}: {said}");
    error
}

#[test]
fn a_link_in_the_place_of_a_file_that_decides_a_build_is_refused_by_its_name() {
    for name in [
        "work/Cargo.toml",
        "work/contract/Cargo.toml",
        "work/library/Cargo.toml",
        "work/other/Cargo.toml",
        "work/Cargo.lock",
        "work/rust-toolchain",
        "work/rust-toolchain.toml",
        "work/contract/rust-toolchain.toml",
        "work/.cargo/config",
        "work/.cargo/config.toml",
        "work/contract/.cargo/config.toml",
        "work/Stylus.toml",
        "work/contract/Stylus.toml",
    ] {
        for content in [KEY, "[package]\nname = \"of-the-reader\"\n"] {
            let project = Project::new();
            link_to(&project, content, name);
            let error = refusal(&project, name);
            assert_eq!(error.name(), "Kind", "{name}: {error}");
            assert!(error.to_string().contains(name), "{name}: {error}");
        }
    }
}

#[test]
fn a_link_is_refused_wherever_a_manifest_names_its_package() {
    let named = |more: &str| {
        let project = Project::new();
        project.declare(more);
        link_to(&project, KEY, "work/deep/er/Cargo.toml");
        project
    };
    for more in [
        "[dependencies]\nx = { path = \"../deep/er\" }\n",
        "[build-dependencies.x]\npath = \"../deep/./er\"\n",
        "[target.'cfg(unix)'.dependencies]\nx = { path = \"../deep/er\" }\n",
        "workspace = \"../deep/er\"\n",
    ] {
        assert_eq!(refusal(&named(more), more).name(), "Kind", "{more}");
    }
    for members in ["deep/*", "deep/e?", "deep/[a-f]r", "**", "*/er"] {
        let project = named("");
        let text = format!("[workspace]\nmembers = [\"contract\", \"{members}\"]\n");
        project.write("work/Cargo.toml", &text);
        assert_eq!(refusal(&project, members).name(), "Kind", "{members}");
    }
}

#[test]
fn a_folder_of_settings_is_no_link_either() {
    let project = Project::new();
    project.write("reader/config.toml", KEY);
    symlink(project.path("reader"), project.path("work/.cargo")).expect("a link");
    assert_eq!(refusal(&project, ".cargo").name(), "Kind");
}

#[test]
fn words_about_a_file_of_the_project_quote_nothing_of_it() {
    for name in [
        "work/Cargo.toml",
        "work/contract/Cargo.toml",
        "work/library/Cargo.toml",
        "work/Cargo.lock",
        "work/rust-toolchain",
        "work/.cargo/config.toml",
    ] {
        let project = Project::new();
        project.write(name, &format!("{KEY}\n"));
        let error = refusal(&project, name);
        assert_eq!(error.name(), "SourceFile", "{name}: {error}");
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
}

#[test]
fn a_pattern_stands_for_the_folders_that_are_there() {
    let project = Project::new();
    let found = matching_folders(&project.path("work/*"));
    for name in ["contract", "library", "other"] {
        assert!(
            found.contains(&project.path("work").join(name)),
            "{found:?}"
        );
    }
    assert_eq!(matching_folders(Path::new("/a/b")), [PathBuf::from("/a/b")]);
}

#[test]
fn a_link_in_the_place_of_a_source_file_is_not_read() {
    for (name, more) in [
        ("work/contract/src/lib.rs", ""),
        ("work/contract/entry.rs", "[lib]\npath = \"entry.rs\"\n"),
        ("work/contract/build.rs", "build = \"build.rs\"\n"),
        ("work/contract/README.md", "readme = \"README.md\"\n"),
    ] {
        let project = Project::new();
        project.declare(more);
        link_to(&project, KEY, name);
        let read = project.read();
        let read = read.map(|source| source.tree.get(Path::new(&name[5..])).cloned());
        match read {
            Ok(entry) => assert_eq!(entry, None, "{name}"),
            Err(error) => assert!(!format!("{error} {:?}", error.found()).contains(&KEY[2..20])),
        }
    }
}
