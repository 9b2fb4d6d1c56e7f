//! The addresses that webhooks may be sent to: a tenant must not reach the operator's own network through them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Host;

/// The longest URL of an endpoint, in characters.
pub const URL_MAX: usize = 2_000;

/// The end of the sentence about an address that may not be called.
pub const NOT_PUBLIC: &str = ", which is not a public address";

/// Which addresses may be called. The same rules apply when an endpoint is registered, tested, and at each attempt.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    /// Networks that are allowed although they are not public; http is allowed there.
    pub networks: Vec<IpNet>,
    /// Whether the loopback addresses of this machine are allowed: only if the server listens there itself.
    pub allows_loopback: bool,
}

/// Why an address is refused; the end of the sentence "the URL …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl AddressPolicy {
    /// Returns whether a network is one of those that the operator has allowed.
    fn is_exempt(&self, address: IpAddr) -> bool {
        (self.allows_loopback && address.to_canonical().is_loopback())
            || self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }

    fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        if self.is_exempt(address) || is_public(address) {
            return Ok(());
        }
        Err(Refused(format!("leads to {address}{NOT_PUBLIC}")))
    }

    /// Parses the URL of an endpoint and checks everything that is known without asking for its name.
    pub fn parse(&self, text: &str) -> Result<Url, Refused> {
        let refused = |why: &str| Refused(why.to_owned());
        if text.chars().count() > URL_MAX {
            return Err(Refused(format!("must have at most {URL_MAX} characters")));
        }
        let url = Url::parse(text).map_err(|error| Refused(format!("is not a URL: {error}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must not contain a user name or password; the signature authenticates us"));
        }
        if url.fragment().is_some() {
            return Err(refused("must not contain a fragment (#…)"));
        }
        let literal = literal_address(&url).ok_or_else(|| refused("must contain a host"))?;
        match literal {
            Some(address) => self.check_address(address)?,
            None if url.host_str().is_some_and(|host| host.ends_with('.')) => {
                return Err(refused("must not have a host that ends with a dot"));
            }
            None => {}
        }
        let is_exempt = literal.is_some_and(|address| self.is_exempt(address))
            || self.allows_loopback && url.host_str() == Some("localhost");
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_exempt => Ok(url),
            _ => Err(refused("must start with https://")),
        }
    }

    /// Resolves the host of a URL and returns its addresses; refuses if any of them may not be called.
    pub async fn resolve(&self, url: &Url) -> Result<Vec<SocketAddr>, Refused> {
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses = match literal_address(url).flatten() {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => {
                let host = url.host_str().unwrap_or_default().to_owned();
                let found = tokio::net::lookup_host((host.as_str(), port)).await;
                found.map_err(|_| Refused(format!("has a host that cannot be resolved: {host}")))?.collect()
            }
        };
        if addresses.is_empty() {
            return Err(Refused("has a host without an address".to_owned()));
        }
        for address in &addresses {
            self.check_address(address.ip())?;
        }
        Ok(addresses)
    }
}

/// Returns the address that a URL has instead of a name, if it has one; `None` if it has no host at all.
#[expect(clippy::option_option, reason = "no host, a host with a name, a host that is an address")]
fn literal_address(url: &Url) -> Option<Option<IpAddr>> {
    Some(match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    })
}

/// Resolves names for the HTTP client by the policy, so that exactly the checked addresses are connected to.
pub struct PolicyResolver(pub Arc<AddressPolicy>);

impl Resolve for PolicyResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &found {
                policy.check_address(address.ip()).map_err(|Refused(why)| why)?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Returns whether an address is of the public internet: in no special-purpose range of IANA.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a >= 240
        // Shared address space (CGNAT), protocol assignments, benchmarking, the former 6to4 relays.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only global unicast is assigned to the public; within it, these ranges lead elsewhere.
    let is_global_unicast = (0x2000..0x4000).contains(&first);
    let is_6to4 = first == 0x2002;
    // 2001::/23: Teredo, benchmarking, ORCHID and others; 2001:db8::/32 and 3fff::/20: documentation.
    let is_special = first == 0x2001 && (second < 0x200 || second == 0xdb8);
    let is_documentation = first == 0x3fff && second < 0x1000;
    is_global_unicast && !is_6to4 && !is_special && !is_documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_inside_are_refused() {
        let policy = AddressPolicy::default();
        for url in [
            "http://example.com",
            "ftp://example.com",
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f.1",
            "https://0177.0.0.1/",
            "https://[::1]",
            "https://[::]",
            "https://[::ffff:10.0.0.1]",
            "https://[64:ff9b::a00:1]",
            "https://[2002:a00:1::]",
            "https://[fd00::1]",
            "https://[fe80::1]",
            "https://[ff02::1]",
            "https://[2001:db8::1]",
            "https://[2001::1]",
            "https://10.1.2.3",
            "https://100.64.0.1",
            "https://169.254.169.254/latest/meta-data",
            "https://172.16.0.1",
            "https://192.0.0.8",
            "https://192.0.2.1",
            "https://192.168.1.1",
            "https://198.18.0.1",
            "https://198.51.100.7",
            "https://203.0.113.9",
            "https://224.0.0.1",
            "https://240.0.0.1",
            "https://255.255.255.255",
            "https://0.0.0.0",
            "https://user:password@example.com",
            "https://example.com./",
            "https://example.com/#fragment",
            "mailto:someone@example.com",
            "example.com",
            "",
        ] {
            assert!(policy.parse(url).is_err(), "{url}");
        }
        for url in [
            "https://example.com",
            "https://example.com:8443/a?b=c",
            "https://8.8.8.8",
            "https://[2606:4700::1111]",
        ] {
            assert!(policy.parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_operator_can_allow_networks() {
        let networks = vec!["10.0.0.0/8".parse().unwrap_or_default()];
        let policy = AddressPolicy { networks, allows_loopback: false };
        assert!(policy.parse("http://10.1.2.3:9000/hook").is_ok());
        assert!(policy.parse("https://[::ffff:10.1.2.3]/").is_ok());
        assert!(policy.parse("http://127.0.0.1/").is_err());
        let local = AddressPolicy { allows_loopback: true, ..AddressPolicy::default() };
        assert!(
            local.parse("http://127.0.0.1:8080/").is_ok() && local.parse("http://localhost:8080/").is_ok()
        );
        assert!(local.parse("http://example.com/").is_err());
    }
}
