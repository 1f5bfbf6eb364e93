//! A chain with the framework and a registry on it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use stylus_upgrades_common::error::Explain;
use stylus_upgrades_deploy::build::{Artifact, Builder, Framework, REVISION};
use stylus_upgrades_deploy::client::{ChainError, Client, Sent};
use stylus_upgrades_deploy::deploy::{DATA_FEE_BUMP_PERCENT, deploy};
use stylus_upgrades_deploy::versions::Versions;
use stylus_upgrades_interface::registry::IRegistry::{self, Executed};

use crate::chain::Chain;
use crate::definition::Definition;
use crate::deployed;
use crate::error::HarnessError;
use crate::home::{builder, built, home, versions};
use crate::revert::Revert;

/// A chain with the framework and a registry on it, which account 0 governs alone.
pub struct Harness {
    chain: Chain,
    client: Client,
    builder: &'static Builder,
    framework: Framework,
    registry: Address,
    salts: AtomicU64,
}

/// A program on chain, activated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its address.
    pub address: Address,
    /// keccak256 of its code.
    pub codehash: B256,
    /// What was deployed.
    pub artifact: Artifact,
    /// Gas of its creation.
    pub create_gas: u64,
    /// Gas of its activation; `None` if the code hash was active before.
    pub activate_gas: Option<u64>,
}

impl Harness {
    /// An embedded chain on a free port, or the one in `RPC_URL`, with a new registry. Embedded
    /// chains of one process begin as branches of one that the framework was deployed on.
    ///
    /// # Errors
    /// Whatever keeps the chain from starting, or the framework from being built or deployed.
    pub async fn start() -> Result<Self, HarnessError> {
        let chain = Chain::start().await?;
        let Some(node) = chain.node() else {
            return Self::on(chain).await;
        };
        let (framework, registry) = deployed::begin(node).await?;
        Self::with(chain, framework, registry).await
    }

    /// The same on a chain of one's own.
    ///
    /// # Errors
    /// As [`Harness::start`].
    pub async fn on(chain: Chain) -> Result<Self, HarnessError> {
        let framework = builder()?.framework()?;
        let registry = deployed::deploy(&chain, &framework).await?;
        Self::with(chain, framework, registry).await
    }

    async fn with(
        chain: Chain,
        framework: Framework,
        registry: Address,
    ) -> Result<Self, HarnessError> {
        Ok(Self {
            client: chain.client().await?,
            chain,
            builder: builder()?,
            framework,
            registry,
            salts: AtomicU64::new(0),
        })
    }

    /// The chain beneath.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The library's client of it, which signs as account 0.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The contract builder.
    pub fn builder(&self) -> &Builder {
        self.builder
    }

    /// The framework's own programs.
    pub fn framework(&self) -> &Framework {
        &self.framework
    }

    /// The registry's address.
    pub fn registry(&self) -> Address {
        self.registry
    }

    /// A salt that no proxy of this registry has, the same in every run.
    pub(crate) fn next_salt(&self) -> B256 {
        keccak256(self.salts.fetch_add(1, Ordering::Relaxed).to_be_bytes())
    }

    /// Sends a governed call as account 0, which decides alone; the transaction that executed it.
    /// The client looks for no traces of a refusal, so a refused call is made once more by the
    /// chain's own client, which does.
    pub(crate) async fn govern<C: SolCall>(
        &self,
        call: &C,
        value: U256,
    ) -> Result<Sent, HarnessError> {
        let sent = self
            .client
            .send(C::SIGNATURE, self.registry, call, value)
            .await;
        if let Err(ChainError::Refused { .. }) = sent {
            let request = TransactionRequest::default()
                .to(self.registry)
                .value(value)
                .input(call.abi_encode().into());
            if let Err(traces @ HarnessError::Traces { .. }) = self.chain.call(request).await {
                return Err(traces);
            }
        }
        let sent = sent?;
        match sent.event_of::<Executed>(self.registry) {
            Some(_) => Ok(sent),
            None => Err(HarnessError::Library {
                name: "Undecided".into(),
                message: format!("{} waits for approvals", C::SIGNATURE),
            }),
        }
    }

    /// The development account with this index, 0 to 9. Account 0 governs; the others are
    /// strangers to every policy unless a test lets them in.
    pub fn account(&self, index: usize) -> Address {
        self.chain.account(index)
    }

    /// Builds the contract crate (or takes the `.wasm` file) at `path`, deploys and activates
    /// it. A relative path is looked for from the current folder, then from the workspace's
    /// root; the crate may belong to any workspace. `git:REVISION:PATH` is a crate as it was at a
    /// revision of the repository that the current folder lies in.
    ///
    /// # Errors
    /// [`HarnessError::Build`] with the compiler's words; whatever the chain refuses.
    pub async fn build_and_deploy(&self, path: impl AsRef<Path>) -> Result<Program, HarnessError> {
        let path = path.as_ref();
        let artifact = match path.to_str().filter(|text| text.starts_with(REVISION)) {
            Some(revision) => self.builder.source(revision)?.0,
            None => built(&find(path))?,
        };
        self.deploy(artifact).await
    }

    /// Deploys and activates the very bytes that were registered as `version` of `name`, from
    /// `stylus-upgrades-versions/` beside the project's manifest; `None` if none are kept there.
    ///
    /// # Errors
    /// [`HarnessError::Library`] if a file does not hash to what is recorded, or several networks
    /// have other code under that name.
    pub async fn registered(
        &self,
        name: &str,
        version: &str,
    ) -> Result<Option<Program>, HarnessError> {
        self.registered_in(versions(), name, version).await
    }

    /// The same from another folder.
    ///
    /// # Errors
    /// As [`Self::registered`].
    pub async fn registered_in(
        &self,
        versions: Versions,
        name: &str,
        version: &str,
    ) -> Result<Option<Program>, HarnessError> {
        let kept = versions.find(name, version);
        let kept = kept.map_err(|error| HarnessError::Library {
            name: error.name(),
            message: error.to_string(),
        })?;
        let Some((_, kept)) = kept else {
            return Ok(None);
        };
        let mut artifact = Artifact::from_chain(
            &format!("{name} {version}"),
            kept.code.code,
            &kept.code.fragments,
        )?;
        artifact.layout = kept.document.as_ref().map(|known| known.layout.clone());
        artifact.steps = kept.document.and_then(|known| known.steps);
        self.deploy(artifact).await.map(Some)
    }

    /// [`Self::registered`]; before anything is registered, [`Self::build_and_deploy`] of `source`.
    ///
    /// # Errors
    /// As those.
    pub async fn registered_or_built(
        &self,
        name: &str,
        version: &str,
        source: impl AsRef<Path>,
    ) -> Result<Program, HarnessError> {
        match self.registered(name, version).await? {
            Some(program) => Ok(program),
            None => self.build_and_deploy(source).await,
        }
    }

    /// Deploys and activates what was built before.
    ///
    /// # Errors
    /// Whatever the chain refuses.
    pub async fn deploy(&self, artifact: Artifact) -> Result<Program, HarnessError> {
        let deployed = deploy(&self.client, &artifact, DATA_FEE_BUMP_PERCENT).await?;
        Ok(Program {
            address: deployed.address,
            codehash: deployed.codehash.into(),
            artifact,
            create_gas: deployed.created.cost.gas.units,
            activate_gas: deployed.activated.map(|sent| sent.cost.gas.units),
        })
    }

    /// A definition whose every policy is account 0.
    ///
    /// # Errors
    /// What the registry reverts with, e.g. `DefinitionExists`.
    pub async fn define(&self, name: &str) -> Result<Definition<'_>, HarnessError> {
        self.define_with(name, self.account(0)).await
    }

    /// A definition whose role `migrate` belongs to `owner` alone; the others to account 0.
    ///
    /// # Errors
    /// As [`Harness::define`].
    pub async fn define_with(
        &self,
        name: &str,
        owner: Address,
    ) -> Result<Definition<'_>, HarnessError> {
        let admin = self.account(0).to_string();
        let call = IRegistry::createDefinitionCall {
            name: name.to_owned(),
            migratePolicy: owner.to_string(),
            policyPolicy: admin.clone(),
            createPolicy: admin,
        };
        self.govern(&call, U256::ZERO).await?;
        Ok(Definition::new(self, name))
    }
}

impl std::fmt::Debug for Harness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harness")
            .field("chain", &self.chain)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

fn find(path: &Path) -> PathBuf {
    if path.exists() {
        path.to_owned()
    } else {
        home().join(path)
    }
}

impl From<ChainError> for HarnessError {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Refused { revert, .. } => {
                Self::Reverted(Revert::new(revert.data().clone()))
            }
            other => Self::Library {
                name: other.name(),
                message: other.to_string(),
            },
        }
    }
}
