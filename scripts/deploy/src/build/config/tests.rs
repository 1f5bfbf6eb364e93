use super::{file_of, rustflags, supply};
use crate::build::error::BuildError;
use crate::error::Explain;
use std::path::Path;

/// A workspace `work` with a package `work/contract`, below a folder that somebody else may write.
struct Folders(tempfile::TempDir);

impl Folders {
    fn new() -> Self {
        let folders = Self(tempfile::tempdir().expect("a folder"));
        std::fs::create_dir_all(folders.0.path().join("work/contract")).expect("a folder");
        folders
    }

    fn write(&self, folder: &str, text: &str) -> &Self {
        let folder = self.0.path().join(folder).join(".cargo");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("config.toml"), text).expect("a file");
        self
    }

    fn read(&self) -> Result<Vec<String>, BuildError> {
        let path = |name: &str| self.0.path().join(name);
        rustflags(&path("work/contract"), &path("work"))
    }
}

#[test]
fn flags_of_the_target_come_before_those_of_the_build_and_the_nearest_last() {
    let folders = Folders::new();
    folders.write("work", "[build]\nrustflags = \"--cfg one\"\n");
    assert_eq!(folders.read().expect("read"), ["--cfg", "one"]);
    folders.write(
        "work",
        "[build]\nrustflags = [\"--cfg\", \"one\"]\n\
         [target.wasm32-unknown-unknown]\nrustflags = [\"-Clink-arg=-zstack-size=32768\"]\n\
         [target.aarch64-apple-darwin]\nrustflags = [\"-Clink-arg=/opt/x\"]\nlinker = \"/opt/ld\"\n",
    );
    folders.write(
        "work/contract",
        "[target.wasm32-unknown-unknown]\nrustflags = [\"--cfg\", \"near\"]\n",
    );
    let flags = folders.read().expect("read");
    assert_eq!(flags, ["-Clink-arg=-zstack-size=32768", "--cfg", "near"]);
    let text = file_of(&flags).expect("flags are part of the sources");
    assert!(text.contains("near") && !text.contains("apple"), "{text}");
}

#[test]
fn folders_above_the_workspace_say_nothing_and_the_home_says_where_packages_come_from() {
    let folders = Folders::new();
    let leaks = "[build]\nrustflags = [\"--cfg\", \"leak\"]\nrustc-wrapper = \"/bin/sh\"\n\
                 [env]\nLEAK = \"1\"\n[profile.contract]\nopt-level = 1\n[patch.crates-io]\nx = { path = \"x\" }\n";
    let mirror = "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+https://x/\"\n";
    folders.write("", &format!("{leaks}{mirror}"));
    folders.write("home", &format!("{leaks}{mirror}[net]\nretry = 9\n"));
    assert_eq!(folders.read().expect("read"), [""; 0]);
    let home = folders.0.path().join("home/.cargo");
    let supply = supply(&home).expect("read").to_string();
    for said in ["mirror", "retry = 9"] {
        assert!(supply.contains(said), "{said} in {supply}");
    }
    assert!(
        !supply.contains("LEAK") && !supply.contains("leak"),
        "{supply}"
    );
}

/// Cargo does not read it where contracts are built.
#[test]
fn wrappers_and_linkers_have_no_effect() {
    for setting in [
        "[build]\nrustc = \"/tmp/rustc\"\n",
        "[build]\nrustc-wrapper = \"sccache\"\n",
        "[target.wasm32-unknown-unknown]\nlinker = \"x\"\n",
        "[alias]\nb = \"build\"\n[term]\nquiet = true\n[registries.x]\nindex = \"sparse+https://x/\"\n",
        "[a-table-of-a-later-cargo]\nx = 1\n",
    ] {
        let folders = Folders::new();
        let config = folders.write("work", setting).read().expect(setting);
        assert_eq!(config, [""; 0], "{setting}");
    }
}

#[test]
fn what_stands_for_other_flags_is_refused() {
    for words in [
        "\"-Cstrip=none\\u001f-Clinker=evil\"",
        "\"-W\", \"@flags\"",
        "\"--cfg\", \"@flags\"",
    ] {
        let folders = Folders::new();
        folders.write("work", &format!("[build]\nrustflags = [{words}]\n"));
        let error = folders.read().expect_err(words);
        assert!(
            error.to_string().contains("other flags"),
            "{words}: {error}"
        );
    }
}

#[test]
fn a_flag_that_may_bring_code_is_refused() {
    let refused = [
        "--cfg test",
        "-Clink-arg=evil.o",
        "-C link-args=-zstack-size=1 evil.o",
        "-Clink-arg=-zstack-size=1 evil.o",
        "--extern=evil=evil.rlib",
        "-L.",
        "-levil",
        "-Zcrate-attr=feature(asm)",
        "-Clinker-plugin-lto=evil",
        "-Cllvm-args=-load=evil",
        "@flags",
    ];
    let plain = [
        "-Copt-level=3",
        "-C target-feature=+bulk-memory",
        "-C target-cpu=mvp",
        "-C lto",
        "-Clink-arg=-zstack-size=8192",
        "--cfg flag",
        "-Awarnings",
    ];
    for (flags, is_refused) in [(&refused[..], true), (&plain[..], false)] {
        for flag in flags {
            // A flag and its value in a word after it.
            let words = match flag.split_once(' ') {
                Some((first @ ("-C" | "--cfg"), value)) => format!("{first:?}, {value:?}"),
                _ => format!("{flag:?}"),
            };
            let folders = Folders::new();
            folders.write("work", &format!("[build]\nrustflags = [{words}]\n"));
            let found = folders.read();
            assert_eq!(found.is_err(), is_refused, "{flag}: {found:?}");
            let named = found
                .err()
                .is_none_or(|error| error.to_string().contains(flag));
            assert!(named, "{flag}");
        }
    }
}

#[test]
fn what_reads_or_runs_something_outside_the_sources_is_refused() {
    for setting in [
        "[build]\nrustflags = [\"-Clink-arg=/tmp/x.o\"]\n",
        "[build]\nrustflags = \"-L /tmp\"\n",
        "[target.wasm32-unknown-unknown]\nrustflags = [\"-Clinker=x\"]\n",
        "[target.'cfg(all())']\nrustflags = [\"--cfg\", \"x\"]\n",
        "[patch.crates-io]\nx = { path = \"../x\" }\n",
        "[source.crates-io]\nreplace-with = \"x\"\n",
        "paths = [\"/tmp/x\"]\n",
        "include = [\"/tmp/x.toml\"]\n",
        "[env]\nX = \"x\"\n",
        "[profile.contract]\nopt-level = 3\n",
        "[unstable]\nbuild-std = [\"core\"]\n",
    ] {
        let folders = Folders::new();
        let error = folders.write("work", setting).read().expect_err(setting);
        assert_eq!(error.name(), "SourceFile", "{setting}: {error}");
        assert!(error.to_string().contains(".cargo/config.toml"), "{error}");
    }
}

#[test]
fn a_configuration_with_a_syntax_error_is_named() {
    let folders = Folders::new();
    let error = folders.write("work", "[env\n").read().expect_err("no TOML");
    assert_eq!(error.name(), "SourceFile");
    assert!(Path::new("/").is_dir());
}
