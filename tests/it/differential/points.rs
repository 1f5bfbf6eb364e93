//! The points register during its complex migration. The handler and strangers send batches in any
//! order, other calls in between, and `endMigration` too early.

use crate::prelude::*;
use alloy::sol;
use stylus_upgrades_harness::step;
use stylus_upgrades_interface::complex::IComplexMigration as Complex;
use stylus_upgrades_tests::abi::points_v2::IPoints::{
    awardCall, initializeCall, membersCall, pointsCall,
};

use super::difference::{Difference, Met};
use super::sides::{Call, Creation, Done, Proxies, Sides};
use super::{CALLS, SEQUENCES};
use crate::migrations::chance::Chance;

sol! {
    // of the classic alone; this project's is in `Complex`
    function migrateBatch(address[] batch);
    function endMigration();
    function startMigration(address handler);
}

const NAME: &str = "Points";
/// The classic's version between the versions.
const BETWEEN: &str = "1.0-2.0";
const MEMBERS: usize = 3;
const HANDLER: usize = 5;

#[derive(Clone, Debug)]
enum Event {
    /// The upgrade to 2.0, which begins with the migration between.
    Start,
    /// Members by their numbers; the last number has no member. This project says how many were done.
    Batch {
        members: Vec<usize>,
        skewed: bool,
    },
    End,
    /// `upgradeTo` as it is.
    Upgrade {
        to: &'static str,
    },
    Award {
        member: usize,
    },
    Read {
        member: usize,
    },
}

impl Event {
    /// Batches are often what is next.
    fn random(rng: &mut Chance, next: Option<usize>) -> Self {
        match rng.below(20) {
            0..=2 => Self::Start,
            3..=11 => {
                let members = match next {
                    Some(next) if rng.below(2) == 0 => vec![next],
                    _ => (0..rng.below(3)).map(|_| rng.below(MEMBERS + 1)).collect(),
                };
                let skewed = rng.below(6) == 0;
                Self::Batch { members, skewed }
            }
            12..=14 => Self::End,
            15..=17 => Self::Upgrade {
                to: rng.pick(&["1.0", "2.0"]),
            },
            18 => Self::Award {
                member: rng.below(MEMBERS),
            },
            _ => Self::Read {
                member: rng.below(MEMBERS),
            },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    First,
    Between,
    Second,
}

struct Fixture<'s> {
    sides: &'s Sides,
    proxies: Proxies,
    scenario: Scenario,
    converted: BTreeSet<usize>,
}

#[tokio::test]
#[ignore = "nightly: a Solidity twin, many operations, about 83 s"]
async fn complex_migration_differs_from_its_solidity_form_where_the_list_says_and_nowhere_else()
-> Done {
    let sides = Sides::start().await?;
    register(&sides).await?;
    let mut met = Met::default();
    let (mut calls, mut done, mut ends) = (0, 0, 0);
    for seed in 0..SEQUENCES.1 {
        let mut rng = Chance::new(1_000_000 + seed);
        let mut fixture = created(&sides, &mut rng, &mut met).await?;
        for _ in 0..CALLS {
            calls += 1;
            done += u64::from(fixture.event(seed, &mut rng, &mut met).await?);
        }
        // The rest in order, as a handler would do it: whatever came before, both get there.
        fixture.finish(&mut met).await?;
        ends += 1;
    }
    println!(
        "{} sequences, {calls} calls, {done} done on both, {ends} ends",
        SEQUENCES.1
    );
    assert!(
        done * 10 >= calls,
        "{done} of {calls} calls were done on both"
    );
    use Difference::*;
    met.assert_each(&[
        CreationIsNoStep,
        AnybodyUpgrades,
        SameVersionAgain,
        Backwards,
        MigratesItself,
        ProgramIsNoVersion,
        PositionsAreChecked,
        EndsEarly,
        LeavesHalfway,
    ]);
    Ok(())
}

async fn register(sides: &Sides) -> Done {
    sides.add("1.0", "PointsV1").await?;
    sides.add(BETWEEN, "PointsMigration").await?;
    sides.add("2.0", "PointsV2").await?;
    let stylus = &sides.stylus;
    let definition = stylus.define(NAME).await?;
    let first = stylus.build_and_deploy("contracts/points_v1").await?;
    let second = stylus.build_and_deploy("contracts/points_v2").await?;
    let program = stylus
        .build_and_deploy("tests/contracts/points_batches")
        .await?;
    definition.add_first(&first).await?;
    let step = step::complex("1.0", &program, stylus.account(HANDLER));
    definition.add_version("2.0", &second, step).await?;
    Ok(())
}

fn member(number: usize) -> Address {
    Address::repeat_byte(0x10 + number as u8)
}

/// A register whose members have 3, 4, … points.
async fn created<'s>(
    sides: &'s Sides,
    rng: &mut Chance,
    met: &mut Met,
) -> Result<Fixture<'s>, HarnessError> {
    let init = initializeCall {
        steward: sides.stylus.account(0),
    }
    .abi_encode();
    let creation = Creation {
        name: NAME,
        version: "1.0",
        salt: rng.word(),
        init: &init,
    };
    let classic = sides.classic_creation(0, "1.0", &init);
    let stylus = sides.our_creation(0, creation);
    let answers = sides.ask(&classic, &stylus).await?;
    let [solidity, own] = [answers.classic, answers.stylus].map(|one| one.expect("a birth"));
    let proxies = Proxies::created(&solidity, &own);
    sides.send(&[classic], &stylus, proxies).await?;
    met.count(Difference::CreationIsNoStep);
    let fixture = Fixture {
        sides,
        proxies,
        scenario: Scenario::First,
        converted: BTreeSet::new(),
    };
    for number in 0..MEMBERS {
        let points = U256::from(3 + number);
        let award = awardCall {
            to: vec![member(number)],
            points,
        }
        .abi_encode();
        let [classic, stylus] = proxies.calls(0, &award);
        sides.send(&[classic], &stylus, proxies).await?;
    }
    fixture.assert_same_points().await?;
    Ok(fixture)
}

impl Fixture<'_> {
    /// One random call on both; whether both did it.
    async fn event(
        &mut self,
        seed: u64,
        rng: &mut Chance,
        met: &mut Met,
    ) -> Result<bool, HarnessError> {
        let next = (0..MEMBERS).find(|number| !self.converted.contains(number));
        let event = Event::random(rng, next);
        let usual = match event {
            Event::Batch { .. } | Event::End => HANDLER,
            _ => 0,
        };
        let by = rng.pick(&[usual, usual, usual, 7]);
        let [classic, stylus] = self.calls(&event, by);
        let done = self.sides.ask(&classic, &stylus).await?.done();
        let simulation = format!("seed {seed}: {event:?} by {by}, {:?}", self.scenario);
        if !met.both_do(done, &simulation, || self.refused(&event, by)) {
            return Ok(false);
        }
        self.happen(event, [classic, stylus], &simulation, met)
            .await?;
        Ok(true)
    }

    /// The calls that an event is on either side.
    fn calls(&self, event: &Event, by: usize) -> [Call; 2] {
        let handler = self.sides.stylus.account(HANDLER);
        let with = |classic: Vec<u8>, stylus: Vec<u8>| {
            let [mut solidity, mut own] = self.proxies.calls(by, &[]);
            (solidity.data, own.data) = (classic.into(), stylus.into());
            [solidity, own]
        };
        let both = |data: Vec<u8>| with(data.clone(), data);
        match event {
            Event::Start => {
                let start = startMigrationCall { handler };
                let between = calls::upgrade_to_and_call(BETWEEN, data(&start));
                let stylus = calls::upgrade_to("2.0");
                with(between.abi_encode(), stylus.abi_encode())
            }
            Event::Batch { members, skewed } => {
                let batch: Vec<Address> = members.iter().map(|n| member(*n)).collect();
                let position = U256::from(self.converted.len() + usize::from(*skewed));
                let items: Bytes = (batch.clone(),).abi_encode_params().into();
                let data = (position, items).abi_encode_params().into();
                let stylus = Complex::migrateBatchCall { data }.abi_encode();
                with(migrateBatchCall { batch }.abi_encode(), stylus)
            }
            Event::End => both(endMigrationCall {}.abi_encode()),
            Event::Upgrade { to } => both(calls::upgrade_to(*to).abi_encode()),
            Event::Award { member: number } => {
                let (to, points) = (vec![member(*number)], U256::from(2));
                both(awardCall { to, points }.abi_encode())
            }
            Event::Read { member: number } => {
                let member = member(*number);
                both(pointsCall { member }.abi_encode())
            }
        }
    }

    /// Why this project refuses what the classic does.
    fn refused(&self, event: &Event, by: usize) -> Option<Difference> {
        let between = self.scenario == Scenario::Between;
        match event {
            Event::Upgrade { .. } if between => Some(Difference::LeavesHalfway),
            Event::Start | Event::Upgrade { .. } if by != 0 => Some(Difference::AnybodyUpgrades),
            Event::Upgrade { to } => {
                let is_first = self.scenario == Scenario::First;
                Some(match *to == if is_first { "1.0" } else { "2.0" } {
                    true => Difference::SameVersionAgain,
                    false => Difference::Backwards,
                })
            }
            Event::Batch { skewed: true, .. } if between => Some(Difference::PositionsAreChecked),
            Event::End if between && self.converted.len() < MEMBERS => Some(Difference::EndsEarly),
            _ => None,
        }
    }

    /// Sends what both would do, and compares.
    async fn happen(
        &mut self,
        event: Event,
        calls: [Call; 2],
        simulation: &str,
        met: &mut Met,
    ) -> Done {
        let [classic, stylus] = calls;
        let (solidity, expected, scenario) = match &event {
            // This project begins the migration at `upgradeTo("2.0")` itself.
            Event::Upgrade { to: "2.0" } if self.scenario == Scenario::First => {
                met.count(Difference::MigratesItself);
                let [start, _] = self.calls(&Event::Start, 0);
                (vec![start], (vec![BETWEEN], vec![]), Scenario::Between)
            }
            Event::Start => (vec![classic], (vec![BETWEEN], vec![]), Scenario::Between),
            Event::End => {
                let leave = calls::upgrade_to("2.0").abi_encode();
                let [leave, _] = self.proxies.calls(HANDLER, &leave);
                let each = (vec!["2.0"], vec!["2.0"]);
                (vec![classic, leave], each, Scenario::Second)
            }
            Event::Read { .. } => {
                let answers = self.sides.ask(&classic, &stylus).await?;
                assert_eq!(answers.classic, answers.stylus, "{simulation}");
                return Ok(());
            }
            _ => (vec![classic], (vec![], vec![]), self.scenario),
        };
        let (found, own) = self.sides.send(&solidity, &stylus, self.proxies).await?;
        assert_eq!(found, expected.0, "{simulation}: events");
        assert_eq!(own, expected.1, "{simulation}: events");
        if expected.0 != expected.1 {
            met.count(Difference::ProgramIsNoVersion);
        }
        if let Event::Batch { members, .. } = event {
            let fresh = members.iter().all(|number| self.converted.insert(*number));
            assert!(
                fresh && members.iter().all(|number| *number < MEMBERS),
                "{simulation}"
            );
        }
        self.scenario = scenario;
        if self.scenario != Scenario::Between {
            self.assert_same_points().await?;
        }
        Ok(())
    }

    /// Whatever is left to do, in order.
    async fn finish(&mut self, met: &mut Met) -> Done {
        let left: Vec<usize> = (0..MEMBERS)
            .filter(|n| !self.converted.contains(n))
            .collect();
        let batch = Event::Batch {
            members: left,
            skewed: false,
        };
        for (event, by, scenario) in [
            (Event::Start, 0, Scenario::First),
            (batch, HANDLER, Scenario::Between),
            (Event::End, HANDLER, Scenario::Between),
        ] {
            if self.scenario == scenario {
                let calls = self.calls(&event, by);
                self.happen(event, calls, "at the end", met).await?;
            }
        }
        assert_eq!(self.scenario, Scenario::Second);
        Ok(())
    }

    /// Every member has the same, and there are as many.
    async fn assert_same_points(&self) -> Done {
        let mut calls = vec![membersCall {}.abi_encode()];
        calls.extend((0..=MEMBERS).map(|n| pointsCall { member: member(n) }.abi_encode()));
        for call in calls {
            let [classic, stylus] = self.proxies.calls(0, &call);
            let answers = self.sides.ask(&classic, &stylus).await?;
            assert!(answers.classic.is_some() && answers.classic == answers.stylus);
        }
        Ok(())
    }
}
