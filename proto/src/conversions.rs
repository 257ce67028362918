//! Conversions between wire and model, a file per concept.
