//! What happened beside what should have happened.

use std::io::{self, Write};
use std::time::Duration;

use chat_sim::Delivery;
use chat_sim::sender::SendError;
use chat_sim::slack_api::Post;

use super::approval::{Moment, restarts};
use super::scene::{Place, Step};
use super::table::{self, Row};
use crate::platform::clipped;
use crate::serve::Stopped;

/// The rows of the table, and whether each is as it should be.
pub(super) struct Report {
    bot: String,
    rows: Vec<Row<5>>,
    differing: usize,
}

impl Report {
    /// Compares; `posts` is everything the bot ever posted.
    pub(super) fn new(bot: String, steps: &[Step], posts: &[Post], stopped: Stopped) -> Self {
        let mut report = Self { bot, rows: Vec::new(), differing: 0 };
        let mut expected_posts = 0_usize;
        for step in steps {
            expected_posts = expected_posts.saturating_add(step.posts.saturating_mul(step.places.len()));
            let said = posted_by(step, posts);
            let cells =
                [step.sent.clone(), answers(&step.deliveries, step.body), slowest(&step.deliveries), places(&said)];
            report.row(cells, [texts(&said), errors(&step.deliveries)].concat(), difference(step, &said));
        }
        let clean = Stopped { jobs: Some(0), unsaid: Some(0), dead: Some(0) };
        if posts.len() != expected_posts || stopped != clean {
            let cells = ["all in all".to_owned(), String::new(), String::new(), format!("{} posts", posts.len())];
            let told = |what: &str, count: Option<u64>| match count {
                Some(count) => format!("{count} {what}"),
                None => format!("a database that does not say how many {what}"),
            };
            let Stopped { jobs, unsaid, dead } = stopped;
            let notes = vec![told("dead letters", dead), told("jobs left", jobs), told("messages unsaid", unsaid)];
            report.row(cells, notes, Some(format!("{expected_posts} posts, no dead letter, nothing left")));
        }
        report
    }

    /// And what came of a write that waited for people.
    pub(super) fn and(mut self, moments: &[Moment]) -> Self {
        for moment in moments {
            let answers = answers(&moment.deliveries, None);
            let cells = [moment.done.to_owned(), answers, slowest(&moment.deliveries), restarts(moment.effects)];
            let said = moment.said.iter().map(|text| format!("“{}”", in_a_line(text)));
            let notes = said.chain(errors(&moment.deliveries)).collect();
            self.row(cells, notes, moment.difference());
        }
        self
    }

    pub(super) fn all_as_expected(&self) -> bool {
        self.differing == 0
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "The bot listens on {}. Simulated platforms send it", self.bot)?;
        writeln!(out, "requests, signed anew: “answered” is what they get, “posted” what people see.\n")?;
        table::write(out, ["sent", "answered", "    ms", "posted", ""], &self.rows)?;
        let total = self.rows.len();
        match self.differing {
            0 => writeln!(out, "\nall {total} as they should be"),
            differing => writeln!(out, "\n{differing} of {total} not as they should be"),
        }
    }

    fn row(&mut self, [sent, answered, ms, posted]: [String; 4], mut notes: Vec<String>, differs: Option<String>) {
        self.differing = self.differing.saturating_add(usize::from(differs.is_some()));
        let verdict = if differs.is_some() { "✗" } else { "ok" }.to_owned();
        notes.extend(differs.map(|expected| format!("DIFFERS, should be: {expected}")));
        self.rows.push(Row { cells: [sent, answered, ms, posted, verdict], notes });
    }
}

fn stands_at(post: &Post, place: &Place) -> bool {
    post.channel == place.channel && post.thread_ts == place.thread
}

/// The step's own posts: in its places, without those that belong to another step in the same place.
fn posted_by<'a>(step: &Step, posts: &'a [Post]) -> Vec<&'a Post> {
    let own = |place: &Place| {
        let there: Vec<&Post> = posts.iter().filter(|post| stands_at(post, place)).collect();
        there.into_iter().take(step.own.end).skip(step.own.start)
    };
    step.places.iter().flat_map(own).collect()
}

/// What should have been, when it was not.
fn difference(step: &Step, said: &[&Post]) -> Option<String> {
    let answered_well = |delivery: &Delivery| {
        delivery.status == step.status && step.body.is_none_or(|body| contains(&delivery.body, body))
    };
    if step.deliveries.is_empty() || !step.deliveries.iter().flatten().all(answered_well) {
        let status = step.status.as_u16();
        return Some(step.body.map_or_else(|| format!("{status}"), |body| format!("{status} with {body}")));
    }
    if step.deliveries.iter().any(Result::is_err) {
        return Some("an answer for each".to_owned());
    }
    let one_each =
        step.places.iter().all(|place| said.iter().filter(|post| stands_at(post, place)).count() == step.posts);
    let good = |post: &&Post| post.token_valid && post.ts().is_some() && post.text == step.text;
    if one_each && said.iter().all(good) {
        return None;
    }
    Some(match (step.posts, step.places.as_slice()) {
        (0, _) => "nothing posted".to_owned(),
        (posts, [place]) => format!("{posts} × “{}” {}", in_a_line(step.text), in_words(place)),
        (posts, places) => format!("{posts} × “{}” in each of {} threads", in_a_line(step.text), places.len()),
    })
}

fn in_words(place: &Place) -> &'static str {
    if place.thread.is_some() { "in its thread" } else { "in the channel" }
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len().max(1)).any(|window| window == needle.as_bytes())
}

/// `200`, or `20 × 200`, or `19 × 200, 1 × 503`.
fn answers(deliveries: &[Result<Delivery, SendError>], body: Option<&str>) -> String {
    let each = deliveries.iter().map(|delivery| match delivery {
        Ok(delivery) if body.is_some_and(|body| contains(&delivery.body, body)) => {
            format!("{} challenge", delivery.status.as_u16())
        }
        Ok(delivery) => delivery.status.as_u16().to_string(),
        Err(_) => "none".to_owned(),
    });
    let several = deliveries.len() > 1;
    let counted = counted(each).into_iter();
    counted
        .map(|(count, answer)| if several { format!("{count} × {answer}") } else { answer })
        .collect::<Vec<_>>()
        .join(", ")
}

/// Each different text once, with how often it came.
fn counted(texts: impl Iterator<Item = String>) -> Vec<(usize, String)> {
    let mut counts: Vec<(usize, String)> = Vec::new();
    for text in texts {
        match counts.iter_mut().find(|(_, known)| *known == text) {
            Some((count, _)) => *count = count.saturating_add(1),
            None => counts.push((1, text)),
        }
    }
    counts
}

/// Why there was no answer.
fn errors(deliveries: &[Result<Delivery, SendError>]) -> Vec<String> {
    let errors = deliveries.iter().filter_map(|delivery| delivery.as_ref().err()).map(ToString::to_string);
    counted(errors).into_iter().map(|(_, error)| error).collect()
}

/// The latency in milliseconds, or the longest of several.
fn slowest(deliveries: &[Result<Delivery, SendError>]) -> String {
    let Some(slowest) = deliveries.iter().flatten().map(|delivery| delivery.latency).max() else {
        return String::new();
    };
    let decimals = usize::from(slowest < Duration::from_millis(100));
    let ms = format!("{:.decimals$}", slowest.as_secs_f64() * 1000.0);
    let least = if deliveries.len() > 1 { format!("≤ {ms}") } else { ms };
    format!("{least:>6}")
}

fn places(said: &[&Post]) -> String {
    match said {
        [] => "nothing".to_owned(),
        [post] if post.thread_ts.is_none() => "in the channel".to_owned(),
        [_] => "in its thread".to_owned(),
        several => {
            let mut threads: Vec<_> = several.iter().map(|post| (&post.channel, &post.thread_ts)).collect();
            threads.sort_unstable();
            threads.dedup();
            format!("{} in {} threads", several.len(), threads.len())
        }
    }
}

/// As much of it as a terminal shows beside the rest.
fn in_a_line(text: &str) -> String {
    clipped(&text.replace('\n', " / "), 64)
}

fn texts(said: &[&Post]) -> Vec<String> {
    let texts = counted(said.iter().map(|post| in_a_line(&post.text))).into_iter();
    texts.map(|(count, text)| if count > 1 { format!("{count} × “{text}”") } else { format!("“{text}”") }).collect()
}

#[cfg(test)]
mod tests;
