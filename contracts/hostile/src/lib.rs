#![doc = "An implementation that misbehaves on purpose, for the abuse tests."]
