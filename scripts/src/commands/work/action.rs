//! A version that another account proposed.

use super::super::asker::Asker;
use super::{Becomes, Work};
use crate::checks::{Built, Code, Runs, Stage};
use crate::commands::prelude::*;
use crate::governance::Call;
use crate::registry::RecordedCode;

impl Work<'_> {
    /// Checks the version of a call, whose code the call or the registry names, as the command that proposed it
    /// does.
    pub(crate) async fn check_proposed(
        &mut self,
        call: &Call,
        code: RecordedCode,
        asker: Asker<'_>,
    ) -> Result<Option<Code>> {
        let Some((version, named, step)) = call.version() else {
            return Ok(None);
        };
        let place = self.place;
        let kept = place.context.builds(call, |_| ())?;
        let built = Built {
            // Registered code was built when it was registered; without a version before, nothing is compared.
            document: asker.code_is_built
                || named.is_none()
                || step.from.is_empty()
                || kept.iter().any(|build| build.what == "code"),
            code: asker.code_is_built,
            program: asker.program_is_built,
        };
        let first = place.registry.first_with(&self.name, code.codehash).await?;
        let is_old = first.is_some_and(|first| first.version != version);
        let known = place.layout(version, &code, asker.layout).await?;
        let side = match built.document {
            true => known.side,
            false => known.unbuilt(),
        };
        let code = place.there(code, side, is_old).await?;
        let from = step.from.as_str();
        let runs = match from {
            "" => Runs::Nothing,
            _ => place.runs(step).await?,
        };
        let becomes = match call {
            Call::Migrate(_) => Becomes::Current,
            _ => Becomes::Registered,
        };
        let stage = (runs, Stage::Judged(built));
        self.check((version, from), &code, stage, (becomes, asker.layout))
            .await?;
        Ok(Some(code))
    }
}
