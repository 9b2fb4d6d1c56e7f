//! The span of a request: where what is logged and measured of it belongs.

use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a request, within the trace that its client says it belongs to (W3C Trace Context).
pub fn span(id: &str, headers: &HeaderMap) -> Span {
    let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let context = parent.span().span_context().clone();
    let trace_id = context.is_valid().then(|| context.trace_id().to_string());
    // At the level of errors, so that no filter takes the id away from what is logged within.
    let span = tracing::error_span!(
        "request",
        id,
        trace_id,
        otel.kind = "server",
        http.route = "/graphql",
        http.response.status_code = Empty,
        graphql.operation.name = Empty,
        graphql.operation.type = Empty,
    );
    // Without an exporter there is nobody to tell.
    let _ = span.set_parent(parent);
    span
}

/// Adds to the present request's span what became known.
pub fn record(operation: Option<&str>, kind: &'static str, status: u16) {
    let span = Span::current();
    span.record("graphql.operation.name", operation);
    span.record("graphql.operation.type", kind);
    span.record("http.response.status_code", status);
}
