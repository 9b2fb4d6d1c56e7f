//! updateTenantBranding: changes the colour and the logo with which the portal shows a tenant to its partners.

use std::sync::Arc;

use async_graphql::{InputObject, MaybeUndefined};

use super::image::{self, Image};
use super::{TenantSettings, store};
use crate::auth::Caller;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::color::Color;
use crate::primitives::error::{Error, Result};

/// The contrast of text to its background, in tenths: level AA of WCAG 2.2.
const CONTRAST_TENTHS: u64 = 45;
/// The darkest of the light backgrounds of the portal, and the lightest of the dark ones: those of the page and of a row that
/// is pointed at, in `portal/src/base.css`. On every other one the contrast is higher.
const LIGHT_BACKGROUND: Color = Color([0xf4, 0xf5, 0xf8]);
const DARK_BACKGROUND: Color = Color([0x2a, 0x34, 0x47]);

/// New branding of the tenant in the portal; omitted fields stay as they are, and null removes what was set.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTenantBrandingInput {
    /// The colour of buttons, links and marks on a light background: `"#1d4f9e"`, red, green and blue in hexadecimal. Its
    /// contrast to the background must be at least 4.5:1; the message of a rejection names the nearest shade that has it.
    pub brand_color: MaybeUndefined<String>,
    /// A PNG or WebP image of at most 64 KiB and 1,024 pixels in each direction, as base64 (RFC 4648, with padding).
    pub logo: MaybeUndefined<String>,
}

/// Updates the colour and the logo of the tenant.
pub async fn update(db: &mut Transaction, input: &UpdateTenantBrandingInput) -> Result<Arc<TenantSettings>> {
    let color = checked(&input.brand_color, parse_color)?;
    let logo = checked(&input.logo, |text| Image::parse("logo", text))?;
    store::lock_own(db).await?;
    let before = super::settings(db).await?;
    if let Some(color) = color {
        store::update_brand_color(db, color).await?;
    }
    if let Some(logo) = logo {
        store::update_logo(db, logo).await?;
    }
    let after = super::settings(db).await?;
    db.record_changed(&*before, &*after);
    Ok(after)
}

/// Returns `None` for an absent field, and otherwise its checked value, or none for null.
fn checked<T>(
    input: &MaybeUndefined<String>,
    parse: impl FnOnce(&str) -> Result<T>,
) -> Result<Option<Option<T>>> {
    match input {
        MaybeUndefined::Undefined => Ok(None),
        MaybeUndefined::Null => Ok(Some(None)),
        MaybeUndefined::Value(text) => Ok(Some(Some(parse(text)?))),
    }
}

fn parse_color(text: &str) -> Result<Color> {
    let color = Color::parse(text.trim())
        .ok_or_else(|| Error::bad_input("brandColor", "is not a colour; write it as in \"#1d4f9e\""))?;
    let tenths = color.contrast_tenths(LIGHT_BACKGROUND);
    if tenths >= CONTRAST_TENTHS {
        return Ok(color);
    }
    let nearest = color.toward(Color::BLACK, LIGHT_BACKGROUND, CONTRAST_TENTHS);
    Err(Error::bad_input(
        "brandColor",
        format!(
            "has a contrast of {}.{}:1 to the background, too little to be read; it must be at least 4.5:1, as that of {nearest}",
            tenths / 10,
            tenths % 10
        ),
    ))
}

/// Returns the colour of the tenant for dark backgrounds: lighter, if its contrast to them is too little.
pub fn on_dark(brand_color: &str) -> Option<String> {
    let color = Color::parse(brand_color)?;
    Some(color.toward(Color::WHITE, DARK_BACKGROUND, CONTRAST_TENTHS).to_string())
}

/// A logo, as it is served.
pub struct Logo {
    /// The media type.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Returns the logo of the caller's tenant with this SHA-256 in hexadecimal, if that is the present one.
pub async fn logo(pool: &Pool, caller: &Caller, sha256: &str) -> Result<Option<Logo>> {
    let mut session = Session::open(pool, caller).await?;
    let Some((Some(bytes), Some(media_type))) = store::logo(&mut session, sha256).await? else {
        return Ok(None);
    };
    Ok(image::media_type(&media_type).map(|media_type| Logo { media_type, bytes }))
}
