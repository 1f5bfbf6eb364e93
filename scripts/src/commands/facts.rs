//! What is known of what may be done. This alone asks the chain, a build and files for a verdict; what follows from
//! it is said by `crate::checks`.

use super::adopt::BEFORE;
use super::args::{StepArgs, StorageArgs};
use super::calldata;
use super::context::{Context, KnownInterface};
use crate::app_error::Error;
use crate::assess::{Fact, Origin, Role};
use crate::checks::{
    Assessment, Built, Callers, Code, Ending, Program, ReadAt, Runs, Stage, Subject, Version, Way,
};
use crate::client::Client;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::interface::{Callable, NOT_DECLARED};
use crate::layout::{
    Compiled, Documents, Known, LayoutError, Live, Said, Side, Upgrade, Who, check_storage, look,
    read_file,
};
use crate::model::{Reader, StepKind, runs};
use crate::progress::Progress;
use crate::registry::{Candidate, RecordedCode};
use alloy::primitives::{Address, Bytes};
use std::path::Path;
use stylus_layout::{Declarations, DeclaredStep, Document};
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};
use stylus_upgrades_interface::slots;

/// Why nothing is known of instances where no chain is asked.
pub(super) const NOT_ASKED: &str = "--against was given, so no chain was asked";
/// What the layout document of a version proves that nobody built.
const OF_PROPOSER: &str = "as its layout document says, which whoever proposed it wrote; only a build compares that \
                           with the code (--source)";

/// Where a command asks, and with what.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) context: &'a Context,
    pub(super) client: &'a Client,
    pub(super) registry: Address,
}

/// What is asked about a way.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// A chain, and what is kept here.
    Chain(Place<'a>),
    /// What is kept here alone: the labels of the versions.
    Kept(&'a Context, &'a [String]),
}

/// What an upgrade takes over.
pub(super) struct Before {
    /// keccak256 of its code, where that is known.
    pub(super) code: Option<CodeHash>,
    pub(super) layout: Side,
    /// What callers can use of it.
    pub(super) callable: Fact<Callable>,
}

/// What is known of the layout of some code.
pub(super) struct KnownLayout {
    pub(super) side: Side,
    /// The hash of its sources, where the file says so that was given for it; else zero.
    pub(super) source: SourceHash,
    /// Whether all that is known of it stands in that file.
    is_given: bool,
}

/// What is known of what may be done.
///
/// # Errors
/// What the chain says, and files that cannot be read.
async fn gather(place: Place<'_>, subject: Subject<'_>, role: Role) -> Result<Way, Error> {
    match subject {
        Subject::Version(version) => place.version(version, role).await,
        Subject::Creation(call, typed) => place.creation(call, typed).await,
        Subject::Adoption {
            found,
            name,
            version,
            runs_layout: (file, recorded),
            layout,
            said,
        } => {
            let reader = place.reader();
            let code = reader.code(name, version).await?;
            let known = place.layout(version, &code, layout).await?;
            let code = place.there(code, known.side, false).await?;
            let runs = place.client.codehash(found.implementation).await?;
            let runs = runs.unwrap_or_default();
            let version = Version {
                name,
                from: BEFORE,
                to: version,
                stage: Stage::Proposed,
                code: &code,
                runs: Runs::Nothing,
                who: Who::Newcomer(found.proxy),
                said,
                current: "",
            };
            let before = match runs == code.code.codehash {
                true => None,
                false => {
                    let (of, layout) = recorded.unwrap_or((place.registry, LayoutHash::ZERO));
                    let of = Place {
                        registry: of,
                        ..place
                    };
                    let code = RecordedCode {
                        implementation: found.implementation,
                        codehash: runs,
                        layout,
                        source: SourceHash::ZERO,
                    };
                    let what = found.implementation.to_string();
                    let known = of.layout(&what, &code, file).await?;
                    let doubtful = of_proposer(Role::Approver);
                    Some(Before {
                        code: Some(runs),
                        layout: known.side,
                        callable: place.callable(name, runs, doubtful).await?,
                    })
                }
            };
            let adopted = found.proxies();
            way(
                Asked::Chain(place),
                &version,
                before,
                (Role::Approver, adopted),
            )
            .await
        }
    }
}

/// A way, whoever can be asked about it.
///
/// # Errors
/// What the chain says, and files that cannot be read.
pub(super) async fn way(
    asked: Asked<'_>,
    version: &Version<'_>,
    before: Option<Before>,
    (role, adopted): (Role, Vec<Address>),
) -> Result<Way, Error> {
    let code = version.code;
    let new = Side {
        hash: code.code.layout,
        known: code.layout.clone(),
    };
    let old = before.as_ref().map(|before| &before.layout);
    let is_new = !code.is_old && version.stage != Stage::Registered;
    let callers = match &before {
        None => Callers::None,
        Some(before) => asked.callers(version, before, role).await?,
    };
    Ok(Way {
        name: version.name.into(),
        from: version.from.into(),
        to: version.to.into(),
        stage: version.stage,
        read_at: asked.read_at(),
        declarations: declarations(version, old, &new)?,
        goes_back: code.is_old,
        live: asked.live(version, old, &new).await?,
        published: asked.published(version, &callers, role).await?,
        callers,
        declared: code.declared.clone(),
        reserved: code.reserved(),
        size: is_new.then(|| code.size()),
        sources: sources(version),
        runs: version.runs.clone(),
        open_to_constructor: asked.open_to_constructor(code, adopted).await?,
        code: code.name(),
        labels: asked.labels(version.name).await?,
        same_code: asked.same_code(version, before.as_ref()).await?,
        current: version.current.into(),
        old: before.map(|before| before.layout),
        new,
    })
}

impl<'a> Asked<'a> {
    const fn context(self) -> &'a Context {
        match self {
            Self::Chain(place) => place.context,
            Self::Kept(context, _) => context,
        }
    }

    fn read_at(self) -> Option<ReadAt> {
        match self {
            Self::Chain(place) => Some(place.read_at()),
            Self::Kept(..) => None,
        }
    }

    /// The labels of the versions.
    async fn labels(self, name: &str) -> Result<Vec<String>, Error> {
        Ok(match self {
            Self::Chain(place) => place.reader().labels(name).await?,
            Self::Kept(_, labels) => labels.to_vec(),
        })
    }

    /// The labels of the versions with the code of the one before, itself among them.
    async fn same_code(
        self,
        version: &Version<'_>,
        before: Option<&Before>,
    ) -> Result<Vec<String>, Error> {
        let mut same = vec![version.from.to_owned()];
        let codehash = before.and_then(|before| before.code);
        if let (Self::Chain(place), Some(codehash)) = (self, codehash)
            && version.from != BEFORE
        {
            let first = place.reader().first_with(version.name, codehash).await?;
            same.extend(first.map(|first| first.version));
        }
        Ok(same)
    }

    /// What lies where the new version uses storage anew.
    async fn live(
        self,
        version: &Version<'_>,
        old: Option<&Side>,
        new: &Side,
    ) -> Result<Fact<Live>, Error> {
        let nothing = || Fact::of(Live::default(), Origin::Chain);
        let Some(old) = old else {
            return Ok(nothing());
        };
        let Self::Chain(place) = self else {
            return Ok(Fact::unknown(NOT_ASKED));
        };
        let (Some(before), Some(after)) = (old.known.value(), new.known.value()) else {
            return Ok(match old.hash == new.hash && !old.hash.is_zero() {
                true => nothing(),
                false => Fact::unknown("the two layouts cannot be compared"),
            });
        };
        let upgrade = Upgrade {
            registry: place.registry,
            name: version.name,
            from: version.from,
            to: version.to,
            who: version.who,
        };
        let (documents, layouts) = (place.documents(), (&before.layout, &after.layout));
        let live = look(place.client, &documents, upgrade, layouts.0, layouts.1).await?;
        Ok(Fact::of(live, Origin::Chain))
    }

    /// What callers had, and have.
    async fn callers(
        self,
        version: &Version<'_>,
        before: &Before,
        role: Role,
    ) -> Result<Callers, Error> {
        let code = version.code;
        if before.code == Some(code.code.codehash) {
            return Ok(Callers::Same);
        }
        let doubtful = word_on(code, role);
        let mut after = match self {
            Self::Chain(place) => {
                let codehash = code.code.codehash;
                place.callable(version.name, codehash, doubtful).await?
            }
            Self::Kept(context, _) => match context.interface_of(code.code.codehash) {
                Some(interface) => Fact::of(interface, Origin::Build),
                None => Fact::unknown(""),
            },
        };
        if after.value().is_none() && version.stage != Stage::Registered && version.from != BEFORE {
            let proposed = code.layout.value().and_then(KnownInterface::proposed);
            after = proposed.map_or(after, |known| known.fact(doubtful));
        }
        if after.value().is_none() && code.artifact.is_some() {
            after = Fact::unknown(NOT_DECLARED);
        }
        Ok(Callers::Of {
            old: before.callable.clone().into(),
            new: after.into(),
        })
    }

    /// Later upgrades are compared with what the document of a version says of its functions: where nobody
    /// here built the code, and no version has that document already, it is not proven.
    async fn published(
        self,
        version: &Version<'_>,
        callers: &Callers,
        role: Role,
    ) -> Result<Option<Fact<()>>, Error> {
        let code = version.code;
        let is_compared =
            matches!(callers, Callers::Of { .. }) || version.stage == Stage::Registered;
        let document = code.layout.value();
        let (Some(said), Self::Chain(place), false) = (
            document.and_then(|known| known.interface.as_ref()),
            self,
            is_compared || version.from == BEFORE,
        ) else {
            return Ok(None);
        };
        let built = place.context.built_callable(code.code.codehash)?;
        let is_built = built.is_some_and(|built| built.is_published_as(said));
        let all = place.reader().versions(version.name).await?;
        let is_recorded = |one: &crate::model::Version| {
            one.code.codehash == code.code.codehash && one.code.layout == code.code.layout
        };
        if is_built || all.iter().any(is_recorded) {
            return Ok(None);
        }
        let why = format!(
            "what the layout document says of the functions of {} is not proven, and later upgrades are compared \
             with it; a build tells (--source)",
            version.to
        );
        Ok(Some(Fact::doubted((), word_on(code, role), why)))
    }

    /// Those of these proxies in whose storage no constructor has run, where the code may have one.
    async fn open_to_constructor(
        self,
        code: &Code,
        adopted: Vec<Address>,
    ) -> Result<Fact<Vec<Address>>, Error> {
        let mut open = Vec::new();
        if let Self::Chain(place) = self
            && !adopted.is_empty()
            && code.may_have_constructor()
        {
            for proxy in adopted {
                let ran = place.client.storage(proxy, slots::CONSTRUCTED).await?;
                open.extend(ran.is_zero().then_some(proxy));
            }
        }
        Ok(Fact::of(open, Origin::Chain))
    }

    /// What runs on the way that the arguments describe.
    pub(super) async fn runs(self, way: &StepArgs) -> Result<Runs, Error> {
        let manifest = &self.context().manifest;
        let program = match (&way.complex, self) {
            (None, _) => None,
            (Some(source), Self::Chain(place)) => Some(match place.context.account(source) {
                Some(account) => place.program_at(account).await?,
                None => {
                    let artifact = place.context.kept_artifact(source)?;
                    self.program(&artifact.wasm, artifact.steps).await?
                }
            }),
            (Some(source), Self::Kept(context, _)) => {
                let artifact = context.artifact(source)?;
                Some(self.program(&artifact.wasm, artifact.steps).await?)
            }
        };
        Ok(Runs::Step {
            kind: way.kind().into(),
            data: calldata::encode(&way.call, manifest)?,
            typed: calldata::typed(&way.call).to_owned(),
            program,
        })
    }

    /// The program of a complex migration, by its module.
    async fn program(
        self,
        module: &Bytes,
        declared: Option<Vec<DeclaredStep>>,
    ) -> Result<Program, Error> {
        let storage = self.context().builder()?.framework()?.storage.address;
        // Only a chain tells whether what it is linked to is there.
        let (is_there, origin) = match self {
            Self::Chain(place) => (!place.client.code(storage).await?.is_empty(), Origin::Chain),
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

impl<'a> Place<'a> {
    /// There.
    pub(super) const fn of(context: &'a Context, client: &'a Client, registry: Address) -> Self {
        Self {
            context,
            client,
            registry,
        }
    }

    /// All three.
    pub(super) const fn parts(self) -> (&'a Context, &'a Client, Address) {
        (self.context, self.client, self.registry)
    }

    /// Where it asks, and at which block.
    pub(super) fn read_at(self) -> ReadAt {
        ReadAt {
            registry: self.registry,
            chain_id: self.client.chain_id(),
            block: self.client.pinned_block(),
        }
    }

    /// What the registry says.
    pub(super) fn reader(self) -> Reader<&'a Client> {
        self.client.registry(self.registry)
    }

    /// Nothing was checked yet of what somebody asks here.
    pub(super) fn assessment(self, role: Role) -> Assessment {
        Assessment::asked_by(role, self.context.accepted())
    }

    /// Checks something alone.
    pub(super) async fn assess(
        self,
        subject: Subject<'_>,
        role: Role,
    ) -> Result<Assessment, Error> {
        let mut all = self.assessment(role);
        self.add(subject, &mut all).await?;
        Ok(all)
    }

    /// Checks something beside the rest, as of one block, and says what the layouts come to.
    pub(super) async fn add(self, subject: Subject<'_>, all: &mut Assessment) -> Result<(), Error> {
        let client = self.client.at_one_block().await?;
        let there = Place {
            client: &client,
            ..self
        };
        let way = gather(there, subject, all.role).await?;
        let compares = way.old.is_some();
        self.context.say_read_at(there.read_at(), compares);
        all.add(way)?;
        let lines = all.last_storage().map(|check| check.lines());
        for line in lines.unwrap_or_default() {
            self.context.output.note(&line);
        }
        Ok(())
    }

    fn documents(self) -> Documents {
        self.context.documents(self.client, self.registry)
    }

    /// The layout of code that is called `what`: that of the file that was given for it, else the published or kept
    /// one. A file that is about other code or sources is refused.
    pub(super) async fn layout(
        self,
        what: &str,
        code: &RecordedCode,
        file: Option<&Path>,
    ) -> Result<KnownLayout, Error> {
        let (documents, recorded) = (self.documents(), code.layout);
        let Some(file) = file else {
            let known = documents.get(recorded).await?.from_there(Origin::Chain);
            let side = Side {
                hash: recorded,
                known,
            };
            return Ok(KnownLayout {
                side,
                source: SourceHash::ZERO,
                is_given: false,
            });
        };
        let named = read_file(file)?;
        let source = match &named.compiled {
            Some(compiled) => self.is_of(compiled, (what, code), file).await?,
            None => SourceHash::ZERO,
        };
        let given = named.document;
        // What is recorded of it says so as long as it is read.
        let said = Document {
            layout: given.layout.clone().not_built(given.unlisted()),
            ..given.clone()
        }
        .fitting();
        let is_recorded = |form: &Document| LayoutHash(form.hash()) == recorded;
        let is_given = recorded.is_zero() || is_recorded(&said) || is_recorded(&given);
        let mut forms = [&said, &given].into_iter();
        let known = if recorded.is_zero() {
            let why = format!(
                "the layout of {what} is that of {}, and no registry recorded it",
                file.display()
            );
            Fact::doubted(said.clone(), Origin::Remembered, why)
        } else if let Some(form) = forms.find(|form| form.with_hash(recorded.0).is_some()) {
            Fact::of(form.clone(), Origin::Chain)
        } else if let Known::Document(document) = documents.get(recorded).await?
            && document.layout.lists_as(&given.layout)
        {
            // The registry's document says more than a compiler does.
            Fact::of(*document, Origin::Chain)
        } else {
            return Err(LayoutError::Differs {
                what: what.into(),
                has: recorded,
                given: LayoutHash(given.hash()),
            }
            .into());
        };
        let kept = known
            .value()
            .map(|known| documents.store().keep_document(known));
        let hash = kept.transpose()?.unwrap_or_default();
        let hash = if recorded.is_zero() { hash } else { recorded };
        Ok(KnownLayout {
            side: Side { hash, known },
            source,
            is_given,
        })
    }

    /// The hash of the sources of code that a compiler's output is about.
    ///
    /// # Errors
    /// [`LayoutError::OfOther`].
    async fn is_of(
        self,
        compiled: &Compiled,
        (what, code): (&str, &RecordedCode),
        file: &Path,
    ) -> Result<SourceHash, Error> {
        let refused = |part, has: String, given: String| LayoutError::OfOther {
            path: file.to_owned(),
            part,
            what: what.to_owned(),
            has,
            given,
        };
        let (source, recorded) = (compiled.source, code.source);
        if !compiled.is(&self.client.code(code.implementation).await?) {
            let given = "code with other bytes".to_owned();
            return Err(refused(
                "code",
                format!("the code at {}", code.implementation),
                given,
            )
            .into());
        }
        if source != recorded && !source.is_zero() && !recorded.is_zero() {
            return Err(refused("sources", recorded.to_string(), source.to_string()).into());
        }
        Ok(source)
    }

    /// Code that lies on the chain, with its layout.
    pub(super) async fn there(
        self,
        code: RecordedCode,
        layout: Side,
        is_old: bool,
    ) -> Result<Code, Error> {
        let bytes = self.client.code_bytes(code.implementation).await?;
        let code = RecordedCode {
            layout: layout.hash,
            ..code
        };
        Ok(Code::there(code, bytes, layout.known, is_old))
    }

    async fn version(self, version: &Version<'_>, role: Role) -> Result<Way, Error> {
        let before = match version.from {
            "" => None,
            from => Some(self.before(version.name, from, of_proposer(role)).await?),
        };
        let adopted = self.adopted(version).await?;
        way(Asked::Chain(self), version, before, (role, adopted)).await
    }

    /// A version that an upgrade takes over.
    async fn before(self, name: &str, version: &str, doubtful: Origin) -> Result<Before, Error> {
        let Some(found) = self.reader().known_version(name, version).await? else {
            let known = self.documents().get(LayoutHash::ZERO).await?;
            return Ok(Before {
                code: None,
                layout: Side {
                    hash: LayoutHash::ZERO,
                    known: known.from_there(Origin::Chain),
                },
                callable: Fact::unknown("are not known: it is not registered"),
            });
        };
        let code = found.code;
        Ok(Before {
            code: Some(code.codehash),
            layout: self.layout(version, &code, None).await?.side,
            callable: self.callable(name, code.codehash, doubtful).await?,
        })
    }

    async fn creation(self, call: &abi::createProxyCall, typed: &str) -> Result<Way, Error> {
        // Of a version that nobody registered, nothing can be checked: it may be there when the call is.
        let code = self.reader().code(&call.name, &call.version).await?;
        let known = self.layout(&call.version, &code, None).await?;
        let code = self.there(code, known.side, false).await?;
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
            said: &Said::default(),
            current: "",
        };
        let asked = (Role::Proposer, Vec::new());
        way(Asked::Chain(self), &version, None, asked).await
    }

    async fn callable(
        self,
        name: &str,
        codehash: CodeHash,
        doubtful: Origin,
    ) -> Result<Fact<Callable>, Error> {
        let place = (self.client, self.registry);
        Ok(
            match self.context.callable_of(place, name, codehash).await {
                Ok(Some(known)) => known.fact(doubtful),
                Ok(None) => Fact::unknown("are neither published nor kept here"),
                Err(error @ (Error::Layout(_) | Error::Versions(_))) => {
                    Fact::unknown(format!("cannot be read: {error}"))
                }
                Err(error) => return Err(error),
            },
        )
    }

    /// The adopted proxies that a way is for.
    async fn adopted(self, version: &Version<'_>) -> Result<Vec<Address>, Error> {
        let reader = self.reader();
        let all = match version.who {
            Who::Instance(proxy) | Who::Newcomer(proxy) => reader.instances_of(vec![proxy]).await?,
            Who::All => reader.instances(version.name).await?,
        };
        let adopted = all.iter().filter(|one| one.kind.is_adopted());
        Ok(adopted.map(|one| one.proxy).collect())
    }

    /// What runs on a way that is registered or proposed.
    pub(super) async fn runs(self, way: &Step) -> Result<Runs, Error> {
        let kind = runs(way);
        let program = match kind {
            StepKind::Complex => Some(self.program_at(way.script).await?),
            _ => None,
        };
        Ok(Runs::Step {
            kind,
            data: way.data.clone(),
            typed: String::new(),
            program,
        })
    }

    /// The program of a complex migration that lies on the chain.
    pub(super) async fn program_at(self, account: Address) -> Result<Program, Error> {
        let bytes = self.client.code_bytes(account).await?;
        let module = match bytes.module() {
            Ok(Some(module)) => module.into(),
            Ok(None) | Err(_) => bytes.code, // EVM code names addresses as they are
        };
        Asked::Chain(self).program(&module, None).await
    }
}

impl Candidate {
    /// Itself, where it is one of others.
    fn proxies(&self) -> Vec<Address> {
        self.kind
            .is_adopted()
            .then_some(self.proxy)
            .into_iter()
            .collect()
    }
}

impl KnownLayout {
    /// The same of code that somebody else proposed and nobody built: it is his word, unless a file says all of it.
    #[must_use]
    pub(super) fn unbuilt(self) -> Side {
        let (origin, why) = match self.is_given {
            true => (Origin::Remembered, "as the file says that was given"),
            false => (Origin::Change, OF_PROPOSER),
        };
        Side {
            known: self.side.known.said_by(origin, why),
            ..self.side
        }
    }
}

impl KnownInterface {
    /// The same as a fact, which proves no more than a proposer's word where there is a doubt.
    fn fact(self, doubtful: Origin) -> Fact<Callable> {
        match self.doubt {
            Some(why) => Fact::doubted(self.callable, doubtful, why),
            None => Fact::of(self.callable, Origin::Chain),
        }
    }
}

impl StorageArgs {
    /// What is declared about storage.
    pub(super) fn said(&self) -> Said {
        Said {
            renames: self.rename.clone(),
            retypes: self.retype.clone(),
        }
    }
}

/// What the proposer can have written: to himself his own word, to who judges it the change's.
fn of_proposer(role: Role) -> Origin {
    match role.proposes() {
        true => Origin::Remembered,
        false => Origin::Change,
    }
}

/// The same of what the document of some code says, which may be that of a file of who judges it.
fn word_on(code: &Code, role: Role) -> Origin {
    match code.layout.origin() {
        Origin::Remembered => Origin::Remembered,
        _ => of_proposer(role),
    }
}

/// What is declared about the pair. Of a step that is registered, what is said is said of the step that needs it.
fn declarations(
    version: &Version<'_>,
    old: Option<&Side>,
    new: &Side,
) -> Result<Declarations, Error> {
    let (Some(old), true) = (old, *version.said != Said::default()) else {
        return Ok(Declarations::none());
    };
    let Some(before) = old.known.value() else {
        return Ok(Declarations::none());
    };
    if version.stage == Stage::Registered {
        let pair = crate::layout::Pair {
            name: version.name,
            from: version.from,
            to: version.to,
            old,
            new,
            runs_migration: false,
            goes_back: false,
        };
        if check_storage(&pair, &Declarations::none())?
            .found
            .is_empty()
        {
            return Ok(Declarations::none());
        }
    }
    Ok(version.said.declarations(&before.layout)?)
}

/// How far the sources are known, and those of the program of a migration that somebody else proposed.
fn sources(version: &Version<'_>) -> Vec<Fact<()>> {
    let Version { code, stage, .. } = version;
    let mut all = vec![match stage {
        Stage::Judged(Built { code: true, .. }) => Fact::of((), Origin::Build),
        _ if code.source.value().is_none() => {
            let of = version.to;
            Fact::unknown(format!("nobody recorded the hash of the sources of {of}"))
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
