//! A version that another account proposed.

use super::{Becomes, VersionToCheck, Work};
use crate::checks::{Built, Code, Runs, Stage};
use crate::context::prelude::*;
use crate::governance::Call;
use crate::pipeline::check_options::CheckOptions;
use crate::registry::RecordedCode;

impl Work<'_> {
    /// Checks the version of a call, whose code the call or the registry names, as the command that proposed it
    /// does.
    pub(crate) async fn check_proposed(
        &mut self,
        call: &Call,
        code: RecordedCode,
        options: CheckOptions<'_>,
    ) -> Result<Option<Code>> {
        let Some((version, named, step)) = call.version() else {
            return Ok(None);
        };
        let session = self.session;
        let kept = session.context.builds(call, |_| ())?;
        let built = Built {
            // Registered code was built when it was registered; without a version before, nothing is compared.
            document: options.code_is_built
                || named.is_none()
                || step.from.is_empty()
                || kept.iter().any(|build| build.what == "code"),
            code: options.code_is_built,
            program: options.program_is_built,
        };
        let first = session
            .registry
            .first_with(&self.name, code.codehash)
            .await?;
        let is_old = first.is_some_and(|first| first.version != version);
        let known = session.layout(version, &code, options.layout).await?;
        let audit = known.audit.clone();
        // Without a version before no layout is compared, and the functions are those of the given file.
        let is_of_file = known.is_given() && step.from.is_empty() && !options.code_is_built;
        let side = if built.document && !is_of_file {
            known.side
        } else {
            known.unbuilt()
        };
        let code = session.there(code, side, is_old).await?;
        let code = self.as_decided(code.audited(audit, self.checks.role));
        let from = step.from.as_str();
        let runs = match from {
            "" => Runs::Nothing,
            _ => session.runs(step).await?,
        };
        let becomes = match call {
            Call::Migrate(_) => Becomes::Current,
            _ => Becomes::Registered,
        };
        self.check(VersionToCheck {
            version,
            from,
            code: &code,
            runs,
            stage: Stage::Judged(built),
            becomes,
            layout: options.layout,
        })
        .await?;
        Ok(Some(code))
    }
}
