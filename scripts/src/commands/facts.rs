//! What is known of what may be done. This alone asks the chain, a build and files for a verdict; what follows from
//! it is said by `crate::checks`.

use super::adopt::BEFORE;
use super::args::StorageArgs;
use super::context::{Context, KnownInterface};
use crate::app_error::Error;
use crate::assess::{Fact, Origin, Role};
use crate::build::Artifact;
use crate::checks::{
    Assessment, Built, Callers, Code, Ending, Program, Runs, Stage, Subject, Version, Way,
    reserved, size,
};
use crate::client::Client;
use crate::ids::{CodeHash, LayoutHash};
use crate::interface::{Callable, NOT_DECLARED};
use crate::layout::{
    Documents, Known, LayoutError, Live, Said, Side, Upgrade, Who, check_storage, look, read_file,
};
use crate::model::{Reader, StepKind, runs};
use crate::plan::has_constructor;
use crate::program_code::is_program;
use crate::progress::Progress;
use crate::registry::{Candidate, RecordedCode};
use alloy::primitives::{Address, Bytes};
use std::path::Path;
use stylus_layout::{Declarations, DeclaredStep, Document};
use stylus_upgrades_interface::registry::{IRegistry as abi, Step};
use stylus_upgrades_interface::slots;

/// What a hash of sources proves.
const SOURCE_NAMED: &str =
    "their hash is named; only a build compares them with the code (--source)";
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

/// What an upgrade takes over.
struct Before {
    code: Option<CodeHash>,
    layout: Side,
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
            let code = place.there(version, code, layout, false).await?;
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
                    let (of, hash) = recorded.unwrap_or((place.registry, LayoutHash::ZERO));
                    let of = place.context.documents(place.client, of);
                    let what = found.implementation.to_string();
                    Some(Before {
                        code: Some(runs),
                        layout: layout_of(&of, &what, hash, file).await?,
                    })
                }
            };
            let way = place.way(&version, before, Role::Approver).await?;
            let open = place.open_to_constructor(&code, found.proxies()).await?;
            Ok(Way {
                open_to_constructor: open,
                ..way
            })
        }
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
        self.context.say_read_at(&client, self.registry, compares);
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

    /// Code that lies on the chain, with its layout: that of the file, if there is one.
    pub(super) async fn there(
        self,
        version: &str,
        code: RecordedCode,
        file: Option<&Path>,
        is_old: bool,
    ) -> Result<Code, Error> {
        let Side { hash, known } = layout_of(&self.documents(), version, code.layout, file).await?;
        let code = RecordedCode {
            layout: hash,
            ..code
        };
        Ok(Code::there(code, known, is_old))
    }

    async fn version(self, version: &Version<'_>, role: Role) -> Result<Way, Error> {
        let before = match version.from {
            "" => None,
            from => {
                let found = self.reader().known_version(version.name, from).await?;
                let code = found.map(|found| found.code);
                let hash = code.map(|code| code.layout).unwrap_or_default();
                Some(Before {
                    code: code.map(|code| code.codehash),
                    layout: layout_of(&self.documents(), from, hash, None).await?,
                })
            }
        };
        let way = self.way(version, before, role).await?;
        let adopted = self.adopted(version).await?;
        let open = self.open_to_constructor(version.code, adopted).await?;
        Ok(Way {
            open_to_constructor: open,
            ..way
        })
    }

    /// A way, but for what a constructor could do.
    async fn way(
        self,
        version: &Version<'_>,
        before: Option<Before>,
        role: Role,
    ) -> Result<Way, Error> {
        let Version {
            name,
            from,
            to,
            code,
            ..
        } = *version;
        let new = Side {
            hash: code.code.layout,
            known: Self::document_of(version),
        };
        let old = before.as_ref().map(|before| &before.layout);
        let declarations = declarations(version, old, &new)?;
        let live = self.live(version, old, &new).await?;
        let callers = match &before {
            None => Callers::None,
            Some(before) => self.callers(version, before, role).await?,
        };
        let is_compared =
            matches!(callers, Callers::Of { .. }) || version.stage == Stage::Registered;
        let published = match is_compared || version.from == BEFORE {
            true => None,
            false => self.published(version, role).await?,
        };
        let reader = self.reader();
        let mut same_code = vec![from.to_owned()];
        if let Some(codehash) = before.as_ref().and_then(|before| before.code)
            && from != BEFORE
        {
            let first = reader.first_with(name, codehash).await?;
            same_code.extend(first.map(|first| first.version));
        }
        let declared = match new.known.is_proven() {
            true => code.declared.clone(),
            false => code
                .declared
                .clone()
                .said_by(new.known.origin(), new.known.why()),
        };
        Ok(Way {
            name: name.into(),
            from: from.into(),
            to: to.into(),
            stage: version.stage,
            old: before.map(|before| before.layout),
            new,
            declarations,
            goes_back: code.is_old,
            live,
            callers,
            published,
            declared,
            reserved: self.reserved(code).await?,
            size: self.size(version).await?,
            sources: sources(version),
            runs: version.runs.clone(),
            open_to_constructor: Fact::of(Vec::new(), Origin::Chain),
            code: match &code.artifact {
                Some(artifact) => artifact.name.clone(),
                None => code.code.implementation.to_string(),
            },
            labels: reader.labels(name).await?,
            same_code,
            current: version.current.into(),
        })
    }

    /// The document of the new version. What somebody proposed and nobody built is his word.
    fn document_of(version: &Version<'_>) -> Fact<Document> {
        let known = version.code.layout.clone();
        match version.stage {
            Stage::Judged(built) if !built.document => known.said_by(Origin::Change, OF_PROPOSER),
            _ => known,
        }
    }

    async fn creation(self, call: &abi::createProxyCall, typed: &str) -> Result<Way, Error> {
        // Of a version that nobody registered, nothing can be checked: it may be there when the call is.
        let code = self.reader().code(&call.name, &call.version).await?;
        let code = self.there(&call.version, code, None, false).await?;
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
        self.way(&version, None, Role::Proposer).await
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
        let (Some(before), Some(after)) = (old.known.value(), new.known.value()) else {
            return Ok(match old.hash == new.hash && !old.hash.is_zero() {
                true => nothing(),
                false => Fact::unknown("the two layouts cannot be compared"),
            });
        };
        let upgrade = Upgrade {
            registry: self.registry,
            name: version.name,
            from: version.from,
            to: version.to,
            who: version.who,
        };
        let (documents, layouts) = (self.documents(), (&before.layout, &after.layout));
        let live = look(self.client, &documents, upgrade, layouts.0, layouts.1).await?;
        Ok(Fact::of(live, Origin::Chain))
    }

    /// What callers had, and have.
    async fn callers(
        self,
        version: &Version<'_>,
        before: &Before,
        role: Role,
    ) -> Result<Callers, Error> {
        let Some(old) = before.code else {
            let why = "are not known: it is not registered";
            return Ok(Callers::Of {
                old: Fact::unknown(why).into(),
                new: Fact::unknown("were not looked for").into(),
            });
        };
        let new = version.code.code.codehash;
        if old == new {
            return Ok(Callers::Same);
        }
        let doubtful = of_proposer(role);
        let mut after = self.callable(version.name, new, doubtful).await?;
        if after.value().is_none() && version.stage != Stage::Registered && version.from != BEFORE {
            let document = version.code.layout.value();
            let proposed = document.and_then(KnownInterface::proposed);
            after = proposed.map_or(after, |known| known.fact(doubtful));
        }
        if after.value().is_none() && version.code.artifact.is_some() {
            after = Fact::unknown(NOT_DECLARED);
        }
        Ok(Callers::Of {
            old: self.callable(version.name, old, doubtful).await?.into(),
            new: after.into(),
        })
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

    /// Later upgrades are compared with what the document of a version says of its functions: where nobody
    /// here built the code, and no version has that document already, it is not proven.
    async fn published(self, version: &Version<'_>, role: Role) -> Result<Option<Fact<()>>, Error> {
        let code = version.code;
        let document = code.layout.value();
        let Some(said) = document.and_then(|known| known.interface.as_ref()) else {
            return Ok(None);
        };
        let built = self.context.built_callable(code.code.codehash)?;
        let is_built = built.is_some_and(|built| built.is_published_as(said));
        let all = self.reader().versions(version.name).await?;
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
        Ok(Some(Fact::doubted((), of_proposer(role), why)))
    }

    /// Functions of code that was built without our attributes.
    async fn reserved(self, code: &Code) -> Result<Fact<Vec<&'static str>>, Error> {
        if let Some(artifact) = &code.artifact {
            return Ok(reserved(&artifact.code, &artifact.fragments));
        }
        if code.declared.value().is_some() {
            return Ok(Fact::of(Vec::new(), Origin::Chain));
        }
        let there = self.client.code(code.code.implementation).await?;
        let fragments = self.client.fragments(&there).await?;
        Ok(reserved(&there, &fragments))
    }

    /// How large code is that is new, and may be.
    async fn size(self, version: &Version<'_>) -> Result<Fact<(usize, usize)>, Error> {
        let code = version.code;
        if code.is_old || version.stage == Stage::Registered {
            return Ok(Fact::unknown("it was told when the code was new"));
        }
        if let Some(built) = &code.artifact {
            return Ok(size(&built.code, &built.fragments, Origin::Build));
        }
        let there = self.client.code(code.code.implementation).await?;
        let fragments = self.client.fragments(&there).await?;
        Ok(size(&there, &fragments, Origin::Chain))
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

    /// Those of them in whose storage no constructor has run, where the code may have one.
    async fn open_to_constructor(
        self,
        code: &Code,
        adopted: Vec<Address>,
    ) -> Result<Fact<Vec<Address>>, Error> {
        let mut open = Vec::new();
        if adopted.is_empty() || !self.may_have_constructor(code).await? {
            return Ok(Fact::of(open, Origin::Chain));
        }
        for proxy in adopted {
            if self
                .client
                .storage(proxy, slots::CONSTRUCTED)
                .await?
                .is_zero()
            {
                open.push(proxy);
            }
        }
        Ok(Fact::of(open, Origin::Chain))
    }

    /// Whether code is a program with an SDK constructor, or one that cannot be read.
    async fn may_have_constructor(self, code: &Code) -> Result<bool, Error> {
        if let Some(artifact) = &code.artifact {
            return Ok(has_constructor(&artifact.wasm));
        }
        let there = self.client.code(code.code.implementation).await?;
        if !is_program(&there) {
            return Ok(false);
        }
        let fragments = self.client.fragments(&there).await?;
        let program = Artifact::from_chain("the code", there, &fragments);
        Ok(program.map_or(true, |program| has_constructor(&program.wasm)))
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
        let code = self.client.code(account).await?;
        let fragments = self.client.fragments(&code).await?;
        let module = match Artifact::from_chain("the program", code.clone(), &fragments) {
            Ok(artifact) => artifact.wasm,
            Err(_) => code, // EVM code names addresses as they are
        };
        self.program(&module, None).await
    }

    /// The program of a complex migration, by its module.
    pub(super) async fn program(
        self,
        module: &Bytes,
        declared: Option<Vec<DeclaredStep>>,
    ) -> Result<Program, Error> {
        let storage = self.context.builder()?.framework()?.storage.address;
        let ending = Ending {
            storage,
            is_linked: module.windows(20).any(|bytes| bytes == storage.as_slice()),
            is_there: !self.client.code(storage).await?.is_empty(),
        };
        Ok(Program {
            declared: match declared {
                Some(declared) => Fact::of(declared, Origin::Build),
                None => Fact::unknown(""),
            },
            ending: Fact::of(ending, Origin::Chain),
        })
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
    let is_built = code
        .artifact
        .as_ref()
        .is_some_and(|one| !one.source_hash().is_zero());
    let mut all = vec![match stage {
        Stage::Judged(Built { code: true, .. }) => Fact::of((), Origin::Build),
        _ if is_built => Fact::of((), Origin::Build),
        _ if code.code.source.is_zero() => {
            let of = version.to;
            Fact::unknown(format!("nobody recorded the hash of the sources of {of}"))
        }
        _ => Fact::doubted((), Origin::Chain, SOURCE_NAMED),
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

/// The layout of a registered version: that of the file that was given for it, else the published
/// or kept one.
pub(super) async fn layout_of(
    documents: &Documents,
    version: &str,
    hash: LayoutHash,
    file: Option<&Path>,
) -> Result<Side, Error> {
    let known = match file {
        Some(file) => given(documents, version, file, hash).await?,
        None => documents.get(hash).await?.from_there(Origin::Chain),
    };
    let hash = match (known.value(), hash.is_zero()) {
        (Some(document), true) => LayoutHash(document.hash()),
        _ => hash,
    };
    Ok(Side { hash, known })
}

/// The layout in a file that was given for code whose layout has the hash `recorded`; zero if nobody knows: then it
/// is the word of who gives it.
pub(super) async fn given(
    documents: &Documents,
    what: &str,
    file: &Path,
    recorded: LayoutHash,
) -> Result<Fact<Document>, Error> {
    let given = read_file(file, None)?.document;
    let hash = documents.store().keep_document(&given)?;
    if recorded.is_zero() {
        let why = format!(
            "the layout of {what} is that of {}, and no registry recorded it",
            file.display()
        );
        return Ok(Fact::doubted(given, Origin::Remembered, why));
    }
    if hash == recorded || given.layout.hash() == recorded.0 {
        return Ok(Fact::of(given, Origin::Chain));
    }
    // The registry's document says more than a compiler does.
    if let Known::Document(document) = documents.get(recorded).await?
        && document.layout.hash() == given.layout.hash()
    {
        return Ok(Fact::of(*document, Origin::Chain));
    }
    Err(LayoutError::Differs {
        what: what.into(),
        has: recorded,
        given: hash,
    }
    .into())
}
