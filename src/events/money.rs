//! Money as people write it, and minor units as the rest of the service counts it (ISO 4217).

/// Currencies without minor units.
const WHOLE: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
/// Currencies with a thousand minor units.
const THOUSANDTHS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// Currencies with a hundred minor units.
const HUNDREDTHS: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK",
    "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD",
    "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK",
    "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON",
    "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
    "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES", "WST",
    "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
];

/// How many decimals a currency has; two where it is not one that we know.
pub fn decimals(currency: &str) -> usize {
    if WHOLE.contains(&currency) {
        0
    } else if THOUSANDTHS.contains(&currency) {
        3
    } else {
        2
    }
}

/// Every currency code that is known.
pub fn known_currencies() -> Vec<&'static str> {
    [WHOLE, THOUSANDTHS, HUNDREDTHS].concat()
}

/// Reads "150", "150.50" or "18,50" as minor units of `currency`.
///
/// # Errors
/// A sentence that says how to write it, for anything that could be meant in two ways ("1.500") or is not an amount.
pub fn parse(text: &str, currency: &str) -> Result<i64, String> {
    let text = text.trim();
    let decimals = decimals(currency);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with(['.', ',']) {
        return Err(format!("{text:?} is not an amount; write it as \"150\" or \"150.50\""));
    }
    if fraction.len() == 3 && (decimals < 3 || text.contains(',')) {
        return Err(format!(
            "{text:?} may mean {whole}{fraction} or a fraction; write \"{whole}{fraction}\" or decimals"
        ));
    }
    if fraction.len() > decimals {
        return Err(format!("{text:?} has {} decimals, {currency} has {decimals}", fraction.len()));
    }
    let mut minor = format!("{whole}{fraction}");
    for _ in fraction.len()..decimals {
        minor.push('0');
    }
    minor.parse().map_err(|_| format!("{text:?} is too large an amount"))
}

/// The whole units and the decimals of an amount: 49900 DKK is ("499", "00"), 500 JPY is ("500", "").
pub fn split(minor: i64, currency: &str) -> (String, String) {
    let decimals = decimals(currency);
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    (format!("{sign}{whole}"), fraction.to_owned())
}

/// An amount for logs and summaries: "499.00 DKK", "500 JPY".
pub fn format(minor: i64, currency: &str) -> String {
    let (whole, fraction) = split(minor, currency);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{whole}{point}{fraction} {currency}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_become_minor_units_of_their_currency() {
        for (text, currency, minor) in [
            ("150", "DKK", 15_000),
            ("150.50", "DKK", 15_050),
            ("18,50", "DKK", 1_850),
            ("18,5", "EUR", 1_850),
            ("0", "USD", 0),
            ("500", "JPY", 500),
            ("1.5", "KWD", 1_500),
            ("1.500", "KWD", 1_500),
            (" 20 ", "INR", 2_000),
        ] {
            assert_eq!(parse(text, currency), Ok(minor), "{text} {currency}");
        }
    }

    #[test]
    fn what_is_no_amount_or_could_mean_two_things_is_refused() {
        for (text, currency) in [
            ("", "DKK"),
            ("-5", "DKK"),
            ("150 DKK", "DKK"),
            ("1.500", "DKK"),
            ("1,500", "KWD"),
            ("1.5", "JPY"),
            ("1.2.3", "DKK"),
            ("5.", "DKK"),
            (".5", "DKK"),
            ("1 500", "DKK"),
            ("1.2345", "KWD"),
            ("99999999999999999999", "DKK"),
        ] {
            assert!(parse(text, currency).is_err(), "{text} {currency}");
        }
    }

    #[test]
    fn people_read_an_amount_with_the_decimals_of_its_currency() {
        assert_eq!(format(49_900, "DKK"), "499.00 DKK");
        assert_eq!(format(5, "DKK"), "0.05 DKK");
        assert_eq!(format(-1_250, "EUR"), "-12.50 EUR");
        assert_eq!(format(500, "JPY"), "500 JPY");
        assert_eq!(format(1_500, "KWD"), "1.500 KWD");
    }

    #[test]
    fn no_currency_is_listed_twice() {
        let mut codes = known_currencies();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
