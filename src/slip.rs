//! Slips of the pen: what a word was probably meant to be.

/// Whether two words differ by one letter more, less, other, or by two neighbors changed over.
pub(crate) fn one_slip_apart(left: &[u8], right: &[u8]) -> bool {
    let (short, long) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => {
            let (short, long) = (&short[same..], &long[same..]);
            match (short, long) {
                ([], []) => true,
                ([_, short @ ..], [_, long @ ..]) if short == long => true,
                ([a, b, short @ ..], [c, d, long @ ..]) => a == d && b == c && short == long,
                _ => false,
            }
        }
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}
