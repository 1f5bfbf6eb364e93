//! An instance that runs a newer version than the current one.

use crate::prelude::*;

#[test]
fn an_instance_ahead_of_the_current_version_is_shown_with_the_command_that_makes_it_current() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", REGISTER);
    let proxy = sandbox.proxies()[0];
    sandbox.done("Admin", &format!("upgrade {proxy} 2.0"));
    let shown = sandbox.shown("Other", &format!("status {proxy}"), 0);
    contains(
        &shown,
        &[
            "it is ahead of the current version 1.0; stylus-upgrades migrate A 2.0 SOURCE makes its version current",
        ],
    );
    sandbox.done(
        "Admin",
        "migrate A 2.0 counter-v2 --call migrate(uint256) 5",
    );
    let shown = sandbox.shown("Other", &format!("status {proxy}"), 0);
    contains(&shown, &["it is at the current version"]);
}
