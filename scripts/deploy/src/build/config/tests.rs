use super::{Config, read, supply, unsearched};
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

    fn read(&self) -> Result<Config, BuildError> {
        let path = |name: &str| self.0.path().join(name);
        read(&path("work/contract"), &path("work"))
    }
}

#[test]
fn flags_of_the_target_come_before_those_of_the_build_and_the_nearest_last() {
    let folders = Folders::new();
    folders.write("work", "[build]\nrustflags = \"--cfg one\"\n");
    assert_eq!(folders.read().expect("read").rustflags, ["--cfg", "one"]);
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
    let config = folders.read().expect("read");
    assert_eq!(
        config.rustflags,
        ["-Clink-arg=-zstack-size=32768", "--cfg", "near"]
    );
    let code = config.code.expect("flags are part of the sources");
    assert!(code.contains("near") && !code.contains("apple"), "{code}");
}

#[test]
fn folders_above_the_workspace_say_nothing_and_the_home_says_where_packages_come_from() {
    let folders = Folders::new();
    let leaks = "[build]\nrustflags = [\"--cfg\", \"leak\"]\nrustc-wrapper = \"/bin/sh\"\n\
                 [env]\nLEAK = \"1\"\n[profile.contract]\nopt-level = 1\n[patch.crates-io]\nx = { path = \"x\" }\n";
    let mirror = "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+https://x/\"\n";
    folders.write("", &format!("{leaks}{mirror}"));
    folders.write("home", &format!("{leaks}{mirror}[net]\nretry = 9\n"));
    assert_eq!(folders.read().expect("read"), Config::default());
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

#[test]
fn settings_of_the_workspace_are_part_of_the_sources() {
    let folders = Folders::new();
    folders.write(
        "work",
        "[env]\nA = \"far\"\nB = \"far\"\n[alias]\nb = \"build\"\n[term]\nquiet = true\n",
    );
    folders.write("work/contract", "[env]\nA = \"near\"\n");
    let code = folders.read().expect("read").code.expect("settings");
    assert!(
        code.contains("A = \"near\"") && code.contains("B = \"far\""),
        "{code}"
    );
    assert!(!code.contains("alias") && !code.contains("quiet"), "{code}");
}

#[test]
fn flags_and_variables_that_may_bring_code_are_named() {
    let folders = Folders::new();
    let settings = "[env]\nRUSTC_BOOTSTRAP = \"1\"\n\
                    [target.wasm32-unknown-unknown]\nrustflags = [\"-Copt-level=3\", \"-Clink-arg=evil.o\"]\n";
    let config = folders.write("work", settings).read().expect("read");
    assert_eq!(
        config.unsearched,
        [
            ".cargo/config.toml: -Clink-arg=evil.o",
            ".cargo/config.toml: env.RUSTC_BOOTSTRAP"
        ]
    );
}

/// Cargo does not read it where contracts are built.
#[test]
fn wrappers_and_linkers_have_no_effect() {
    for setting in [
        "[build]\nrustc = \"/tmp/rustc\"\n",
        "[build]\nrustc-wrapper = \"sccache\"\n",
        "[target.wasm32-unknown-unknown]\nlinker = \"x\"\n",
        "[a-table-of-a-later-cargo]\nx = 1\n",
    ] {
        let folders = Folders::new();
        let config = folders.write("work", setting).read().expect(setting);
        assert_eq!(config, Config::default(), "{setting}");
    }
}

#[test]
fn a_flag_that_may_bring_code_is_named() {
    let named = [
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
    ];
    let plain = [
        "-Copt-level=3",
        "-C target-feature=+bulk-memory",
        "-C lto",
        "-Clink-arg=-zstack-size=8192",
        "--cfg flag",
        "-Awarnings",
    ];
    for (flags, expected) in [(&named[..], &named[..]), (&plain[..], &[][..])] {
        // A flag and its value in a word behind it.
        let words = flags.iter().flat_map(|flag| match flag.split_once(' ') {
            Some((flag @ ("-C" | "--cfg"), value)) => vec![flag, value],
            _ => vec![*flag],
        });
        let words: Vec<String> = words.map(str::to_owned).collect();
        assert_eq!(unsearched(&words), expected);
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
        "[env]\nX = { value = \"x\", relative = true }\n",
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
