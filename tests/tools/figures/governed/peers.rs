//! The same story with OpenZeppelin's proxies, a Safe of two of three and a TimelockController: the
//! contracts of the packages in npm.

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolValue};
use serde_json::Value;
use stylus_upgrades_harness::{Chain, HarnessError, Lines, Npm, Solidity};
use stylus_upgrades_interface::adopted::{IOwnable, IProxyAdmin, IUpgradeableProxy};

use super::excluded::Excluded;
use super::inputs::{key, library};
use super::{Floor, Flow};
use crate::peers::{self, IBox, ISafe, TRANSPARENT_5, UUPS_5};

const V5: &str = "@openzeppelin/contracts/build/contracts";
const SAFE: &str = "@safe-global/safe-smart-account/build/artifacts/contracts";
/// Seconds of the timelock.
const DELAY: u64 = 172_800;

/// The code behind the proxies.
pub(super) struct Peers<'c> {
    chain: &'c Chain,
    solidity: &'c Solidity,
    npm: Npm,
    /// The first code of those that are not UUPS.
    pub(super) first: Address,
    second: Address,
}

/// Runs every flow.
///
/// # Errors
/// Whatever the chain refuses.
pub(super) async fn flows() -> Result<Vec<Flow>, HarnessError> {
    let chain = Chain::embedded()?;
    let solidity = Solidity::compile(&Lines)?;
    let peers = Peers::new(&chain, &solidity).await?;
    let mut flows = Vec::new();
    let safe = peers.safe(&mut flows).await?;
    let timelock = peers.timelock(&mut flows).await?;
    peers.with_transparent(&mut flows, safe, timelock).await?;
    peers.with_uups(&mut flows, safe).await?;
    Ok(flows)
}

impl<'c> Peers<'c> {
    pub(super) async fn new(
        chain: &'c Chain,
        solidity: &'c Solidity,
    ) -> Result<Self, HarnessError> {
        let box_of = async |name| {
            chain
                .create(solidity.contract(name)?.creation.clone())
                .await
        };
        Ok(Self {
            chain,
            solidity,
            npm: Npm::install(&Lines)?,
            first: box_of("Box").await?,
            second: box_of("Box2").await?,
        })
    }

    /// A transparent proxy 5.x whose ProxyAdmin account 0 owns.
    pub(super) async fn transparent(&self) -> Result<Address, HarnessError> {
        let receipt = self.create_transparent().await?;
        address(&receipt)
    }

    async fn create_transparent(&self) -> Result<TransactionReceipt, HarnessError> {
        let owner = self.chain.account(0);
        let arguments = (self.first, owner, initialize()).abi_encode_params();
        self.deploy(TRANSPARENT_5, &arguments).await
    }

    async fn with_transparent(
        &self,
        flows: &mut Vec<Flow>,
        safe: Address,
        timelock: Address,
    ) -> Result<(), HarnessError> {
        let owner = self.chain.account(0);
        let created = self.create_transparent().await?;
        self.note(flows, "transparent 5.x: create", &created)
            .await?;
        let proxy = address(&created)?;
        let upgrade = |proxy| IProxyAdmin::upgradeAndCallCall {
            proxy,
            implementation: self.second,
            data: IBox::migrateCall {}.abi_encode().into(),
        };
        let admin = proxy.create(1);
        let done = self.chain.execute(owner, admin, &upgrade(proxy)).await?;
        self.note(flows, "transparent 5.x: upgrade by an account", &done)
            .await?;

        let proxy = self.transparent().await?;
        let admin = proxy.create(1);
        let done = self.give(admin, safe).await?;
        self.note(flows, "transparent 5.x: transferOwnership", &done)
            .await?;
        let done = self.by_safe(safe, admin, &upgrade(proxy)).await?;
        self.note(flows, "transparent 5.x: upgrade by the Safe", &done)
            .await?;

        let proxy = self.transparent().await?;
        let admin = proxy.create(1);
        self.give(admin, timelock).await?;
        let data = Bytes::from(upgrade(proxy).abi_encode());
        let schedule = peers::schedule(admin, data.clone(), DELAY);
        let done = self.chain.execute(owner, timelock, &schedule).await?;
        self.note(flows, "TimelockController: schedule an upgrade", &done)
            .await?;
        let wait = (U256::from(DELAY),);
        self.chain
            .request::<_, Value>("evm_increaseTime", wait)
            .await?;
        let execute = peers::execute(admin, data);
        self.chain.request::<_, Value>("evm_mine", ()).await?;
        let done = self.chain.execute(owner, timelock, &execute).await?;
        self.note(flows, "TimelockController: execute an upgrade", &done)
            .await
    }

    async fn with_uups(&self, flows: &mut Vec<Flow>, safe: Address) -> Result<(), HarnessError> {
        let owner = self.chain.account(0);
        let code = async |name| {
            let creation = self.solidity.contract(name)?.creation.clone();
            self.chain.create(creation).await
        };
        let (first, second) = (code("UupsBox").await?, code("UupsBox2").await?);
        let start = U256::from(7);
        for (by_safe, owner_of) in [(false, owner), (true, safe)] {
            let init = IBox::initialize_1Call {
                start,
                first: owner_of,
            };
            let init = Bytes::from(init.abi_encode());
            let arguments = (first, init).abi_encode_params();
            let created = self.deploy(UUPS_5, &arguments).await?;
            let proxy = address(&created)?;
            let upgrade = IUpgradeableProxy::upgradeToAndCallCall {
                implementation: second,
                data: IBox::migrateCall {}.abi_encode().into(),
            };
            if by_safe {
                let done = self.by_safe(safe, proxy, &upgrade).await?;
                self.note(flows, "UUPS: upgrade by the Safe", &done).await?;
            } else {
                self.note(flows, "UUPS: create", &created).await?;
                let done = self.chain.execute(owner, proxy, &upgrade).await?;
                self.note(flows, "UUPS: upgrade by an account", &done)
                    .await?;
            }
        }
        Ok(())
    }

    /// A Safe of which two of three keys decide.
    async fn safe(&self, flows: &mut Vec<Flow>) -> Result<Address, HarnessError> {
        let singleton = format!("{SAFE}/Safe.sol/Safe.json");
        let singleton = address(&self.deploy(&singleton, &[]).await?)?;
        let factory = format!("{SAFE}/proxies/SafeProxyFactory.sol/SafeProxyFactory.json");
        let factory = address(&self.deploy(&factory, &[]).await?)?;
        let owners = keys().iter().map(PrivateKeySigner::address).collect();
        let create = peers::safe_of_two(singleton, owners, Address::ZERO);
        let safe = self.chain.read(factory, &create).await?;
        let owner = self.chain.account(0);
        let done = self.chain.execute(owner, factory, &create).await?;
        self.note(flows, "Safe of two of three: create", &done)
            .await?;
        Ok(safe)
    }

    /// Two of its owners sign, and anybody sends it.
    async fn by_safe<C: SolCall>(
        &self,
        safe: Address,
        to: Address,
        call: &C,
    ) -> Result<TransactionReceipt, HarnessError> {
        let data = Bytes::from(call.abi_encode());
        let nonce = self.chain.read(safe, &ISafe::nonceCall {}).await?;
        let query = peers::safe_hash(to, data.clone(), nonce);
        let hash = self.chain.read(safe, &query).await?;
        let signed = peers::signatures(keys()[..2].to_vec(), hash);
        let signatures = signed.map_err(|error| library(&error))?;
        let execute = peers::safe_execution(to, data, signatures);
        let stranger = self.chain.account(5);
        self.chain.execute(stranger, safe, &execute).await
    }

    async fn timelock(&self, flows: &mut Vec<Flow>) -> Result<Address, HarnessError> {
        let owner = vec![self.chain.account(0)];
        let arguments = (U256::from(DELAY), owner.clone(), owner, Address::ZERO);
        let path = format!("{V5}/TimelockController.json");
        let created = self.deploy(&path, &arguments.abi_encode_params()).await?;
        self.note(flows, "TimelockController: create", &created)
            .await?;
        address(&created)
    }

    /// Account 0 gives away what it owns.
    async fn give(&self, owned: Address, to: Address) -> Result<TransactionReceipt, HarnessError> {
        let give = IOwnable::transferOwnershipCall { newOwner: to };
        let owner = self.chain.account(0);
        self.chain.execute(owner, owned, &give).await
    }

    /// The contract in an artifact of npm, with the encoded arguments of its constructor.
    async fn deploy(
        &self,
        artifact: &str,
        arguments: &[u8],
    ) -> Result<TransactionReceipt, HarnessError> {
        let creation = self.npm.creation_code(artifact, arguments)?;
        let request = TransactionRequest::default().with_deploy_code(creation);
        self.chain.send(request).await
    }

    /// Notes what a transaction cost.
    async fn note(
        &self,
        flows: &mut Vec<Flow>,
        name: &'static str,
        receipt: &TransactionReceipt,
    ) -> Result<(), HarnessError> {
        flows.push(Flow {
            name,
            gas: receipt.gas_used,
            floor: Floor::of(self.chain, receipt, &Excluded::default()).await?,
        });
        Ok(())
    }
}

fn keys() -> [PrivateKeySigner; 3] {
    [1, 2, 3].map(key)
}

fn initialize() -> Bytes {
    let start = U256::from(7);
    IBox::initialize_0Call { start }.abi_encode().into()
}

fn address(receipt: &TransactionReceipt) -> Result<Address, HarnessError> {
    receipt.contract_address.ok_or(HarnessError::Failed {
        hash: receipt.transaction_hash,
    })
}
