//! The ledger in three versions. It is created, upgraded with and without calldata, and its
//! migrations are called directly by the owner and by strangers.

use crate::prelude::*;
use alloy::sol;
use stylus_upgrades_harness::step;

use super::difference::{Difference, Met};
use super::sides::{Answers, Call, Creation, Done, Proxies, Sides};
use super::{CALLS, SEQUENCES};
use crate::migrations::chance::Chance;

sol! {
    function initialize1(uint256 start);
    function initialize2(uint256 start, uint256 unit);
    function migrate2(uint256 unit);
    function migrate3(uint256 fee);
    function add(uint256 amount);
    function figures() view returns (uint256 total, uint256 unit, uint256 fee);
}

/// Labels by number; 0 is one that nobody added.
const VERSIONS: [&str; 4] = ["9.9", "1.0", "2.0", "3.0"];
/// What the steps of the second definition bring along.
const UNIT: u64 = 7;
const FEE: u64 = 1;
/// Definitions: steps whose calldata comes with the upgrade, and steps that have their own.
const LATER: &str = "Ledger";
const FIXED: &str = "LedgerFixed";

/// A call of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Initialize1(U256),
    Initialize2(U256, U256),
    Migrate2(U256),
    Migrate3(U256),
    Add(U256),
}

impl Body {
    fn random(rng: &mut Chance) -> Self {
        let number = |rng: &mut Chance| {
            rng.pick(&[
                U256::ZERO,
                U256::ONE,
                U256::from(5),
                U256::from(900),
                U256::MAX >> 2,
            ])
        };
        match rng.below(8) {
            0 => Self::Initialize1(number(rng)),
            1 => Self::Initialize2(number(rng), number(rng)),
            2 | 3 => Self::Migrate2(number(rng)),
            4 | 5 => Self::Migrate3(number(rng)),
            _ => Self::Add(number(rng)),
        }
    }

    fn encode(self) -> Vec<u8> {
        match self {
            Self::Initialize1(start) => initialize1Call { start }.abi_encode(),
            Self::Initialize2(start, unit) => initialize2Call { start, unit }.abi_encode(),
            Self::Migrate2(unit) => migrate2Call { unit }.abi_encode(),
            Self::Migrate3(fee) => migrate3Call { fee }.abi_encode(),
            Self::Add(amount) => addCall { amount }.abi_encode(),
        }
    }
}

/// A call on the proxy.
#[derive(Clone, Copy, Debug)]
enum Event {
    Upgrade { to: usize },
    UpgradeAndCall { to: usize, body: Body },
    Direct { body: Body },
}

impl Event {
    fn random(rng: &mut Chance) -> Self {
        let to = rng.pick(&[0, 1, 2, 2, 2, 3, 3, 3]);
        match rng.below(10) {
            0 | 1 => Self::Upgrade { to },
            2..=5 => Self::UpgradeAndCall {
                to,
                body: Body::random(rng),
            },
            _ => Self::Direct {
                body: Body::random(rng),
            },
        }
    }

    fn encode(self) -> Vec<u8> {
        match self {
            Self::Upgrade { to } => calls::upgrade_to(VERSIONS[to]).abi_encode(),
            Self::UpgradeAndCall { to, body } => {
                calls::upgrade_to_and_call(VERSIONS[to], body.encode()).abi_encode()
            }
            Self::Direct { body } => body.encode(),
        }
    }

    /// Where it leads, if it is an upgrade.
    fn to(self) -> Option<usize> {
        match self {
            Self::Upgrade { to } | Self::UpgradeAndCall { to, .. } => Some(to),
            Self::Direct { .. } => None,
        }
    }
}

/// A pair of proxies and what is known of both.
struct Fixture<'s> {
    sides: &'s Sides,
    proxies: Proxies,
    version: usize,
    fixed: bool,
}

#[tokio::test]
async fn migratable_differs_from_its_solidity_form_where_the_list_says_and_nowhere_else() -> Done {
    let sides = Sides::start().await?;
    register(&sides).await?;
    let mut met = Met::default();
    let (mut calls, mut done) = (0, 0);
    for seed in 0..SEQUENCES.0 {
        let mut rng = Chance::new(seed);
        let mut fixture = created(&sides, &mut rng, &mut met).await?;
        for _ in 0..CALLS {
            calls += 1;
            done += u64::from(fixture.event(seed, &mut rng, &mut met).await?);
        }
        fixture.anybody_migrates(&mut met).await?;
    }
    println!(
        "{} sequences, {calls} calls beside births, {done} done on both",
        SEQUENCES.0
    );
    assert!(
        done * 10 >= calls,
        "{done} of {calls} calls were done on both"
    );
    use Difference::*;
    met.assert_each(&[
        AnybodyCreates,
        CreatedUninitialized,
        InheritedInitializer,
        CreationIsNoStep,
        AnybodyUpgrades,
        SameVersionAgain,
        Backwards,
        UpgradeWithoutMigration,
        AnybodyMigrates,
        StepsAreRegistered,
        MigratesItself,
    ]);
    Ok(())
}

/// The versions on either side; here in two definitions.
async fn register(sides: &Sides) -> Done {
    let mut programs = vec![];
    for (number, version) in VERSIONS.iter().enumerate().skip(1) {
        sides.add(version, &format!("LedgerV{number}")).await?;
        let folder = format!("tests/fixtures/ledger/v{number}");
        programs.push(sides.stylus.build_and_deploy(folder).await?);
    }
    for name in [LATER, FIXED] {
        let (unit, fee) = (U256::from(UNIT), U256::from(FEE));
        let steps = if name == FIXED {
            let (second, third) = (migrate2Call { unit }, migrate3Call { fee });
            [
                step::initial(),
                step::call("1.0", &second),
                step::call("2.0", &third),
            ]
        } else {
            [
                step::initial(),
                step::call_later("1.0"),
                step::call_later("2.0"),
            ]
        };
        let definition = sides.stylus.define(name).await?;
        for ((program, label), step) in programs.iter().zip(&VERSIONS[1..]).zip(steps) {
            definition.add_version(label, program, step).await?;
        }
    }
    Ok(())
}

/// Tries creations until there is one that both sides do.
async fn created<'s>(
    sides: &'s Sides,
    rng: &mut Chance,
    met: &mut Met,
) -> Result<Fixture<'s>, HarnessError> {
    let fixed = rng.below(2) == 0;
    loop {
        let by = rng.pick(&[0, 0, 0, 7]);
        let version = rng.pick(&[1, 1, 1, 2, 3]);
        let body = (rng.below(8) > 0).then(|| match rng.below(3) {
            0 => Body::random(rng),
            1 => Body::Initialize1(U256::from(100)),
            _ => Body::Initialize2(U256::from(100), U256::from(2)),
        });
        let init = body.map(Body::encode).unwrap_or_default();
        let creation = Creation {
            name: if fixed { FIXED } else { LATER },
            version: VERSIONS[version],
            salt: rng.word(),
            init: &init,
        };
        let classic = sides.classic_creation(by, VERSIONS[version], &init);
        let stylus = sides.our_creation(by, creation);
        let answers = sides.ask(&classic, &stylus).await?;
        let Answers {
            classic: Some(solidity),
            stylus: Some(own),
        } = &answers
        else {
            if answers.done() == (true, false) {
                let initializer =
                    matches!(body, Some(Body::Initialize1(_) | Body::Initialize2(..)));
                met.count(match initializer {
                    _ if by != 0 => Difference::AnybodyCreates,
                    true => Difference::InheritedInitializer,
                    false => Difference::CreatedUninitialized,
                });
            } else {
                assert_eq!(
                    answers.done(),
                    (false, false),
                    "birth at {version} by {by}: {body:?}"
                );
            }
            continue;
        };
        let proxies = Proxies::created(solidity, own);
        let events = sides.send(&[classic], &stylus, proxies).await?;
        let initialized = match version {
            1 => matches!(body, Some(Body::Initialize1(_))),
            2 => matches!(body, Some(Body::Initialize2(..))),
            _ => false,
        };
        if !initialized {
            // Both live without: a stranger initializes the classic's, and nobody this one.
            assert!(matches!(body, None | Some(Body::Add(_))), "{body:?}");
            let late = Body::Initialize1(U256::ZERO).encode();
            let [classic, stylus] = proxies.calls(7, &late);
            assert_eq!(sides.ask(&classic, &stylus).await?.done(), (true, false));
            met.count(Difference::CreatedUninitialized);
            continue;
        }
        assert_eq!(by, 0, "birth at {version}: {body:?}");
        assert_eq!(events, (vec![VERSIONS[version].to_owned()], vec![]));
        met.count(Difference::CreationIsNoStep);
        let fixture = Fixture {
            sides,
            proxies,
            version,
            fixed,
        };
        fixture.assert_same_figures().await?;
        return Ok(fixture);
    }
}

impl Fixture<'_> {
    /// One random call on both; whether both did it.
    async fn event(
        &mut self,
        seed: u64,
        rng: &mut Chance,
        met: &mut Met,
    ) -> Result<bool, HarnessError> {
        let event = Event::random(rng);
        let by = rng.pick(&[0, 0, 0, 7]);
        let [classic, stylus] = self.proxies.calls(by, &event.encode());
        let answers = self.sides.ask(&classic, &stylus).await?;
        let simulation = format!(
            "seed {seed}: {event:?} by {by} at {}",
            VERSIONS[self.version]
        );
        if !met.both_do(answers.done(), &simulation, || self.refused(event, by)) {
            return Ok(false);
        }
        let by_steps = event.to().is_some() && self.fixed;
        let calls = if by_steps {
            met.count(Difference::MigratesItself);
            self.by_hand(event, by)
        } else {
            vec![classic]
        };
        let (solidity, own) = self.sides.send(&calls, &stylus, self.proxies).await?;
        assert_eq!(solidity, own, "{simulation}: events");
        if let Some(to) = event.to() {
            assert!(by == 0 && to > self.version, "{simulation}: both upgrade");
            assert_eq!(
                own,
                VERSIONS[self.version + 1..=to],
                "{simulation}: each step once"
            );
            self.version = to;
        } else {
            assert!(
                matches!(event, Event::Direct { body: Body::Add(_) }),
                "{simulation}"
            );
        }
        self.assert_same_figures().await?;
        Ok(true)
    }

    /// Why this project refuses what the classic does.
    fn refused(&self, event: Event, by: usize) -> Option<Difference> {
        let to = event.to()?;
        let migration = |body| matches!(body, Body::Migrate2(_) | Body::Migrate3(_));
        Some(match event {
            _ if by != 0 => Difference::AnybodyUpgrades,
            _ if to == self.version => Difference::SameVersionAgain,
            _ if to < self.version => Difference::Backwards,
            Event::UpgradeAndCall { body, .. } if self.fixed && migration(body) => {
                Difference::StepsAreRegistered
            }
            _ => Difference::UpgradeWithoutMigration,
        })
    }

    /// What an upgrade by steps that have their calldata is in the classic.
    fn by_hand(&self, event: Event, by: usize) -> Vec<Call> {
        let steps = [
            Body::Migrate2(U256::from(UNIT)),
            Body::Migrate3(U256::from(FEE)),
        ];
        let mut events: Vec<Event> = (2..=event.to().unwrap_or_default())
            .zip(steps)
            .filter(|(to, _)| *to > self.version)
            .map(|(to, body)| Event::UpgradeAndCall { to, body })
            .collect();
        if let Event::UpgradeAndCall { body, .. } = event {
            events.push(Event::Direct { body });
        }
        let call = |event: Event| self.proxies.calls(by, &event.encode())[0].clone();
        events.into_iter().map(call).collect()
    }

    /// The end of a sequence, which the classic proxy does not survive: a stranger moves it on,
    /// and migrates it as he likes. This project lets nobody do that.
    async fn anybody_migrates(&self, met: &mut Met) -> Done {
        let (to, body) = match self.version {
            1 => (2, Body::Migrate2(U256::ONE)),
            2 => (3, Body::Migrate3(U256::ZERO)),
            _ => return Ok(()),
        };
        let [classic, stylus] = self.proxies.calls(7, &Event::Upgrade { to }.encode());
        assert_eq!(
            self.sides.ask(&classic, &stylus).await?.done(),
            (true, false)
        );
        let (anvil, upgrade) = (&self.sides.anvil, calls::upgrade_to(VERSIONS[to]));
        let stranger = anvil.account(7);
        let sent = anvil.execute(stranger, self.proxies.classic, &upgrade);
        sent.await?;
        let [classic, stylus] = self.proxies.calls(7, &body.encode());
        assert_eq!(
            self.sides.ask(&classic, &stylus).await?.done(),
            (true, false)
        );
        met.count(Difference::AnybodyMigrates);
        Ok(())
    }

    async fn assert_same_figures(&self) -> Done {
        let [classic, stylus] = self.proxies.calls(0, &figuresCall {}.abi_encode());
        let answers = self.sides.ask(&classic, &stylus).await?;
        assert!(answers.classic.is_some() && answers.classic == answers.stylus);
        Ok(())
    }
}
