//! Who is let in.

use axum::http::HeaderValue;

use super::*;

fn asked(headers: &[(&'static str, &'static str)], address: &str) -> bool {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
    is_ours(&headers, address.parse().unwrap())
}

#[test]
fn only_its_own_page_talks_to_it() {
    let local = "127.0.0.1:8090";
    assert!(asked(&[("host", "127.0.0.1:8090")], local));
    assert!(asked(&[("host", "localhost:8090"), ("sec-fetch-site", "same-origin")], local));
    assert!(asked(&[("host", "[::1]:8090"), ("sec-fetch-site", "none")], local));
    assert!(!asked(&[("host", "localhost:8090"), ("sec-fetch-site", "cross-site")], local));
    assert!(!asked(&[("host", "hotel.example:8090")], local), "a name that was pointed at this machine");
    assert!(!asked(&[], local));
    let open = "0.0.0.0:8090";
    assert!(asked(&[("host", "tablets.hotel.example")], open), "behind a proxy any name will do");
    assert!(!asked(&[("host", "tablets.hotel.example"), ("sec-fetch-site", "cross-site")], open));
}
