//! The facts for a verdict. Only this module reads the chain, builds and files for one; `crate::checks` draws the
//! conclusions.

mod callers;
mod layouts;
mod paths;
mod programs;
mod proven;

use crate::assess::{Fact, Origin, Role, Writer};
use crate::checks::{
    Assessment, BEFORE, Built, Callers, Code, Runs, Stage, Subject, Transition, Version,
};
use crate::context::prelude::*;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::interface::Callable;
use crate::layout::{Live, Side, StorageCheck, Upgrade, Who, incomparable, look};
use crate::model::StepKind;
use crate::program_code::is_program;
use crate::registry::{RecordedCode, runs};
use std::collections::BTreeSet;
use std::path::Path;

/// The reason why instances are not known without a chain.
pub(crate) const NOT_ASKED: &str = "--against was given, so no chain was asked";

/// The request for the facts of a step.
#[derive(Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// A chain, and the local records.
    Chain(Session<'a>),
    /// The local records alone: the labels of the versions.
    Kept(&'a Context, &'a [String]),
}

/// The code, layout and interface that an upgrade takes over.
pub(crate) struct Before {
    /// keccak256 of its code, if that is known.
    pub(crate) code: Option<CodeHash>,
    pub(crate) layout: Side,
    /// The structs that stylus-sdk before 0.10 counts shorter; see [`Transition`].
    pub(crate) counted_shorter: BTreeSet<String>,
    /// The functions that callers can use.
    pub(crate) callable: Fact<Callable>,
}

/// The facts about a step.
///
/// # Errors
/// Errors of the chain, and files that cannot be read.
async fn gather(session: Session<'_>, subject: Subject<'_>, role: Role) -> Result<Transition> {
    match subject {
        Subject::Version(version) => session.version(version, role).await,
        Subject::Creation {
            call,
            typed,
            layout,
        } => session.creation((call, typed), layout, role).await,
        Subject::Adoption {
            found,
            name,
            version,
            runs_layout: (file, recorded),
            layout,
        } => {
            let registry = session.registry;
            let code = registry.code(name, version).await?;
            let code = session
                .code((version, Role::Approver), code, layout, false)
                .await?;
            let client = session.registry.client;
            let runs = client.codehash(found.implementation).await?;
            let runs = runs.unwrap_or_default();
            let version = Version {
                name,
                from: BEFORE,
                to: version,
                stage: Stage::Proposed,
                code: &code,
                runs: Runs::Nothing,
                who: Who::Newcomer(found.proxy),
                current: "",
            };
            let before = if runs == code.code.codehash {
                None
            } else {
                let (of, layout) = recorded.unwrap_or((session.registry.address, LayoutHash::ZERO));
                let of = Session {
                    registry: session.registry.client.registry(of),
                    ..session
                };
                let code = RecordedCode {
                    implementation: found.implementation,
                    codehash: runs,
                    layout,
                    source: SourceHash::ZERO,
                };
                let what = found.implementation.to_string();
                let known = of.layout(&what, &code, file).await?;
                // A version of a registry was built with the framework, and so with its SDK.
                let is_of_others =
                    recorded.is_none() && is_program(&client.code(found.implementation).await?);
                let given = known.side.known.value().filter(|_| is_of_others);
                let given = given.map(|known| known.layout.counted_shorter_before_sdk_0_10());
                let doubtful = Role::Approver.believes(Writer::Proposer);
                Some(Before {
                    code: Some(runs),
                    counted_shorter: given.transpose().map_err(incomparable)?.unwrap_or_default(),
                    layout: known.side,
                    callable: session.callable(name, runs, doubtful).await?,
                })
            };
            let is_adopted = found.kind.is_adopted();
            let adopted = is_adopted.then_some(found.proxy).into_iter().collect();
            transition(
                Asked::Chain(session),
                &version,
                before,
                (Role::Approver, adopted),
            )
            .await
        }
    }
}

/// The facts about a step, from any source.
///
/// # Errors
/// Errors of the chain, and files that cannot be read.
pub(crate) async fn transition(
    asked: Asked<'_>,
    version: &Version<'_>,
    before: Option<Before>,
    (role, adopted): (Role, Vec<Address>),
) -> Result<Transition> {
    let code = version.code;
    let new = Side {
        hash: code.code.layout,
        known: code.layout.clone(),
    };
    let old = before.as_ref().map(|before| &before.layout);
    let mut same_code = vec![version.from.to_owned()];
    let (read_at, labels) = match asked {
        Asked::Kept(_, labels) => (None, labels.to_vec()),
        Asked::Chain(session) => {
            let registry = session.registry;
            let codehash = before.as_ref().and_then(|before| before.code);
            if let Some(codehash) = codehash.filter(|_| version.from != BEFORE) {
                let first = registry.first_with(version.name, codehash).await?;
                same_code.extend(first.map(|first| first.version));
            }
            let labels = registry.labels(version.name).await?;
            (Some(session.read_at()), labels)
        }
    };
    let migrated_since = match asked {
        Asked::Chain(session) if code.is_old => migrated_since(session, version).await?,
        _ => Vec::new(),
    };
    let (bypasses, lost_paths) = match asked {
        Asked::Chain(session) => session.paths(version).await?,
        Asked::Kept(..) => (Vec::new(), Vec::new()),
    };
    let is_new = !code.is_old && version.stage != Stage::Registered;
    let callers = match &before {
        None => Callers::None,
        Some(before) => asked.callers(version, before, role).await?,
    };
    let live = asked.live(version, old, &new).await?;
    let (old, counted_shorter) = before.map(|one| (one.layout, one.counted_shorter)).unzip();
    Ok(Transition {
        name: version.name.into(),
        from: version.from.into(),
        to: version.to.into(),
        stage: version.stage,
        role,
        read_at,
        goes_back: code.is_old,
        migrated_since,
        bypasses,
        lost_paths,
        live,
        published: asked.published(version, &callers, role).await?,
        callers,
        declared: code.declared.clone(),
        reserved: code.reserved(),
        replacing: code.replacing(),
        audit: code.audit.clone(),
        size: is_new.then(|| code.size()),
        sources: sources(version),
        runs: version.runs.clone(),
        open_to_constructor: asked.open_to_constructor(code, adopted).await?,
        code: code.name(),
        labels,
        same_code,
        current: version.current.into(),
        counted_shorter: counted_shorter.unwrap_or_default(),
        old,
        new,
    })
}

/// The versions between the last one with that code and the one before, whose step ran a migration. Those that lead from
/// none were born with the data that they have.
async fn migrated_since(
    session: Session<'_>,
    version: &Version<'_>,
) -> Result<Vec<(String, StepKind)>> {
    let all = session.registry.versions(version.name).await?;
    let all: Vec<_> = all
        .into_iter()
        .filter(|one| one.version != version.to)
        .collect();
    let is_it = |one: &crate::model::Version| one.code.codehash == version.code.code.codehash;
    let Some(first) = all.iter().rposition(is_it) else {
        return Ok(Vec::new());
    };
    let since = all.iter().skip(first + 1);
    let until = since.clone().position(|one| one.version == version.from);
    let since = since.take(until.map_or(0, |until| until + 1));
    let migrated = since.filter_map(|one| {
        let steps = one.steps.iter().filter(|step| !step.from.is_empty());
        let mut kinds = steps.map(runs).filter(|kind| *kind != StepKind::None);
        Some((one.version.clone(), kinds.next()?))
    });
    Ok(migrated.collect())
}

impl<'a> Asked<'a> {
    const fn context(self) -> &'a Context {
        match self {
            Self::Chain(session) => session.context,
            Self::Kept(context, _) => context,
        }
    }

    /// Reads the values in storage that the new version newly uses.
    async fn live(
        self,
        version: &Version<'_>,
        old: Option<&Side>,
        new: &Side,
    ) -> Result<Fact<Live>> {
        let nothing = || Fact::of(Live::default(), Origin::Chain);
        let Some(old) = old else {
            return Ok(nothing());
        };
        let Self::Chain(session) = self else {
            return Ok(Fact::unknown(NOT_ASKED));
        };
        let (Some(before), Some(after)) = (old.known.value(), new.known.value()) else {
            return Ok(if old.hash == new.hash && !old.hash.is_zero() {
                nothing()
            } else {
                Fact::unknown("the two layouts cannot be compared")
            });
        };
        let upgrade = Upgrade {
            registry: session.registry.address,
            name: version.name,
            from: version.from,
            to: version.to,
            who: version.who,
        };
        let (documents, layouts) = (session.documents(), (&before.layout, &after.layout));
        let mut live = look(
            session.registry.client,
            &documents,
            upgrade,
            layouts.0,
            layouts.1,
        )
        .await?;
        proven::drop_proven(session, upgrade, layouts.0, &mut live).await?;
        Ok(Fact::of(live, Origin::Chain))
    }
}

impl<'a> Session<'a> {
    /// Checks something alone.
    pub(crate) async fn assess(self, subject: Subject<'_>, role: Role) -> Result<Assessment> {
        let mut all = self.assessment(role);
        self.add(subject, &mut all).await?;
        Ok(all)
    }

    /// Checks one more subject at one block, and prints the result of the layouts. What the caller accepted of it, the
    /// report prints.
    pub(crate) async fn add(self, subject: Subject<'_>, all: &mut Assessment) -> Result<()> {
        let client = self.registry.client.at_one_block().await?;
        let there = Session {
            context: self.context,
            registry: client.registry(self.registry.address),
        };
        let transition = gather(there, subject, all.role).await?;
        let compares = transition.old.is_some();
        self.context.say_read_at(there.read_at(), compares);
        all.add(transition)?;
        let accepted = self.context.accepted();
        let is_by_caller =
            |check: &StorageCheck| check.accepted.iter().any(|one| accepted.covers(&one.id));
        let check = all.last_storage().filter(|check| !is_by_caller(check));
        for line in check.map(|check| check.lines()).unwrap_or_default() {
            self.context.note(line);
        }
        Ok(())
    }

    /// Code on the chain that is called `what`, with its layout, which a file may give to who asks in that role.
    /// `is_old`: an earlier version has it.
    pub(crate) async fn code(
        self,
        (what, role): (&str, Role),
        code: RecordedCode,
        file: Option<&Path>,
        is_old: bool,
    ) -> Result<Code> {
        let known = self.layout(what, &code, file).await?;
        let there = self.there(code, known.side, is_old).await?;
        Ok(there.audited(known.audit, role))
    }

    /// Code on the chain, with its layout.
    pub(crate) async fn there(
        self,
        code: RecordedCode,
        layout: Side,
        is_old: bool,
    ) -> Result<Code> {
        let bytes = self.registry.client.code_bytes(code.implementation).await?;
        if let Some(document) = layout.known.value() {
            self.require_libraries(document).await?;
        }
        let code = RecordedCode {
            layout: layout.hash,
            ..code
        };
        Ok(Code::there(code, bytes, layout.known, is_old))
    }

    async fn version(self, version: &Version<'_>, role: Role) -> Result<Transition> {
        let before = match version.from {
            "" => None,
            from => Some(
                self.before(version.name, from, role.believes(Writer::Proposer))
                    .await?,
            ),
        };
        // Every instance is asked for: the registry has no list of those that were adopted.
        let adopted = if version.code.may_have_constructor() {
            self.adopted(version).await?
        } else {
            Vec::new()
        };
        transition(Asked::Chain(self), version, before, (role, adopted)).await
    }

    /// A version that an upgrade takes over.
    async fn before(self, name: &str, version: &str, doubtful: Origin) -> Result<Before> {
        let Some(found) = self.registry.known_version(name, version).await? else {
            let known = self.documents().get(LayoutHash::ZERO).await?;
            return Ok(Before {
                code: None,
                layout: Side {
                    hash: LayoutHash::ZERO,
                    known,
                },
                counted_shorter: BTreeSet::new(),
                callable: Fact::unknown("are not known: it is not registered"),
            });
        };
        let code = found.code;
        Ok(Before {
            code: Some(code.codehash),
            layout: self.layout(version, &code, None).await?.side,
            counted_shorter: BTreeSet::new(),
            callable: self.callable(name, code.codehash, doubtful).await?,
        })
    }

    async fn creation(
        self,
        (call, typed): (&abi::createProxyCall, &str),
        layout: Option<&Path>,
        role: Role,
    ) -> Result<Transition> {
        // A version that is not registered cannot be checked: it may be registered when the call is executed.
        let code = self.registry.code(&call.name, &call.version).await?;
        let what = (call.version.as_str(), role);
        let code = self.code(what, code, layout, false).await?;
        let version = Version {
            name: &call.name,
            from: "",
            to: &call.version,
            stage: Stage::Registered,
            code: &code,
            runs: Runs::Creation {
                data: call.initData.clone(),
                typed: typed.to_owned(),
            },
            who: Who::All,
            current: "",
        };
        let role = (Role::Proposer, Vec::new());
        transition(Asked::Chain(self), &version, None, role).await
    }

    /// The adopted proxies that a step is for.
    async fn adopted(self, version: &Version<'_>) -> Result<Vec<Address>> {
        let registry = self.registry;
        let all = match version.who {
            Who::Instance(proxy) | Who::Newcomer(proxy) => {
                vec![registry.instance(proxy).await?]
            }
            Who::All => registry.instances(version.name).await?,
        };
        let adopted = all.iter().filter(|one| one.kind.is_adopted());
        Ok(adopted.map(|one| one.proxy).collect())
    }
}

/// The evidence about the sources, also about those of a migration that another account proposed.
fn sources(version: &Version<'_>) -> Vec<Fact<()>> {
    let Version { code, stage, .. } = version;
    let mut all = vec![match stage {
        Stage::Judged(Built { code: true, .. }) => Fact::of((), Origin::Build),
        _ if code.source.value().is_none() => {
            let of = version.to;
            Fact::unknown(format!("the hash of the sources of {of} was not recorded"))
        }
        _ => code.source.clone(),
    }];
    let Runs::Step { kind, .. } = version.runs else {
        return all;
    };
    let Stage::Judged(Built { program: false, .. }) = stage else {
        return all;
    };
    if matches!(kind, StepKind::Script | StepKind::Complex) {
        let why = "the code of its migration was not built and compared (--script-source)";
        all.push(Fact::doubted((), Origin::Chain, why));
    }
    all
}
