//! Storage layouts: extracted, compared, migrated.
