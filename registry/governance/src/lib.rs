#![doc = "Registry part: definitions, versions, policies, approvals."]
