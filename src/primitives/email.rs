//! E-mail addresses: an address alone, as RFC 5321 and RFC 6531 permit it, without the forms that hardly any mailbox has.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::characters::forbidden_in_identifier;

/// The maximal length of an address, in bytes: a path of RFC 5321 has 256, two of them for its angle brackets.
const ADDRESS_BYTES_MAX: usize = 254;
/// The maximal length of the part before the `@`, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_BYTES_MAX: usize = 64;

/// Checks an address in lower case and in Unicode Normalization Form C: `local@domain`, without display name, quotes,
/// comments or address literal, with a domain of two labels or more. Returns what is wrong with it otherwise.
pub fn check(address: &str) -> Result<(), String> {
    if let Some(found) = forbidden_in_identifier(address) {
        let code = u32::from(found.character);
        return Err(format!("contains U+{code:04X} ({}) at position {}", found.kind, found.position));
    }
    if address.len() > ADDRESS_BYTES_MAX {
        return Err(format!("has {} bytes; at most {ADDRESS_BYTES_MAX} are allowed", address.len()));
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return Err("has no @".to_owned()) };
    if local.len() > LOCAL_PART_BYTES_MAX {
        return Err(format!(
            "has {} bytes before the @; at most {LOCAL_PART_BYTES_MAX} are allowed",
            local.len()
        ));
    }
    if !local.split('.').all(is_atom) {
        return Err("has characters before the @ that an address does not have".to_owned());
    }
    if !is_domain(domain) {
        return Err("has no domain name such as example.com after the @".to_owned());
    }
    Ok(())
}

/// Returns whether a part between two dots is an atom of RFC 5321, with the characters of RFC 6531.
fn is_atom(atom: &str) -> bool {
    !atom.is_empty()
        && atom.chars().all(|c| {
            if c.is_ascii() {
                c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
            } else {
                !c.is_whitespace()
            }
        })
}

/// Returns whether a name can be that of a domain with a mail server, also one in Unicode (IDNA 2008).
fn is_domain(domain: &str) -> bool {
    let labels: Vec<_> = domain.split('.').collect();
    let is_numeric = |label: &str| label.chars().all(|c| c.is_ascii_digit());
    let uts46 = Uts46::new();
    let ascii =
        uts46.to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    // A name that IDNA maps to another one would be a second spelling of the same address.
    let is_canonical = |label: &&str| {
        label.is_ascii()
            || uts46.to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0 == **label
    };
    labels.len() > 1
        && labels.last().is_some_and(|label| !is_numeric(label))
        && labels.iter().all(is_canonical)
        && ascii.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_mailbox_at_a_domain() {
        let long = format!("{}@example.com", "x".repeat(64));
        for address in [
            "jane@example.test",
            "jane.doe+tag@mail.example.co.uk",
            "o'hara@example.com",
            "josé@müller.de",
            "x@xn--mller-kva.de",
            "a@b.co",
            "1@2.com",
            "用户@例子.中国",
            "a_b-c@ex-ample.com",
            &long,
        ] {
            assert_eq!(check(address), Ok(()), "{address}");
        }
        let too_long = [
            format!("{}@example.com", "x".repeat(65)),
            format!("a@{}.com", "x".repeat(64)),
            format!("a@{}com", "abcdefgh.".repeat(28)),
        ];
        for address in [
            "jane doe <jane@example.test>",
            "<jane@example.test>",
            "\"jane doe\"@example.test",
            "jane@[127.0.0.1]",
            "jane@[ipv6:::1]",
            "jane@localhost",
            "jane",
            "@example.com",
            "jane@",
            "a@b@example.com",
            "jane@example.com.",
            "jane@.example.com",
            "jane@example..com",
            ".jane@example.com",
            "jane.@example.com",
            "ja..ne@example.com",
            "jane doe@example.com",
            "jane@exam ple.com",
            "jane(home)@example.com",
            "jane@example.com (jane)",
            "jane@-example.com",
            "jane@example-.com",
            "jane@exam_ple.com",
            "jane@1.2.3.4",
            "jane@example。com",
            "jane@example．com",
            "jane@ｅxample.com",
            "a,b@example.com",
            "a;b@example.com",
            "a:b@example.com",
            "mailto:jane@example.com",
            "jane@example.com,joe@example.com",
            "ja\u{200b}ne@example.com",
            "jane@exam\u{ad}ple.com",
            "ja\u{3000}ne@example.com",
            "jane\\@example.com",
            "jane@xn--a.com",
            &too_long[0],
            &too_long[1],
            &too_long[2],
        ] {
            assert!(check(address).is_err(), "{address}");
        }
    }
}
