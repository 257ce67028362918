//! The wire: code generated from `dogwatch/v1/*.proto`, and its conversions to the model.
//!
//! Wire types stop here. Other crates name the messages and services in [`v1`] where they speak to the network and
//! hand [`dogwatch_model`] types to everything else; one file of [`conversions`] per concept, fallible inward
//! (a peer may send anything), total outward. Limits on lists and texts are enforced on the way in.

pub mod conversions;
pub mod packed;

/// Generated from the `.proto` files; the comments are theirs.
#[expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::large_enum_variant,
    reason = "generated code"
)]
pub mod v1 {
    tonic::include_proto!("dogwatch.v1");
}
