#![doc = "Version 1 of an upgradeable ERC-20 token."]
