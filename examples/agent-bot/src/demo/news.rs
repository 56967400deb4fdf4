//! What was said in the room since one last looked.

use chat_sim::SlackApi;
use chat_sim::slack_api::Post;
use serde_json::Value;

use super::person::Person;
use super::shown;

/// Something new.
pub(super) enum News {
    /// A message.
    Post(Post),
    /// A message as it stands after an edit.
    Edit(Post),
    /// What only this person sees, as lines.
    Notice(Option<Person>, Vec<String>),
}

/// How much of the simulator's record was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    posts: usize,
    updates: usize,
    ephemerals: usize,
    responses: usize,
}

impl Seen {
    pub(super) const fn nothing() -> Self {
        Self { posts: 0, updates: 0, ephemerals: 0, responses: 0 }
    }

    fn all(slack: &SlackApi) -> Self {
        Self {
            posts: slack.posts().len(),
            updates: slack.updates().len(),
            ephemerals: slack.ephemerals().len(),
            responses: slack.responses().len(),
        }
    }

    pub(super) fn has_news(self, slack: &SlackApi) -> bool {
        self != Self::all(slack)
    }

    /// What is new: messages, then what was told to single people, then edits.
    pub(super) fn news(&mut self, slack: &SlackApi) -> Vec<News> {
        let (posts, updates) = (slack.posts(), slack.updates());
        let (ephemerals, responses) = (slack.ephemerals(), slack.responses());
        let mut news: Vec<News> = Vec::new();
        let accepted = posts.iter().skip(self.posts).filter(|post| post.ts().is_some());
        news.extend(accepted.map(|post| News::Post(post.clone())));
        news.extend(
            ephemerals
                .iter()
                .skip(self.ephemerals)
                .map(|said| News::Notice(person(&said.user), shown::lines(&said.text, &said.blocks))),
        );
        news.extend(responses.iter().skip(self.responses).map(|said| {
            let text = said.body.get("text").and_then(Value::as_str).unwrap_or_default();
            let lines = shown::lines(text, said.body.get("blocks").unwrap_or(&Value::Null));
            News::Notice(person(&said.user), lines)
        }));
        news.extend(updates.iter().skip(self.updates).filter_map(|update| {
            let post = posts.iter().find(|post| post.channel == update.channel && post.ts() == Some(&update.ts))?;
            Some(News::Edit(Post { text: update.text.clone(), blocks: update.blocks.clone(), ..post.clone() }))
        }));
        *self = Self {
            posts: posts.len(),
            updates: updates.len(),
            ephemerals: ephemerals.len(),
            responses: responses.len(),
        };
        news
    }
}

fn person(id: &str) -> Option<Person> {
    Person::ALL.into_iter().find(|person| person.id() == id)
}
