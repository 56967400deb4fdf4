//! What happened beside what should have happened.

use std::io::{self, Write};
use std::time::Duration;

use chat_sim::Delivery;
use chat_sim::slack_api::Post;

use super::scene::{CHANNEL, Step};
use super::table;
use crate::executor::Drained;

/// The rows of the table, and whether each is as it should be.
pub(super) struct Report {
    bot: String,
    rows: Vec<[String; 5]>,
    differing: usize,
}

impl Report {
    /// Compares; `posts` is everything the bot ever posted.
    pub(super) fn new(bot: String, steps: &[Step], posts: &[Post], drained: Drained) -> Self {
        let mut report = Self { bot, rows: Vec::new(), differing: 0 };
        let mut expected_posts = 0_usize;
        for step in steps {
            expected_posts = expected_posts.saturating_add(step.posts.saturating_mul(step.threads.len()));
            let said = posted_by(step, posts);
            let differs = difference(step, &said);
            report.row([step.sent.clone(), answers(step), slowest(step), summary(&said)], differs);
        }
        if posts.len() != expected_posts || drained.failed > 0 || drained.abandoned > 0 {
            let sent = "anything else".to_owned();
            let said = format!("{} posts in all, {} failed, {} lost", posts.len(), drained.failed, drained.abandoned);
            report.row([sent, String::new(), String::new(), said], Some(format!("{expected_posts} posts in all")));
        }
        report
    }

    pub(super) fn all_as_expected(&self) -> bool {
        self.differing == 0
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "bot on {}, a simulated Slack beside it\n", self.bot)?;
        table::write(out, ["sent", "answered", "ms", "posted", ""], &self.rows)?;
        let total = self.rows.len();
        match self.differing {
            0 => writeln!(out, "\nall {total} as they should be"),
            differing => writeln!(out, "\n{differing} of {total} not as they should be"),
        }
    }

    fn row(&mut self, [sent, answered, ms, posted]: [String; 4], differs: Option<String>) {
        self.differing = self.differing.saturating_add(usize::from(differs.is_some()));
        let verdict = differs.map_or_else(|| "ok".to_owned(), |expected| format!("DIFFERS, should be: {expected}"));
        self.rows.push([sent, answered, ms, posted, verdict]);
    }
}

/// The step's own posts: in its threads, without those that belong to another step in the same thread.
fn posted_by<'a>(step: &Step, posts: &'a [Post]) -> Vec<&'a Post> {
    let own = |thread: &String| {
        let in_thread: Vec<&Post> = posts.iter().filter(|post| post.thread_ts.as_ref() == Some(thread)).collect();
        in_thread.into_iter().take(step.own.end).skip(step.own.start)
    };
    step.threads.iter().flat_map(own).collect()
}

/// What should have been, when it was not.
fn difference(step: &Step, said: &[&Post]) -> Option<String> {
    let answered_well = |delivery: &Delivery| {
        delivery.status == step.status && step.body.is_none_or(|body| contains(&delivery.body, body))
    };
    if step.deliveries.is_empty() || !step.deliveries.iter().flatten().all(answered_well) {
        return Some(format!("{} for each", step.status.as_u16()));
    }
    if step.deliveries.iter().any(Result::is_err) {
        return Some("an answer for each".to_owned());
    }
    let one_each = step
        .threads
        .iter()
        .all(|thread| said.iter().filter(|post| post.thread_ts.as_ref() == Some(thread)).count() == step.posts);
    let good =
        |post: &&Post| post.channel == CHANNEL && post.token_valid && post.ts().is_some() && post.text == step.text;
    if one_each && said.iter().all(good) {
        return None;
    }
    Some(match step.posts {
        0 => "nothing posted".to_owned(),
        posts => format!("{posts} × “{}” in each of {} threads", step.text, step.threads.len()),
    })
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len().max(1)).any(|window| window == needle.as_bytes())
}

/// `200`, or `20 × 200`, or `19 × 200, 1 × 503`, or why there was none.
fn answers(step: &Step) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for delivery in &step.deliveries {
        let answer = match delivery {
            Ok(delivery) if step.body.is_some_and(|body| contains(&delivery.body, body)) => {
                format!("{} and the challenge", delivery.status.as_u16())
            }
            Ok(delivery) => delivery.status.as_u16().to_string(),
            Err(error) => error.to_string(),
        };
        match counts.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => counts.push((answer, 1)),
        }
    }
    let several = step.deliveries.len() > 1;
    let each = counts.into_iter().map(|(answer, count)| if several { format!("{count} × {answer}") } else { answer });
    each.collect::<Vec<_>>().join(", ")
}

/// The latency, or the longest of several.
fn slowest(step: &Step) -> String {
    let slowest = step.deliveries.iter().flatten().map(|delivery| delivery.latency).max();
    let in_ms = |latency: Duration| format!("{:.1}", latency.as_secs_f64() * 1000.0);
    match slowest.map(in_ms) {
        None => String::new(),
        Some(ms) if step.deliveries.len() > 1 => format!("≤ {ms}"),
        Some(ms) => ms,
    }
}

fn summary(said: &[&Post]) -> String {
    match said {
        [] => "nothing".to_owned(),
        [post] => format!("“{}” in its thread", post.text),
        [first, ..] => format!("{} × “{}” in their threads", said.len(), first.text),
    }
}

#[cfg(test)]
mod tests;
