//! One truth: what pages show is what the commands print, and what they load is their own.

use crate::prelude::*;
use stylus_upgrades::console::identicon::identicon;

use super::process::{Console, with_open_action};
use crate::layouts::approver::use_key;

/// Bytes of a page with everything that it loads, at most.
const WEIGHT_MAX: usize = 150_000;

#[test]
fn pages_show_what_the_commands_report_and_load_nothing_from_elsewhere() {
    let (project, action) = with_open_action();
    let proxy = project.done("status note")["instance"]["proxy"]
        .as_str()
        .expect("an instance")
        .to_owned();
    let account = project.node.addresses()[1].to_string();
    let key = project.node.accounts().mnemonic()[0].to_bytes().to_string();
    let console = Console::with(&project, &[("PRIVATE_KEY", &key)]);
    let review = project.done(&format!("pending {action}"));
    let plan = project.done("plan Note 2.0");
    assert_eq!(review["call"], plan["call"], "the very bytes");

    let assets: usize = ["/console.css", "/console.js"]
        .map(|path| console.get(path).body.len())
        .iter()
        .sum();
    let pages = [
        "/".to_owned(),
        format!("/action?id={action}&account={account}"),
        format!("/before?id={action}&do=approve&account={account}"),
        "/definition?name=Note".into(),
        "/definition?name=".into(),
        format!("/instance?proxy={proxy}"),
        format!("/census?proxy={proxy}"),
        "/plan?name=Note&version=2.0".into(),
        "/plan?name=Note&version=2.0&replay=5".into(),
        "/doctor".into(),
    ];
    for path in pages {
        let page = console.get(&path);
        assert_eq!(page.status, 200, "{path}: {page:?}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';",
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(page.head.contains(header), "{path}: {}", page.head);
        }
        let weight = page.body.len() + assets;
        assert!(weight < WEIGHT_MAX, "{path} weighs {weight}");
        for loaded in ["src=\"", "href=\""] {
            let targets = page.body.split(loaded).skip(1);
            for target in targets.filter_map(|rest| rest.split('"').next()) {
                let is_own = target.starts_with('/') || target.starts_with('#');
                assert!(is_own, "{path} leads to {target}");
            }
        }
        for inline in ["<style", "style=\"", "onclick", "javascript:"] {
            assert!(!page.body.contains(inline), "{path} has {inline}");
        }
        let is_costly = ["/plan", "/census", "/doctor"]
            .iter()
            .any(|one| path.starts_with(one));
        assert_eq!(page.body.contains(" data-costly"), is_costly, "{path}");
        assert!(page.body.contains("drawn at block "), "{path}");
        let scripts = page.body.matches("<script").count();
        assert_eq!(scripts, 1, "{path}: the one file");
        assert!(!page.body.contains(key.trim_start_matches("0x")), "{path}");
    }

    let page = console.get(&format!("/action?id={action}&account={account}"));
    let payload = review["display"]["payload"].as_str().expect("a hash");
    page.shows(&[payload, "1 of 2 approvals", "Approve", "not checked", "new"]);
    let page = console.get(&format!("/census?proxy={proxy}"));
    page.shows(&["these are all", "<progress", "implementation (ERC-1967)"]);
    let page = console.get("/definition?name=Note");
    let picture = identicon(project.node.addresses()[0]).into_string();
    page.shows(&[
        "all of, 1 of them so far",
        &format!("✓ approved: {picture}<b>Admin</b>"),
        "○ missing: ",
        &format!("<li>○ {picture}<b>Admin</b>"),
    ]);
    let changes = |side: &str| -> Vec<Value> {
        let rows = review["slots"][0]["rows"].as_array().expect("rows");
        let of_side = rows.iter().filter(|one| one[side].is_object());
        of_side.map(|one| one["change"].clone()).collect()
    };
    assert!(changes("after").contains(&"new".into()), "{review}");
    assert!(
        changes("before").iter().all(|one| one == "kept"),
        "{review}"
    );

    // Who looks for an action finds it by its id, and by what people call it.
    for search in [&action[..10], "migrate%20Note", "note%20to%202"] {
        let page = console.get(&format!("/?search={search}&account={account}"));
        page.shows(&[
            "migrate Note to 2.0",
            "No other open action fits the search.",
        ]);
    }
    let nothing = console.get(&format!("/?search=other&account={account}"));
    nothing.shows(&[
        "Nothing that waits for this account fits the search.",
        "No open action fits the search.",
    ]);

    // Another approver, with nothing but an endpoint and the registry's address.
    let other = Console::elsewhere(&project, &project.node.endpoint());
    let page = other.get(&format!("/action?id={action}&account={account}"));
    assert_eq!(page.status, 200, "{page:?}");

    let before = console.document(&format!(
        "/api/before?id={action}&do=approve&account={account}"
    ));
    assert_eq!(before["executes"], true, "{before}");
    assert_eq!(before["transaction"]["data"], review["call"]);
    let is_own = |one: &&Value| {
        let approver = one["approver"].as_str();
        approver.is_some_and(|approver| approver.eq_ignore_ascii_case(&account))
    };
    let digests = review["digests"].as_array().expect("a list");
    assert_eq!(Some(&before["digests"]), digests.iter().find(is_own));

    // Once it is executed, the page still says who approved it, and nothing is left to be compared.
    use_key(&project, 1);
    project.done(&format!("approve {action}"));
    let page = console.get(&format!("/action?id={action}")).body;
    assert!(page.contains("success 2/2 activated"), "{page}");
    // This approval has brought it to the instance, too.
    assert!(
        page.contains("band good") && !page.contains("still run"),
        "{page}"
    );
    let late = format!("/before?id={action}&do=approve&account={account}");
    let late = console.get(&late).body;
    assert!(late.contains("was executed already"), "{late}");
    assert_eq!(page.matches("<li class=\"holds\">✓ ").count(), 2, "{page}");
    for gone in ["○ ", "Storage before and after"] {
        assert!(!page.contains(gone), "{gone}: {page}");
    }
}

#[test]
#[ignore = "nightly: many pages of a console, about 12 s"]
fn a_report_stands_alone_and_holds_what_waits() {
    let (project, action) = with_open_action();
    let written = |file: &str| {
        project.done(&format!("status Note --report {file}"));
        std::fs::read_to_string(project.path(file)).expect("written")
    };
    let page = written("note.html");
    for loaded in ["<script", "src=", "<link", "href=\"/", "url("] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    assert!(page.contains("default-src 'none'"));
    for shown in [
        action.as_str(),
        "1/2",
        "changes",
        "proposed migration to 2.0",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    // A report is written again; another file stays, and so does what a link leads to.
    written("note.html");
    std::fs::write(project.path("mine.html"), "mine").expect("written");
    std::os::unix::fs::symlink("mine.html", project.path("link.html")).expect("linked");
    for file in ["mine.html", "link.html"] {
        let refused = project.run(&format!("status Note --report {file}"));
        assert_ne!(refused.exit, Some(0), "{refused:?}");
        let kept = std::fs::read_to_string(project.path("mine.html"));
        assert_eq!(kept.expect("read"), "mine");
    }
    let unknown = project.run("status Other --report other.html");
    unknown.ends_with(1);
    assert!(!project.path("other.html").exists());
}
