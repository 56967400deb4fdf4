//! What a line that somebody typed means.

use super::person::Person;

/// Characters of a line; Slack takes no longer message from a person either.
const LONGEST: usize = 4000;

/// How one is helped.
pub(super) const HELP: &str = "\
what you type is said in the room, as the person before the `>`
1, /press 1   press the button of this number
/as ben       go on as ada, ben or cleo: ben alone may approve, but not his own
/storm        deliver the last thing ten times again, and look at what it changed
/stop         stop the executor: the ingress still acknowledges, and the work waits
/start        start it again
/help, /quit  this; the end, as is Ctrl-D
ask for: status checkout, who is on call, restart checkout, deploy checkout 1.4.2";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// An empty line.
    Nothing,
    /// It is said by the current person.
    Say(String),
    /// Another person goes on.
    As(Person),
    /// The button of this number, from 1.
    Press(usize),
    /// The last delivery, ten times again.
    Storm,
    /// The executor stops.
    Stop,
    /// The executor starts.
    Start,
    /// What one can type.
    Help,
    /// The end.
    Quit,
    /// It is none, for this reason.
    Unclear(&'static str),
}

/// Reads a line, with or without its end.
pub(super) fn parse(line: &str) -> Command {
    let line = line.trim();
    if line.chars().count() > LONGEST {
        return Command::Unclear("that is longer than a message may be: say it in fewer words");
    }
    // A message that begins with a number is a message: only the number alone presses.
    if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()) {
        return press(line);
    }
    let Some(command) = line.strip_prefix('/') else {
        return if line.is_empty() { Command::Nothing } else { Command::Say(line.to_owned()) };
    };
    let mut words = command.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("as"), Some(name), None) => {
            Person::named(name).map_or(Command::Unclear("nobody here is called that: ada, ben or cleo"), Command::As)
        }
        (Some("as"), ..) => Command::Unclear("as whom? /as ada, /as ben or /as cleo"),
        (Some("press"), Some(number), None) => press(number),
        (Some("press"), ..) => Command::Unclear("which button? /press 1"),
        (Some("storm"), None, None) => Command::Storm,
        (Some("stop"), None, None) => Command::Stop,
        (Some("start"), None, None) => Command::Start,
        (Some("help"), None, None) => Command::Help,
        (Some("quit"), None, None) => Command::Quit,
        _ => Command::Unclear("no such command: /help tells which there are"),
    }
}

fn press(number: &str) -> Command {
    match number.parse() {
        Ok(number) if number > 0 => Command::Press(number),
        _ => Command::Unclear("no button has that number: they count from 1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_said_or_do_something() {
        for (line, command) in [
            ("", Command::Nothing),
            ("  \r\n", Command::Nothing),
            (" restart checkout\n", Command::Say("restart checkout".to_owned())),
            ("1 is not enough", Command::Say("1 is not enough".to_owned())),
            ("１", Command::Say("１".to_owned())),
            ("12\n", Command::Press(12)),
            ("/press 3", Command::Press(3)),
            ("/as ben", Command::As(Person::Ben)),
            ("/as  CLEO ", Command::As(Person::Cleo)),
            ("/storm", Command::Storm),
            ("/stop", Command::Stop),
            ("/start", Command::Start),
            ("/help", Command::Help),
            ("/quit", Command::Quit),
        ] {
            assert_eq!(parse(line), command, "{line:?}");
        }
    }

    #[test]
    fn what_is_no_command_is_neither_done_nor_said() {
        let long = "a".repeat(LONGEST + 1);
        for line in [
            "/",
            "/as",
            "/as dora",
            "/as ada ben",
            "/press",
            "/press -1",
            "/press x",
            "0",
            "/press 0",
            "/storm 3",
            "/STOP",
            "99999999999999999999999",
            "/quit now",
            &long,
        ] {
            assert!(matches!(parse(line), Command::Unclear(_)), "{line:?}");
        }
    }
}
