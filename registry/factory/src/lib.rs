#![doc = "Registry part: creation, upgrades, rollout, paths."]
