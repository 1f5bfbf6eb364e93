//! A contract as small as one can be, in a folder of its own, with a library and a build script.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use stylus_upgrades::build::{Artifact, BuildError, Builder};
use stylus_upgrades::progress::Progress;

/// The framework that this test was built with.
pub(crate) fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Listens to a builder and remembers which contracts it compiled.
#[derive(Default)]
pub(crate) struct Report(Mutex<Vec<String>>);

impl Report {
    pub(crate) fn built(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

impl Progress for Report {
    fn begin(&self, what: &str) {
        if let Some(package) = what.strip_prefix("building ") {
            self.0.lock().expect("no panic").push(package.to_owned());
        }
    }
}

/// Builds the crate in `folder`.
pub(crate) fn build(folder: &Path) -> Result<Artifact, BuildError> {
    Builder::at(&home(), Arc::new(Report::default()))?.path(folder)
}

/// Compiles the crate in `folder`, whatever was built before.
pub(crate) fn rebuild(folder: &Path) -> Result<Artifact, BuildError> {
    Builder::at(&home(), Arc::new(Report::default()))?
        .from_scratch()
        .path(folder)
}

/// A workspace `work` in a folder of its own.
pub(crate) struct Project(tempfile::TempDir);

impl Project {
    /// A contract whose code holds the files' names and the values of everything that it reads.
    pub(crate) fn new() -> Self {
        let project = Self(tempfile::tempdir().expect("a folder"));
        let value = |of: &str| format!("pub const VALUE: &str = \"{of}: 1\";\n");
        let flags = "[target.wasm32-unknown-unknown]\nrustflags = [\"--cfg\", \"tiny\"]\n";
        let library = "#![no_std]\npub const FILE: &str = file!();\n";
        for (name, text) in [
            ("work/Cargo.toml", ROOT),
            ("work/Cargo.lock", LOCK),
            ("work/contract/Cargo.toml", MANIFEST),
            ("work/contract/build.rs", SCRIPT),
            ("work/contract/src/lib.rs", CONTRACT),
            ("work/contract/src/tests/mod.rs", &value("tests")),
            ("work/contract/src/target/mod.rs", &value("target")),
            ("work/contract/tests/value.txt", "text: 1"),
            ("work/contract/data/one", ""),
            ("work/contract/data/.two", ""),
            ("work/contract/.cargo/config.toml", flags),
            ("library/Cargo.toml", LIBRARY),
            ("library/src/lib.rs", library),
        ] {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn contract(&self) -> PathBuf {
        self.path("work/contract")
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    }

    /// Puts more after the contract's code.
    pub(crate) fn append(&self, text: &str) {
        self.write("work/contract/src/lib.rs", &format!("{CONTRACT}{text}"));
    }
}

const ROOT: &str = r#"[workspace]
members = ["contract"]
resolver = "3"
"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "tiny"
version = "0.0.0"
dependencies = [
 "tiny-library",
]

[[package]]
name = "tiny-library"
version = "0.0.0"
"#;

const MANIFEST: &str = r#"[package]
name = "tiny"
edition = "2024"

[lib]
crate-type = ["cdylib"]
test = false

[dependencies]
tiny-library = { path = "../../library" }
"#;

const LIBRARY: &str = r#"[package]
name = "tiny-library"
edition = "2024"

[lib]
test = false
"#;

/// Reads what it does not name to cargo.
const SCRIPT: &str = r#"fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let files = std::fs::read_dir("data").expect("the data").count();
    println!("cargo:rustc-env=FILES=files: {files}");
}
"#;

const CONTRACT: &str = r#"#![no_std]

mod target;
mod tests;

#[link(wasm_import_module = "vm_hooks")]
unsafe extern "C" {
    fn pay_for_memory_grow(pages: u16);
    fn write_result(data: *const u8, length: usize);
}

static ALL: [&str; 7] = [
    tests::VALUE,
    target::VALUE,
    include_str!("../tests/value.txt"),
    env!("FILES"),
    if cfg!(tiny) { "flag: 1" } else { "flag: 2" },
    file!(),
    tiny_library::FILE,
];

static OPTIONAL: &str = match option_env!("TINY_OPTIONAL") {
    Some(text) => text,
    None => "not set",
};

#[unsafe(no_mangle)]
pub extern "C" fn mark_used() {
    unsafe { pay_for_memory_grow(0) }
}

#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(length: usize) -> usize {
    let text = ALL.get(length).unwrap_or(&OPTIONAL);
    unsafe { write_result(text.as_ptr(), text.len()) };
    more(length)
}

#[cfg(flag)]
fn more(_: usize) -> usize {
    1234567
}

#[cfg(not(flag))]
fn more(_: usize) -> usize {
    0
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
"#;
