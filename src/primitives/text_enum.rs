//! Enums in the database: stored as text, under their GraphQL names.

/// Implements `ToSql`, `FromSql` and `Display` for an `async_graphql::Enum`, by the names of its values in GraphQL.
///
/// Text with a CHECK constraint rather than a PostgreSQL enum: a value can be added by an ordinary migration. The
/// names come from the GraphQL enum, so that they are defined once.
macro_rules! text_enum {
    ($name:ty) => {
        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                std::io::Write::write_all(out, self.to_string().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = std::str::from_utf8(value.as_bytes())?;
                <Self as async_graphql::resolver_utils::EnumType>::items()
                    .iter()
                    .find(|item| item.name == text)
                    .map(|item| item.value)
                    .ok_or_else(|| format!("{text:?} is not a value of {}", stringify!($name)).into())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let items = <Self as async_graphql::resolver_utils::EnumType>::items();
                let name = items.iter().find(|item| item.value == *self).map(|item| item.name);
                f.write_str(name.unwrap_or_default())
            }
        }
    };
}

pub(crate) use text_enum;
