-- How many decimals a currency has (ISO 4217); null for a code that is no currency.
-- A function and not a table: it needs no tenant, no join and no foreign key, and a CHECK may call it.
CREATE FUNCTION currency_decimals(code text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN code = ANY (string_to_array(
'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', ' ')) THEN 0
        WHEN code = ANY (string_to_array(
'BHD IQD JOD KWD LYD OMR TND', ' ')) THEN 3
        WHEN code = ANY (string_to_array(
'CLF UYW', ' ')) THEN 4
        WHEN code = ANY (string_to_array(
'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG ZWL ', ' ')) THEN 2
    END;

-- Whether an amount can be paid in a currency: a number, no finer than the currency's smallest coin.
CREATE FUNCTION is_money(amount numeric, currency text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(amount <> 'NaN' AND amount = round(amount, currency_decimals(currency)), false);
