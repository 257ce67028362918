//! Drives: what they say of themselves.

use super::{Field, Type, element, text, texts, value};
use crate::filter::value::{Item, List};

pub(super) static FIELDS: &[Field] = &[
    text("device", "/dev/sda, /dev/nvme0 …", element!(Drive, |drive| &drive.device)),
    text("model", "model", element!(Drive, |drive| drive.model.as_ref())),
    text("serial", "serial number", element!(Drive, |drive| drive.serial.as_ref())),
    value(
        "passed",
        Type::Bool,
        "its own judgement; absent when it gives none",
        element!(Drive, |drive| drive.passed),
    ),
    texts("problems", "what is wrong, in words", |_, item| match item {
        Item::Drive(drive) => Some(List::Texts(&drive.problems)),
        _ => None,
    }),
    value("celsius", Type::Float, "degrees Celsius", element!(Drive, |drive| drive.celsius)),
    value(
        "wear_percent",
        Type::Percent,
        "share of its rated life that is used up; can exceed 100",
        element!(Drive, |drive| drive.wear_percent),
    ),
    value(
        "media_errors",
        Type::Int,
        "replaced sectors, or media errors",
        element!(Drive, |drive| drive.media_errors),
    ),
    value(
        "power_on_hours",
        Type::Int,
        "hours it has been running",
        element!(Drive, |drive| drive.power_on_hours),
    ),
];
