//! Ids as bytes, and the evidence that a Hello carries.

use dogwatch_model::{EndpointId, Epoch, Goodbye, MachineEvidence};
use uuid::Uuid;

use super::{ConversionError, Fault, field};
use crate::v1;

const SIXTEEN_BYTES: Fault = Fault::OutOfRange { expected: "16 bytes" };

/// The epoch of a Hello.
///
/// # Errors
/// When it is not 16 bytes.
pub fn epoch(bytes: &[u8]) -> Result<Epoch, ConversionError> {
    Uuid::from_slice(bytes).map(Epoch).map_err(|_| field::fault("hello.epoch", SIXTEEN_BYTES))
}

/// The endpoint's id in an answer to enrolment.
///
/// # Errors
/// When it is not 16 bytes.
pub fn endpoint_id(bytes: &[u8]) -> Result<EndpointId, ConversionError> {
    Uuid::from_slice(bytes).map(EndpointId).map_err(|_| field::fault("endpoint_id", SIXTEEN_BYTES))
}

impl TryFrom<&v1::Hello> for MachineEvidence {
    type Error = ConversionError;

    fn try_from(hello: &v1::Hello) -> Result<Self, ConversionError> {
        Ok(Self {
            machine_id_hash: field::maybe_name("hello.machine_id_hash", hello.machine_id_hash.clone())?,
            hardware_hash: field::maybe_name("hello.hardware_hash", hello.hardware_hash.clone())?,
            boot_id: field::maybe_name("hello.boot_id", hello.boot_id.clone())?,
        })
    }
}

impl TryFrom<v1::Goodbye> for Goodbye {
    type Error = ConversionError;

    fn try_from(goodbye: v1::Goodbye) -> Result<Self, ConversionError> {
        field::word("goodbye.reason", &goodbye.reason)
    }
}

impl From<Goodbye> for v1::Goodbye {
    fn from(goodbye: Goodbye) -> Self {
        Self { reason: goodbye.as_str().to_owned() }
    }
}
