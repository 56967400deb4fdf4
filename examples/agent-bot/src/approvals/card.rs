//! What people see of a plan.

use time::OffsetDateTime;

use super::{Plan, PlanState};
use crate::agent::plan::Risk;
use crate::message::{Action, Button, Field, Outbound, Part, Span, Style, Text, legible};
use crate::policy::Subject;

/// Characters of a line.
const LINE: usize = 300;
/// Characters of the arguments; longer ones are not shown in part, since nobody can agree to what is cut off.
const ARGUMENTS: usize = 2000;
/// Approvers that are named.
const NAMED: usize = 10;

/// The card that people decide on.
#[must_use]
pub fn card(plan: &Plan) -> Outbound {
    let shown = plan.arguments.chars().count() <= ARGUMENTS;
    let card = Outbound::new().with(Part::Heading(legible(&plan.summary, LINE))).with(Part::Fields(fields(plan)));
    let card = match shown {
        true => card.with(Part::Code(call(plan))),
        false => card.with(Part::Text(Text::plain(
            "The arguments are too long to be read here, so they cannot be approved here.",
        ))),
    };
    let card = taint(plan).into_iter().fold(card, Outbound::with);
    let buttons = match shown {
        true => vec![approve(plan), reject(plan)],
        false => vec![reject(plan)],
    };
    let buttons = buttons.into_iter().flatten().collect();
    card.with(Part::Buttons(buttons)).with(Part::Note(Text::plain(format!("Expires at {}.", clock(plan.expires_at)))))
}

/// The card in the place of the first one: what became of it, and nothing left to press.
#[must_use]
pub fn outcome_card(plan: &Plan) -> Outbound {
    let card = Outbound::new().with(Part::Heading(legible(&plan.summary, LINE))).with(Part::Fields(fields(plan)));
    let card = card.with(Part::Code(call(plan))).with(Part::Text(Text { spans: standing(plan) }));
    taint(plan).into_iter().fold(card, Outbound::with)
}

/// What became of it, in a line.
fn standing(plan: &Plan) -> Vec<Span> {
    let plain = |text: String| Span::Plain(text);
    let by = |how: &str| match &plan.decided {
        Some(decided) => vec![
            Span::Bold(how.to_owned()),
            plain(" by ".to_owned()),
            Span::Mention(decided.by.clone()),
            plain(format!(" at {}.", clock(decided.at))),
        ],
        None => vec![Span::Bold(how.to_owned()), plain(".".to_owned())],
    };
    let and = |mut spans: Vec<Span>, text: &str| {
        spans.push(plain(format!(" {text}")));
        spans
    };
    let outcome = legible(plan.outcome.as_deref().unwrap_or_default(), LINE);
    match plan.state {
        PlanState::Pending => vec![plain("Waiting for a decision.".to_owned())],
        PlanState::Approved => and(by("Approved"), "It is about to be done."),
        PlanState::Running => and(by("Approved"), "It is being done."),
        PlanState::Rejected => and(by("Rejected"), "Nothing was done."),
        PlanState::Expired if plan.decided.is_some() => and(
            by("Approved"),
            "It expired before it could be begun, and nothing was done. Ask again if it is still needed.",
        ),
        PlanState::Expired => {
            let text = format!(" at {}. Nothing was done. Ask again if it is still needed.", clock(plan.expires_at));
            vec![Span::Bold("Expired".to_owned()), plain(text)]
        }
        PlanState::Done => and(by("Approved"), &format!("Done: {outcome}")),
        PlanState::Failed => and(by("Approved"), &format!("It failed: {outcome}")),
    }
}

fn fields(plan: &Plan) -> Vec<Field> {
    let field = |name: &str, spans: Vec<Span>| Field { name: name.to_owned(), value: Text { spans } };
    let plain = |name: &str, text: String| field(name, vec![Span::Plain(text)]);
    vec![
        field("Asked by", vec![Span::Mention(plan.requester.clone())]),
        plain("Risk", plan.risk.as_str().to_owned()),
        plain("Affects", legible(&plan.blast_radius, LINE)),
        field("May approve", approvers(plan)),
    ]
}

/// Names nobody by a ping: who may approve is read, and called by who asked.
fn approvers(plan: &Plan) -> Vec<Span> {
    let rule = &plan.approvers;
    let mut spans = Vec::new();
    for subject in rule.who.iter().take(NAMED) {
        if !spans.is_empty() {
            spans.push(Span::Plain(", ".to_owned()));
        }
        spans.push(match subject {
            Subject::Anybody | Subject::Tenant(..) => Span::Plain("anybody here".to_owned()),
            Subject::Group(_, _, group) => Span::Code(legible(group, LINE)),
            Subject::User(person) => Span::Mention(person.clone()),
        });
    }
    if rule.who.len() > NAMED {
        spans.push(Span::Plain(" and others".to_owned()));
    }
    let mut more = Vec::new();
    if rule.quorum > 1 {
        more.push(format!("{} of them", rule.quorum));
    }
    if !rule.self_approval {
        more.push("not who asked".to_owned());
    }
    if rule.second_factor {
        more.push("with a passcode".to_owned());
    }
    if !more.is_empty() {
        spans.push(Span::Plain(format!(" ({})", more.join(", "))));
    }
    spans
}

/// The exact call, as it is bound. Unseen characters are shown as escapes, since they are part of what is agreed to.
fn call(plan: &Plan) -> String {
    let mut text = format!("{} ", legible(&plan.tool, LINE));
    for c in plan.arguments.chars().take(ARGUMENTS) {
        match legible(c.encode_utf8(&mut [0; 4]), 1) {
            same if same.starts_with(c) => text.push(c),
            _ => text.extend(c.escape_unicode()),
        }
    }
    text
}

fn taint(plan: &Plan) -> Option<Part> {
    if plan.tainted_by.is_empty() {
        return None;
    }
    let sources: Vec<_> = plan.tainted_by.sources().map(|source| legible(&source.to_string(), LINE)).collect();
    let text = format!(
        "Before this was asked for, the model had read text that nobody vouches for: {}. \
        Check that it is what you want.",
        sources.join("; ")
    );
    Some(Part::Note(Text::plain(legible(&text, ARGUMENTS))))
}

fn approve(plan: &Plan) -> Option<Button> {
    let confirm = (plan.risk == Risk::High).then(|| format!("High risk: {} Go ahead?", legible(&plan.summary, LINE)));
    Some(Button {
        label: "Approve".to_owned(),
        action: Action::new("approve", &plan.id)?,
        style: Style::Primary,
        confirm,
    })
}

fn reject(plan: &Plan) -> Option<Button> {
    let action = Action::new("reject", &plan.id)?;
    Some(Button { label: "Reject".to_owned(), action, style: Style::Danger, confirm: None })
}

/// A time as people read it: `2026-11-26 07:05 UTC`.
pub(super) fn clock(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = at.to_calendar_date();
    format!("{year:04}-{:02}-{day:02} {:02}:{:02} UTC", u8::from(month), at.hour(), at.minute())
}
