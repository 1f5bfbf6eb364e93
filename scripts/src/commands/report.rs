//! `status --report FILE`: a definition with what waits and what happened, in one file.

use super::context::Context;
use super::doctor;
use super::facts::Place;
use super::status::instance_named;
use super::{pending, policy, review};
use crate::app_error::Error;
use crate::console::definition::{Shown, definition};
use crate::console::lists::{DefinitionLists, Piece};
use crate::console::page::PageContext;
use crate::console::report::{Report, html, is_report};
use crate::error;
use crate::governance::definitions;
use crate::history::{Wanted, read_compared};
use crate::model::Slice;
use crate::names::Names;
use crate::output::Outcome;
use crate::own_file::{self, FileError};
use crate::report::CommandReport;
use crate::text::listed;
use serde::Serialize;
use std::path::Path;

pub(super) async fn run(
    context: &Context,
    file: &Path,
    name: Option<&str>,
) -> Result<Outcome, Error> {
    if file.extension().is_none_or(|end| end != "html") {
        return Err(Error::Usage {
            message: "the file's name says of no format".into(),
            expected: "a name that ends in .html".into(),
            found: file.display().to_string(),
            next: "give such a name".into(),
        });
    }
    let (client, registry) = context.verified_snapshot().await?;
    let name = match name {
        Some(name) => name.to_owned(),
        None => match definitions(&client, registry).await?.as_slice() {
            [one] => one.clone(),
            all => {
                return Err(Error::Usage {
                    message: "no definition was named".into(),
                    expected: "its name, where there is not exactly one".into(),
                    found: listed(all).unwrap_or_else(|| "no definition".into()),
                    next: format!("stylus-upgrades status NAME --report {}", file.display()),
                });
            }
        },
    };
    if instance_named(context, &name)?.is_some() {
        return Err(Error::Usage {
            message: format!("{name:?} is no definition"),
            expected: "the name of a definition".into(),
            found: "an instance".into(),
            next: "stylus-upgrades status lists the definitions".into(),
        });
    }
    let place = PageContext {
        names: context.names(),
        chain_id: client.chain_id(),
        registry,
        block: None,
        is_file: true,
        explorer: context.manifest.explorer.clone(),
        is_unverified: context.origin_of(registry).is_none(),
        ..PageContext::default()
    };
    let output = &*context.output;
    let names = context.names();
    let subject = (name.as_str(), &names);
    let compared = read_compared(&client, registry, subject, Wanted::All, Slice::whole).await?;
    let one = compared.definition();
    let here = Place::of(context, &client, registry);
    doctor::warn(here, one.used()).await?;
    let whole = Slice::whole(one);
    let verification = compared.verify(&client, &whole).await?;
    let open = pending::pending(context, Some(&name)).await?;
    let mut actions = Vec::new();
    for one in &open.actions {
        if one.shown.is_some() {
            actions.push(review::review(context, &one.open.action.to_string()).await?);
        }
    }
    let total = compared.history.total;
    let verified = (verification, &whole);
    let lists = DefinitionLists::of(&compared, &whole, verified, Piece::of(&(0..total), total));
    let policies = policy::policies(context, &name, None).await?;
    let page = definition(
        &place,
        &Shown {
            lists: &lists,
            policies: &policies,
            pending: &open,
        },
    );
    let report = Report {
        block: client.newest_block().await?,
        definition: one,
        page: &page,
        actions: &actions,
    };
    let text = output.hide_in_page(&html(&place, &report));
    write(file, &text)?;
    let written = WrittenReport {
        file,
        name: &name,
        bytes: text.len(),
    };
    Ok(Outcome::of(&written, &names))
}

/// What was written.
#[derive(Serialize)]
struct WrittenReport<'a> {
    file: &'a Path,
    name: &'a str,
    bytes: usize,
}

impl CommandReport for WrittenReport<'_> {
    fn lines(&self, _: &Names) -> Vec<String> {
        let file = self.file.display();
        vec![format!("written    {file} ({} bytes)", self.bytes)]
    }
}

/// Writes the report, whole or not at all. A file that is there stays, unless it is a report.
fn write(file: &Path, text: &str) -> Result<(), Error> {
    match own_file::read_bytes(file).map_err(refused)? {
        Some(there) if !is_report(&there) => Err(Error::Usage {
            message: format!("{} is there, and no report", file.display()),
            expected: "no file, or one that report wrote".into(),
            found: "another file".into(),
            next: "nothing was written; choose another name, or remove the file".into(),
        }),
        _ => own_file::write(file, text.as_bytes()).map_err(refused),
    }
}

fn refused(error: FileError) -> Error {
    let report = error::Report::of(&error);
    Error::Usage {
        message: report.message,
        expected: report.expected.unwrap_or_default(),
        found: report.found.unwrap_or_default(),
        next: report.next.unwrap_or_default(),
    }
}
