//! Whether the new version reads the storage of the one before as it was written.

use super::{Found, Way};
use crate::layout::{LayoutError, check_storage};

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Some(pair) = way.pair() else {
        return Ok(());
    };
    let compared = check_storage(&pair, &way.declarations)?;
    found.findings.extend(compared.found.iter().cloned());
    found.coverage.merge(&compared.coverage);
    found.compared = Some(compared);
    Ok(())
}
