//! The queries of staff on all partners together, and on the tenant itself.

use async_graphql::{Context, Object};

use super::connection::Connection;
use super::context::{counted, request};
use super::guard::require;
use super::types::inbox::InboxEvent;
use super::types::job::{DeadJob, JobLaneCounts};
use super::types::mail::Mail;
use super::types::overview::Overview;
use super::types::payment_file::PaymentFile;
use super::types::saved_view::SavedView;
use super::types::service_token::ServiceToken;
use super::types::webhook::{WebhookDelivery, WebhookEndpoint};
use super::types::work_queue::WorkQueueCounts;
use crate::auth::Permission;
use crate::domain::db::job::{self, Lane};
use crate::domain::inbox::list::InboxEventFilter;
use crate::domain::mail::list::MailFilter;
use crate::domain::payment_file::list::PaymentFileFilter;
use crate::domain::reporting::{self, OVERVIEW_MONTHS_MAX};
use crate::domain::saved_view::SavedViewList;
use crate::domain::tenant::service_token;
use crate::domain::webhook::list::WebhookDeliveryFilter;
use crate::domain::{inbox, mail, payment_file, saved_view, webhook};
use crate::primitives::error::Error;
use crate::primitives::id::PaymentFileId;
use crate::primitives::pagination::PageArgs;

/// The queries of staff on all partners together, and on the tenant itself.
#[derive(Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// The numbers of rows that wait for staff. Cheap enough to be asked for every half minute. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn work_queue(&self, ctx: &Context<'_>) -> async_graphql::Result<WorkQueueCounts> {
        Ok(WorkQueueCounts(reporting::work_queue(&mut *request(ctx)?.session().await?).await?))
    }

    /// The sums of all partners: what they earned and are owed, by currency and month, the largest debts and earners, and what
    /// waits for staff; all from one snapshot of the database. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn overview(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 12, desc = "The number of months up to the current one, 1 to 24.")] months: i32,
    ) -> async_graphql::Result<Overview> {
        if !(1..=OVERVIEW_MONTHS_MAX).contains(&months) {
            let message = format!("is {months}; it must be 1 to {OVERVIEW_MONTHS_MAX}");
            return Err(Error::bad_input("months", message).into());
        }
        let mut db = request(ctx)?.session().await?;
        Ok(Overview(db.read_snapshot(async |db| reporting::overview(db, months).await).await?))
    }

    /// The service tokens of the tenant, without their secrets: the valid ones first, then the latest of those that were revoked
    /// or have expired, at most 100 in all. For admins.
    #[graphql(guard = "require(Permission::ManageServiceTokens)")]
    async fn service_tokens(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ServiceToken>> {
        let tokens = service_token::latest(&mut *request(ctx)?.session().await?).await?;
        counted(ctx, tokens.into_iter().map(ServiceToken::from).collect()).await
    }

    /// The saved views of the viewer, and those that other staff share, by name; the viewer's own first. For staff.
    #[graphql(guard = "require(Permission::SaveViews)")]
    async fn saved_views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the views of this list; default all.")] list: Option<SavedViewList>,
    ) -> async_graphql::Result<Vec<SavedView>> {
        let views = saved_view::store::visible(&mut *request(ctx)?.session().await?, list).await?;
        counted(ctx, views.into_iter().map(SavedView).collect()).await
    }

    /// The webhook endpoints of the tenant that are not deleted, at most 20, in the order of their creation. For staff.
    #[graphql(guard = "require(Permission::ReadWebhooks)")]
    async fn webhook_endpoints(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<WebhookEndpoint>> {
        let rows = webhook::store::living(&mut *request(ctx)?.session().await?).await?;
        counted(ctx, rows.into_iter().map(WebhookEndpoint).collect()).await
    }

    /// The numbers of jobs by lane, of the lanes that have some. For staff.
    #[graphql(guard = "require(Permission::ReadJobs)")]
    async fn job_lanes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<JobLaneCounts>> {
        let lanes = job::counts_of_tenant(&mut *request(ctx)?.session().await?).await?;
        counted(ctx, lanes.into_iter().map(JobLaneCounts).collect()).await
    }

    /// The jobs that are not tried again by themselves, at most 100, those first that have been dead for longest; jobLanes has
    /// their number. For staff.
    #[graphql(guard = "require(Permission::ReadJobs)")]
    async fn dead_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the jobs of this lane; default all lanes.")] lane: Option<Lane>,
    ) -> async_graphql::Result<Vec<DeadJob>> {
        let jobs = job::retry::dead_jobs(&mut *request(ctx)?.session().await?, lane).await?;
        counted(ctx, jobs.into_iter().map(DeadJob).collect()).await
    }

    /// The deliveries of events to webhook endpoints, latest first. For staff.
    #[graphql(guard = "require(Permission::ReadWebhooks)")]
    async fn webhook_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the deliveries; default all deliveries.")] filter: Option<
            WebhookDeliveryFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<WebhookDelivery>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, webhook::list::BY_CREATION, page).await?)
    }

    /// The payment file with this id; null if there is none. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn payment_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the file.")] id: PaymentFileId,
    ) -> async_graphql::Result<Option<PaymentFile>> {
        Ok(request(ctx)?.loaders().payment_file.load(id).await?.map(PaymentFile))
    }

    /// The payment files of the tenant, latest first. For staff.
    #[graphql(guard = "require(Permission::ReadOverview)")]
    async fn payment_files(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the files; default all files.")] filter: Option<
            PaymentFileFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<PaymentFile>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, payment_file::list::BY_CREATION, page).await?)
    }

    /// The mails of the last 90 days, and those that wait, latest first. For staff.
    #[graphql(guard = "require(Permission::ReadMails)")]
    async fn mails(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the mails; default all mails.")] filter: Option<MailFilter>,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Mail>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, mail::list::BY_CREATION, page).await?)
    }

    /// The events that others have sent by webhooks in the last 90 days, and those that wait, latest first. For staff.
    #[graphql(guard = "require(Permission::ReadWebhooks)")]
    async fn inbox_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the events; default all events.")] filter: Option<
            InboxEventFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<InboxEvent>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, inbox::list::BY_RECEPTION, page).await?)
    }
}
