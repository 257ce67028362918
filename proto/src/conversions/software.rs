//! Installed software.

use dogwatch_model::Software;

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::SoftwareList> for Vec<Software> {
    type Error = ConversionError;

    fn try_from(wire: v1::SoftwareList) -> Result<Self, ConversionError> {
        field::list("software", wire.software, limits::SOFTWARE, |software| {
            Ok(Software {
                source: field::name("software.source", software.source)?,
                name: field::name("software.name", software.name)?,
                version: field::name("software.version", software.version)?,
            })
        })
    }
}

impl From<&[Software]> for v1::SoftwareList {
    fn from(software: &[Software]) -> Self {
        let one = |software: &Software| v1::Software {
            source: software.source.clone(),
            name: software.name.clone(),
            version: software.version.clone(),
        };
        Self { software: software.iter().map(one).collect() }
    }
}
