//! Proxies that are no programs themselves: our EVM proxies, and OpenZeppelin's from npm,
//! adopted; and a WASM proxy that another registry transferred. The code behind them stops and is
//! brought back, and what does not stop is told so.

use crate::prelude::*;
use stylus_upgrades_harness::step;
use stylus_upgrades_tests::peers::{IBox, TRANSPARENT_5, UUPS_5};

use super::fixture::{DAY, Done, ICounter, Team};
use super::governor::Governor;
use crate::registry::adopted::creation;
use crate::tools::chain_at;

/// Who has OpenZeppelin's proxies before they are adopted.
pub(super) const OWNER: usize = 3;

/// An instance of each of these kinds. All hold 7 in their first slot.
struct Kinds<'h> {
    team: Team<'h>,
    /// The programs of the counter's two versions.
    programs: [Address; 2],
    /// An EVM proxy of `Evm` at 1.0.
    evm: Address,
    /// A transparent proxy of `Transparent`, adopted with EVM code, and by now at the program of 2.0.
    transparent: Address,
    /// A UUPS proxy of `Uups`, whose code is EVM code, as it has to be.
    uups: Address,
    /// A WASM proxy that another registry created and transferred: an instance of `Moved` at 1.0.
    moved: Address,
}

impl<'h> Kinds<'h> {
    async fn new(harness: &'h Harness) -> Result<Self, HarnessError> {
        let team = Team::small(harness).await?;
        let programs = [
            team.counter.implementation().await?,
            team.called.implementation().await?,
        ];
        let governor = Governor::new(harness);
        let [first, _] = programs;
        for name in ["Evm", "Moved"] {
            governor.define(name).await?;
            governor.add(name, "1.0", first, step::initial()).await?;
        }
        let moved = governor.moved("Moved", first).await?;
        let evm = governor.create("Evm", proxy_kind::EVM).await?;

        let owner = harness.account(OWNER);
        let start = U256::from(7);
        let code = governor.compiled("Box").await?;
        let init = Bytes::from(IBox::initialize_0Call { start }.abi_encode());
        let arguments = (code, owner, init).abi_encode_params();
        let transparent = harness.chain().create(creation(TRANSPARENT_5, &arguments));
        let transparent = transparent.await?;
        let admin = harness.chain().storage(transparent, slots::ADMIN).await?;
        let given = (transparent, Address::from_word(admin));
        governor
            .adopt("Transparent", proxy_kind::TRANSPARENT_5, code, given)
            .await?;
        let to = governor.version("Transparent", "2.0", first, step::nothing("1.0"));
        governor
            .govern(&IRegistry::migrateCall::from(to.await?))
            .await?;
        let rollout = calls::rollout("Transparent", [transparent]);
        governor.govern(&rollout).await?;

        let code = governor.compiled("UupsBox").await?;
        let init = IBox::initialize_1Call {
            start,
            first: owner,
        };
        let arguments = (code, Bytes::from(init.abi_encode())).abi_encode_params();
        let uups = harness.chain().create(creation(UUPS_5, &arguments)).await?;
        governor
            .adopt("Uups", proxy_kind::UUPS, code, (uups, uups))
            .await?;
        Ok(Self {
            team,
            programs,
            evm,
            transparent,
            uups,
            moved,
        })
    }

    fn governor(&self) -> Governor<'h> {
        Governor::new(self.team.harness)
    }

    /// That those which came from elsewhere are accepted.
    fn accepted(&self) -> String {
        let arrived = [self.moved, self.transparent, self.uups];
        let ids = arrived.map(|proxy| format!("arrival:{proxy}"));
        format!("--accept {}", ids.join(","))
    }

    /// The proxies that a program runs behind.
    fn over_programs(&self) -> [(&'static str, Address); 3] {
        [
            ("Evm", self.evm),
            ("Transparent", self.transparent),
            ("Moved", self.moved),
        ]
    }

    async fn value(&self, proxy: Address) -> Result<U256, HarnessError> {
        let chain = self.team.harness.chain();
        // Of a transparent proxy account 0 is no admin, but the caller is nobody in any case.
        let asks = self.team.harness.account(OWNER);
        chain.read_as(asks, proxy, &ICounter::valueCall {}).await
    }

    /// The code of proxies and of Solidity's contracts is told not to expire, and the
    /// program behind each proxy is told to be needed by it.
    async fn assert_reported(&self, ran: &Answer, state: &str) -> Done {
        for account in [self.evm, self.transparent, self.uups] {
            let entry = ran.entry(account);
            assert_eq!(entry["state"], "evm", "{entry:#}");
            assert_eq!(entry["cure"]["kind"], "none", "{entry:#}");
        }
        let [program, _] = self.programs;
        let entry = ran.entry(program);
        assert_eq!(entry["state"], state, "{entry:#}");
        assert_eq!(entry["needed"], true, "{entry:#}");
        let uses: Vec<_> = entry["accounts"]
            .as_array()
            .expect("accounts")
            .iter()
            .flat_map(|account| account["uses"].as_array().expect("uses"))
            .collect();
        for (name, proxy) in self.over_programs() {
            let of = format!("{name} instance {proxy}");
            let used = uses.iter().find(|one| one["of"] == of.as_str());
            let used = used.unwrap_or_else(|| panic!("nothing is for {of}: {entry:#}"));
            assert_eq!(used["role"], "implementation", "{of}");
        }
        let roles = ran.roles();
        assert!(roles.contains("upgradeability-storage"));
        // The same for people.
        let printed = self.team.printed_with(&["--full"]).await;
        for account in [self.evm, self.uups] {
            let mut lines = printed.printed.lines();
            let account = format!("      {account}  ");
            let before = lines
                .by_ref()
                .take_while(|line| !line.starts_with(&account));
            let head = before.filter(|line| !line.starts_with("      ")).last();
            let head = head.unwrap_or_default();
            assert!(
                head.starts_with("  ✓ 0x") && head.ends_with("EVM code, does not expire"),
                "{account}: {head}\n{}",
                printed.printed
            );
        }
        Ok(())
    }

    /// Everything that is a program is dead in that state, one command of a stranger cures it, and each
    /// proxy continues with its data.
    async fn revived(&self, state: &str, finding: &str) -> Done {
        self.team.assert_dead().await;
        for (name, proxy) in self.over_programs() {
            let read = self.value(proxy).await;
            assert!(read.is_err(), "{name} does not run");
        }
        assert_eq!(self.value(self.uups).await?, U256::from(7), "EVM code runs");
        let dead = self.team.doctor(&[]).await;
        dead.ends_with(1);
        assert!(dead.findings().contains(&finding), "{:?}", dead.findings());
        assert!(dead.in_state("active").is_empty(), "nothing runs");
        self.assert_reported(&dead, state).await?;
        let needed = dead.in_state(state).into_iter();
        let needed = needed.filter(|one| one["needed"] == true).count();

        let before = self.team.nonce().await;
        let fixed = self.team.fix(&self.accepted()).await;
        fixed.ends_with(0);
        assert_eq!(fixed.list("fixed").len(), needed);
        assert_eq!(self.team.nonce().await - before, needed as u64, "each once");
        self.team.assert_counters().await?;
        self.continues().await
    }

    /// Each proxy answers with its data, counts on, and obeys its definition.
    async fn continues(&self) -> Done {
        let chain = self.team.harness.chain();
        let user = self.team.harness.account(OWNER);
        for (name, proxy) in self.over_programs() {
            assert_eq!(self.value(proxy).await?, U256::from(7), "{name}");
            let increment = ICounter::incrementCall {};
            chain.execute(user, proxy, &increment).await?;
        }
        chain.execute(user, self.uups, &IBox::addCall {}).await?;
        let governor = self.governor();
        let [_, second] = self.programs;
        let migrate = calls::migrate_counter(5);
        let to = governor.version("Evm", "2.0", second, step::call("1.0", &migrate));
        governor
            .govern(&IRegistry::migrateCall::from(to.await?))
            .await?;
        governor.govern(&calls::rollout("Evm", [self.evm])).await?;
        let increment = ICounter::incrementCall {};
        chain.execute(user, self.evm, &increment).await?;
        let all = [
            ("Evm", self.evm, 13),
            ("Transparent", self.transparent, 8),
            ("Uups", self.uups, 8),
            ("Moved", self.moved, 8),
        ];
        for (name, proxy, value) in all {
            assert_eq!(self.value(proxy).await?, U256::from(value), "{name}");
            let pause = calls::pause_first(name, [proxy]);
            governor.govern(&pause).await?;
            assert!(self.value(proxy).await.is_err(), "{name} is paused");
            let definition = IRegistry::definitionCall { name: name.into() };
            let current = chain
                .read(self.team.harness.registry(), &definition)
                .await?
                .current;
            governor.govern(&calls::resume(name, current)).await?;
            governor.govern(&calls::rollout(name, [proxy])).await?;
            assert_eq!(self.value(proxy).await?, U256::from(value), "{name}");
        }
        self.team.fix(&self.accepted()).await.ends_with(0);
        Ok(())
    }
}

#[tokio::test]
async fn behind_evm_and_adopted_proxies_what_expired_is_brought_back() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let kinds = Kinds::new(&harness).await?;
    let arrived = kinds.team.doctor(&[]).await;
    arrived.ends_with(1);
    assert_eq!(arrived.document["error"]["name"], "Arrival");
    let well = kinds.team.doctor(&kinds.accepted()).await;
    well.ends_with(0);
    kinds.assert_reported(&well, "active").await?;
    kinds.team.wait(366).await?;
    kinds.revived("expired", "ProgramExpired").await
}

#[tokio::test]
async fn behind_evm_and_adopted_proxies_what_is_outdated_is_brought_back() -> Done {
    let harness = Harness::on(chain_at(51)?).await?;
    let kinds = Kinds::new(&harness).await?;
    let now = kinds.team.now().await;
    kinds.team.schedule(61, now + 40 * DAY).await?;
    kinds.team.wait(41).await?;
    kinds.revived("outdated", "ProgramOutdated").await
}
