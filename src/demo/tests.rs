//! The screen of the demo is held as it is. When it changes on purpose: `INSTA_UPDATE=always cargo test demo`.

use anstream::adapter::strip_str;

use super::*;

fn screen() -> String {
    strip_str(&play().unwrap()).to_string()
}

#[test]
fn the_screen_is_as_it_was() {
    insta::assert_snapshot!(screen());
}

#[test]
fn it_fits_on_a_screen() {
    let screen = screen();
    assert!(screen.lines().count() <= 60, "{} lines", screen.lines().count());
    for line in screen.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(!line.ends_with(' '), "{line:?}");
    }
}

#[test]
fn it_has_colours_and_is_the_same_every_time() {
    let first = play().unwrap();
    assert_ne!(strip_str(&first).to_string(), first);
    assert_eq!(play().unwrap(), first);
}
