//! The tracing span of a request.

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Returns the span of a request, as a child of the client's trace (W3C Trace Context).
pub fn span(id: &str, headers: &HeaderMap, route: &'static str) -> Span {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let context = parent.span().span_context().clone();
    let trace_id = context.is_valid().then(|| context.trace_id().to_string());
    // At level ERROR, so that no filter removes the request id from the events within.
    let span = tracing::error_span!(
        "request",
        id,
        trace_id,
        otel.kind = "server",
        http.route = route,
        http.response.status_code = Empty,
        graphql.operation.name = Empty,
        graphql.operation.type = Empty,
    );
    // Fails if no exporter is configured.
    let _ = span.set_parent(parent);
    span
}

/// Records the operation and the status in the current request's span.
pub fn record(operation: Option<&str>, kind: &'static str, status: u16) {
    let span = Span::current();
    span.record("graphql.operation.name", operation);
    span.record("graphql.operation.type", kind);
    span.record("http.response.status_code", status);
}
