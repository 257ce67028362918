//! Tables and properties for the clocks.
