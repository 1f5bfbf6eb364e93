//! Whether the registry publishes a layout document of that size.

use super::{Found, Way};
use crate::assess::{Finding, Part};
use crate::error::Report;
use crate::layout::{LayoutError, require_publishable};

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let too_large = way.new.known.value().map(require_publishable);
    if let Some(Err(refused)) = too_large {
        let finding = Finding::refusal(Part::Layout, None, &Report::of(&refused));
        found.findings.push(finding);
    }
    Ok(())
}
