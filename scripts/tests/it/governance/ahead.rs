//! An instance that runs a newer version than the current one.

use crate::prelude::*;

#[test]
fn an_instance_ahead_of_the_current_version_is_shown_with_the_command_that_makes_it_current() {
    let sandbox = Sandbox::with_counter("Admin", 1);
    sandbox.done("Admin", REGISTER);
    let proxy = sandbox.proxies()[0];
    sandbox.done("Admin", &format!("upgrade {proxy} 2.0"));
    let shown = sandbox.shown("Other", &format!("status {proxy}"), 0);
    assert_snapshot!(masked(&shown), @"
    instance [address]  A 2.0  wasm  live
    it is ahead of the current version 1.0; stylus-upgrades migrate A 2.0 SOURCE makes its version current
    storage of 2.0
      state.value: uint256 = 7  slot 0 byte 0
      step: uint256 = 5  slot 1 byte 0
    events
      [time]  Admin  instance [address] created at 1.0
      [time]  Admin  instance [address] 1.0 → 2.0
    ");
    sandbox.done(
        "Admin",
        "migrate A 2.0 counter-v2 --call migrate(uint256) 5",
    );
    let shown = sandbox.shown("Other", &format!("status {proxy}"), 0);
    assert_snapshot!(masked(&shown), @"
    instance [address]  A 2.0  wasm  live
    it is at the current version
    storage of 2.0
      state.value: uint256 = 7  slot 0 byte 0
      step: uint256 = 5  slot 1 byte 0
    events
      [time]  Admin  instance [address] created at 1.0
      [time]  Admin  instance [address] 1.0 → 2.0
    ");
}
