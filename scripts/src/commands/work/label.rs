//! What a label means that is recorded for good: the code that has it already, and the versions that
//! the initializers of the code are for.

use super::{Subject, Work};
use crate::app_error::Error;
use crate::steps::check_first;
use stylus_upgrades_interface::limits::LABEL_MAX;

impl Work<'_> {
    /// Refuses other code under a label that is taken, which the registry would refuse after all of
    /// it was deployed. Whether the label is taken.
    pub(super) async fn require_same(
        &mut self,
        version: &str,
        new: &Subject,
    ) -> Result<bool, Error> {
        let Some((known, _)) = self.registered(version).await? else {
            return Ok(false);
        };
        if !self.is_dry && known.codehash != new.code.codehash {
            return Err(Error::VersionExists {
                name: self.name.clone(),
                version: version.to_owned(),
                recorded: known.codehash,
                found: new.code.codehash,
            });
        }
        Ok(true)
    }

    /// Checks that instances can be initialised at a version that no other one leads to. What cannot
    /// be a label is the registry's to refuse.
    pub(super) fn check_first(&mut self, version: &str, new: &Subject) {
        let steps = new.steps.as_deref().unwrap_or_default();
        if version.len() <= LABEL_MAX
            && let Err(error) = check_first(steps, (&self.name, version))
        {
            self.refuse(error);
        }
    }
}
