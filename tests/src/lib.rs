//! Where the suites of this workspace share what they need.
