//! The errors of modules as errors of a command.

use super::Error;
use crate::census::CensusError;
use crate::expect::ExpectError;
use crate::fuzz::FuzzError;
use crate::governance::GovernanceError;
use crate::layout::{DocumentError, LayoutError};
use crate::line_coverage::LineCoverageError;
use crate::migration::MigrationError;
use crate::project::ProjectError;
use crate::registry::OriginError;
use crate::versions::VersionsError;

impl From<GovernanceError> for Error {
    fn from(error: GovernanceError) -> Self {
        Self::Governance(error.into())
    }
}

impl From<ExpectError> for Error {
    fn from(error: ExpectError) -> Self {
        Self::Expect(error.into())
    }
}

impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        Self::Migration(error.into())
    }
}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        Self::Layout(error.into())
    }
}

impl From<Box<LayoutError>> for Error {
    fn from(error: Box<LayoutError>) -> Self {
        Self::Layout(error)
    }
}

impl From<DocumentError> for Error {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Chain(error) => error.into(),
            DocumentError::Layout(error) => error.into(),
        }
    }
}

impl From<CensusError> for Error {
    fn from(error: CensusError) -> Self {
        match error {
            CensusError::Chain(error) => error.into(),
            error => Self::Census(error.into()),
        }
    }
}

impl From<LineCoverageError> for Error {
    fn from(error: LineCoverageError) -> Self {
        match error {
            LineCoverageError::Chain(error) => error.into(),
            LineCoverageError::Build(error) => error.into(),
            error => Self::LineCoverage(error.into()),
        }
    }
}

impl From<FuzzError> for Error {
    fn from(error: FuzzError) -> Self {
        match error {
            FuzzError::Plan(error) => error.into(),
            error => Self::Fuzz(error.into()),
        }
    }
}

impl From<VersionsError> for Error {
    fn from(error: VersionsError) -> Self {
        Self::Versions(error.into())
    }
}

impl From<ProjectError> for Error {
    fn from(error: ProjectError) -> Self {
        Self::Project(error.into())
    }
}

impl From<OriginError> for Error {
    fn from(error: OriginError) -> Self {
        match error {
            OriginError::Chain(error) => error.into(),
            error => Self::Origin(error.into()),
        }
    }
}
