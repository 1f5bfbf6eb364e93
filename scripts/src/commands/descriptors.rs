//! `registry descriptors`: files by which wallets show the registry's calls and signatures in words.

use super::context::Context;
use crate::app_error::Error;
use crate::governance::{descriptors, is_descriptor};
use crate::names::Names;
use crate::output::Outcome;
use crate::own_file;
use crate::report::CommandReport;
use alloy::primitives::Address;
use serde::Serialize;
use std::path::{Path, PathBuf};

pub(super) async fn run(context: &Context, folder: &Path) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let client = context.reader().await?;
    let registry = context.verified(&client, unverified).await?;
    // An account that is no registry answers nothing, or another domain.
    client.registry(registry).require_domain().await?;
    own_file::folder(folder)?;
    let mut files = Vec::new();
    for descriptor in descriptors(client.chain_id(), registry) {
        let path = folder.join(descriptor.file);
        // Text, numbers and lists: there is nothing that serde_json refuses.
        let text = serde_json::to_string_pretty(&descriptor.content).unwrap_or_default();
        own_file::replace(&path, format!("{text}\n").as_bytes(), is_descriptor)?;
        files.push(path);
    }
    let written = Written {
        chain_id: client.chain_id(),
        registry,
        files,
    };
    Ok(Outcome::of(&written, &context.names()))
}

/// What `registry descriptors` reports.
#[derive(Serialize)]
struct Written {
    chain_id: u64,
    registry: Address,
    files: Vec<PathBuf>,
}

impl CommandReport for Written {
    fn lines(&self, _: &Names) -> Vec<String> {
        let files = self.files.iter();
        let mut lines: Vec<_> = files.map(|path| format!("✓ {}", path.display())).collect();
        lines.push(
            "next: give both files to the wallets of the approvers; see the book, Clear signing"
                .into(),
        );
        lines
    }
}
