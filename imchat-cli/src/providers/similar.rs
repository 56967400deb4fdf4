//! The provider that was most likely meant.

/// What platforms are also called, and products that send with another one's scheme.
const ALSO_CALLED: [(&str, &str); 7] = [
    ("lark", "feishu"),
    ("whatsapp", "meta"),
    ("messenger", "meta"),
    ("instagram", "meta"),
    ("supabase", "standard-webhooks"),
    ("bot-framework", "teams-botframework"),
    ("weixin", "wechat"),
];

/// The known names that this one may stand for: a typing error, another case, a part of one, another name of the platform.
pub(super) fn to<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    const FEWEST: usize = 3;
    let name: String = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let name = name.replace(['_', ' '], "-");
    let also = ALSO_CALLED.iter().find(|(called, _)| name.starts_with(called)).map(|(_, meant)| *meant);
    let is_part = |known: &str| name.len() >= FEWEST && (known.contains(&name) || name.starts_with(known));
    let nearest = known.iter().map(|known| distance(&name, known)).min().filter(|nearest| *nearest <= 2);
    let is_near = |known: &str| Some(distance(&name, known)) == nearest;
    let those = |is: &dyn Fn(&str) -> bool| known.iter().copied().filter(|known| is(known)).collect::<Vec<_>>();
    let tiers: [&dyn Fn(&str) -> bool; 4] = [&|known| known == name, &|known| also == Some(known), &is_part, &is_near];
    tiers.into_iter().map(those).find(|names| !names.is_empty()).unwrap_or_default()
}

/// How many letters have to be added, left out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut left = at.saturating_add(1);
        let mut above_left = std::mem::replace(row.first_mut().unwrap_or(&mut 0), left);
        for (above, known) in row.iter_mut().skip(1).zip(&other) {
            let changed = above_left.saturating_add(usize::from(letter != *known));
            above_left = *above;
            left = changed.min(above.saturating_add(1)).min(left.saturating_add(1));
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_letters() {
        for (one, other, apart) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("githb", "github", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(one, other), apart, "{one} {other}");
        }
    }

    #[test]
    fn what_was_meant_is_found_and_nothing_is_made_up() {
        let known: Vec<&str> = imchat_verify::providers::all().iter().map(|scheme| scheme.name()).collect();
        for (name, meant) in [
            ("githb", &["github"][..]),
            ("GitHub", &["github"]),
            ("standard_webhooks", &["standard-webhooks"]),
            ("teams", &["teams-botframework", "teams-botframework-unbound", "teams-outgoing"]),
            ("whatsapp", &["meta"]),
            ("lark", &["feishu"]),
            ("stripe-connect", &["stripe"]),
            ("wecon", &["wecom"]),
            ("no-such-platform", &[]),
            ("x", &[]),
            ("", &[]),
        ] {
            assert_eq!(to(name, &known), meant, "{name}");
        }
    }
}
