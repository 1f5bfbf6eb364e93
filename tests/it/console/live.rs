//! An endpoint that goes away is reported to open pages, and so is its return.

use stylus_devnode::{NodeConfig, spawn};

use super::process::Console;

#[test]
fn an_endpoint_that_is_gone_and_comes_back_is_reported() {
    let node = spawn(NodeConfig::default()).expect("a free port");
    let (endpoint, port) = (node.endpoint(), node.address().port());
    let folder = tempfile::tempdir().expect("a folder");
    let registry = "0x1111111111111111111111111111111111111111";
    let console = Console::elsewhere(folder.path(), &endpoint, registry);
    let mut news = console.news();
    let status = news.next().expect("a status");
    assert!(status.contains("200"), "{status}");
    let kind = news.find(|line| line.to_lowercase().starts_with("content-type"));
    assert!(kind.is_some_and(|kind| kind.contains("text/event-stream")));
    // The end of the head; the first look at the chain follows.
    news.find(|line| line.is_empty())
        .expect("the end of the head");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    drop(node);
    news.find(|line| line == "event: gone")
        .expect("it is reported");
    let why = news.next().expect("why");
    assert!(why.starts_with("data: \""), "{why}");
    let page = console.get("/");
    assert_eq!(page.status, 502, "{page:?}");
    assert!(page.body.contains("<dt>next</dt>"), "{}", page.body);
    let config = NodeConfig {
        port,
        ..NodeConfig::default()
    };
    let _node = spawn(config).expect("the same port");
    news.find(|line| line == "event: back").expect("it is back");
}
