//! What a registry stores is what the interface declares: every slot that is not zero belongs to a
//! declared record, every byte to a declared field, and every field holds what was written through
//! the ABI. Slots and values are computed here from the declaration alone.

mod page;
mod scene;
mod stored;

use crate::prelude::*;
use scene::{BOSS, Scene};
use stylus_upgrades::registry::delegated;
use stylus_upgrades_interface::ids::{ActionId, Authority, DefinitionId, VersionIndex};
use stylus_upgrades_interface::reasons::step as kind;
use stylus_upgrades_interface::registry_storage as declared;
use stylus_upgrades_interface::registry_storage::{Location, PendingKey, RECORDS, StepKey};

use super::fixture::{account, complex, framework, initial_step, is, step};

const ANA: usize = 1;
const BEN: usize = 2;
const HANDLER: usize = 5;
const DELAY: u64 = 1_000;

fn number(number: impl Into<u64>) -> U256 {
    U256::from(number.into())
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

#[test]
fn a_registry_stores_what_is_declared_and_nothing_else() {
    let mut scene = Scene::new();
    let [boss, ana, ben] = [BOSS, ANA, BEN].map(account);
    let lambda = scene.lambda;
    let expression = format!(
        "OR({},AND(OutOf(2,{},{}),CALL({}),AFTER({DELAY})))",
        is(boss),
        is(ana),
        is(ben),
        is(lambda)
    );
    scene.define("A", expression.clone());
    scene.define("B", "NONE".into());
    for expression in [boss, ana] {
        scene.boss(&calls::set_policy("A", "audit", is(expression)));
    }
    scene.add("1.0", initial_step());
    let start = complex("1.0", &scene.program, account(HANDLER));
    scene.add("2.0", start.clone());
    scene.add("3.0", step("1.0", kind::NONE, Bytes::new()));
    scene.add("4.0", step("2.0", kind::NONE, Bytes::new()));
    // a check is any code that runs; this one is on a path that nobody takes here
    let checked = Step {
        script: lambda,
        scriptCodehash: scene.fixture.code_hash(lambda),
        ..step("3.0", kind::NONE, Bytes::new())
    };
    scene.boss(&calls::add_step("A", "4.0", checked.clone()));
    let proxies = [1, 2, 3, 4, 5].map(|n| scene.create(n));
    scene.upgrade(proxies[0], "4.0"); // stops at the complex step
    scene.upgrade(proxies[1], "3.0");
    scene.boss(&calls::pause_first("A", [proxies[2]])); // which nobody takes from the stub
    scene.boss(&calls::resume("A", "1.0"));
    scene.upgrade(proxies[3], "4.0");
    scene.boss(&calls::abort_migration("A", proxies[3], 1));

    // a WASM proxy is expected from some contract, and Ben refuses what nobody has proposed
    let expected = scene.expect_from(lambda);
    let refused = ActionId(B256::repeat_byte(0x33));
    let refuse = IRegistry::revokeCall { action: refused.0 };
    scene.fixture.send(ben, &refuse).expect("anybody may");

    // two open actions of Ana's; the second was cancelled once before, and waits for its delay
    let script = (scene.script.implementation, scene.script.codehash.into());
    let scripted = delegated("1.0", kind::SCRIPT, script, Bytes::from_static(&[7; 40]));
    let [first, second] = ["5.0", "6.0"].map(|label| scene.version(label, scripted.clone()));
    let cancelled = scene.approve(ANA, &second);
    let cancel = IRegistry::cancelCall { action: cancelled };
    scene.fixture.send(ana, &cancel).expect("it is hers");
    scene.finished.push(keccak256(second.abi_encode()));
    let actions = [first, second.clone()].map(|call| scene.approve(ANA, &call));
    let opened = scene.now();
    let block = scene.fixture.chain.block_number();
    scene.fixture.wait(60);
    assert_eq!(scene.approve(BEN, &second), actions[1]);
    let delayed = scene.now();

    let mut storage = scene.storage();
    let definitions = ["", "A", "B"].map(|name| DefinitionId(keccak256(name.as_bytes())));
    let [itself, a, _] = definitions;
    let view = IRegistry::definitionCall { name: "A".into() };
    let view = scene.fixture.view(&view).expect("a definition");
    assert_eq!(
        (view.current.as_str(), view.versions, view.instances),
        ("1.0", 4, 5)
    );

    let parts = framework().parts.iter().map(|part| part.address);
    let mut stored = storage.at(&declared::registry_parts::RECORD, slots::REGISTRY);
    for (n, part) in (0..).zip(parts) {
        stored = stored.holds("ADDRESSES", n, word(part));
    }
    stored.packs("COUNTS", [("definitions", number(2u8))]);

    for (name, id) in ["", "A", "B"].into_iter().zip(definitions) {
        let is_a = name == "A";
        let head = [
            (
                "sequence",
                if is_a {
                    number(view.sequence)
                } else {
                    U256::ZERO
                },
            ),
            ("versions", number(if is_a { 4u8 } else { 0 })),
            ("instances", number(if is_a { 5u8 } else { 0 })),
            ("current", number(is_a)),
            ("name_end", number(name.len() as u64 + 1)),
            ("frozen", number(name == "B")),
            ("paused", number(false)),
            ("has_checks", number(is_a)),
            ("activations", number(is_a)),
            ("stopped", number(if is_a { 3u8 } else { 0 })),
        ];
        let record = storage.of(
            &declared::definition::RECORD,
            declared::definition::find(id),
        );
        record.packs("HEAD", head).spells("NAME", name.as_bytes());
    }

    let policies = [
        (itself, "define", is(boss), 0u8, false),
        (itself, "policy", is(boss), 0, false),
        (a, "migrate", expression, 0, true),
        (a, "policy", is(boss), 0, false),
        (a, "create", is(boss), 0, false),
        (a, "audit", is(ana), 2, false),
        (definitions[2], "migrate", "NONE".into(), 0, false),
        (definitions[2], "policy", is(boss), 0, false),
        (definitions[2], "create", is(boss), 0, false),
    ];
    for (definition, role, text, changes, has_lambda) in policies {
        let key = declared::policy::find(definition, keccak256(role));
        let head = [
            ("is_set", number(true)),
            ("lambdas", number(has_lambda)),
            ("text_length", number(text.len() as u64)),
            ("changes", number(changes)),
        ];
        let record = storage.of(&declared::policy::RECORD, key);
        let record = record.packs("HEAD", head).spells("TEXT", text.as_bytes());
        let hash = if has_lambda {
            scene.fixture.code_hash(lambda)
        } else {
            B256::ZERO
        };
        record.holds("LAMBDAS", 0, hash);
    }

    // versions: label, indices that the steps leave, the steps
    let none = step("1.0", kind::NONE, Bytes::new());
    let from_second = step("2.0", kind::NONE, Bytes::new());
    let versions: [(&str, &[u32], &[&Step]); 4] = [
        ("1.0", &[], &[]),
        ("2.0", &[1], &[&start]),
        ("3.0", &[1], &[&none]),
        ("4.0", &[2, 3], &[&from_second, &checked]),
    ];
    for (index, (label, from, steps)) in (1u32..).zip(versions) {
        let key = declared::label::find(a, keccak256(label));
        let record = storage.of(&declared::label::RECORD, key);
        record.packs("VERSION", [("index", number(index))]);

        let query = calls::get_version("A", label);
        let shown = scene.fixture.view(&query).expect("a version");
        assert_eq!(shown.code, scene.code);
        let head = [
            ("implementation", word(scene.code.implementation)),
            ("sequence", number(shown.sequence)),
            ("label_length", number(3u8)),
            ("incoming", number(from.len() as u64)),
            ("initial", number(from.is_empty())),
        ];
        let key = declared::version::find(a, VersionIndex(index));
        let incoming: Vec<u8> = from.iter().flat_map(|from| from.to_be_bytes()).collect();
        storage
            .of(&declared::version::RECORD, key)
            .packs("HEAD", head)
            .holds("CODEHASH", 0, scene.code.codehash)
            .holds("LAYOUT_HASH", 0, scene.code.layoutHash)
            .holds("SOURCE_HASH", 0, scene.code.sourceHash)
            .spells("INCOMING", &incoming)
            .spells("LABEL", label.as_bytes());

        for (position, step) in (0..).zip(steps) {
            let key = StepKey {
                version: VersionIndex(index),
                position,
            };
            let (selector, rest) = step.data.split_at(step.data.len().min(4));
            let head = [
                ("script", word(step.script)),
                ("kind", number(step.kind)),
                ("data_length", number(step.data.len() as u64)),
                ("selector", U256::from_be_slice(selector)),
            ];
            storage
                .of(&declared::step::RECORD, declared::step::find(a, key))
                .packs("HEAD", head)
                .holds("SCRIPT_CODEHASH", 0, step.scriptCodehash)
                .spells("DATA", rest);
        }
    }

    // the first is in its complex step, the second at 3.0, the third paused, the fourth on its way back
    let (live, migrating, back, paused) = (
        instance_state::LIVE,
        instance_state::MIGRATING,
        instance_state::TURNING_BACK,
        instance_state::PAUSED,
    );
    // state, version, reaches, nonce, held, paused
    let states: [[u8; 6]; 5] = [
        [migrating, 1, 2, 1, 0, 0],
        [live, 3, 0, 1, 0, 0],
        [paused, 1, 0, 0, 0, 1],
        [back, 1, 2, 2, 1, 0],
        [live, 1, 0, 0, 0, 0],
    ];
    for (index, (proxy, expected)) in (1u32..).zip(proxies.into_iter().zip(states)) {
        let [state, version, reaches, nonce, held, paused] = expected.map(number);
        let head = [
            ("index", number(index)),
            ("kind", U256::ZERO),
            ("state", state),
            ("version", version),
            ("reaches", reaches),
            ("nonce", nonce),
            ("held", held),
            ("paused", paused),
            ("created", number(true)),
            ("arrived", number(false)),
        ];
        let record = storage.of(&declared::instance::RECORD, declared::instance::find(proxy));
        record.packs("HEAD", head).holds("DEFINITION", 0, a.0);
        let key = declared::member::find(a, index);
        let record = storage.of(&declared::member::RECORD, key);
        record.holds("PROXY", 0, word(proxy));
    }

    let epoch = view.sequence;
    let migrate = PendingKey {
        authority: Authority::MIGRATE,
        epoch,
    };
    let record = storage.of(
        &declared::pending::RECORD,
        declared::pending::find(a, migrate),
    );
    record
        .packs("LENGTH", [("count", number(2u8))])
        .holds("ACTIONS", 0, actions[0])
        .holds("ACTIONS", 1, actions[1]);
    let record = storage.of(&declared::proposer::RECORD, declared::proposer::find(ana));
    record
        .holds("ACTIONS", 0, actions[0])
        .holds("ACTIONS", 1, actions[1]);

    let query = IRegistry::readinessCall { action: actions[1] };
    let readiness = scene.fixture.view(&query).expect("open");
    assert_eq!(
        (readiness.notBefore, readiness.approved),
        (delayed + DELAY, vec![ana, ben])
    );
    let query = IRegistry::openedAtCall { action: actions[1] };
    assert_eq!(scene.fixture.view(&query), Ok(block));
    let content = keccak256(second.abi_encode());
    storage.of(
        &declared::action::RECORD,
        declared::action::find(ActionId(actions[0])),
    );
    storage
        .of(
            &declared::action::RECORD,
            declared::action::find(ActionId(actions[1])),
        )
        .packs(
            "PROPOSAL",
            [
                ("proposer", word(ana)),
                ("authority", number(1u8)),
                ("proposer_slot", number(1u8)),
                ("position", number(1u8)),
                ("creates_at", number(0u8)),
            ],
        )
        .holds("DEFINITION", 0, a.0)
        .holds("CONTENT", 0, content)
        .packs(
            "APPROVALS",
            [
                ("approvals", number(0b110u8)),
                ("opened", number(opened)),
                ("expires", number(readiness.expires)),
                ("block", number(block)),
            ],
        )
        .packs(
            "ROUND",
            [
                ("epoch", number(epoch)),
                ("round", number(1u8)),
                ("timelocks", number(1u8)),
            ],
        )
        .packs("TIMELOCKS", [("began", number(delayed))]);
    for content in &scene.finished {
        let record = storage.of(&declared::round::RECORD, declared::round::find(*content));
        record.packs("COUNT", [("round", number(1u8))]);
    }

    let record = storage.of(
        &declared::revocation::RECORD,
        declared::revocation::find(refused, ben),
    );
    record.holds("SET", 0, number(1u8));
    let record = storage.of(
        &declared::acceptance::RECORD,
        declared::acceptance::find(a, expected),
    );
    let fields = [
        ("registry", word(lambda)),
        ("version", number(1u8)),
        ("epoch", number(1u8)),
        ("nonce", number(9u8)),
    ];
    record.packs("EXPECTED", fields);

    let undeclared: Vec<_> = storage
        .slots
        .keys()
        .filter(|slot| !storage.seen.contains(*slot))
        .collect();
    assert_eq!(
        undeclared,
        Vec::<&B256>::new(),
        "slots that no record explains"
    );
    let all = RECORDS
        .iter()
        .filter(|record| !matches!(record.location, Location::Transient(_)))
        .flat_map(|record| {
            let entries = record.entries.iter();
            entries.flat_map(|entry| {
                let fields = entry.fields.iter();
                fields.map(|field| (record.name, entry.name, field.name))
            })
        });
    let left: Vec<_> = all.filter(|of| !storage.compared.contains(of)).collect();
    assert_eq!(left, [], "declared fields that were not compared");
}
