//! Lengths: whole hundredths of a point. The libraries take and return binary fractions; all conversions are here.
#![expect(
    clippy::float_arithmetic,
    clippy::as_conversions,
    reason = "the libraries measure in f32; no amount of money passes through here, only positions on paper"
)]

/// A length in hundredths of a point.
pub type Length = i32;

/// The hundredths of a point.
const HUNDREDTHS: f32 = 100.0;

/// Returns a length in points.
pub fn points(length: Length) -> f32 {
    length as f32 / HUNDREDTHS
}

/// Returns a length as a multiple of a font size.
pub fn ems(length: Length, size: Length) -> f32 {
    length as f32 / size as f32
}

/// Returns the length of a multiple of a font size.
pub fn length(ems: f32, size: Length) -> Length {
    (ems * size as f32).round() as Length
}
