//! The migration that runs in a step, and the proxies in whose storage a constructor may still run.

use super::Asked;
use crate::assess::{Fact, Origin};
use crate::checks::{Code, Ending, Program, Runs};
use crate::context::prelude::*;
use crate::expect::{Asks, Expectations};
use crate::ids::CodeHash;
use crate::model::{Named, StepKind, named, runs};
use crate::options::StepArgs;
use crate::pipeline::calldata;
use crate::registry;
use stylus_layout::DeclaredStep;
use stylus_upgrades_interface::registry::Step;
use stylus_upgrades_interface::slots;

impl Asked<'_> {
    /// Reads which of the adopted proxies have storage in which no constructor has run, if the code may have one.
    pub(crate) async fn open_to_constructor(
        self,
        code: &Code,
        adopted: Vec<Address>,
    ) -> Result<Fact<Vec<Address>>> {
        let mut open = Vec::new();
        if let Self::Chain(session) = self
            && !adopted.is_empty()
            && code.may_have_constructor()
        {
            for proxy in adopted {
                let ran = session
                    .registry
                    .client
                    .storage(proxy, slots::CONSTRUCTED)
                    .await?;
                open.extend(ran.is_zero().then_some(proxy));
            }
        }
        Ok(Fact::of(open, Origin::Chain))
    }

    /// The migration that runs in the step that the arguments describe.
    pub(crate) async fn runs(self, step: &StepArgs) -> Result<Runs> {
        let manifest = &self.context().manifest;
        let program = match (&step.complex, self) {
            (None, _) => None,
            (Some(source), Self::Chain(session)) => Some(match session.context.account(source) {
                Some(account) => session.program_at(account).await?,
                None => {
                    let artifact = session.context.kept_artifact(source)?;
                    self.program(&artifact.wasm, artifact.steps).await?
                }
            }),
            (Some(source), Self::Kept(context, _)) => {
                let artifact = context.artifact(source)?;
                Some(self.program(&artifact.wasm, artifact.steps).await?)
            }
        };
        let source = step.script.as_ref().or(step.complex.as_ref());
        let (script, fields) = match source {
            Some(source) => {
                let script = self.codehash(source).await?;
                (script, Some(self.context().built_layout(script)?.into()))
            }
            None => (CodeHash::ZERO, None),
        };
        let data = match &step.handler {
            Some(handler) => {
                registry::complex("", (Address::ZERO, script), manifest.address(handler)?).data
            }
            None => calldata::encode(&step.call, manifest)?,
        };
        let expected = match (&step.check, self) {
            (Some(source), Self::Chain(session)) => match session.context.account(source) {
                Some(check) => {
                    let code = registry::code_at(session.registry.client, check).await?;
                    let step = Step {
                        script: check,
                        scriptCodehash: code.codehash,
                        ..registry::nothing("")
                    };
                    session.expected(&step).await?
                }
                None => None,
            },
            // The code of the check follows from the file alone.
            _ => step.expectations()?.map(|all| Fact::of(all, Origin::Build)),
        };
        Ok(Runs::Step {
            kind: step.kind().into(),
            script,
            data,
            typed: calldata::typed(&step.call).to_owned(),
            program: program.map(Box::new),
            fields,
            expected,
        })
    }

    /// keccak256 of code that migrates; zero where no chain is asked that has it.
    async fn codehash(self, source: &str) -> Result<CodeHash> {
        let context = self.context();
        Ok(match (context.account(source), self) {
            (Some(account), Self::Chain(session)) => {
                let code = registry::code_at(session.registry.client, account).await?;
                code.codehash.into()
            }
            (Some(_), Self::Kept(..)) => CodeHash::default(),
            (None, _) => context.artifact(source)?.codehash(),
        })
    }

    /// The program of a complex migration, by its module.
    async fn program(self, module: &Bytes, declared: Option<Vec<DeclaredStep>>) -> Result<Program> {
        let storage = self.context().builder()?.framework()?.storage.address;
        // Only a chain shows whether its linked contracts exist.
        let (is_there, origin) = match self {
            Self::Chain(session) => (
                !session.registry.client.code(storage).await?.is_empty(),
                Origin::Chain,
            ),
            Self::Kept(..) => (true, Origin::Build),
        };
        let ending = Ending {
            storage,
            is_linked: module.windows(20).any(|bytes| bytes == storage.as_slice()),
            is_there,
        };
        Ok(Program {
            declared: match declared {
                Some(declared) => Fact::of(declared, Origin::Build),
                None => Fact::unknown(""),
            },
            ending: Fact::of(ending, origin),
        })
    }
}

impl Session<'_> {
    /// The migration that runs in a step that is registered or proposed.
    pub(crate) async fn runs(self, step: &Step) -> Result<Runs> {
        let kind = runs(step);
        let program = match kind {
            StepKind::Complex => Some(self.program_at(step.script).await?),
            _ => None,
        };
        let fields = match kind {
            StepKind::Script | StepKind::Complex => Some(
                self.context
                    .built_layout(step.scriptCodehash.into())?
                    .into(),
            ),
            _ => None,
        };
        Ok(Runs::Step {
            kind,
            script: step.scriptCodehash.into(),
            data: step.data.clone(),
            typed: String::new(),
            program: program.map(Box::new),
            fields,
            expected: self.expected(step).await?,
        })
    }

    /// Reads the expectations of the check of a step, if it has one.
    async fn expected(self, step: &Step) -> Result<Option<Fact<Expectations>>> {
        let Named::Check(check) = named(step) else {
            return Ok(None);
        };
        let code = self.registry.client.code(check).await?;
        Ok(Asks::of(step, &code).map(|asks| match asks {
            Asks::Expectations(all) => Fact::of(all, Origin::Chain),
            Asks::Unknown => Fact::unknown("its check is code that this program does not know"),
        }))
    }

    /// The program of a complex migration that lies on the chain.
    pub(crate) async fn program_at(self, account: Address) -> Result<Program> {
        let bytes = self.registry.client.code_bytes(account).await?;
        let module = match bytes.module() {
            Ok(Some(module)) => module.into(),
            Ok(None) | Err(_) => bytes.code, // EVM code names addresses as they are
        };
        Asked::Chain(self).program(&module, None).await
    }
}
