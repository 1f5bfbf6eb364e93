//! Expectations of a step: what speaks against them, and where their check comes from.

use super::{Does, Work};
use crate::app_error::Error;
use crate::checks::Code;
use crate::client::ChainError;
use crate::deploy;
use crate::expect::{ExpectError, Expectations};
use crate::functions::{Functions, interfaces};
use crate::interface::Callable;
use alloy::primitives::U256;

impl Work<'_> {
    /// Refuses expectations that could not hold of any instance, whatever the upgrade does.
    ///
    /// # Errors
    /// [`ExpectError::Lost`], [`ExpectError::Unanswered`].
    pub(super) async fn require_answers(
        &self,
        expected: &Expectations,
        new: &Code,
    ) -> Result<(), Error> {
        let (client, registry) = (&self.client, self.registry);
        let known = self
            .context
            .callable_of((client, registry), &self.name, new.code.codehash)
            .await?;
        let document = new.layout.value();
        let said = || Callable::of_document(document?);
        let known = known.map(|known| known.callable).or_else(said);
        let known = known.filter(|known| known.unseen.is_empty());
        let known = known.map(|known| Functions::of_abi(&known.abi));
        let known = known.map(|known| known.with(&interfaces().implementation));
        let reader = client.registry(registry);
        let instance = reader.proxies_in(&self.name, 0..1).await?.pop();
        for one in expected.all() {
            let getter = one.getter.to_string();
            let input = &one.getter.calldata;
            if known.as_ref().is_some_and(|known| !known.knows(input)) {
                return Err(ExpectError::Lost { getter }.into());
            }
            let Some(proxy) = instance.filter(|_| one.holds.compares()) else {
                continue;
            };
            let answer = client.call_raw(&getter, proxy, input.clone(), U256::ZERO);
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
