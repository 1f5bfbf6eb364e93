#![doc = "Version 2 of the token: adds ERC-2612 permit."]
