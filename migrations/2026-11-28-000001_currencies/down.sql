DROP FUNCTION is_money(numeric, text);
DROP FUNCTION currency_decimals(text);
