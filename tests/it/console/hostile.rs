//! Names that somebody else chose are text, whatever they hold.

use super::process::Console;
use crate::layouts::project::Project;

#[test]
fn markup_in_names_is_text() {
    let project = Project::new();
    let names = [
        "<script>alert(1)</script>",
        "\"><img/src=x/onerror=alert(1)>",
        "a&b=c#d?e%00/../",
    ];
    for name in names {
        project.done(&["define", name, "--migrate", "Admin"]);
    }
    let policy = format!("AND(Admin,{})", project.node.addresses()[1]);
    project.done(&["update-policy", names[0], &policy]);
    let words = ["update-policy", names[0], "--role", "<b>role</b>", "Admin"];
    project.run(&[&words[..], &["--allow", "new-role"]].concat());
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
    for word in ["<dt>expected</dt>", "<dt>found</dt>", "<dt>next</dt>"] {
        assert!(unknown.body.contains(word), "{}", unknown.body);
    }
}
