//! The log of the process, and the export of traces.

use std::io::IsTerminal;

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::settings::{LogFormat, Settings};
use crate::primitives::error::{Error, Result};

/// The exporter of traces, if one is configured.
pub struct Telemetry(Option<SdkTracerProvider>);

/// Starts the log on standard error, and the export of traces by OTLP over HTTP if an endpoint is configured.
///
/// Must be called outside of the tokio runtime: the exporter uses a blocking client on a thread of its own.
pub fn start(settings: &Settings) -> Result<Telemetry> {
    let endpoint = settings.otel_exporter_otlp_endpoint.as_deref().filter(|url| !url.trim().is_empty());
    let provider = endpoint.map(provider).transpose()?;
    let traces = provider.as_ref().map(|provider| {
        let own_spans = Targets::new().with_target("revshare", tracing::Level::INFO);
        tracing_opentelemetry::layer().with_tracer(provider.tracer("revshare")).with_filter(own_spans)
    });
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let log = match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => log.json().with_span_list(true).boxed(),
    };
    tracing_subscriber::registry().with(traces).with(log.with_filter(filter)).init();
    Ok(Telemetry(provider))
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider> {
    // The exporter's client needs a provider even for a URL without TLS. Fails if one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(url).build().map_err(|error| {
        Error::bad_input("OTEL_EXPORTER_OTLP_ENDPOINT", format!("cannot be used: {error}"))
    })?;
    // The standard variables (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) take precedence.
    let resource = Resource::builder();
    let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("revshare"),
    };
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

impl Telemetry {
    /// Exports the remaining traces.
    pub fn finish(self) {
        if let Some(provider) = self.0
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "cannot export the last traces");
        }
    }
}
