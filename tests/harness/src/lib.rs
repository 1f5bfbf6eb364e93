#![doc = "Test an upgrade in twenty lines: a chain, contracts, proxies, assertions."]
