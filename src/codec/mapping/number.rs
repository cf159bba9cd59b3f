//! Numbers as feeds write them: whole numbers and amounts of money, as JSON numbers or as text.

use serde_json::Value;

use super::expression::text_of;
use super::stop::Stop;
use crate::events::money;

/// A decimal number: `digits` times ten to the power of minus `fraction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: i128,
    fraction: u32,
}

/// What to do with more decimals than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Round {
    /// It is an error.
    #[default]
    No,
    Nearest,
    Up,
    Down,
}

pub(super) const ROUNDINGS: [(&str, Round); 3] =
    [("nearest", Round::Nearest), ("up", Round::Up), ("down", Round::Down)];

/// Sums of floating point numbers are off by less than this part of the last decimal that counts.
const FLOAT_NOISE: i128 = 1_000_000;

impl Decimal {
    /// The number times ten to the power of `decimals`, if it is whole then.
    pub fn scaled(self, decimals: u32) -> Option<i64> {
        self.rounded(decimals, Round::No)
    }

    fn rounded(self, decimals: u32, round: Round) -> Option<i64> {
        if decimals >= self.fraction {
            return self.digits.checked_mul(power(decimals - self.fraction)?).and_then(|n| i64::try_from(n).ok());
        }
        let divisor = power(self.fraction - decimals)?;
        let (below, rest) = (self.digits.div_euclid(divisor), self.digits.rem_euclid(divisor));
        let whole = match round {
            _ if rest == 0 => below,
            Round::No => return None,
            Round::Down => below,
            Round::Up => below + 1,
            Round::Nearest => below + i128::from(rest >= divisor - rest),
        };
        i64::try_from(whole).ok()
    }

    /// Without what a sum of floating point numbers leaves behind.
    fn without_noise(self, decimals: u32) -> Self {
        let Some(divisor) = self.fraction.checked_sub(decimals).and_then(power) else { return self };
        let rest = self.digits.rem_euclid(divisor);
        let off = rest.min(divisor - rest);
        if off.saturating_mul(FLOAT_NOISE) > divisor {
            return self;
        }
        let nearest = self.digits.div_euclid(divisor) + i128::from(rest >= divisor - rest);
        Self { digits: nearest, fraction: decimals }
    }
}

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// Reads "1234.5", "-3", "1,234.50" or "1e3"; with a comma as the decimal sign "1234,5" and "1.234,50".
pub(super) fn decimal(text: &str, sign: char) -> Option<Decimal> {
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once(sign).unwrap_or((text, ""));
    let whole = without_groups(whole, if sign == ',' { '.' } else { ',' })?;
    let digits = format!("{whole}{fraction}");
    if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || text.ends_with(sign) {
        return None;
    }
    let mut digits: i128 = digits.parse().ok()?;
    let mut places = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if places < 0 {
        digits = digits.checked_mul(power(places.unsigned_abs())?)?;
        places = 0;
    }
    Some(Decimal { digits: if negative { -digits } else { digits }, fraction: places.unsigned_abs() })
}

/// "1,234,567" as "1234567". Groups of another size mean something else.
fn without_groups(whole: &str, separator: char) -> Option<String> {
    let is_separator = |c: char| c == separator || c == ' ' || c == '\u{a0}' || c == '\u{202f}' || c == '\'';
    let mut groups = whole.split(is_separator);
    let first = groups.next()?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// A whole number.
pub(super) fn integer(value: &Value, sign: char, round: Round) -> Result<i64, Stop> {
    if let Some(number) = value.as_i64() {
        return Ok(number);
    }
    let number = number(value, sign).ok_or_else(|| Stop::bad("is no number"))?;
    number.rounded(0, round).ok_or_else(|| Stop::bad("is no whole number; `round` says what to do with the rest"))
}

/// An amount of `currency` in its minor units.
pub(super) fn minor_units(value: &Value, currency: &str, sign: char, round: Round) -> Result<i64, Stop> {
    let decimals = money::decimals(currency) as u32;
    let amount = number(value, sign).ok_or_else(|| Stop::bad("is no amount"))?;
    let amount = if value.is_f64() { amount.without_noise(decimals) } else { amount };
    amount.rounded(decimals, round).ok_or_else(|| {
        Stop::bad(format!("has more decimals than the {decimals} of the currency; `round` says what to do with them"))
    })
}

/// JSON writes its numbers with a point, whatever the feed's texts do.
fn number(value: &Value, sign: char) -> Option<Decimal> {
    let text = text_of(value)?;
    match value {
        Value::Number(_) => decimal(&text, '.'),
        Value::String(_) => decimal(&text, sign),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::text(json!("145.00"), "DKK", '.', Some(14_500))]
    #[case::whole(json!("145"), "DKK", '.', Some(14_500))]
    #[case::number(json!(12.1), "DKK", '.', Some(1_210))]
    #[case::a_sum_of_floats(json!(0.1 + 0.2), "EUR", '.', Some(30))]
    #[case::a_discount(json!("-15.50"), "DKK", '.', Some(-1_550))]
    #[case::a_comma(json!("18,50"), "DKK", ',', Some(1_850))]
    #[case::groups(json!("1,234.50"), "USD", '.', Some(123_450))]
    #[case::groups_with_points(json!("1.234,50"), "DKK", ',', Some(123_450))]
    #[case::a_number_keeps_its_point(json!(18.5), "DKK", ',', Some(1_850))]
    #[case::yen(json!("500"), "JPY", '.', Some(500))]
    #[case::three_decimals(json!("1.5"), "KWD", '.', Some(1_500))]
    #[case::zeros_are_no_decimals(json!("12.5000"), "DKK", '.', Some(1_250))]
    #[case::another_decimal_sign(json!("18,50"), "DKK", '.', None)]
    #[case::too_many_decimals(json!("12.345"), "DKK", '.', None)]
    #[case::a_number_with_too_many(json!(12.345), "DKK", '.', None)]
    #[case::words(json!("free"), "DKK", '.', None)]
    #[case::a_currency(json!("12 DKK"), "DKK", '.', None)]
    #[case::too_large(json!("99999999999999999999"), "DKK", '.', None)]
    fn amounts_become_minor_units(
        #[case] value: Value,
        #[case] currency: &str,
        #[case] sign: char,
        #[case] minor: Option<i64>,
    ) {
        assert_eq!(minor_units(&value, currency, sign, Round::No).ok(), minor);
    }

    #[rstest]
    #[case(json!("0.35"), Round::Up, Some(1))]
    #[case(json!(2.5), Round::Nearest, Some(3))]
    #[case(json!(-2.5), Round::Down, Some(-3))]
    #[case(json!("2.49"), Round::Nearest, Some(2))]
    #[case(json!("3.0"), Round::No, Some(3))]
    #[case(json!("1e2"), Round::No, Some(100))]
    #[case(json!(0.35), Round::No, None)]
    #[case(json!("many"), Round::Up, None)]
    #[case(json!(true), Round::Up, None)]
    fn whole_numbers_are_read_and_rounded_as_told(
        #[case] value: Value,
        #[case] round: Round,
        #[case] expected: Option<i64>,
    ) {
        assert_eq!(integer(&value, '.', round).ok(), expected);
    }
}
