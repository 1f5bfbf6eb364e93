//! Where the check of expectations comes from.

use super::{Does, Work};
use crate::app_error::Error;
use crate::deploy;
use crate::expect::Expectations;

impl Work<'_> {
    /// Has the check at its account, where it lies once for everybody.
    pub(super) async fn put_check(&mut self, expected: Expectations) -> Result<(), Error> {
        let there = self.client.codehash(expected.account()).await?;
        if there == Some(expected.codehash()) {
            return Ok(());
        }
        if self.does == Does::Try {
            self.expected = Some(expected);
            return Ok(());
        }
        let what = "the check of expectations";
        let (_, sent) = deploy::create2(&self.client, what, expected.code()).await?;
        self.sent.extend(sent);
        Ok(())
    }
}
