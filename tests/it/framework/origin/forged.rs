//! The attack: init code that writes approvals and policies which nobody gave into a registry's storage, has
//! the genuine constructor run by DELEGATECALL, and returns the genuine code. Nothing in the code shows it.

use crate::prelude::*;
use stylus_upgrades::PROGRAM;
use stylus_upgrades::registry::{Origin, Salt};
use stylus_upgrades_test_support::require_every_command;

use super::outsider::{Done, Outsider};

/// What a definition's owners have agreed on: both of them, and a day to look at it.
const DAY: u64 = 86_400;
/// Runtime code that stops, and its creation code: the first 10 bytes copy the rest.
const IMPLEMENTATIONS: [&str; 2] = [
    "6001600a5f3960015ff300",   // STOP
    "6002600a5f3960025ff35b00", // JUMPDEST, STOP
];

/// Slots and what they hold.
type Words = BTreeMap<B256, B256>;

/// PUSH4 of a number.
fn push(number: usize) -> Vec<u8> {
    let number = u32::try_from(number).expect("a short program");
    [&[0x63][..], &number.to_be_bytes()].concat()
}

/// Init code that stores these words, runs the constructor of the registry at `genuine` on its own storage
/// and returns that one's code.
fn forging(words: &Words, genuine: Address, constructor: &[u8], code: &[u8]) -> Bytes {
    let mut program = Vec::new();
    for (slot, word) in words {
        // PUSH32 word PUSH32 slot SSTORE
        program.extend(
            [
                &[0x7f][..],
                word.as_slice(),
                &[0x7f],
                slot.as_slice(),
                &[0x55],
            ]
            .concat(),
        );
    }
    // What follows: two copies of 19 bytes less one, the call of 38, the return of 8.
    let copy = |length: usize, offset: usize| {
        [push(length), push(offset), vec![0x5f, 0x39]].concat() // CODECOPY to 0
    };
    let call = [
        vec![0x5f, 0x5f],
        push(constructor.len()),
        vec![0x5f, 0x73],
        genuine.to_vec(),
        vec![0x5a, 0xf4, 0x50], // GAS DELEGATECALL POP
    ]
    .concat();
    let end = [push(code.len()), vec![0x5f, 0xf3]].concat(); // RETURN
    let length = program.len() + 2 * copy(0, 0).len() + call.len() + end.len();
    program.extend(copy(constructor.len(), length));
    program.extend(call);
    program.extend(copy(code.len(), length + constructor.len()));
    program.extend(end);
    [&program, constructor, code].concat().into()
}

/// A chain with the framework, two owners, and an attacker who has deployed a registry's code for himself.
struct Attack<'h> {
    outsider: Outsider<'h>,
    harness: &'h Harness,
    owners: [Address; 2],
    attacker: Address,
    genuine: Address,
    /// Versions 1.0 and 2.0.
    codes: [Code; 2],
}

impl<'h> Attack<'h> {
    async fn on(harness: &'h Harness) -> Done<Self> {
        let outsider = Outsider::on(harness.chain())?;
        let attacker = harness.account(5);
        let creation_code = harness.framework().registry.creation_code();
        let genuine = outsider.create(attacker, creation_code).await?;
        let mut codes = Vec::new();
        for code in IMPLEMENTATIONS {
            let code: Bytes = code.parse()?;
            codes.push(Code {
                implementation: outsider.create(attacker, code.clone()).await?,
                codehash: keccak256(&code[10..]),
                layoutHash: B256::ZERO,
                sourceHash: B256::ZERO,
            });
        }
        Ok(Self {
            owners: [harness.account(0), harness.account(1)],
            attacker,
            genuine,
            codes: codes.try_into().expect("two"),
            outsider,
            harness,
        })
    }

    /// The registry with these words in its storage, which account 0 is said to govern.
    async fn deploys(&self, words: &Words) -> Done<Address> {
        let salt = Salt::counted(1).expect("a salt");
        let origin = Origin::new(&format!("{:#x}", self.owners[0]), salt);
        let code = &self.harness.framework().registry.code;
        let forged = forging(words, self.genuine, &origin.constructor_data(), code);
        self.outsider.create(self.attacker, forged).await
    }

    /// What the owners do: a definition, and its first version.
    async fn owners_begin(&self, registry: Address) -> Done {
        let [one, two] = self.owners.map(|owner| owner.to_string());
        let define = calls::define(
            "A",
            format!("AND({one},{two},AFTER({DAY}))"),
            one.clone(),
            one,
        );
        self.outsider
            .call(self.owners[0], registry, &define)
            .await?;
        let add = calls::add_version(
            "A",
            "1.0",
            &self.codes[0],
            stylus_upgrades::registry::initial(),
        );
        for owner in self.owners {
            self.outsider.call(owner, registry, &add).await?;
        }
        self.outsider.wait(DAY + 1).await?;
        self.outsider.call(self.owners[0], registry, &add).await?;
        Ok(())
    }

    fn migration(&self) -> IRegistry::migrateCall {
        calls::migrate(
            "A",
            "2.0",
            &self.codes[1],
            stylus_upgrades::registry::nothing("1.0"),
        )
    }

    fn takes_over_pausing(&self) -> IRegistry::setPolicyCall {
        calls::set_policy("A", "pause", self.attacker.to_string())
    }

    /// What the storage would hold if the owners had approved it: tried on a snapshot, and taken back.
    async fn words(&self) -> Done<Words> {
        let outsider = &self.outsider;
        let snapshot = outsider.rpc("evm_snapshot", json!([])).await?;
        let registry = self.deploys(&Words::new()).await?;
        self.owners_begin(registry).await?;
        let mut words = Words::new();
        let migration = self.migration();
        // The first owner's own proposal would take the place of one that is not yet possible.
        for owner in self.owners.into_iter().rev() {
            let approved = outsider.call(owner, registry, &migration).await?;
            words.extend(outsider.written(&approved, registry, &words).await?);
        }
        let pausing = self.takes_over_pausing();
        let set = outsider.call(self.owners[0], registry, &pausing).await?;
        words.extend(outsider.written(&set, registry, &Words::new()).await?);
        assert_eq!(outsider.rpc("evm_revert", json!([snapshot])).await?, true);
        Ok(words)
    }

    async fn current(&self, registry: Address) -> Done<(String, u8)> {
        let call = IRegistry::definitionCall { name: "A".into() };
        let found = self.outsider.view(registry, &call).await?;
        Ok((found.current, found.state))
    }
}

/// Who is to decide, by some of them.
const ADMIN: &str = "0x0000000000000000000000000000000000000001";

/// Commands that ask a chain and no registry that was named, and why.
const NO_REGISTRY: [(&str, &str); 9] = [
    ("call", "it asks any account"),
    ("census", "it reads any account"),
    ("coverage", "it reads transactions"),
    ("deploy", "what is deployed belongs to no registry"),
    ("fuzz", "it asks as plan does"),
    (
        "run-migration",
        "the registry is the one that the instance obeys",
    ),
    ("send", "it sends to any account"),
    (
        "submit",
        "the file names the registry, as approvers signed it",
    ),
    ("trace", "it reads a transaction"),
];

/// Each command that talks to a registry, as somebody types it who was told of this one.
fn commands() -> Vec<String> {
    let reads = [
        "status",
        "status A",
        "pending",
        "pending A",
        "history A",
        "verify",
        "verify --framework",
        "doctor",
        "policy explain A",
        "status ADMIN",
        "status A --report report.html",
        "registry descriptors",
        "console --port 0",
    ];
    let sends = [
        "define B --migrate ADMIN",
        "register A 3.0 ADMIN",
        "migrate A 3.0 ADMIN",
        "plan A 3.0 ADMIN",
        "upgrade A",
        "rollback A --to 1.0 --label 3.0",
        "adopt A ADMIN 1.0",
        "transfer ADMIN ADMIN",
        "create-proxy A 1.0 --kind evm",
        "policy update A ADMIN",
        "pause A",
        "resume A",
        "approve 0x12345678",
        "execute 0x12345678",
        "revoke 0x12345678",
        "cancel 0x12345678",
        "doctor --fix",
    ];
    let sends = sends.map(|words| format!("{words} --private-key-path key"));
    let all = reads.map(str::to_owned).into_iter().chain(sends);
    all.map(|words| words.replace("ADMIN", ADMIN)).collect()
}

#[track_caller]
fn refused(answer: &Answer, registry: Address) {
    answer.ends_with(1);
    assert_eq!(answer.error("name"), "UnknownOrigin", "{answer:?}");
    let next = answer.error("next");
    assert!(
        next.contains(&format!("--trust-registry {registry}")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_registry_with_forged_storage_is_refused_by_every_command_unless_its_address_is_repeated()
-> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let attack = Attack::on(&harness).await?;
    let words = attack.words().await?;
    let registry = attack.deploys(&words).await?;
    let outsider = &attack.outsider;

    // Everything that looks at the code looks right.
    let code: Bytes = serde_json::from_value(
        outsider
            .rpc("eth_getCode", json!([registry, "latest"]))
            .await?,
    )?;
    assert_eq!(code, harness.framework().registry.code);

    let asks_chain = PROGRAM.commands().filter(|one| one.group().asks_chain());
    let (names, lines) = (asks_chain.map(|one| one.name()), commands());
    require_every_command(names, lines.iter().map(String::as_str), &NO_REGISTRY);
    // Nobody is told to trust it, wherever it was named.
    let manifest = format!("registry = \"{registry}\"\n");
    std::fs::write(
        outsider.folder.path().join("stylus-upgrades.toml"),
        manifest,
    )?;
    for words in commands() {
        refused(&outsider.run(&words), registry);
    }
    let address = registry.to_string();
    let genuine = harness.registry().to_string();
    refused(
        &outsider.run(&format!("status --registry {address}")),
        registry,
    );
    let other = format!("status --trust-registry {genuine}");
    refused(&outsider.run(&other), registry);

    // The genuine one of the same code and policy is not refused.
    let answer = outsider.run(&format!("status --registry {genuine}"));
    answer.ends_with(0);
    assert!(answer.document.get("unverified_registries").is_none());

    // A user who repeats the address continues, is told, and has to repeat it the next time.
    let trusting = outsider.run(&format!("status --trust-registry {address}"));
    trusting.ends_with(0);
    let named = &trusting.document["unverified_registries"];
    assert_eq!(*named, json!([address]));
    let warning = "warning: ";
    let said = trusting
        .stderr
        .lines()
        .find(|line| line.starts_with(warning));
    let said = said.unwrap_or_default();
    assert!(
        said.contains(&address) && said.contains("nothing vouches"),
        "{trusting:?}"
    );
    let failing = outsider.run(&format!("status None --trust-registry {address}"));
    failing.ends_with(1);
    assert_eq!(failing.document["unverified_registries"], json!([address]));
    refused(&outsider.run("status"), registry);

    // What it was forged for: the owners set it up, and the attacker decides alone.
    attack.owners_begin(registry).await?;
    assert_eq!(attack.current(registry).await?, ("1.0".into(), 0));
    outsider.wait(2 * DAY).await?;
    outsider
        .call(attack.attacker, registry, &attack.migration())
        .await?;
    assert_eq!(attack.current(registry).await?, ("2.0".into(), 0));
    let pause = calls::pause("A");
    outsider.call(attack.attacker, registry, &pause).await?;
    assert_eq!(attack.current(registry).await?, ("2.0".into(), 1));
    for words in commands() {
        refused(&outsider.run(&words), registry);
    }
    // A genuine one refuses the same.
    let genuine = harness.registry();
    attack.owners_begin(genuine).await?;
    let migration = attack.migration();
    let alone = outsider.call(attack.attacker, genuine, &migration).await;
    assert!(alone.is_err(), "{alone:?}");
    assert_eq!(attack.current(genuine).await?, ("1.0".into(), 0));
    Ok(())
}
