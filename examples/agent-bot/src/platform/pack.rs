//! Pieces of a message become messages, each within a platform's limits.

/// A piece that is not split any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece<T> {
    /// What the platform gets.
    pub(crate) content: T,
    /// What it takes of a message's room, in the platform's own measure.
    pub(crate) size: usize,
    /// Whether it must not be the last of its message, as a heading.
    pub(crate) leads: bool,
}

/// Fills messages in order, each with at most `room` in at most `count` pieces. A piece that is larger is alone.
pub(crate) fn pack<T>(pieces: Vec<Piece<T>>, room: usize, count: usize) -> Vec<Vec<T>> {
    let (mut messages, mut message): (Vec<Vec<T>>, Vec<Piece<T>>) = (Vec::new(), Vec::new());
    for piece in pieces {
        let taken = message.iter().fold(piece.size, |sum, piece| sum.saturating_add(piece.size));
        if !message.is_empty() && (taken > room || message.len() >= count) {
            let leading = message.iter().rev().take_while(|piece| piece.leads).count();
            // A message of nothing but headings stays as it is: moving them on would not end.
            let kept = message.len().saturating_sub(leading);
            let next = if kept == 0 { Vec::new() } else { message.split_off(kept) };
            messages.push(message.into_iter().map(|piece| piece.content).collect());
            message = next;
        }
        message.push(piece);
    }
    if !message.is_empty() {
        messages.push(message.into_iter().map(|piece| piece.content).collect());
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(content: &str, leads: bool) -> Piece<String> {
        Piece { content: content.to_owned(), size: content.len(), leads }
    }

    #[test]
    fn messages_are_filled_in_order() {
        let pieces = ["aaa", "bb", "c", "dddddddd", "e"].map(|content| piece(content, false)).into();
        assert_eq!(pack(pieces, 5, 9), [vec!["aaa", "bb"], vec!["c"], vec!["dddddddd"], vec!["e"]]);
        let pieces = ["a", "b", "c"].map(|content| piece(content, false)).into();
        assert_eq!(pack(pieces, 5, 2), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(pack(Vec::<Piece<String>>::new(), 5, 2), Vec::<Vec<String>>::new());
    }

    #[test]
    fn a_heading_goes_with_what_it_leads() {
        let pieces = vec![piece("aaa", false), piece("h", true), piece("bbbb", false)];
        assert_eq!(pack(pieces, 5, 9), [vec!["aaa"], vec!["h", "bbbb"]]);
        let pieces = vec![piece("hhh", true), piece("bbbb", false)];
        assert_eq!(pack(pieces, 5, 9), [vec!["hhh"], vec!["bbbb"]]);
    }
}
