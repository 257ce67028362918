//! Drives.

use dogwatch_model::Drive;

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::Drives> for Vec<Drive> {
    type Error = ConversionError;

    fn try_from(wire: v1::Drives) -> Result<Self, ConversionError> {
        field::list("drives", wire.drives, limits::DRIVES, |drive| {
            Ok(Drive {
                device: field::path("drive.device", drive.device)?,
                model: field::maybe_name("drive.model", drive.model)?,
                serial: field::maybe_name("drive.serial", drive.serial)?,
                passed: drive.passed,
                problems: field::names("drive.problems", drive.problems, limits::DRIVE_PROBLEMS)?,
                celsius: drive.celsius.map(|celsius| field::finite("drive.celsius", celsius)).transpose()?,
                wear_percent: drive
                    .wear_percent
                    .map(|wear| field::amount("drive.wear_percent", wear))
                    .transpose()?,
                media_errors: drive.media_errors,
                power_on_hours: drive.power_on_hours,
            })
        })
    }
}

impl From<&[Drive]> for v1::Drives {
    fn from(drives: &[Drive]) -> Self {
        let one = |drive: &Drive| v1::Drive {
            device: drive.device.clone(),
            model: drive.model.clone(),
            serial: drive.serial.clone(),
            passed: drive.passed,
            problems: drive.problems.clone(),
            celsius: drive.celsius,
            wear_percent: drive.wear_percent,
            media_errors: drive.media_errors,
            power_on_hours: drive.power_on_hours,
        };
        Self { drives: drives.iter().map(one).collect() }
    }
}
