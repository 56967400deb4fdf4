//! What the command says of itself, and what it gives shells to complete.

use crate::command::imchat;

const COMMANDS: [&str; 7] = ["vectors", "providers", "sign", "verify", "explain", "send", "completions"];

#[test]
fn every_command_is_listed_and_teaches_with_an_example() {
    let all = imchat(&[], &["--help"]);
    assert_eq!(all.code, Some(0));
    assert!(all.out.contains("Exit codes: 0 all is well"), "{}", all.out);
    for command in COMMANDS {
        assert!(all.out.contains(&format!("\n  {command}")), "{command}: {}", all.out);
        let help = imchat(&[], &[command, "--help"]).out;
        let (_, example) = help.split_once("\nExample").expect(command);
        assert!(example.contains(&format!("imchat {command}")), "{command}: {help}");
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_the_providers() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = imchat(&[], &["completions", shell]);
        assert_eq!(ran.code, Some(0), "{shell}: {}", ran.err);
        assert!(COMMANDS.iter().all(|command| ran.out.contains(command)), "{shell}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = imchat(&[], &["completions", shell]).out;
        let names = imchat_verify::providers::all().iter().map(|scheme| scheme.name());
        assert!(names.clone().all(|name| script.contains(name)), "{shell}");
    }
    assert_eq!(imchat(&[], &["completions", "cmd"]).code, Some(2));
}

#[test]
fn bash_takes_the_script() {
    let script = imchat(&[], &["completions", "bash"]).out;
    let complete = format!(
        "{script}\nCOMP_WORDS=(imchat verify --provider sl)\nCOMP_CWORD=3\n_imchat imchat sl --provider\necho \"${{COMPREPLY[@]}}\""
    );
    let Ok(bash) = std::process::Command::new("bash").args(["-c", &complete]).output() else { return };
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "slack\n", "{}", String::from_utf8_lossy(&bash.stderr));
}
