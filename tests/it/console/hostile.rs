//! What somebody else chose: names are text, whatever they hold; layouts lie within storage; an endpoint
//! that keeps events back is found out.

use super::process::Console;
use crate::layouts::project::Project;
use crate::prelude::*;
use crate::run_migration::proxy::{Failure, Proxy};

#[test]
fn markup_in_names_is_text() {
    let project = Project::new();
    let names = [
        "<script>alert(1)</script>",
        "\"><img/src=x/onerror=alert(1)>",
        "a&b=c#d?e%00/../",
    ];
    for name in names {
        project.done(&format!("define {name} --migrate Admin"));
    }
    project.done(&["policy", "update", names[0], &project.together()]);
    let words = [
        "policy",
        "update",
        names[0],
        "--role",
        "<b>role</b>",
        "Admin",
    ];
    project.run(&[&words[..], &["--accept", "new-role"]].concat());
    let console = Console::of(&project);
    let mut pages = vec![console.get("/")];
    let first = &pages[0].body;
    // The way to each definition, as the first page links to it.
    let links: Vec<String> = first
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split('"').next()?.replace("&amp;", "&")))
        .filter(|target| target.starts_with("/definition"))
        .collect();
    assert_eq!(links.len(), names.len() + 2, "{links:?}");
    pages.extend(links.iter().map(|link| console.get(link)));
    pages.push(console.get("/action?id=%3Cscript%3Ealert(1)%3C/script%3E"));
    pages.push(console.get("/definition?name=%3Cscript%3E%E2%80%AE"));
    pages.push(console.get("/%3Cscript%3E"));
    for page in &pages {
        for markup in ["<script>", "<img", "<b>role", "\u{202e}"] {
            assert!(!page.body.contains(markup), "{markup}: {}", page.body);
        }
    }
    for (at, name) in names.iter().enumerate() {
        let shown = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let page = pages.iter().find(|page| {
            let title = format!("<h1>{}", shown.replace('"', "&quot;"));
            page.body.contains(&title) || page.body.contains(&format!("<h1>{shown}"))
        });
        let page = page.unwrap_or_else(|| panic!("no page of name {at}"));
        assert_eq!(page.status, 200, "{page:?}");
    }
    let unknown = console.get("/definition?name=none");
    assert!(unknown.status >= 400, "{unknown:?}");
    unknown.shows(&["<dt>expected</dt>", "<dt>found</dt>", "<dt>next</dt>"]);
}

/// A field of more bytes than a word, in the middle of a slot.
const HUGE: &str = r#"{"storage":[{"label":"h","offset":5,"slot":"1","type":"t_huge"}],"types":{"t_huge":
    {"encoding":"inplace","label":"uint256[576460752303423487]","numberOfBytes":"18446744073709551615"}}}"#;

#[test]
fn a_layout_beyond_its_slot_is_refused_by_every_reader_of_files() {
    let project = Project::new();
    let file = project.path("huge.json").display().to_string();
    std::fs::write(&file, HUGE).expect("written");
    let mut told = Vec::new();
    for words in [
        &["layout", "show", &file][..],
        &["layout", "diff", &file, &file],
    ] {
        let refused = project.run(words);
        refused.ends_with(1);
        told.push(refused.refusal());
    }
    told.dedup();
    assert_snapshot!(told.join("\n\n"), @"
    message: [folder]/huge.json cannot be read: place of h: expected bytes within storage, and within one slot where it begins after byte 0, found [size] bytes from byte 5 of slot 1
    expected: what a compiler writes of a contract whose storage can be laid out
    found: place of h: expected bytes within storage, and within one slot where it begins after byte 0, found [size] bytes from byte 5 of slot 1
    next: correct what it names, in the sources where they are the cause, and compile them again
    ");
}

#[test]
fn an_endpoint_that_keeps_an_instances_events_back_is_found_out() {
    let project = Project::with_note();
    let (url, none) = (project.node.endpoint(), Failure::Answer("[]"));
    let proxy = Proxy::failing(&url, ["eth_getLogs"], none);
    let found = project.run(&["status", "note", "--rpc-url", &proxy.url()]);
    assert_eq!(found.error("name"), "EventsHidden", "{found:?}");
    assert_snapshot!(found.refusal(), @"
    message: http://127.0.0.1:[port] shows no event of [address] about how [address] became an instance of Note
    expected: the events since it was created
    found: none, although the registry's views or its nonce show that there are some
    next: ask another endpoint (--rpc-url): this one leaves events out, or has dropped old blocks
    ");
    project.done("status note");
    let console = Console::elsewhere(&project, &proxy.url());
    for path in ["/definition?name=Note", "/definition?name=Note&instances=0"] {
        let page = console.get(path);
        assert!(page.status >= 400, "{path}: {page:?}");
        page.shows(&["no event"]);
    }
}

#[test]
fn a_private_key_in_the_place_of_an_id_is_not_repeated_by_a_page() {
    const DIGITS: &str = "b6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
    let project = Project::with_note();
    let console = Console::of(&project);
    let account = project.node.addresses()[0];
    for path in [
        "/KEY",
        "/?account=KEY",
        "/action?id=KEY",
        "/before?do=approve&account=ACCOUNT&id=KEY",
        "/api/before?do=approve&account=KEY&id=KEY",
        "/instance?proxy=KEY",
        "/definition?name=KEY",
        "/census?proxy=KEY",
        "/plan?name=Note&version=KEY",
        "/plan?name=Note&version=1.0&replay=KEY",
    ] {
        let path = path.replace("ACCOUNT", &account.to_string());
        for key in [
            format!("0x{DIGITS}"),
            DIGITS[1..].to_owned(),
            format!("0x{DIGITS}{DIGITS}"),
        ] {
            let page = console.get(&path.replace("KEY", &key));
            assert!(page.status >= 400, "{path}: {page:?}");
            assert!(!page.body.contains(&DIGITS[20..32]), "{path}: {page:?}");
        }
    }
}
