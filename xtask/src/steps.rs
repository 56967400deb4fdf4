//! The steps of `cargo xtask test`: one row each, in the order they run.
//!
//! A whole run is mostly compiling, so rows that can share artefacts ask for the same packages with the same
//! features: `clippy` and `docs` share one check of the dependencies, `doctests` and `tests` one build. The benches
//! stay out of those rows, since their peers would switch on features of shared dependencies and so build them again.

use crate::servers;

/// One command and what its success proves.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// What `cargo xtask test NAME` calls it.
    pub(crate) name: &'static str,
    /// The end of the sentence "after this step we know that …".
    pub(crate) proves: &'static str,
    /// Environment variables, as a shell would write them before the command.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// The command, split at white space; a last path component `*.ext` stands for the files it matches.
    pub(crate) line: &'static str,
    /// What has to be installed first.
    pub(crate) tool: Option<Tool>,
    /// What else than the exit status decides.
    pub(crate) verdict: Verdict,
}

/// What makes a step a success, beside an exit status of 0.
#[derive(Clone, Copy)]
pub(crate) enum Verdict {
    /// Nothing: the exit status says it all.
    Status,
    /// The output is a `cargo tree --prefix none` that names at most so many packages.
    Packages(usize),
    /// The output closes with `N passed, N failed, N skipped`: some passed, none failed.
    Tally,
}

/// A cargo subcommand that does not come with the toolchain.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    /// Succeeds where the tool is there.
    pub(crate) probe: &'static str,
    /// Installs it.
    pub(crate) install: &'static str,
}

const CARGO_HACK: Tool = Tool { probe: "cargo hack --version", install: "cargo install cargo-hack --locked" };

const fn step(name: &'static str, proves: &'static str, line: &'static str) -> Step {
    Step { name, proves, line, environment: &[], tool: None, verdict: Verdict::Status }
}

/// Everything CI runs.
pub(crate) const STEPS: &[Step] = &[
    step("fmt", "every file is formatted", "cargo fmt --all --check"),
    step(
        "clippy",
        "no lint of the workspace table fires, under all features",
        "cargo clippy --workspace --exclude imchat-benches --all-targets --all-features -- -D warnings",
    ),
    step(
        "clippy-benches",
        "the same for the benches, without the peers",
        "cargo clippy -p imchat-benches --all-targets -- -D warnings",
    ),
    Step {
        tool: Some(CARGO_HACK),
        ..step(
            "features",
            "the libraries build with any one or two of their features, and with none",
            "cargo hack check -p imchat-verify -p imchat-tower -p imchat-axum -p imchat-inbox -p imchat-redis --feature-powerset --depth 2 --no-dev-deps",
        )
    },
    // A check alone would pass with std further down the tree. Under `--cfg bare` the crate brings its own panic
    // handler, which the compiler refuses as a second one as soon as any dependency links std. The flag reaches that
    // one crate only, so nothing else is built again.
    step(
        "no-std",
        "imchat-verify and all it depends on build without std",
        "cargo rustc -p imchat-no-std --lib --profile check -- --cfg bare",
    ),
    Step {
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        ..step(
            "docs",
            "the documentation builds and none of its links is broken",
            "cargo doc --workspace --exclude imchat-benches --no-deps --all-features",
        )
    },
    // The whole workspace and not only the libraries: the same selection as `tests`, hence the same artefacts.
    step(
        "doctests",
        "the examples in the documentation run",
        "cargo test --workspace --exclude imchat-benches --all-features --doc",
    ),
    Step {
        environment: &[(servers::REQUIRED, "1")],
        ..step(
            "tests",
            "all tests pass, under all features, and none is skipped for want of a server",
            "cargo test --workspace --exclude imchat-benches --all-features --lib --bins --tests",
        )
    },
    Step {
        verdict: Verdict::Tally,
        ..step(
            "vectors",
            "the command line agrees with every signature vector of a provider it knows",
            "cargo run -q -p imchat-cli -- vectors tests/vectors/*.json",
        )
    },
    step(
        "peers",
        "the benches compile beside the crates they are compared with",
        "cargo check -p imchat-benches --benches --features peers",
    ),
    // Builds each crate again from its packed files, which is the only step that notices a file outside the package
    // (an `include_str!` that climbs out of its crate). Uncommitted files are let in so that it runs while you work.
    step(
        "package",
        "the published crates pack, and build from what was packed",
        "cargo package -p imchat-verify -p imchat-tower -p imchat-axum -p imchat-inbox -p imchat-redis -p imchat-cli --allow-dirty",
    ),
    Step {
        verdict: Verdict::Packages(30),
        ..step(
            "dependencies",
            "a user of imchat-verify compiles at most 30 packages, itself included",
            "cargo tree -p imchat-verify -e normal,build --prefix none",
        )
    },
];

/// The measurements, not part of CI: a shared machine gives no figures worth keeping.
pub(crate) const BENCH: Step = step(
    "bench",
    "how fast the crates are, beside the peers, on this machine",
    "cargo bench -p imchat-benches --features peers --bench verify --bench ingress --bench dedup",
);

/// What no test of one run can show; the tests of `imchat-model` go part of the way.
pub(crate) const MODEL: &[Step] = &[
    step(
        "model",
        "both profiles hold in every order of steps and faults, and every unsafe design loses",
        "cargo run --release -p imchat-model",
    ),
    // In a target folder of its own: the flag reaches every crate, and going to and fro would build all of them again.
    Step {
        environment: &[("RUSTFLAGS", "--cfg loom")],
        ..step(
            "loom",
            "the memory store holds in every order in which its threads can meet",
            "cargo test -p imchat-verify --features memory --lib --release --target-dir target/loom interleavings",
        )
    },
];

/// The long run of what the tests of `imchat-faults` do shortly; its options come after the line.
pub(crate) const FAULTS: Step = Step {
    environment: &[(servers::REQUIRED, "1")],
    ..step(
        "faults",
        "no delivery that got a 2xx is lost, doubled or written stale, whatever is killed",
        "cargo run -q -p imchat-faults --",
    )
};

/// Held against the vendors' own code, once that is installed; the options come after the line.
pub(crate) const VENDORS: Step = step(
    "vendors",
    "every scheme agrees with the vendors' SDKs, or differs by a policy that has a name",
    "cargo run -q -p imchat-vendors -- target/vendors",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn step_names_are_unique() {
        let names: BTreeSet<_> = STEPS.iter().map(|step| step.name).collect();
        assert_eq!(names.len(), STEPS.len());
    }

    /// A filter that matches no test is a success to cargo.
    #[test]
    fn the_loom_step_names_tests_that_exist() {
        let filter = MODEL.iter().find(|step| step.name == "loom").unwrap().line.split(' ').next_back().unwrap();
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../imchat-verify/src/dedup/memory/tests");
        assert!(tests.join(filter).with_extension("rs").exists());
    }

    #[test]
    fn only_the_peers_step_and_the_benches_build_the_peers() {
        let building: Vec<_> = STEPS
            .iter()
            .filter(|step| !step.line.starts_with("cargo fmt") && !step.line.contains(" -p "))
            .filter(|step| !step.line.contains("--exclude imchat-benches"))
            .chain(STEPS.iter().filter(|step| step.line.contains("peers")))
            .map(|step| step.name)
            .collect();
        assert_eq!(building, ["peers"]);
    }
}
