#![doc = "UpgradeabilityStorage: where the upgrade state lives, and the admin path of every proxy."]
