//! What the pages of the stand-in have in common.

/// Returns a page that says loudly what it is.
pub(crate) fn page(title: &str, content: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Stand-in for Stripe: {title}</title>\
         <style>\
         :root {{ color-scheme: light dark }}\
         body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}\
         strong {{ display: block; border: .2rem dashed #b45309; padding: .5rem 1rem; margin-bottom: 1rem }}\
         button {{ font: inherit; padding: .25rem .75rem; margin-right: .5rem }}\
         div {{ overflow-x: auto }}\
         table {{ border-collapse: collapse; margin-bottom: 1rem }}\
         th, td {{ text-align: start; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid gray }}\
         </style></head><body><main>\
         <strong>This is not Stripe. It is the stand-in of revshare, on this machine only: no money moves, and nothing \
         that is entered leaves it.</strong>\
         <h1>{title}</h1>{content}</main></body></html>"
    )
}

/// Escapes a text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
