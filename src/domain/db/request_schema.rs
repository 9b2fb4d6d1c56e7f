// @generated automatically by Diesel CLI.

diesel::table! {
    adjustment_requests (tenant_id, commission_event_id) {
        tenant_id -> Text,
        commission_event_id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        amount -> Numeric,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, idempotency_key) {
        tenant_id -> Text,
        idempotency_key -> Text,
        request -> Jsonb,
        result_id -> Nullable<Uuid>,
        actor -> Text,
        created_at -> Timestamptz,
    }
}
