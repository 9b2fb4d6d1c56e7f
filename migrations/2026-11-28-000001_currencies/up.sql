-- Returns the number of decimals of an ISO 4217 currency, or NULL if the code is not a currency. A function
-- rather than a table: a CHECK constraint can call it, and there is no table without a tenant_id to distribute.
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

-- Returns whether an amount is payable in a currency: not NaN, and no finer than the currency's minor unit.
CREATE FUNCTION is_money(amount numeric, currency text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(amount <> 'NaN' AND amount = round(amount, currency_decimals(currency)), false);
