//! Both chains, and a call on either.

use crate::prelude::*;
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy::sol;
use stylus_upgrades_harness::logs_of;
use stylus_upgrades_interface::migratable::IMigratable;

use classic::{Migrated, addVersionCall, createProxyAndCallCall};

pub(super) type Done = Result<(), HarnessError>;

/// The Solidity registry and Migratable.
mod classic {
    super::sol! {
        function addVersion(string version, address implementation);
        function createProxyAndCall(string version, bytes data) payable returns (address);
        event Migrated(string contractName, string migrationId);
    }
}

/// Our chain with a registry, and real anvil with one.
pub(super) struct Sides {
    pub(super) stylus: Harness,
    pub(super) anvil: Chain,
    registry: Address,
    solidity: Solidity,
}

impl Sides {
    pub(super) async fn start() -> Result<Self, HarnessError> {
        let (stylus, anvil) = (Harness::start().await?, Chain::anvil()?);
        let solidity = Solidity::compile(&Lines)?;
        let registry = anvil
            .create(solidity.contract("App")?.creation.clone())
            .await?;
        Ok(Self {
            stylus,
            anvil,
            registry,
            solidity,
        })
    }

    /// Adds a Solidity contract as a version of the classic registry.
    pub(super) async fn add(&self, version: &str, contract: &str) -> Done {
        let code = self.solidity.contract(contract)?.creation.clone();
        let implementation = self.anvil.create(code).await?;
        let call = addVersionCall {
            version: version.into(),
            implementation,
        };
        self.anvil
            .execute(self.anvil.account(0), self.registry, &call)
            .await?;
        Ok(())
    }

    /// A call on the classic registry that makes a proxy; without calldata it stays as it is.
    pub(super) fn classic_creation(&self, by: usize, version: &str, init: &[u8]) -> Call {
        let (version, data) = (version.to_owned(), init.to_vec().into());
        let data = createProxyAndCallCall { version, data }.abi_encode();
        Call {
            by,
            to: self.registry,
            data: data.into(),
        }
    }

    /// The same on this project's side.
    pub(super) fn our_creation(&self, by: usize, initial: Creation<'_>) -> Call {
        let call = calls::create_proxy(
            initial.name,
            initial.version,
            proxy_kind::WASM,
            initial.salt,
            initial.init.to_vec(),
        );
        Call {
            by,
            to: self.stylus.registry(),
            data: call.abi_encode().into(),
        }
    }

    /// What both would answer; `None` is a refusal.
    pub(super) async fn ask(&self, classic: &Call, stylus: &Call) -> Result<Answers, HarnessError> {
        let (classic, stylus) =
            tokio::join!(ask(&self.anvil, classic), ask(self.stylus.chain(), stylus));
        Ok(Answers {
            classic: classic?,
            stylus: stylus?,
        })
    }

    /// Sends to both, and gives the versions that `Migrated` names on each.
    pub(super) async fn send(
        &self,
        classic: &[Call],
        stylus: &Call,
        proxies: Proxies,
    ) -> Result<(Vec<String>, Vec<String>), HarnessError> {
        let names_there = async {
            let mut names = vec![];
            for call in classic {
                let receipt = self.anvil.send(call.request(&self.anvil)).await?;
                for log in logs_of(&receipt, proxies.classic) {
                    let migrated = Migrated::decode_log(&log.inner);
                    names.extend(migrated.ok().map(|event| event.data.migrationId));
                }
            }
            Ok::<_, HarnessError>(names)
        };
        let chain = self.stylus.chain();
        let own = async {
            let receipt = chain.send(stylus.request(chain)).await?;
            let logs = logs_of(&receipt, proxies.stylus);
            let migrated = logs
                .iter()
                .filter_map(|log| IMigratable::Migrated::decode_log(&log.inner).ok());
            Ok::<_, HarnessError>(migrated.map(|event| event.data.to).collect())
        };
        let (there, own) = tokio::join!(names_there, own);
        Ok((there?, own?))
    }
}

/// An instance that is to be created.
pub(super) struct Creation<'b> {
    pub(super) name: &'b str,
    pub(super) version: &'b str,
    pub(super) salt: B256,
    pub(super) init: &'b [u8],
}

/// The same proxy on both sides.
#[derive(Clone, Copy)]
pub(super) struct Proxies {
    pub(super) classic: Address,
    pub(super) stylus: Address,
}

impl Proxies {
    /// What the answers to both creations name.
    pub(super) fn created(classic: &Bytes, stylus: &Bytes) -> Self {
        let stylus = IRegistry::createProxyCall::abi_decode_returns(stylus);
        Self {
            classic: Address::abi_decode(classic).expect("an address"),
            stylus: stylus.expect("a proxy").proxy,
        }
    }

    /// Calls of one and the same calldata.
    pub(super) fn calls(&self, by: usize, data: &[u8]) -> [Call; 2] {
        [self.classic, self.stylus].map(|to| Call {
            by,
            to,
            data: data.to_vec().into(),
        })
    }
}

/// A call by an account, which is its index.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) by: usize,
    pub(super) to: Address,
    pub(super) data: Bytes,
}

impl Call {
    fn request(&self, chain: &Chain) -> TransactionRequest {
        TransactionRequest::default()
            .with_from(chain.account(self.by))
            .with_to(self.to)
            .with_input(self.data.clone())
    }
}

/// What both answer; `None` is a refusal.
pub(super) struct Answers {
    pub(super) classic: Option<Bytes>,
    pub(super) stylus: Option<Bytes>,
}

impl Answers {
    /// Whether each side did it.
    pub(super) fn done(&self) -> (bool, bool) {
        (self.classic.is_some(), self.stylus.is_some())
    }
}

async fn ask(chain: &Chain, call: &Call) -> Result<Option<Bytes>, HarnessError> {
    match chain.call(call.request(chain)).await {
        Ok(answer) => Ok(Some(answer)),
        Err(HarnessError::Reverted(_) | HarnessError::Halted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
