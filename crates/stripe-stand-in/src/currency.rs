//! The currencies that Stripe knows, and the amounts that it accepts in them.

/// The currencies of Stripe, in lower case.
const CURRENCIES: &str = "\
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf \
    chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg \
    huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk \
    mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub \
    rwf sar sbd scr sek sgd shp sle sos srd szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv \
    wst xaf xcd xof xpf yer zar zmw";

pub(crate) fn is_known(currency: &str) -> bool {
    CURRENCIES.split(' ').any(|known| known == currency)
}

/// Returns what amounts in minor units must be multiples of: those of Iceland have two decimals that are always 0,
/// and of three decimals the last is 0.
pub(crate) fn step(currency: &str) -> i64 {
    match currency {
        "isk" => 100,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        _ => 1,
    }
}
