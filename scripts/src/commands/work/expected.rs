//! Expectations of a step: what speaks against them, and where their check comes from.

use super::{Does, Work};
use crate::app_error::Error;
use crate::client::ChainError;
use crate::deploy;
use crate::expect::{ExpectError, Expectations};
use alloy::primitives::U256;

impl Work<'_> {
    /// Refuses expectations that compare with an answer which an instance does not give.
    ///
    /// # Errors
    /// [`ExpectError::Unanswered`].
    pub(super) async fn require_answers(&self, expected: &Expectations) -> Result<(), Error> {
        let (client, registry) = (&self.client, self.registry);
        let reader = client.registry(registry);
        let Some(proxy) = reader.proxies_in(&self.name, 0..1).await?.pop() else {
            return Ok(());
        };
        for one in expected.all().iter().filter(|one| one.holds.compares()) {
            let getter = one.getter.to_string();
            let input = one.getter.calldata.clone();
            let answer = client.call_raw(&getter, proxy, input, U256::ZERO);
            let reason = match answer.await {
                Ok(answer) if answer.len() >= 32 => continue,
                Ok(_) => "no word".to_owned(),
                Err(error @ ChainError::Refused { .. }) => error.to_string(),
                Err(error) => return Err(error.into()),
            };
            let proxy = proxy.to_string();
            return Err(ExpectError::Unanswered {
                getter,
                proxy,
                reason,
            }
            .into());
        }
        Ok(())
    }

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
