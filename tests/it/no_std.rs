//! The core without std: it verifies, and nothing below it asks for std.
//!
//! That it *builds* without std is the compiler's to say: see `imchat_no_std`.

use std::process::Command;

#[test]
fn the_core_verifies_without_std() {
    let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    assert_eq!(imchat_no_std::verify_slack(body).as_deref(), Some(&body[..]));
    assert_eq!(imchat_no_std::verify_slack(&body[1..]), None);
}

/// What a package is built from, one `crate: its features` per line; procedural macros run in the compiler and are left out.
fn built_from(package: &str, options: &[&str]) -> Vec<(String, String)> {
    let edges = "normal,no-proc-macro";
    let tree = ["tree", "--offline", "--locked", "--package", package, "--edges", edges, "--prefix", "none"];
    let output = Command::new(env!("CARGO"))
        .args(tree)
        .args(["--format", "{p}: {f}"])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo, which runs this test, runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let parts = lines.lines().filter_map(|line| line.split_once(": "));
    parts.map(|(package, features)| (package.to_owned(), features.to_owned())).collect()
}

/// The packages among these whose feature `std` is on.
fn with_std(packages: &[(String, String)]) -> Vec<&str> {
    let std = packages.iter().filter(|(_, features)| features.split([',', ' ']).any(|feature| feature == "std"));
    std.map(|(package, _)| package.as_str()).collect()
}

#[test]
fn no_dependency_has_its_std_switched_on() {
    for options in [&[][..], &["--features", "full"]] {
        let packages = built_from("imchat-no-std", options);
        assert!(packages.iter().any(|(package, _)| package.starts_with("imchat-verify ")), "{packages:?}");
        assert!(packages.len() > 15, "{packages:?}");
        assert_eq!(with_std(&packages), [""; 0], "{options:?}");
    }
    let packages = built_from("imchat-no-std", &["--features", "imchat-verify/std"]);
    assert!(with_std(&packages).iter().any(|package| package.starts_with("bytes ")), "it would be seen: {packages:?}");
}
