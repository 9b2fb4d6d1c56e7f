// @generated automatically by Diesel CLI.

diesel::table! {
    domain_events (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        event_type -> Text,
        partner_id -> Nullable<Uuid>,
        data -> Jsonb,
        occurred_at -> Timestamptz,
    }
}

diesel::table! {
    jobs (tenant_id, lane, subject_id) {
        tenant_id -> Text,
        lane -> Text,
        subject_id -> Uuid,
        available_at -> Timestamptz,
        attempts -> Int4,
        lease_id -> Nullable<Uuid>,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_deliveries (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        endpoint_id -> Uuid,
        domain_event_id -> Uuid,
        replay -> Int4,
        status -> Text,
        attempts -> Int4,
        last_status -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        last_ms -> Nullable<Int4>,
        attempted_at -> Nullable<Timestamptz>,
        next_attempt_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_endpoints (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        url -> Text,
        description -> Nullable<Text>,
        event_types -> Array<Text>,
        status -> Text,
        payload_version -> Date,
        sealed_secret -> Bytea,
        sealed_previous_secret -> Nullable<Bytea>,
        previous_secret_until -> Nullable<Timestamptz>,
        failing_since -> Nullable<Timestamptz>,
        failure_count -> Int4,
        disabled_at -> Nullable<Timestamptz>,
        disabled_reason -> Nullable<Text>,
        created_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
        failing_announced_at -> Nullable<Timestamptz>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(domain_events, jobs, webhook_deliveries, webhook_endpoints,);
