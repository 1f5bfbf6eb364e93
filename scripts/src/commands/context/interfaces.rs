//! What callers of some code can use, as far as it is known, and whether that proves anything.

use super::Context;
use crate::app_error::Error;
use crate::build::is_tracked;
use crate::client::{Client, declare_errors};
use crate::functions::Functions;
use crate::ids::CodeHash;
use crate::interface::Callable;
use crate::layout::Documents;
use alloy::primitives::Address;
use stylus_layout::Document;

/// Why what a proposed version's document says proves nothing.
const PROPOSED: &str = "its layout document says so, which whoever proposed it wrote; \
                        a build tells (--source)";

/// Why documents that disagree prove nothing.
const DISPUTED: &str = "versions with its code have layout documents that say different things of its \
                        functions; a build tells (--source)";

/// What callers of some code can use.
pub(in crate::commands) struct Known {
    pub(in crate::commands) callable: Callable,
    /// Why this is no proof; nothing where this machine built it, or a registered version has it in its document.
    pub(in crate::commands) doubt: Option<String>,
}

impl Known {
    /// What the document of a version says that is only proposed.
    pub(in crate::commands) fn proposed(document: &Document) -> Option<Self> {
        Some(Self {
            callable: declared(Callable::of_document(document)?),
            doubt: Some(PROPOSED.to_owned()),
        })
    }
}

impl Context {
    /// What callers can use of the code of a version of `name`: built by this run or by an earlier one,
    /// else as the document of a registered version with that code says.
    ///
    /// # Errors
    /// What the chain says, and a file that cannot be read.
    pub(in crate::commands) async fn callable_of(
        &self,
        (client, registry): (&Client, Address),
        name: &str,
        codehash: CodeHash,
    ) -> Result<Option<Known>, Error> {
        let doubt = None;
        if let Some(callable) = self.built_callable(codehash)? {
            return Ok(Some(Known { callable, doubt }));
        }
        let documents = self.documents(client, registry);
        published(client, registry, &documents, (name, codehash)).await
    }

    /// The functions, events and errors of such code, to name what is called. Arguments have names only
    /// where that is proven: the same bytes under another name are another promise.
    ///
    /// # Errors
    /// As [`Self::callable_of`].
    pub(in crate::commands) async fn functions_of(
        &self,
        (client, registry): (&Client, Address),
        name: &str,
        codehash: CodeHash,
    ) -> Result<Option<Functions>, Error> {
        if let Some(callable) = self.built_callable(codehash)? {
            return Ok(Some(Functions::of_abi(&callable.abi)));
        }
        let known = self.callable_of((client, registry), name, codehash).await?;
        Ok(known.map(|known| Functions::of_abi(&known.callable.abi).unnamed()))
    }

    /// Of code that this machine built.
    pub(in crate::commands) fn built_callable(
        &self,
        codehash: CodeHash,
    ) -> Result<Option<Callable>, Error> {
        if let Some(interface) = self.interface_of(codehash) {
            return Ok(Some(declared(interface)));
        }
        let store = self.store();
        match is_tracked(&store.build_file(codehash)) {
            // nobody's own build: whoever proposes can have committed it
            Ok(true) | Err(_) => Ok(None),
            Ok(false) => {
                let build = store.build(codehash)?;
                Ok(build.and_then(|build| build.interface).map(declared))
            }
        }
    }
}

/// The same, whose errors are shown by their names from now on.
fn declared(callable: Callable) -> Callable {
    declare_errors(&callable.abi);
    callable
}

/// What the documents of the registered versions of a definition say of some code. Its approvers
/// approved the hash of the document together with the code. Where one of several says something else,
/// or nothing, none of them proves anything: whoever registered the code once more can have written it.
async fn published(
    client: &Client,
    registry: Address,
    documents: &Documents,
    (name, codehash): (&str, CodeHash),
) -> Result<Option<Known>, Error> {
    let mut seen = Vec::new();
    let mut said = Vec::new();
    let versions = client.registry(registry).with_code(name, codehash).await?;
    for code in versions.into_iter().map(|one| one.code) {
        if seen.contains(&code.layout) {
            continue;
        }
        seen.push(code.layout);
        let known = documents.get(code.layout).await?;
        let callable = known.value().and_then(Callable::of_document);
        said.push(callable.map(declared));
    }
    let is_disputed = said.iter().any(|one| Some(one) != said.first());
    let callable = said.into_iter().flatten().next();
    Ok(callable.map(|callable| Known {
        callable,
        doubt: is_disputed.then(|| DISPUTED.to_owned()),
    }))
}
