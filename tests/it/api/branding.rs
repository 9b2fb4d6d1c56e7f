//! The colour and the logo of a tenant.

use axum::body::Body;
use axum::http::{Request, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, TestTenant, acme_with_partner};

const SELECTION: &str = "tenant { brandColor brandColorOnDark logoPath }";

/// The smallest file that begins and ends as a PNG does.
fn png(width: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(b"\0\0\0\x20\x08\x06\0\0\0\0\0\0\0\0\0\0\0IEND\xaeB\x60\x82");
    bytes
}

/// Changes the branding; returns it.
async fn update(tenant: &TestTenant, input: Value) -> Value {
    tenant.admin().mutate_ok("updateTenantBranding", input, SELECTION).await["tenant"].clone()
}

async fn get(client: &Client, tenant: &TestTenant, path: &str) -> Response<Vec<u8>> {
    let request = client.request(Request::get(path)).body(Body::empty()).expect("a request");
    tenant.app.send_bytes(request).await
}

#[tokio::test]
async fn branding_is_stored_until_it_is_removed() {
    let (acme, partner) = acme_with_partner().await;
    let none = json!({ "brandColor": null, "brandColorOnDark": null, "logoPath": null });
    assert_eq!(update(&acme, json!({})).await, none);
    let branding = update(&acme, json!({ "brandColor": "#0B7A4B", "logo": STANDARD.encode(png(32)) })).await;
    assert_eq!(branding["brandColor"], "#0b7a4b");
    // Lighter, because the colour is too dark for a dark background.
    assert_ne!(branding["brandColorOnDark"], branding["brandColor"]);
    assert_eq!(update(&acme, json!({})).await, branding);

    let user = acme.partner_user(&partner, "paula").await;
    let data = user.query("{ viewer { tenant { brandColor brandColorOnDark logoPath } } }").await.data();
    assert_eq!(data["viewer"]["tenant"], branding);
    let without_color = update(&acme, json!({ "brandColor": null })).await;
    assert_eq!(without_color["logoPath"], branding["logoPath"]);
    assert_eq!(update(&acme, json!({ "logo": null })).await, none);
}

#[tokio::test]
async fn what_cannot_be_read_or_shown_is_rejected_with_what_would_be_right() {
    let (acme, _) = acme_with_partner().await;
    for (input, field, message) in [
        (json!({ "brandColor": "teal" }), "brandColor", "write it as in \"#1d4f9e\""),
        (json!({ "brandColor": "#ffd500" }), "brandColor", "at least 4.5:1, as that of #846e00"),
        (json!({ "logo": "!" }), "logo", "is not base64"),
        (json!({ "logo": STANDARD.encode("<svg/>") }), "logo", "is neither a PNG nor a WebP image"),
        (json!({ "logo": STANDARD.encode(png(1025)) }), "logo", "each may be 1 to 1024"),
        (json!({ "logo": STANDARD.encode(vec![0; 65_537]) }), "logo", "use a smaller image"),
    ] {
        let variables = json!({ "input": input });
        let document = "mutation ($input: UpdateTenantBrandingInput!) { updateTenantBranding(input: $input) { tenant { id } } }";
        let response = acme.admin().query_with(document, variables).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{input}");
        let error = &response.body["errors"][0];
        assert_eq!(error["extensions"]["field"], field, "{error}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(message)), "{error}");
    }
}

#[tokio::test]
async fn a_logo_is_served_to_its_tenant_only_and_as_nothing_but_an_image() {
    let (acme, partner) = acme_with_partner().await;
    let branding = update(&acme, json!({ "logo": STANDARD.encode(png(32)) })).await;
    let path = branding["logoPath"].as_str().expect("a path").to_owned();
    let user = acme.partner_user(&partner, "paula").await;
    let logo = get(&user, &acme, &path).await;
    assert_eq!(logo.status(), 200);
    assert_eq!(*logo.body(), png(32));
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("vary", "authorization"),
    ] {
        assert_eq!(logo.headers()[name], value, "{name}");
    }
    assert_eq!(get(&Client::anonymous(&acme.app), &acme, &path).await.status(), 401);
    let other = acme.app.tenant("other").await;
    assert_eq!(get(&other.admin(), &acme, &path).await.status(), 404);
    assert_eq!(get(&user, &acme, "/tenant-logo/x").await.status(), 404);
    update(&acme, json!({ "logo": STANDARD.encode(png(31)) })).await;
    assert_eq!(get(&user, &acme, &path).await.status(), 404);
}
