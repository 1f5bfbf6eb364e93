//! The layout of code: published, kept, or from a given file.

use crate::assess::{Fact, Origin};
use crate::context::prelude::*;
use crate::ids::{LayoutHash, SourceHash};
use crate::layout::{Audit, Compiled, Named, NotCompiled, Side, ValidatorFinding, compile_file};
use crate::registry::RecordedCode;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use stylus_layout::{Document, FilledIn, Layout};

/// The evidence of the layout document of a version without a build, in words.
const OF_PROPOSER: &str = "as its layout document says, which its proposer wrote; only a build compares that \
                           with the code (--source)";

/// The known facts about the layout of some code.
pub(crate) struct KnownLayout {
    pub(crate) side: Side,
    /// The hash of its sources, if the given file has it; else zero.
    pub(crate) source: SourceHash,
    /// The facts that its sources show about the code, if the given file has their AST.
    pub(crate) audit: Fact<Audit>,
    given: Given,
}

/// The content of a given file about a layout.
enum Given {
    /// Not all of it.
    Part,
    /// All of it, by its own word; why no compiler made it here.
    Said(NotCompiled),
    /// All of it, as its compiler made it here.
    Compiled,
}

impl Session<'_> {
    /// The storage layouts of the versions of the first `count` instances, by label, as far as the registry has their
    /// documents.
    pub(crate) async fn instance_documents(
        self,
        name: &str,
        count: u32,
    ) -> Result<BTreeMap<String, Document>> {
        let (registry, documents) = (self.registry, self.documents());
        let range = 0..usize::try_from(count).unwrap_or(usize::MAX);
        let instances = registry.instances_in(name, range).await?;
        let versions: BTreeSet<_> = instances
            .into_iter()
            .map(|instance| instance.version)
            .collect();
        let mut declared = BTreeMap::new();
        for version in versions {
            let code = registry.code(name, &version).await?;
            if let Some(document) = documents.get(code.layout).await?.into_value() {
                declared.insert(version, document);
            }
        }
        Ok(declared)
    }

    /// The layout of code that is called `what`: of the given file, else the published or kept one. A file about other
    /// code or sources is refused.
    pub(crate) async fn layout(
        self,
        what: &str,
        code: &RecordedCode,
        file: Option<&Path>,
    ) -> Result<KnownLayout> {
        let (documents, recorded) = (self.documents(), code.layout);
        let Some(file) = file else {
            let known = documents.get(recorded).await?;
            let side = Side {
                hash: recorded,
                known,
            };
            return Ok(KnownLayout {
                side,
                source: SourceHash::ZERO,
                audit: Audit::unknown(),
                given: Given::Part,
            });
        };
        if file.join("Cargo.toml").is_file() {
            return self.layout_of_crate((what, code), file);
        }
        let progress = &*self.context.output;
        let named = compile_file(file, &self.context.compilations, progress)?;
        let source = match &named.compiled {
            Some(compiled) => self.is_of(compiled, (what, code), file).await?,
            None => SourceHash::ZERO,
        };
        let audit = audit_of(&named);
        let mut given = named.document;
        if let Some(compiled) = &named.compiled {
            given.filled = self.filled(compiled, code.implementation).await?;
        }
        let judged = named.audit.as_ref().map(|audit| &audit.judgement);
        let judged = judged.and_then(|judgement| judgement.as_ref().ok());
        let unsafe_code = judged.into_iter().flatten().map(ValidatorFinding::name);
        given.unsafe_code = unsafe_code.collect();
        given.unsafe_code.sort();
        given.unsafe_code.dedup();
        // The record names the hash.
        let said = Document {
            layout: given.layout.clone().not_built(given.unlisted()),
            ..given.clone()
        }
        .fitting();
        let is_recorded = |form: &Document| LayoutHash(form.hash()) == recorded;
        // It may have been recorded on a machine without the validator.
        let [plain_said, plain] = [&said, &given].map(Document::without_unsafe_code);
        let mut forms = [&said, &given, &plain_said, &plain].into_iter();
        let is_given = recorded.is_zero() || forms.clone().any(is_recorded);
        let proof = match (is_given, named.compiled_here) {
            (false, _) => Given::Part,
            (true, Ok(())) => Given::Compiled,
            (true, Err(why)) => Given::Said(why),
        };
        let known = if let Given::Compiled = proof {
            Fact::of(given.clone(), Origin::Build)
        } else if recorded.is_zero() {
            let why = format!(
                "the layout of {what} comes from {}; no registry recorded it",
                file.display()
            );
            Fact::doubted(said.clone(), Origin::Remembered, why)
        } else if let Some(form) = forms.find(|form| is_recorded(form)) {
            Fact::of(form.clone(), Origin::Chain)
        } else if let Some(document) = documents.get(recorded).await?.into_value()
            && is_of_one(&document.layout, &given.layout)
            && (document.filled.is_empty() || document.filled == given.filled)
            && (judged.is_none()
                || document.unsafe_code.is_empty()
                || document.unsafe_code == given.unsafe_code)
        {
            // The registry's document has more than a compiler's.
            Fact::of(document, Origin::Chain)
        } else {
            let message = format!("{what} has a different storage layout than the given one");
            let next = match named.compiled {
                Some(_) => {
                    "what was recorded says something else of the same code: do not approve it before you know why"
                }
                None => "leave --layout out, or give the layout of exactly this code",
            };
            let refusal = Refusal::new("LayoutDiffers", message).with(
                format!("the layout with the hash {recorded}"),
                format!("a layout with the hash {}", LayoutHash(given.hash())),
                next,
            );
            return Err(refusal.into());
        };
        let kept = known
            .value()
            .map(|known| documents.store().keep_document(known));
        let hash = kept.transpose()?.unwrap_or_default();
        let hash = if recorded.is_zero() { hash } else { recorded };
        Ok(KnownLayout {
            side: Side { hash, known },
            source,
            audit,
            given: proof,
        })
    }

    /// The layout of code that is called `what`, as the crate in a folder builds to this very code.
    ///
    /// # Errors
    /// `LayoutOfOther`, `LayoutDiffers`; what keeps the crate from being built.
    fn layout_of_crate(
        self,
        (what, code): (&str, &RecordedCode),
        folder: &Path,
    ) -> Result<KnownLayout> {
        let (shown, recorded) = (folder.display().to_string(), code.layout);
        let artifact = self.context.kept_artifact(&shown)?;
        if artifact.codehash() != code.codehash {
            let message = format!("{shown} does not build to the code of {what}");
            let refusal = Refusal::new("LayoutOfOther", message).with(
                format!("code with the hash {}", code.codehash),
                artifact.codehash().to_string(),
                "give the folder of the crate at the commit that was deployed",
            );
            return Err(refusal.into());
        }
        let built = artifact.document();
        let hash = built.as_ref().map(|built| LayoutHash(built.hash()));
        let hash = hash.unwrap_or_default();
        if !recorded.is_zero() && recorded != hash {
            let message = format!("{what} has a different storage layout than {shown}");
            let refusal = Refusal::new("LayoutDiffers", message).with(
                format!("the layout with the hash {recorded}"),
                format!("a layout with the hash {hash}"),
                "what was recorded says something else of the same code: do not approve it before you know why",
            );
            return Err(refusal.into());
        }
        let known = match built {
            Some(built) => Fact::of(built, Origin::Build),
            None => Fact::unknown(format!("{shown} derives no StorageLayout")),
        };
        Ok(KnownLayout {
            side: Side { hash, known },
            source: artifact.source_hash(),
            audit: Fact::of(Audit::default(), Origin::Build),
            given: Given::Compiled,
        })
    }

    /// Reads the words that a constructor and a linker wrote into code, with the code of libraries.
    async fn filled(self, compiled: &Compiled, account: Address) -> Result<Vec<FilledIn>> {
        let client = self.registry.client;
        let code = client.code(account).await?;
        let mut filled = Vec::new();
        for (name, value, is_library) in compiled.filled_in(&code, account) {
            let code = if is_library {
                Some(
                    client
                        .codehash(Address::from_word(value))
                        .await?
                        .unwrap_or_default()
                        .0,
                )
            } else {
                None
            };
            filled.push(FilledIn { name, value, code });
        }
        Ok(filled)
    }

    /// Refuses code whose libraries have other code than when their document was written.
    ///
    /// # Errors
    /// `LibraryChanged`.
    pub(crate) async fn require_libraries(self, document: &Document) -> Result<()> {
        for library in &document.filled {
            let Some(expected) = library.code else {
                continue;
            };
            let account = Address::from_word(library.value);
            let code = self
                .registry
                .client
                .codehash(account)
                .await?
                .unwrap_or_default()
                .0;
            if code != expected {
                let message = format!("the library {} at {account} has other code", library.name);
                let refusal = Refusal::new("LibraryChanged", message).with(
                    expected.to_string(),
                    code.to_string(),
                    "link the contract to a library that stays, and register that code",
                );
                return Err(refusal.into());
            }
        }
        Ok(())
    }

    /// Refuses code that is linked to other libraries than those of its compiler's output, and to libraries whose code
    /// that output does not have.
    ///
    /// # Errors
    /// `LibraryChanged`.
    async fn links_to(
        self,
        compiled: &Compiled,
        (code, account): (&[u8], Address),
        file: &Path,
    ) -> Result<()> {
        let client = self.registry.client;
        let mut ahead = vec![(compiled, code.to_vec(), account)];
        while let Some((compiled, code, account)) = ahead.pop() {
            for (name, value, is_library) in compiled.filled_in(&code, account) {
                if !is_library {
                    continue;
                }
                let at = Address::from_word(value);
                let deployed = client.code(at).await?.to_vec();
                let library = compiled.library(&name);
                match library.filter(|library| library.is(&deployed)) {
                    Some(library) => ahead.push((library, deployed, at)),
                    None => return Err(other_library((&name, at), library.is_some(), file).into()),
                }
            }
        }
        Ok(())
    }

    /// The hash of the sources in a compiler's output.
    ///
    /// # Errors
    /// `LayoutOfOther`, `LibraryChanged`.
    async fn is_of(
        self,
        compiled: &Compiled,
        (what, code): (&str, &RecordedCode),
        file: &Path,
    ) -> Result<SourceHash> {
        let refused = |part, has: String, given: String| {
            let message = format!("{} does not match the {part} of {what}", file.display());
            Refusal::new("LayoutOfOther", message).with(
                has,
                given,
                "give the build-info of what was deployed; FILE:NAME chooses one contract of several",
            )
        };
        let (source, recorded) = (compiled.source, code.source);
        let deployed = self.registry.client.code(code.implementation).await?;
        if !compiled.is(&deployed) {
            let given = "code with other bytes".to_owned();
            let has = format!("the code at {}", code.implementation);
            return Err(refused("code", has, given).into());
        }
        self.links_to(compiled, (&deployed, code.implementation), file)
            .await?;
        if source != recorded && !source.is_zero() && !recorded.is_zero() {
            return Err(refused("sources", recorded.to_string(), source.to_string()).into());
        }
        Ok(source)
    }
}

/// The refusal of a library at an account, whose code the file has or has not.
fn other_library((name, at): (&str, Address), is_in_file: bool, file: &Path) -> Refusal {
    let file = file.display();
    let (message, found, next) = if is_in_file {
        let message = format!("the library {name} at {at} has other code than {file} says");
        (
            message,
            "other code",
            "link the contract to the library of this build, and register that code",
        )
    } else {
        let message =
            format!("{file} does not have the code of the library {name}, which is at {at}");
        (
            message,
            "no code of it",
            "give the build-info of the whole build, with evm.deployedBytecode of each contract",
        )
    };
    Refusal::new("LibraryChanged", message).with(
        format!("the code of {name} in the same file"),
        found,
        next,
    )
}

/// The facts that a given file shows about the sources of code, and how far these are believed of this code.
fn audit_of(named: &Named) -> Fact<Audit> {
    let Some(audit) = named.audit.clone() else {
        return Fact::unknown("the given file has no AST");
    };
    match (&named.compiled, &named.compiled_here) {
        (None, _) => {
            let why = "the file that shows them has no code, and may be about another contract";
            Fact::doubted(audit, Origin::Annotation, why)
        }
        (Some(_), Ok(())) => Fact::of(audit, Origin::Build),
        (Some(_), Err(why)) => {
            let why = format!("the file that shows them was not compiled here ({why})");
            Fact::doubted(audit, Origin::Remembered, why)
        }
    }
}

/// Returns true if a recorded layout is the given one. A plain compiler's lists less than was recorded; one that knows
/// what it does not list knows all of it.
fn is_of_one(recorded: &Layout, given: &Layout) -> bool {
    match given.unlisted {
        Some(_) => recorded.says_as(given),
        None => recorded.lists_as(given),
    }
}

impl KnownLayout {
    /// Returns true if the given file was compiled on this machine, to exactly this code.
    pub(crate) const fn is_compiled(&self) -> bool {
        matches!(self.given, Given::Compiled)
    }

    /// Returns true if a file has all of it.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self.given, Given::Part) && self.side.known.value().is_some()
    }

    /// The layout of proposed code without a build of its crate. It is the proposer's word, unless the given file was
    /// compiled here.
    #[must_use]
    pub(crate) fn unbuilt(self) -> Side {
        let why = match self.given {
            Given::Compiled => return self.side,
            Given::Said(why) => {
                format!("as the given file says, which was not compiled here ({why})")
            }
            Given::Part => OF_PROPOSER.to_owned(),
        };
        Side {
            known: self.side.known.said_by(Origin::Change, why),
            ..self.side
        }
    }
}
