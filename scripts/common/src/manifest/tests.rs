use super::{Entry, FILE, Kind, Manifest, is_same_policy};
use crate::error::{Explain, Refusal};
use crate::keys::KeyPlace;
use alloy::primitives::Address;
use std::path::Path;

const GOOD: &str = r#"
rpc = "http://127.0.0.1:8547"
registry = "0x1111111111111111111111111111111111111111"

[aliases]
Admin = "0x2222222222222222222222222222222222222222"
Admin2 = "0x3333333333333333333333333333333333333333"
"#;

fn parse(source: &str) -> Result<Manifest, Refusal> {
    Manifest::parse(Path::new(FILE), source)
}

#[test]
fn a_manifest_gives_registry_and_aliases() {
    let manifest = parse(GOOD).expect("the manifest is good");
    assert_eq!(manifest.registry, Some(Address::repeat_byte(0x11)));
    let admin = manifest.address("Admin").ok();
    assert_eq!(admin, Some(Address::repeat_byte(0x22)));
}

#[test]
fn a_syntax_error_names_its_line_and_shows_it() {
    let error = parse("rpc = \"x\"\n\n[aliases\nA = 1\n").expect_err("a bracket is missing");
    assert!(error.to_string().contains("line 3"), "{error}");
    assert_eq!(error.found().as_deref(), Some("[aliases"));
    assert_eq!(error.next().as_deref(), Some("correct line 3"));
}

#[test]
fn an_address_that_is_none_is_an_error_of_its_line() {
    let error = parse("[aliases]\nAdmin = \"0x12\"\n").expect_err("the address is too short");
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn an_unknown_key_is_refused() {
    let error = parse("regstry = \"0x1111111111111111111111111111111111111111\"\n");
    assert!(error.is_err_and(|error| error.to_string().contains("regstry")));
}

#[test]
fn aliases_in_a_policy_become_addresses_and_the_rest_stays() {
    let manifest = parse(GOOD).expect("the manifest is good");
    let [one, two, four] = ["22", "33", "44"].map(|byte| format!("0x{}", byte.repeat(20)));
    let policy = manifest.policy(&format!(
        " and(Admin , OutOf( 1,Admin2,{four}),\tAFTER(6 0) ) "
    ));
    let expected = format!("AND({one},OutOf(1,{two},{four}),AFTER(6 0))");
    assert_eq!(policy.ok(), Some(expected));

    let stored = "OR( 0xAbNN, OutOf(1,0xCdNN))".replace("NN", &"0".repeat(38));
    assert!(manifest.policy(&stored).is_err(), "no checksum");
    let typed = stored
        .to_lowercase()
        .replace(' ', "")
        .replace("outof", "OutOf")
        .replace("or(", "OR(");
    assert!(is_same_policy(&stored, &typed));
    assert!(!is_same_policy(&stored.replace("Ab", "Ac"), &typed));
}

#[test]
fn a_delay_is_written_as_people_write_it_and_sent_in_seconds() {
    let manifest = parse(GOOD).expect("the manifest is good");
    for (typed, sent) in [
        ("AFTER(2d)", "AFTER(172800)"),
        ("after( 90m )", "AFTER(5400)"),
        ("AFTER(1h)", "AFTER(3600)"),
        ("AFTER(45s)", "AFTER(45)"),
        ("AFTER(60)", "AFTER(60)"),
        // the registry says what is wrong with these
        ("AFTER(2w)", "AFTER(2w)"),
        (
            "AFTER(99999999999999999999d)",
            "AFTER(99999999999999999999d)",
        ),
        ("OutOf(2d,NONE)", "OutOf(2d,NONE)"),
    ] {
        let policy = manifest.policy(typed).expect("a policy");
        assert_eq!(policy, sent);
        assert_eq!(manifest.policy(&policy).expect("the same"), policy);
    }
}

#[test]
fn an_unknown_name_in_a_policy_is_reported_with_the_known_ones() {
    let manifest = parse(GOOD).expect("the manifest is good");
    let error = manifest.policy("OR(Admin,Bob)").expect_err("no Bob");
    assert_eq!(error.found().as_deref(), Some("Bob"));
    let expected = error.expected().expect("the known ones");
    assert!(expected.contains("Admin, Admin2"), "{expected}");
    assert!(expected.contains("OutOf(n,p,…)"), "{expected}");
}

#[test]
fn what_cannot_be_an_alias_is_not_proposed_as_one() {
    let manifest = parse(GOOD).expect("the manifest is good");
    for (typed, next) in [
        ("Bob".to_owned(), "add Bob to [aliases]"),
        (
            format!("0x{}", "5".repeat(39)),
            "it has 39 characters after 0x",
        ),
        ("2nd".to_owned(), "an alias, which begins with a letter"),
    ] {
        let error = manifest.address(&typed).expect_err("no such address");
        let said = error.next().expect("an advice");
        assert!(said.contains(next), "{said}");
    }
}

#[test]
fn the_nearest_manifest_upwards_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("a/b");
    std::fs::create_dir_all(&deep).expect("a deeper folder");
    std::fs::write(folder.path().join(FILE), GOOD).expect("a manifest");
    let found = Manifest::find(None, &deep).expect("it is found");
    assert_eq!(found.aliases.len(), 2);
}

#[test]
fn a_named_manifest_must_exist() {
    let error = Manifest::find(Some(Path::new("/nowhere/x.toml")), Path::new("/"));
    assert!(error.is_err_and(|error| error.name() == "ManifestUnreadable"));
}

#[test]
fn saving_keeps_the_rest_of_the_file_and_refuses_another_address() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let registry = Entry::Registry {
        chain_id: 7,
        block: None,
    };
    let (one, other) = (Address::repeat_byte(1), Address::repeat_byte(2));

    Manifest::save(&path, None, Entry::Alias("counter"), one).unwrap();
    let written = format!("# mine\n{}", std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, written).unwrap();
    Manifest::save(&path, None, registry, other).unwrap();
    Manifest::save(&path, None, registry, other).unwrap();

    let manifest = Manifest::read(&path).unwrap();
    assert_eq!(manifest.registry, Some(other));
    assert_eq!(manifest.chain_id, Some(7), "the chain that it is on");
    assert_eq!(manifest.address("counter").unwrap(), one);
    assert!(std::fs::read_to_string(&path).unwrap().contains("# mine"));
    let refused = Manifest::save(&path, None, registry, one).unwrap_err();
    assert_eq!(refused.name(), "ManifestDiffers");
}

#[test]
fn saving_an_alias_reaches_an_inline_table_and_refuses_a_policy_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, "aliases = { }\n").unwrap();

    let save = |alias| Manifest::save(&path, None, Entry::Alias(alias), Address::repeat_byte(1));
    save("counter").unwrap();
    let refused = save("AND").unwrap_err();
    assert_eq!(refused.name(), "ManifestAlias");
    assert_eq!(Manifest::read(&path).unwrap().aliases.len(), 1);
}

const NETWORKS: &str = r#"
registry = "0x1111111111111111111111111111111111111111"

[aliases]
Admin = "0x2222222222222222222222222222222222222222"
Bob = "0x2323232323232323232323232323232323232323"

[networks.sepolia]
chain_id = 421614
rpc_url = "https://${RPC_HOST}/${RPC_KEY}"
explorer = "https://sepolia.arbiscan.io/"
aliases = { Admin = "0x3333333333333333333333333333333333333333", Sepolian = "0x3434343434343434343434343434343434343434" }

[networks.local]
chain_id = 412346
registry = "0x4444444444444444444444444444444444444444"
key = { private_key_path = "dev.key" }
"#;

#[test]
fn on_a_network_its_table_counts_and_the_common_aliases() {
    let manifest = parse(NETWORKS).expect("the manifest is good");
    assert_eq!((manifest.chain_id, &manifest.network), (None, &None));
    let on = manifest.clone().on("sepolia").expect("it");
    assert_eq!(on.network.as_deref(), Some("sepolia"));
    assert_eq!(on.chain_id, Some(421_614));
    // the registry at the top is on another chain
    assert_eq!(on.registry, None);
    assert_eq!(on.address("Admin").ok(), Some(Address::repeat_byte(0x33)));
    assert_eq!(on.address("Bob").ok(), Some(Address::repeat_byte(0x23)));
    // An alias of another network is no new one.
    let elsewhere = manifest.clone().on("local").expect("it");
    let elsewhere = elsewhere.address("Sepolian").expect_err("it is there only");
    assert_eq!(
        elsewhere.next().as_deref(),
        Some("Sepolian is an alias of network sepolia: give --network sepolia")
    );
    let unknown = on.address("Cleo").expect_err("no such alias");
    let next = unknown.next().expect("an advice");
    assert!(next.contains("[networks.sepolia.aliases]"), "{next}");
    assert_eq!(on.explorer.as_deref(), Some("https://sepolia.arbiscan.io"));
    let local = manifest.on("local").expect("it");
    assert_eq!(local.registry, Some(Address::repeat_byte(0x44)));
    assert_eq!((local.explorer, local.rpc), (None, None));
    let path = local.key.private_key_path.expect("a key");
    assert!(path.ends_with("dev.key"), "{path:?}");
    // a key of one network signs on no other
    assert_eq!(on.key, KeyPlace::default());
}

#[test]
fn what_is_missing_is_added_to_the_file_that_was_read_and_operators_are_no_aliases() {
    let path = Path::new("here/stylus-upgrades.toml");
    let manifest = Manifest::parse(path, GOOD).expect("it is good");
    let unknown = manifest.address("Zoe").expect_err("no alias");
    let next = unknown.next();
    assert_eq!(
        next.as_deref(),
        Some("add Zoe to [aliases] in here/stylus-upgrades.toml")
    );
    for typed in ["ADN(Admin,Zoe)", "ADN (Admin,Admin2)"] {
        let slip = manifest.policy(typed).expect_err("no operator");
        assert_eq!(slip.next().as_deref(), Some("did you mean AND?"));
    }
}

#[test]
fn an_unknown_network_is_reported_with_the_known_ones() {
    let manifest = parse(NETWORKS).expect("the manifest is good");
    let error = manifest.on("mainnet").expect_err("there is none");
    assert_eq!(error.name(), "UnknownNetwork");
    assert_eq!(error.expected().as_deref(), Some("one of local, sepolia"));
}

#[test]
fn a_network_that_nobody_could_use_is_refused() {
    let other = "[networks.a]\nchain_id = 1\nrpc = \"x\"\n";
    let cases = [
        ("[networks.a]\n", "ManifestSyntax"),
        ("[networks.a]\nchain_id = \"1\"\n", "ManifestSyntax"),
        (other, "ManifestSyntax"),
        ("[networks.\"a b\"]\nchain_id = 1\n", "ManifestNetwork"),
        ("[networks.\"\"]\nchain_id = 1\n", "ManifestNetwork"),
        ("explorer = \"ftp://h\"\n", "ManifestNetwork"),
        ("explorer = \"https://u:p@h\"\n", "ManifestNetwork"),
        ("explorer = \"https://h?a=b\"\n", "ManifestNetwork"),
        ("explorer = \"h\"\n", "ManifestNetwork"),
    ];
    for (source, name) in cases {
        let error = parse(source).expect_err(source);
        assert_eq!(error.name(), name, "{source}: {error}");
    }
}

#[test]
fn saving_writes_into_the_networks_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let inline = "\n[networks]\nother = { chain_id = 7 }\n";
    std::fs::write(&path, format!("{NETWORKS}{inline}")).unwrap();
    let (one, two) = (Address::repeat_byte(1), Address::repeat_byte(2));
    for network in ["sepolia", "other"] {
        let free = |entry| Manifest::require_free(&path, Some(network), entry);
        let save = |entry, account| Manifest::save(&path, Some(network), entry, account);
        free(Entry::Registry {
            chain_id: 0,
            block: None,
        })
        .unwrap();
        save(
            Entry::Registry {
                chain_id: 8,
                block: Some(9),
            },
            one,
        )
        .unwrap();
        free(Entry::Alias("counter")).unwrap();
        save(Entry::Alias("counter"), two).unwrap();
        let taken = free(Entry::Registry {
            chain_id: 0,
            block: None,
        })
        .unwrap_err();
        assert_eq!(taken.name(), "ManifestDiffers");
    }
    let manifest = Manifest::read(&path).unwrap();
    assert_eq!(manifest.registry, Some(Address::repeat_byte(0x11)));
    assert!(!manifest.aliases.contains_key("counter"));
    for network in ["sepolia", "other"] {
        let on = manifest.clone().on(network).unwrap();
        assert_ne!(on.chain_id, Some(8), "a table has its own");
        assert_eq!(on.registry, Some(one));
        assert_eq!(on.address("counter").unwrap(), two);
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("${RPC_KEY}"), "{written}");
    // a common alias stands for the same account everywhere
    let refused = Manifest::save(&path, Some("other"), Entry::Alias("Bob"), two).unwrap_err();
    assert_eq!(refused.name(), "ManifestDiffers");
    let unknown = Manifest::save(&path, Some("mainnet"), Entry::Alias("Eve"), two).unwrap_err();
    assert_eq!(unknown.name(), "UnknownNetwork");
}

#[test]
fn a_key_in_place_of_where_it_lies_is_refused_and_not_repeated() {
    let digits = "ab".repeat(32);
    for source in [
        format!("key = \"0x{digits}\"\n"),
        format!("key = {{ private_key = \"{digits}\" }}\n"),
        format!("[networks.a]\nchain_id = 1\nkey = \"{digits}\"\n"),
        format!("key = {{ private_key_path = \"{digits}\" }}\n"),
        format!("[networks.a]\nchain_id = 1\nkey = {{ account = \"0x{digits}\" }}\n"),
    ] {
        let error = parse(&source).expect_err("a key");
        let report = format!("{error} {:?} {:?}", error.found(), error.next());
        assert_eq!(error.name(), "ManifestSecret", "{report}");
        assert!(!report.contains(&digits), "{report}");
    }
}

#[test]
fn a_key_in_place_of_an_address_or_a_network_is_not_repeated() {
    let digits = "ab".repeat(32);
    for word in [digits.clone(), format!("0x{digits}")] {
        let manifest = parse(NETWORKS).expect("the manifest is good");
        let address = manifest.address(&word).expect_err("no address");
        let network = manifest.on(&word).expect_err("no network");
        for error in [address, network] {
            let report = format!("{error} {:?} {:?}", error.found(), error.next());
            assert!(!report.contains(&digits), "{report}");
        }
    }
}

#[test]
fn a_network_that_the_manifest_names_holds_unless_another_is_named() {
    let named = format!("network = \"local\"\nproxy = \"evm\"\n{NETWORKS}");
    let manifest = parse(&named).expect("the manifest is good");
    assert_eq!(manifest.network.as_deref(), Some("local"));
    assert_eq!(manifest.registry, Some(Address::repeat_byte(0x44)));
    let other = manifest.on("sepolia").expect("it");
    assert_eq!(other.chain_id, Some(421_614));
    // A key of one network signs on no other.
    assert_eq!(other.key, KeyPlace::default());
    assert_eq!(other.proxy, Some(Kind::Evm), "the same on every network");
    let error = parse(&format!("network = \"mainnet\"\n{NETWORKS}")).expect_err("there is none");
    assert_eq!(error.name(), "UnknownNetwork");
    let error = parse("proxy = \"beacon\"\n").expect_err("no kind");
    assert_eq!(error.name(), "ManifestSyntax");
}
