//! Lanes and marks.

use dogwatch_model::{Lane, LaneMarks};

use super::{ConversionError, Fault, field};
use crate::v1;

impl TryFrom<v1::Lane> for Lane {
    type Error = ConversionError;

    fn try_from(lane: v1::Lane) -> Result<Self, ConversionError> {
        match lane {
            v1::Lane::Unspecified => Err(field::fault("lane", Fault::Missing)),
            v1::Lane::Kept => Ok(Self::Kept),
            v1::Lane::Latest => Ok(Self::Latest),
            v1::Lane::Samples => Ok(Self::Samples),
        }
    }
}

impl From<Lane> for v1::Lane {
    fn from(lane: Lane) -> Self {
        match lane {
            Lane::Kept => Self::Kept,
            Lane::Latest => Self::Latest,
            Lane::Samples => Self::Samples,
        }
    }
}

impl TryFrom<v1::LaneMarks> for LaneMarks {
    type Error = ConversionError;

    fn try_from(marks: v1::LaneMarks) -> Result<Self, ConversionError> {
        Ok(Self {
            kept: field::sequence("marks.kept", marks.kept)?,
            latest: field::sequence("marks.latest", marks.latest)?,
            samples: field::sequence("marks.samples", marks.samples)?,
        })
    }
}

impl From<LaneMarks> for v1::LaneMarks {
    fn from(marks: LaneMarks) -> Self {
        Self { kept: marks.kept, latest: marks.latest, samples: marks.samples }
    }
}
