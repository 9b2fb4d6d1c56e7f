//! The files of lists: opens a list under the filter and the order of a request.

use std::sync::Arc;

use async_graphql::{InputType, Value, Variables};
use chrono::Utc;
use chrono_tz::Tz;
use serde_json::json;

use super::csv_list::CsvList;
use super::log::DownloadLog;
use super::open_list::OpenList;
use super::producer::DOWNLOAD_TIMEOUT;
use super::request::malformed;
use super::temporary_file::TemporaryFile;
use super::xlsx_list;
use super::{AcceptedDownload, File};
use crate::auth::Caller;
use crate::domain::account::ManagedAccount;
use crate::domain::admission::Admission;
use crate::domain::audit::AuditEntry;
use crate::domain::commission::CommissionEvent;
use crate::domain::db::list_cursor::ListCursor;
use crate::domain::db::list_query::{Paginated, validated_filter};
use crate::domain::inbox::InboxEvent;
use crate::domain::invoice::InvoiceRevision;
use crate::domain::mail::Mail;
use crate::domain::partner::Partner;
use crate::domain::payment_file::PaymentFile;
use crate::domain::payout::Payout;
use crate::domain::referral::ReferralLead;
use crate::domain::statement::Statement;
use crate::domain::statement::movement::Movement;
use crate::domain::webhook::WebhookDelivery;
use crate::graphql::file::{self, FileContext, FileRow, Format, References};
use crate::graphql::{self, Work};
use crate::http::handler::set_code;
use crate::http::rejection::Rejection;
use crate::http::state::AppState;
use crate::metrics::RequestMetrics;
use crate::primitives::error::Error;

const PARAMETERS: &str = "filter, orderBy, columns and raw";

/// Opens the file of a list by its name, as in `commission-events.csv`.
pub async fn open(
    state: &Arc<AppState>,
    name: &str,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let unknown = || Rejection::not_found("there is no file of this name");
    let (list, extension) = name.rsplit_once('.').ok_or_else(unknown)?;
    let format = Format::from_extension(extension).ok_or_else(unknown)?;
    match list {
        AuditEntry::NAME => open_list::<AuditEntry>(state, format, accepted, log).await,
        Partner::NAME => open_list::<Partner>(state, format, accepted, log).await,
        CommissionEvent::NAME => open_list::<CommissionEvent>(state, format, accepted, log).await,
        Payout::NAME => open_list::<Payout>(state, format, accepted, log).await,
        ManagedAccount::NAME => open_list::<ManagedAccount>(state, format, accepted, log).await,
        ReferralLead::NAME => open_list::<ReferralLead>(state, format, accepted, log).await,
        InvoiceRevision::NAME => open_list::<InvoiceRevision>(state, format, accepted, log).await,
        Statement::NAME => open_list::<Statement>(state, format, accepted, log).await,
        WebhookDelivery::NAME => open_list::<WebhookDelivery>(state, format, accepted, log).await,
        Mail::NAME => open_list::<Mail>(state, format, accepted, log).await,
        PaymentFile::NAME => open_list::<PaymentFile>(state, format, accepted, log).await,
        InboxEvent::NAME => open_list::<InboxEvent>(state, format, accepted, log).await,
        Movement::NAME => open_list::<Movement>(state, format, accepted, log).await,
        _ => Err(unknown()),
    }
}

async fn open_list<R: FileRow>(
    state: &Arc<AppState>,
    format: Format,
    accepted: AcceptedDownload,
    log: &mut DownloadLog,
) -> Result<File, Rejection> {
    let name = format!("{}.{}", R::NAME, format.extension());
    log.set_file(&name);
    let AcceptedDownload { admission, mut params } = accepted;
    let caller = admission.caller.clone();
    let zone = admission.settings.as_ref().map_or(Ok(Tz::UTC), |settings| settings.tenant.zone())?;
    let [filter, order] = ["filter", "orderBy"].map(|name| input(name, params.take(name)));
    let (filter, order) = (filter?, order?);
    let columns = params.take("columns");
    let is_raw = flag("raw", params.take("raw"))?;
    params.finish(PARAMETERS)?;
    check::<R>(state, admission, &filter, &order).await?;
    let columns: Option<Vec<_>> =
        columns.map(|names| names.split(',').map(|name| name.trim().to_owned()).collect());
    let columns = file::columns::<R>(&caller, columns.as_deref())?;
    let filter = parsed_filter::<R>(&caller, filter)?;
    let ordering = R::ordering(order)?;
    let cursor = ListCursor::<R>::open(&state.download_pool, &caller, filter, ordering).await?;
    let context = FileContext { caller, references: References::default(), at: Utc::now() };
    let list = OpenList { cursor, columns, context };
    let media_type = format.media_type();
    match format {
        Format::Csv => {
            let source = Box::new(CsvList { list, is_raw, state: Arc::clone(state) });
            Ok(File { name, media_type, length: None, source })
        }
        Format::Pdf => Err(Rejection::not_found("a list has no PDF file; ask for CSV or XLSX")),
        Format::Xlsx => {
            let _turn = state.workbook_turn()?;
            let rendered = tokio::time::timeout(DOWNLOAD_TIMEOUT, xlsx_list::render(state, list, zone)).await;
            let (file, length, rows) = rendered.unwrap_or(Err(Error::Timeout)).map_err(not_rendered)?;
            let source = Box::new(TemporaryFile { file: file.into(), rows });
            Ok(File { name, media_type, length: Some(length), source })
        }
    }
}

/// Rejects what cannot be a workbook. Waiting does not make it shorter, so that it is not 429.
pub fn not_rendered(error: Error) -> Rejection {
    if matches!(error, Error::LimitExceeded(_)) {
        return Rejection::of_code(error.code(), error.message());
    }
    error.into()
}

/// Lets the list check its arguments, so that a file is refused as the list is, in the same words. Nothing of the list is
/// selected, so that it reads no rows.
async fn check<R: FileRow>(
    state: &AppState,
    admission: Admission,
    filter: &Option<Value>,
    order: &Option<Value>,
) -> Result<(), Rejection> {
    let (field, filter_type) = (R::FIELD, <<R as Paginated>::Filter as InputType>::type_name());
    let document = match R::ORDER_TYPE {
        Some(order_type) => format!(
            "query($filter: {filter_type}, $orderBy: {order_type}) {{ {field}(filter: $filter, orderBy: $orderBy) {{ __typename }} }}"
        ),
        None if order.is_some() => {
            return Err(malformed("orderBy: this list has one order only; leave it out"));
        }
        None => format!("query($filter: {filter_type}) {{ {field}(filter: $filter) {{ __typename }} }}"),
    };
    let variables = json!({ "filter": filter, "orderBy": order });
    let metrics = RequestMetrics::new(Arc::clone(&state.metrics));
    let work = Arc::new(Work::new(state.limits.limit_cost, &state.turns));
    let request = graphql::Request::new(state.pool.for_reading(), admission, metrics, work);
    let request =
        async_graphql::Request::new(document).variables(Variables::from_json(variables)).data(request);
    let mut response = state.schema.execute(request).await;
    match response.errors.first_mut() {
        None => Ok(()),
        Some(error) => {
            let code = set_code(error, "");
            Err(Rejection::of_code(&code, std::mem::take(&mut error.message)))
        }
    }
}

/// Parses the filter, which the list has checked.
fn parsed_filter<R: FileRow>(caller: &Caller, filter: Option<Value>) -> Result<R::Filter, Rejection> {
    let filter = filter.map(|filter| R::Filter::parse(Some(filter))).transpose();
    let filter = filter.map_err(|_| malformed("filter is not a filter of this list"))?;
    Ok(validated_filter::<R>(caller, filter)?)
}

/// Parses the JSON of an input value.
fn input(name: &str, json: Option<String>) -> Result<Option<Value>, Rejection> {
    let Some(json) = json else { return Ok(None) };
    let value: serde_json::Value = serde_json::from_str(&json)
        .map_err(|reason| malformed(format!("{name} must be a JSON object, URL-encoded: {reason}")))?;
    if !value.is_object() {
        return Err(malformed(format!("{name} must be a JSON object, URL-encoded")));
    }
    Value::from_json(value).map(Some).map_err(|reason| malformed(format!("{name}: {reason}")))
}

/// Parses a parameter that is true or false; false if it is absent.
fn flag(name: &str, value: Option<String>) -> Result<bool, Rejection> {
    match value.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(malformed(format!("{name} must be true or false"))),
    }
}
