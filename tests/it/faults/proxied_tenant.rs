//! A tenant that is served by two servers, one of which reaches the database through a proxy.

use serde_json::Value;

use super::proxy::Proxy;
use crate::support::{TestApp, TestTenant};

/// A tenant on two servers over one database: one connects directly, the other through a proxy.
pub struct ProxiedTenant {
    pub direct: TestTenant,
    pub proxied: TestTenant,
    pub proxy: Proxy,
    pub partner: String,
}

/// Returns the name of the database in a URL like `postgres://role@/name?host=…`.
pub fn database_name(url: &str) -> &str {
    url.rsplit('/').find_map(|part| part.split_once('?')).expect("a database").0
}

impl ProxiedTenant {
    pub async fn new() -> Self {
        let app = TestApp::new().await;
        let direct = app.tenant("acme").await;
        let partner = direct.create_partner_with_account("c").await;
        let url = app.database.urls().serving;
        let proxy = Proxy::to(&url);
        let proxied_app = app.by_way_of(&proxy.url("revshare_app", database_name(&url)));
        let proxied = TestTenant { id: direct.id.clone(), app: proxied_app };
        Self { direct, proxied, proxy, partner }
    }

    /// Returns the total counts of the tenant's lists.
    pub async fn counts(&self) -> Value {
        let query = "
            {
                commissionEvents { totalCount }
                payouts { totalCount }
                partners { totalCount }
                referralLeads { totalCount }
            }";
        self.direct.admin().query(query).await.data()
    }
}
