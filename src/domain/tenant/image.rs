//! Images from input: what they are is read from their bytes, never taken from a name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::primitives::error::{Error, Result};

/// The most bytes of an image.
const BYTES_MAX: usize = 64 * 1024;
/// The largest width and height in pixels. A small file can be a picture that fills the memory of a browser.
const PIXELS_MAX: u32 = 1024;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// An image whose format is one of those that browsers show without running anything in it. SVG is a document, with scripts and
/// links, and not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The media type.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Image {
    /// Reads an image from base64.
    pub fn parse(field: &'static str, base64: &str) -> Result<Self> {
        let reject = |message: String| Err(Error::bad_input(field, message));
        let Ok(bytes) = STANDARD.decode(base64.trim()) else {
            return reject("is not base64 (RFC 4648, with padding)".to_owned());
        };
        if bytes.len() > BYTES_MAX {
            return reject(format!(
                "has {} bytes; the most is {BYTES_MAX}: use a smaller image",
                bytes.len()
            ));
        }
        let Some((media_type, width, height)) = header(&bytes) else {
            return reject("is neither a PNG nor a WebP image".to_owned());
        };
        if !(1..=PIXELS_MAX).contains(&width) || !(1..=PIXELS_MAX).contains(&height) {
            return reject(format!("has {width} × {height} pixels; each may be 1 to {PIXELS_MAX}"));
        }
        Ok(Self { media_type, bytes })
    }
}

/// Returns the constant of a media type of images; `None` for any other.
pub fn media_type(text: &str) -> Option<&'static str> {
    ["image/png", "image/webp"].into_iter().find(|known| *known == text)
}

/// Returns the media type, the width and the height of an image by the head of its file.
fn header(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    if bytes.starts_with(PNG) {
        let is_complete = bytes.get(8..16)? == b"\0\0\0\rIHDR"
            && bytes.get(bytes.len().checked_sub(8)?..)?.starts_with(b"IEND");
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..)?.first_chunk().copied()?));
        return is_complete.then_some(("image/png", number(16)?, number(20)?));
    }
    let size = u32::from_le_bytes(bytes.get(4..)?.first_chunk().copied()?);
    let is_complete = usize::try_from(size).ok()?.checked_add(8)? == bytes.len();
    if !(bytes.starts_with(b"RIFF") && bytes.get(8..12)? == b"WEBP" && is_complete) {
        return None;
    }
    let (width, height) = webp_size(bytes)?;
    Some(("image/webp", width, height))
}

/// Returns the width and the height of a WebP image: lossy, lossless, or extended (RFC 9649).
fn webp_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize, bits: u32| {
        let four: [u8; 4] = bytes.get(at..)?.first_chunk().copied()?;
        Some(u32::from_le_bytes(four) & ((1 << bits) - 1))
    };
    match bytes.get(12..16)? {
        b"VP8 " if bytes.get(23..26)? == b"\x9d\x01\x2a" => {
            let both = number(26, 31)?;
            Some((both & 0x3fff, (both >> 16) & 0x3fff))
        }
        b"VP8L" if *bytes.get(20)? == 0x2f => {
            let both = number(21, 28)?;
            Some(((both & 0x3fff) + 1, (both >> 14) + 1))
        }
        b"VP8X" => Some((number(24, 24)? + 1, number(27, 24).filter(|_| bytes.len() > 30)? + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = PNG.to_vec();
        bytes.extend(b"\0\0\0\rIHDR");
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x06\0\0\0\0\0\0\0\0\0\0\0IEND\xaeB\x60\x82");
        bytes
    }

    fn webp(chunk: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(u32::try_from(chunk.len() + 4).expect("a size").to_le_bytes());
        bytes.extend(b"WEBP");
        bytes.extend(chunk);
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        Image::parse("logo", &STANDARD.encode(bytes)).expect_err("rejected").message()
    }

    #[test]
    fn png_and_webp_are_recognized_by_their_bytes() {
        assert_eq!(header(&png(64, 32)), Some(("image/png", 64, 32)));
        let lossy = webp(b"VP8 \x0e\0\0\0\x30\x01\0\x9d\x01\x2a\x40\0\x20\0\0\0\0\0");
        assert_eq!(header(&lossy), Some(("image/webp", 64, 32)));
        // 63 and 31, in 14 bits each.
        let lossless = webp(b"VP8L\x08\0\0\0\x2f\x3f\xc0\x07\0\0\0\0");
        assert_eq!(header(&lossless), Some(("image/webp", 64, 32)));
        let extended = webp(b"VP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x1f\0\0\0");
        assert_eq!(header(&extended), Some(("image/webp", 64, 32)));
    }

    #[test]
    fn everything_else_is_rejected() {
        for bytes in [
            b"".as_slice(),
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"GIF89a\x01\0\x01\0",
            b"\xff\xd8\xff\xe0",
            PNG,
            &png(1, 1)[..30],
            &webp(b"VP8Y\0\0\0\0"),
            &[webp(b"VP8L\x08\0\0\0\x2f\x3f\xc0\x07\0\0\0\0"), b"<script>".to_vec()].concat(),
        ] {
            assert!(message(bytes).contains("is neither a PNG nor a WebP image"), "{bytes:?}");
        }
        assert!(message(&png(1025, 1)).contains("has 1025 × 1 pixels"));
        assert!(message(&png(1, 0)).contains("has 1 × 0 pixels"));
        assert!(message(&[png(1, 1), vec![0; BYTES_MAX]].concat()).contains("use a smaller image"));
        assert!(Image::parse("logo", "data:image/png;base64,AAAA").is_err());
    }
}
