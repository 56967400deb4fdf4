//! Headers in one column: each name and value with its length before it.

use bytes::Bytes;

pub(super) fn encode(headers: &[(String, Bytes)]) -> Vec<u8> {
    let mut column = Vec::new();
    for (name, value) in headers {
        part(&mut column, name.as_bytes());
        part(&mut column, value);
    }
    column
}

fn part(column: &mut Vec<u8>, part: &[u8]) {
    // No header is near four gigabytes; were one, it would be cut rather than misread.
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    column.extend_from_slice(&length.to_be_bytes());
    column.extend_from_slice(part.get(..length as usize).unwrap_or(part));
}

/// `None` where the column was not written by [`encode`].
pub(super) fn decode(mut column: Bytes) -> Option<Vec<(String, Bytes)>> {
    let mut headers = Vec::new();
    while !column.is_empty() {
        let name = String::from_utf8(next(&mut column)?.into()).ok()?;
        headers.push((name, next(&mut column)?));
    }
    Some(headers)
}

fn next(column: &mut Bytes) -> Option<Bytes> {
    let (length, _) = column.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let end = length.checked_add(4)?;
    if column.len() < end {
        return None;
    }
    Some(column.split_to(end).split_off(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_went_in() {
        let headers = vec![
            ("x-github-event".to_owned(), Bytes::from_static(b"push")),
            ("x-empty".to_owned(), Bytes::new()),
            ("x-bytes".to_owned(), Bytes::from_static(&[0, 0xFF, b':'])),
        ];
        assert_eq!(decode(encode(&headers).into()), Some(headers));
    }

    #[test]
    fn a_column_of_other_make_is_refused() {
        for column in [&b"abc"[..], &[0, 0, 0, 9, b'a'], &[0, 0, 0, 1, 0xFF, 0, 0, 0, 0], &[0xFF; 4]] {
            assert_eq!(decode(Bytes::copy_from_slice(column)), None, "{column:?}");
        }
    }
}
