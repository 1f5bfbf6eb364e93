//! A program as it lies on chain: `EF F0 00 00` and the brotli stream of its WASM. A stream that one account
//! cannot hold lies in fragments, `EF F0 01` and a part each, and `EF F0 02` lists them (ArbOS 60).

use super::cargo_stylus;
use super::error::BuildError;
use super::info::BuildInfo;
use super::{evm, wasm};
use crate::assess::{Fact, Origin};
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::interface::Callable;
use crate::program_code::{CodeBytes, module, unpacked};
use crate::text::grouped;
use alloy::primitives::{Address, B256, Bytes};
use brotli::enc::BrotliEncoderParams;
use serde::{Deserialize, Serialize};
use stylus_layout::{DeclaredStep, Document, Layout};
use stylus_upgrades_framework::{Program, manifest};
use stylus_upgrades_interface::registry::Code;
use stylus_upgrades_interface::{chain, limits};

/// Dictionary byte after the prefix: none.
const NO_DICTIONARY: u8 = 0;
const QUALITY: i32 = 11;
const WINDOW: i32 = 22;
/// Bytes of the brotli stream in one fragment, at most.
const FRAGMENT_STREAM_MAX: usize = limits::CODE_SIZE_MAX - chain::FRAGMENT_PREFIX.len();

/// The reason why what a file says of itself proves little.
const OF_FILE: &str =
    "the file itself says so, and no build here compared it with sources; give the crate";

/// A contract, ready for the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The package, or the file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// The module, encoded again and checked.
    pub wasm: Bytes,
    /// The bytes on chain: prefix and compressed module, or the list of its fragments.
    pub code: Bytes,
    /// The code of its fragments, in order; none where it is in one piece. Each lies at the CREATE2 deployer's
    /// address for it, which the list in `code` names.
    #[serde(default)]
    pub fragments: Vec<Bytes>,
    /// The layout of its storage, if the contract says so (`#[derive(StorageLayout)]`). It comes
    /// from a custom section of the compiler's module, which does not go on chain.
    pub layout: Option<Layout>,
    /// The initializers and migrations that its code declares, from another custom section; `None`
    /// if it was built without the framework's attributes, or by an older version of them.
    pub steps: Option<Vec<DeclaredStep>>,
    /// The interface for callers, as the module shows it; `None` if it was built without `#[upgradeable]`, or by an
    /// older version of it: then nothing is known of its functions.
    pub interface: Option<Callable>,
    /// True if its author's code may read how much gas is left. What the framework's programs read of it decides where
    /// a batch ends, and nothing else.
    #[serde(default = "unknown")]
    pub reads_gas: bool,
    /// The sources and tools that it was built from and with.
    pub info: BuildInfo,
}

/// The default for code whose sources were not searched.
fn unknown() -> bool {
    true
}

impl Artifact {
    /// Makes an artifact of what a compiler wrote. Errors if the chain would refuse it.
    pub fn from_wasm(name: &str, raw: &[u8]) -> Result<Self, BuildError> {
        Self::made_of(name, raw, raw, None)
    }

    /// Makes the artifact as cargo-stylus does, where `project_hash` is what it says of the sources; else as small as
    /// it gets. `raw` is what the compiler wrote, and says what the contract is; `module` has its code, optimized or as
    /// it was written.
    pub(super) fn made_of(
        name: &str,
        raw: &[u8],
        module: &[u8],
        project_hash: Option<B256>,
    ) -> Result<Self, BuildError> {
        wasm::require_no_placeholder(name, raw)?;
        let (layout, steps) = (wasm::layout(name, raw)?, wasm::steps(name, raw)?);
        let interface = wasm::interface(name, raw, steps.as_deref())?;
        let (wasm, stream) = match project_hash {
            None => {
                let wasm = wasm::reencode(name, module)?;
                let stream = compressed(&wasm);
                (wasm, stream)
            }
            Some(hash) => {
                let wasm = cargo_stylus::processed(name, module, hash)?;
                let stream = cargo_stylus::compressed(name, &wasm)?;
                (wasm, stream)
            }
        };
        let code = on_chain_code(&stream);
        let (code, fragments) = if code.len() > limits::CODE_SIZE_MAX {
            in_fragments(name, &wasm, &code)?
        } else {
            (code, Vec::new())
        };
        wasm::check(name, &wasm)?;
        Ok(Self {
            layout,
            interface,
            steps,
            fragments,
            ..Self::bare(name, wasm, code)
        })
    }

    /// A program of the framework, as it is pinned.
    pub(super) fn from_pinned(program: &Program) -> Result<Self, BuildError> {
        let manifest = manifest().map_err(BuildError::pinned)?;
        Ok(Self {
            info: BuildInfo {
                source_hash: program.source_hash.map(SourceHash),
                rustc: Some(manifest.rustc.clone()),
                encoder: manifest.encoder.clone(),
                ..BuildInfo::default()
            },
            ..Self::from_code(program.name, program.code)?
        })
    }

    /// A program that is pinned as it lies on chain. What is not on chain is unknown.
    pub(crate) fn from_code(name: &str, code: &'static [u8]) -> Result<Self, BuildError> {
        let wasm = unpacked(code, &[])
            .map_err(|error| BuildError::pinned(format!("the pinned code of {name}: {error}")))?;
        Ok(Self::bare(name, wasm, Bytes::from_static(code)))
    }

    /// A program whose code was read from a chain, with the code of its fragments. What is not on chain is
    /// unknown.
    ///
    /// # Errors
    /// `NotWasm` if it is none.
    pub fn from_chain(name: &str, code: Bytes, fragments: &[Bytes]) -> Result<Self, BuildError> {
        let wasm = module(&code, fragments).map_err(|reason| BuildError::not_wasm(name, reason))?;
        Ok(Self {
            fragments: fragments.to_vec(),
            ..Self::bare(name, wasm, code)
        })
    }

    /// A program of which nothing but its code is known.
    fn bare(name: &str, wasm: Vec<u8>, code: Bytes) -> Self {
        Self {
            name: name.into(),
            wasm: wasm.into(),
            code,
            fragments: Vec::new(),
            layout: None,
            steps: None,
            interface: None,
            reads_gas: unknown(),
            info: BuildInfo::default(),
        }
    }

    /// Bytes on chain, with all fragments.
    pub fn size(&self) -> usize {
        self.code.len()
            + self
                .fragments
                .iter()
                .map(|fragment| fragment.len())
                .sum::<usize>()
    }

    /// The code and that of its fragments.
    pub fn bytes(&self) -> CodeBytes {
        CodeBytes {
            code: self.code.clone(),
            fragments: self.fragments.clone(),
        }
    }

    /// Returns true if a `.wasm` file has the same code, whatever else it exports and says of itself.
    ///
    /// # Errors
    /// `NotWasm`.
    pub fn has_code_of(&self, file: &[u8]) -> Result<bool, BuildError> {
        let own = wasm::reencode(&self.name, &self.wasm)?;
        Ok(wasm::reencode(&self.name, file)? == own)
    }

    /// keccak256 of the code on chain: what activation, caching and the registry go by.
    pub fn codehash(&self) -> CodeHash {
        CodeHash::of(&self.code)
    }

    /// The layout document that is published with it; `None` if the layout is unknown. An interface
    /// with which it would be too large to be published is left out.
    pub fn document(&self) -> Option<Document> {
        let document = Document {
            layout: self.layout.clone()?,
            steps: self.steps.clone(),
            migrates: self.info.migrates.clone(),
            build: self.info.recipe.as_ref().map(|one| one.metadata.clone()),
            interface: self.interface.as_ref().and_then(Callable::published),
            filled: Vec::new(),
            unsafe_code: Vec::new(),
        };
        Some(document.fitting())
    }

    /// The hash of its layout document, as the registry records it; zero if the layout is unknown.
    pub fn layout_hash(&self) -> LayoutHash {
        let document = self.document();
        document
            .map(|one| LayoutHash(one.hash()))
            .unwrap_or_default()
    }

    /// The hash of the sources, as the registry records it; zero if they are unknown.
    pub fn source_hash(&self) -> SourceHash {
        self.info.source_hash.unwrap_or_default()
    }

    /// The same, as a public chain records it: sources that are those of no commit have no hash, as nobody else finds
    /// what it names.
    #[must_use]
    pub fn for_public_chain(mut self) -> Self {
        if self.info.rustc.is_some() && !self.info.is_of_commit() {
            self.info.source_hash = Some(SourceHash::default());
        }
        self
    }

    /// Returns true if it was built from sources, whatever hash is recorded of them.
    pub fn has_sources(&self) -> bool {
        self.info.source_hash.is_some()
    }

    /// The code of a version, as the registry records it, where this lies at `implementation`.
    pub fn code_at(&self, implementation: Address) -> Code {
        Code {
            implementation,
            codehash: self.codehash().into(),
            layoutHash: self.layout_hash().into(),
            sourceHash: self.source_hash().into(),
        }
    }

    /// Returns what its module says, as a fact. Where sources were compiled to it, what it says follows from them; of a
    /// file it is the word of whoever wrote that: a section can hold anything.
    pub fn says<T>(&self, what: T) -> Fact<T> {
        if self.has_sources() {
            Fact::of(what, Origin::Build)
        } else {
            Fact::doubted(what, Origin::Annotation, OF_FILE)
        }
    }

    /// Creation code that puts the code on chain and runs nothing.
    pub fn creation_code(&self) -> Bytes {
        evm::creation_code(&self.code)
    }
}

/// The list of the fragments, and the code of each, of a program whose code in one piece is `whole`.
///
/// # Errors
/// `TooLarge` where it takes more fragments than [`limits::FRAGMENTS_MAX`].
fn in_fragments(name: &str, wasm: &[u8], whole: &[u8]) -> Result<(Bytes, Vec<Bytes>), BuildError> {
    let stream = whole
        .get(chain::PROGRAM_PREFIX.len() + 1..)
        .unwrap_or_default();
    let parts = stream.chunks(FRAGMENT_STREAM_MAX);
    let of = |part: &[u8]| Bytes::from([&chain::FRAGMENT_PREFIX[..], part].concat());
    let fragments: Vec<Bytes> = parts.map(of).collect();
    if fragments.len() > limits::FRAGMENTS_MAX {
        let limit = format!(
            "at most {} compressed bytes: {} fragments, the most that a chain of ArbOS 60 or later takes; \
             an older one takes {} bytes in one piece",
            grouped(limits::FRAGMENTS_MAX * FRAGMENT_STREAM_MAX),
            limits::FRAGMENTS_MAX,
            grouped(limits::CODE_SIZE_MAX)
        );
        return Err(BuildError::too_large(name, limit, stream.len()));
    }
    let length = u32::try_from(wasm.len()).unwrap_or(u32::MAX); // more is refused by the rules of activation
    let mut root = [
        &chain::ROOT_PREFIX[..],
        &[NO_DICTIONARY],
        &length.to_be_bytes(),
    ]
    .concat();
    for fragment in &fragments {
        root.extend(evm::create2_address(&evm::creation_code(fragment)));
    }
    Ok((root.into(), fragments))
}

/// Prefix and brotli stream.
fn on_chain_code(stream: &[u8]) -> Bytes {
    [&chain::PROGRAM_PREFIX[..], &[NO_DICTIONARY], stream]
        .concat()
        .into()
}

/// A brotli stream of the quality and window of the other tools.
fn compressed(wasm: &[u8]) -> Vec<u8> {
    let params = BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW,
        size_hint: wasm.len(),
        ..BrotliEncoderParams::default()
    };
    let (mut source, mut stream) = (wasm, Vec::new());
    brotli::BrotliCompress(&mut source, &mut stream, &params)
        .expect("reading and writing memory cannot fail");
    stream
}
