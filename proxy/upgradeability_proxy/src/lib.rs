#![doc = "UpgradeabilityProxy: a Proxy that answers the five upgrade selectors first."]
