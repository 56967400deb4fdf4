//! The demo in a terminal: lines in, and what people would see out.

use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use chat_sim::Delivery;
use chat_sim::sender::SendError;
use chat_sim::slack_api::Post;
use chat_sim::slack_clicks::buttons;
use tokio::sync::mpsc;

use super::DemoError;
use super::line::{self, Command};
use super::news::{News, Seen};
use super::person::Person;
use super::room::{Room, Standing};
use super::shown;

/// How often is looked for news.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long is waited for what comes of a line before the next one is read.
const COMES_WITHIN: Duration = Duration::from_secs(10);

/// One conversation with the room.
pub(super) struct Talk<'w, W> {
    room: Room,
    seen: Seen,
    /// Every button that was ever shown, with its card as it stood then: what is pressed late is answered too.
    buttons: Vec<(Post, String)>,
    person: Person,
    out: &'w mut W,
    colours: bool,
}

impl<'w, W: Write> Talk<'w, W> {
    pub(super) const fn new(room: Room, out: &'w mut W, colours: bool) -> Self {
        Self { room, seen: Seen::nothing(), buttons: Vec::new(), person: Person::Ada, out, colours }
    }

    /// Until the lines end, somebody quits or `stop` is over.
    pub(super) async fn run(
        mut self,
        input: impl BufRead + Send + 'static,
        stop: impl Future<Output = ()>,
    ) -> Result<(), DemoError> {
        let mut lines = read(input)?;
        tokio::pin!(stop);
        writeln!(self.out, "A bot on {}, in a simulated Slack. /help tells what to type.", self.room.address())?;
        self.prompt()?;
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                () = &mut stop => None,
                () = tokio::time::sleep(LOOK_EVERY) => {
                    self.interrupt()?;
                    continue;
                }
            };
            let command = line.map_or(Command::Quit, |line| line::parse(&line));
            if command == Command::Quit {
                break;
            }
            self.obey(command).await?;
            self.prompt()?;
        }
        writeln!(self.out)?;
        self.room.close().await;
        Ok(())
    }

    async fn obey(&mut self, command: Command) -> Result<(), DemoError> {
        match command {
            Command::Nothing | Command::Quit => {}
            Command::Unclear(why) => self.note(why)?,
            Command::Help => {
                for line in line::HELP.lines() {
                    self.note(line)?;
                }
            }
            Command::As(person) => self.person = person,
            Command::Say(text) => {
                let delivery = self.room.say(self.person, &text).await;
                self.delivered(&delivery).await?;
            }
            Command::Press(number) => {
                let Some((card, action_id)) = self.buttons.get(number.saturating_sub(1)).cloned() else {
                    let told = if self.buttons.is_empty() {
                        "there is no button yet: ask for restart checkout"
                    } else {
                        "no button has that number: they stand below the cards"
                    };
                    return Ok(self.note(told)?);
                };
                let delivery = self.room.press(self.person, &card, &action_id).await;
                self.delivered(&delivery).await?;
            }
            Command::Storm => self.storm().await?,
            Command::Stop => {
                let told = match self.room.stop().await {
                    true => "the executor is stopped; the ingress still acknowledges",
                    false => "it is stopped already: /start",
                };
                self.note(told)?;
            }
            Command::Start => {
                let told = match self.room.start().await? {
                    true => "the executor works",
                    false => "it works already: /stop",
                };
                self.note(told)?;
                self.comes().await?;
            }
        }
        Ok(())
    }

    /// Tells what Slack was answered, then what comes of it.
    async fn delivered(&mut self, delivery: &Result<Delivery, SendError>) -> Result<(), DemoError> {
        self.note(&answered(delivery))?;
        self.comes().await
    }

    /// Prints what comes until there is nothing more to come.
    async fn comes(&mut self) -> Result<(), DemoError> {
        if !self.room.works() {
            let waiting = self.room.standing().await?.waiting;
            return Ok(self.note(&format!("no executor: {waiting} waiting in the inbox"))?);
        }
        let since = Instant::now();
        loop {
            let rests = self.room.ledger.at_rest().await?;
            self.news()?;
            if rests {
                return Ok(());
            }
            if since.elapsed() > COMES_WITHIN {
                return Ok(self.note("more may come")?);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn storm(&mut self) -> Result<(), DemoError> {
        let before = self.room.standing().await?;
        let Some(deliveries) = self.room.storm().await else {
            return Ok(self.note("nothing was delivered yet: say something first")?);
        };
        let good = deliveries.iter().flatten().filter(|delivery| delivery.status.is_success()).count();
        self.note(&format!("delivered {} times again, {good} × acknowledged", deliveries.len()))?;
        if self.room.works() {
            self.comes().await?;
        }
        let after = self.room.standing().await?;
        Ok(self.note(&changed(before, after))?)
    }

    /// News while somebody may be typing.
    fn interrupt(&mut self) -> Result<(), DemoError> {
        if self.seen.has_news(&self.room.slack) {
            writeln!(self.out)?;
            self.news()?;
            self.prompt()?;
        }
        Ok(())
    }

    fn news(&mut self) -> Result<(), DemoError> {
        for news in self.seen.news(&self.room.slack) {
            let (head, lines, card) = match news {
                News::Post(post) => ("bot:".to_owned(), shown::lines(&post.text, &post.blocks), Some(post)),
                News::Edit(post) => ("bot, edited:".to_owned(), shown::lines(&post.text, &post.blocks), Some(post)),
                News::Notice(person, text) => {
                    let whom = person.map_or("somebody", Person::name);
                    (format!("bot, to {whom} only:"), text, None)
                }
            };
            let head = self.styled("1", &head);
            writeln!(self.out, "{head}")?;
            for line in lines {
                writeln!(self.out, "  {line}")?;
            }
            if let Some(card) = card {
                self.number(&card)?;
            }
        }
        Ok(())
    }

    fn number(&mut self, card: &Post) -> Result<(), DemoError> {
        let first = self.buttons.len().saturating_add(1);
        if let Some(line) = shown::buttons_line(card, first) {
            let line = self.styled("36", &line);
            writeln!(self.out, "  {line}")?;
        }
        self.buttons.extend(buttons(card).into_iter().map(|(_, action_id)| (card.clone(), action_id)));
        Ok(())
    }

    fn note(&mut self, text: &str) -> std::io::Result<()> {
        let line = self.styled("2", &format!("  · {text}"));
        writeln!(self.out, "{line}")
    }

    fn prompt(&mut self) -> std::io::Result<()> {
        let prompt = self.styled("1", &format!("{}>", self.person.name()));
        write!(self.out, "{prompt} ")?;
        self.out.flush()
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Lines from a thread of their own: nothing waits for a terminal on which nobody types, not even the end.
fn read(mut input: impl BufRead + Send + 'static) -> std::io::Result<mpsc::Receiver<String>> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::Builder::new().name("lines".to_owned()).spawn(move || {
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            if sender.blocking_send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    })?;
    Ok(lines)
}

fn answered(delivery: &Result<Delivery, SendError>) -> String {
    match delivery {
        Ok(Delivery { status, latency, .. }) => {
            format!("acknowledged with {} after {:.1} ms", status.as_u16(), latency.as_secs_f64() * 1000.0)
        }
        Err(error) => error.to_string(),
    }
}

/// What is different, in words.
fn changed(before: Standing, after: Standing) -> String {
    let counts = |standing: Standing| {
        let Standing { effects, messages, edits, notices, waiting } = standing;
        format!("effects {effects}, messages {messages}, edits {edits}, notices {notices}, jobs waiting {waiting}")
    };
    if before == after {
        return format!("it changed nothing: {}", counts(after));
    }
    format!("it CHANGED something: {}; before: {}", counts(after), counts(before))
}

#[cfg(test)]
mod tests;
