#![doc = "Version 1 of the smallest upgradeable contract."]
