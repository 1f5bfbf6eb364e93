//! Requests that no page of the console makes are not answered.

use stylus_devnode::{NodeConfig, spawn};

use super::process::Console;
use crate::layouts::project::Project;

#[test]
fn other_hosts_origins_and_methods_are_refused() {
    let project = Project::new();
    let console = Console::of(&project);
    let own = format!("Host: 127.0.0.1:{}\r\n", console.port);
    let status = |line: &str, headers: &str| {
        console
            .send(&format!("{line} HTTP/1.1\r\n{headers}"))
            .status
    };
    assert_eq!(status("GET /doctor", &own), 200);
    // A name of somebody else that leads to this machine (DNS rebinding).
    let rebound = format!("Host: evil.example:{}\r\n", console.port);
    assert_eq!(status("GET /doctor", &rebound), 421);
    assert_eq!(status("GET /", "Host: 127.0.0.1\r\n"), 421);
    for other in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        let found = status("GET /doctor", &format!("{own}{other}"));
        assert_eq!(found, 403, "{other}");
    }
    assert_eq!(status("POST /api/before", &own), 405);
    assert_eq!(status("PUT /api/before", &own), 405);
    assert_eq!(status("DELETE /", &own), 405);
    assert_eq!(status("GET /../../etc/passwd", &own), 400);
}

#[test]
fn every_page_of_a_registry_that_nothing_vouches_for_says_so() {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let console = Console::of_nobody(&node, &node.endpoint());
    for path in ["/", "/doctor"] {
        let said = "The origin of this registry is not verified";
        console.get(path).shows(&[said]);
    }
}
