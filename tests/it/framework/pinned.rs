//! The pinned programs are what the sources build to.

use crate::prelude::*;
use std::fs;
use std::sync::Arc;

use stylus_upgrades::build::{Artifact, Builder, Framework, evm, examples};
use stylus_upgrades::ids::CodeHash;
use stylus_upgrades_framework::{
    ENDING, Entry, LAYOUTS, MANIFEST, Manifest, ORDERS, PAUSE_STUB, REGISTRY, TOOLCHAIN_FILE,
};
use stylus_upgrades_harness::{builder, home};
use stylus_upgrades_interface::parts::PARTS;

/// What writes the pinned programs again.
const UPDATE: &str =
    "STYLUS_UPGRADES_UPDATE=1 cargo test --workspace --test it -- framework::pinned";

#[test]
fn the_pinned_programs_are_what_the_sources_build_to() {
    let home = home();
    let built = built(&home);
    let toolchain = fs::read_to_string(home.join("rust-toolchain.toml")).expect("the toolchain");
    let files = to_files(&built, &toolchain);
    require_pinned(&home.join("framework/artifacts"), &files);
}

#[test]
fn the_contracts_of_the_demo_are_what_the_sources_build_to() {
    let builder = builder().expect("the workspace");
    let contracts = examples::names().map(|name| builder.contract(name).expect("it builds"));
    let contracts: Vec<_> = contracts.collect();
    let files = examples::to_files(&contracts).expect("their declarations");
    require_pinned(&home().join("scripts/deploy/src/build/examples"), &files);
}

/// The code hash and the address of what proxies consist of, and of what they rely on; the code of EVM proxies is in that
/// of the orders contract. Instances that exist depend on them: a change of the registry moves none.
const UNMOVED: [(&str, &str, &str); 6] = [
    (
        "pause-stub",
        "0x2534ee2d93b939d0288d280dcd65ccf083d126fed4fafc09b41b940e12bbcec0",
        "0xc13ec4d8e6eb631fe668918c517e37def5434f31",
    ),
    (
        "proxy",
        "0x9ce7269d25b86f5615f6db4737adfa7f8539746b04f93d974c23574b84d585c1",
        "0x84ea30df1738584749ffe798fb41b5780fa4dafa",
    ),
    (
        "upgradeability-storage",
        "0xbc7e7867023158a0076f89b17db036d040b0c76fa27463cbf8cff294c110c3e2",
        "0x6123c2e39210b2026a9d450be4c38dafef0e3512",
    ),
    (
        "upgradeability-proxy",
        "0x917b32465633f131433045e85c4c74d20e3fe34705d38cc05cb3d318ff686f39",
        "0x761a9083b46932b711ff66c36451881103b90166",
    ),
    (
        "orders",
        "0x0d446f27c958bdfbf56e5e90af763301be8ed63ed75aae67e3d4abea56639de8",
        "0x045f559e1279614fee842439322ab60ead621451",
    ),
    (
        "layouts",
        "0x9d9b27db09c476ddf9a9f68ff8b7099fe76861a6db968d19a6dbe27a58804701",
        "0xe2281e7e3073a09edd0b1348de8e741826301bc8",
    ),
];
#[test]
fn what_instances_rely_on_keeps_its_bytes_and_its_address() {
    let file = home().join("framework/artifacts").join(MANIFEST);
    let text = fs::read_to_string(file).expect("the manifest");
    let manifest = Manifest::parse(&text).expect("it reads");
    for (name, codehash, address) in UNMOVED {
        let entry = manifest.entry(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(entry.codehash.to_string(), codehash, "{name}");
        let found = entry.address.map(|address| format!("{address:?}"));
        assert_eq!(found.as_deref(), Some(address), "{name}");
    }
}

/// The beginning of the manifest.
const HEAD: &str = "# Written by a test, see src/lib.rs. Sizes are in bytes.\n";

/// What the crate with the pinned programs holds where these are pinned.
fn to_files(built: &Framework, toolchain: &str) -> Vec<(String, Vec<u8>)> {
    let proxies = [&built.bare, &built.storage, &built.proxy];
    let mut codes = vec![(PAUSE_STUB, &built.stub.code)];
    codes.extend(proxies.map(|part| compiled(&part.artifact)));
    codes.extend([(ORDERS, &built.orders.code), (LAYOUTS, &built.layouts.code)]);
    codes.extend(built.parts.iter().map(|part| compiled(&part.artifact)));
    codes.push(compiled(&built.registry));
    let entries = codes.iter().map(|(name, code)| {
        let artifact = built.programs().find(|one| one.name == *name);
        let address = evm::create2_address(&evm::creation_code(code));
        Entry {
            name: (*name).to_owned(),
            size: code.len(),
            codehash: CodeHash::of(code).0,
            address: (*name != REGISTRY).then_some(address),
            source_hash: artifact.and_then(|one| one.info.source_hash.map(|hash| hash.0)),
        }
    });
    let manifest = Manifest {
        rustc: built.registry.info.rustc.clone().unwrap_or_default(),
        encoder: built.registry.info.encoder.clone(),
        programs: entries.collect(),
    };
    let text = manifest.to_text().expect("a manifest");
    let mut files = vec![
        (MANIFEST.to_owned(), format!("{HEAD}{text}").into_bytes()),
        (TOOLCHAIN_FILE.to_owned(), toolchain.into()),
    ];
    let codes = codes.iter();
    files.extend(codes.map(|(name, code)| (format!("{name}{ENDING}"), code.to_vec())));
    files
}

/// Name and code of a program that is compiled.
fn compiled(one: &Artifact) -> (&str, &Bytes) {
    (&one.name, &one.code)
}

/// The folder holds these files and no others; in a run that updates, it does so afterwards.
fn require_pinned(folder: &Path, files: &[(String, Vec<u8>)]) {
    if stylus_upgrades_test_support::update() {
        write(folder, files);
    }
    let wanted: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let there = names(folder);
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    assert_eq!(
        there,
        wanted,
        "files in {}: run `{UPDATE}`",
        folder.display()
    );
    let differing: Vec<&str> = files
        .iter()
        .filter(|(name, bytes)| !is_same(&folder.join(name), bytes))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(
        differing.is_empty(),
        "expected what the sources build to, found other bytes in {}: {differing:?}; if the \
         programs are meant to change, run `{UPDATE}`",
        folder.display()
    );
}

/// Every program compiled from its sources; in the long run compiled from scratch, in another folder.
fn built(home: &Path) -> Framework {
    if !stylus_upgrades_test_support::long() {
        let builder = Builder::at(home, Arc::new(Lines)).expect("the workspace");
        let builder = builder.framework_from(home).expect("the sources");
        return builder.framework().expect("the framework builds");
    }
    let there = tempfile::tempdir().expect("a folder");
    let copy = there.path().join("a folder of another name");
    fs::create_dir(&copy).expect("made");
    for name in names(home).iter().filter(|name| *name != "target") {
        let mut cp = std::process::Command::new("cp");
        let copied = cp.arg("-R").arg(home.join(name)).arg(&copy).status();
        assert!(copied.expect("cp runs").success());
    }
    let builder = Builder::at(&copy, Arc::new(Lines)).expect("the workspace");
    let builder = builder
        .framework_from(&copy)
        .expect("the sources")
        .from_scratch();
    builder.framework().expect("the framework builds")
}

#[test]
fn every_part_of_the_registry_is_pinned() {
    let manifest = stylus_upgrades_framework::manifest().expect("a manifest");
    let missing: Vec<&str> = PARTS
        .iter()
        .map(|part| part.package)
        .filter(|package| manifest.entry(package).is_none())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// Whether a file holds these bytes. In the manifest the hashes of the sources may differ: a comment
/// changes them, and no code.
fn is_same(file: &Path, bytes: &[u8]) -> bool {
    let found = fs::read(file).expect("a file");
    if !file.ends_with(MANIFEST) {
        return found == bytes;
    }
    let read = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).expect("text");
        let mut manifest = Manifest::parse(text).expect("a manifest");
        for entry in &mut manifest.programs {
            entry.source_hash = None;
        }
        manifest
    };
    read(&found) == read(bytes)
}

/// Writes the files, and removes what else is there.
fn write(folder: &Path, files: &[(String, Vec<u8>)]) {
    for name in names(folder) {
        if files.iter().all(|(wanted, _)| *wanted != name) {
            fs::remove_file(folder.join(name)).expect("removed");
        }
    }
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).expect("written");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder").flatten();
    let paths = entries.map(|entry| entry.path());
    let name = |path: PathBuf| Some(path.file_name()?.to_string_lossy().into_owned());
    paths.filter_map(name).collect()
}
