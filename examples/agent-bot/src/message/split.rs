//! Long text becomes several texts: cut at a paragraph, else at a line, else at a word, else anywhere.

use super::{Span, Text};

/// Counts what a span takes once it is rendered. A split span takes at most what its pieces take together.
pub type Cost<'c> = &'c dyn Fn(&Span) -> usize;

/// What comes after a piece of text. The later ones are better places to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seam {
    None,
    Word,
    Line,
    Paragraph,
}

impl Text {
    /// The text in pieces that take at most `limit` each. Nothing is lost but white space at the cuts, and what cannot be
    /// cut and takes more than `limit` by itself: a link is then its label.
    #[must_use]
    pub fn split(&self, limit: usize, cost: Cost<'_>) -> Vec<Self> {
        let pieces: Vec<(Span, Seam)> = self.pieces(limit, cost);
        let (mut texts, mut start, mut taken) = (Vec::new(), 0_usize, 0_usize);
        let mut index = 0_usize;
        while let Some((span, _)) = pieces.get(index) {
            let more = cost(span);
            if taken.saturating_add(more) > limit && index > start {
                let end = cut(pieces.get(start..index).unwrap_or_default(), limit, cost).saturating_add(start);
                texts.push(joined(pieces.get(start..end).unwrap_or_default()));
                (start, index, taken) = (end, end, 0);
                continue;
            }
            taken = taken.saturating_add(more);
            index = index.saturating_add(1);
        }
        texts.push(joined(pieces.get(start..).unwrap_or_default()));
        texts.retain(|text| !text.spans.is_empty());
        texts
    }

    /// Words, each with the white space behind it, and what cannot be cut.
    fn pieces(&self, limit: usize, cost: Cost<'_>) -> Vec<(Span, Seam)> {
        let mut pieces: Vec<(Span, Seam)> = Vec::new();
        for span in &self.spans {
            match span {
                Span::Break => {
                    // Two in a row end a paragraph.
                    let again = pieces.last().is_some_and(|(last, _)| *last == Span::Break);
                    pieces.push((Span::Break, if again { Seam::Paragraph } else { Seam::Line }));
                }
                Span::Link { label, .. } if cost(span) > limit => words(label, Span::Plain, limit, cost, &mut pieces),
                Span::Link { .. } | Span::Mention(_) => pieces.push((span.clone(), Seam::None)),
                Span::Plain(text) => words(text, Span::Plain, limit, cost, &mut pieces),
                Span::Bold(text) => words(text, Span::Bold, limit, cost, &mut pieces),
                Span::Italic(text) => words(text, Span::Italic, limit, cost, &mut pieces),
                Span::Strike(text) => words(text, Span::Strike, limit, cost, &mut pieces),
                Span::Code(text) => words(text, Span::Code, limit, cost, &mut pieces),
            }
        }
        pieces
    }
}

/// Preformatted text in pieces that take at most `limit` each: cut between lines, within a line only where one alone is
/// too long. Every piece is a block of its own, so no fence is left open.
#[must_use]
pub fn split_code(code: &str, limit: usize, cost: &dyn Fn(&str) -> usize) -> Vec<String> {
    let (mut blocks, mut block) = (Vec::new(), String::new());
    for line in code.split_inclusive('\n').flat_map(|line| chunks(line, limit, cost)) {
        if !block.is_empty() && cost(&block).saturating_add(cost(&line)) > limit {
            blocks.push(std::mem::take(&mut block));
        }
        block.push_str(&line);
    }
    blocks.push(block);
    for block in &mut blocks {
        block.truncate(block.trim_end_matches('\n').len());
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// How many of these pieces go first: up to the best seam that leaves more than a third of the room used.
fn cut(pieces: &[(Span, Seam)], limit: usize, cost: Cost<'_>) -> usize {
    let (mut taken, mut best) = (0_usize, (Seam::None, pieces.len()));
    for (index, (span, seam)) in pieces.iter().enumerate() {
        taken = taken.saturating_add(cost(span));
        if *seam >= best.0 && *seam > Seam::None && taken > limit / 3 {
            best = (*seam, index.saturating_add(1));
        }
    }
    best.1
}

fn words(text: &str, span: fn(String) -> Span, limit: usize, cost: Cost<'_>, pieces: &mut Vec<(Span, Seam)>) {
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let space = rest.get(word..).and_then(|tail| tail.find(|c: char| !c.is_whitespace()));
        let end = space.map_or(rest.len(), |space| word.saturating_add(space));
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let seam = match piece.get(word..).map(|space| space.matches('\n').count()) {
            Some(0) if end == word => Seam::None,
            Some(0) | None => Seam::Word,
            Some(1) => Seam::Line,
            Some(_) => Seam::Paragraph,
        };
        let mut chunks = chunks(piece, limit, &|text| cost(&span(text.to_owned())));
        let last = chunks.pop();
        pieces.extend(chunks.into_iter().map(|chunk| (span(chunk), Seam::None)));
        pieces.extend(last.map(|chunk| (span(chunk), seam)));
        rest = after;
    }
}

/// A text that is too long by itself, cut anywhere.
fn chunks(text: &str, limit: usize, cost: &dyn Fn(&str) -> usize) -> Vec<String> {
    if cost(text) <= limit {
        return vec![text.to_owned()];
    }
    let (mut chunks, mut chunk) = (Vec::new(), String::new());
    let mut taken = cost("");
    for c in text.chars() {
        let more = cost(c.encode_utf8(&mut [0; 4])).saturating_sub(cost(""));
        if !chunk.is_empty() && taken.saturating_add(more) > limit {
            chunks.push(std::mem::take(&mut chunk));
            taken = cost("");
        }
        taken = taken.saturating_add(more);
        chunk.push(c);
    }
    chunks.push(chunk);
    chunks
}

/// The pieces as one text: neighbours of one kind together, without white space at its ends.
fn joined(pieces: &[(Span, Seam)]) -> Text {
    let mut spans: Vec<Span> = Vec::new();
    for (piece, _) in pieces {
        match (spans.last_mut(), piece) {
            (Some(Span::Plain(text)), Span::Plain(more))
            | (Some(Span::Bold(text)), Span::Bold(more))
            | (Some(Span::Italic(text)), Span::Italic(more))
            | (Some(Span::Strike(text)), Span::Strike(more))
            | (Some(Span::Code(text)), Span::Code(more)) => text.push_str(more),
            (None, Span::Break) => {}
            _ => spans.push(piece.clone()),
        }
    }
    while let Some(last) = spans.last_mut() {
        match last {
            Span::Break => {}
            Span::Plain(text) | Span::Bold(text) | Span::Italic(text) | Span::Strike(text) => {
                text.truncate(text.trim_end().len());
                if !text.is_empty() {
                    break;
                }
            }
            Span::Code(_) | Span::Link { .. } | Span::Mention(_) => break,
        }
        spans.pop();
    }
    Text { spans }
}

#[cfg(test)]
mod tests;
