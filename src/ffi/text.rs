//! Octets on their way in, texts on their way out.

use super::Border;
use super::status::Fault;
use std::ffi::{CStr, CString, c_char, c_void};

/// A text that belongs to a handle and lives until that handle is freed.
///
/// Where there is nothing to tell, data is NULL and length 0. Otherwise data[length] is 0, so that the text can be
/// used as a C string. Texts are UTF-8.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// The octets, or NULL.
    pub data: *const c_char,
    /// How many there are, without the closing 0.
    pub length: usize,
}

const _: () = {
    assert!(size_of::<Text>() == 2 * size_of::<usize>());
    assert!(std::mem::offset_of!(Text, length) == size_of::<usize>());
};

/// Octets that need not be text, such as an address: lent by the program, or belonging to a handle as texts do.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Octets {
    /// The octets, or NULL.
    pub data: *const c_void,
    /// How many there are.
    pub length: usize,
}

// Programs make arrays of it: it cannot grow.
const _: () = {
    assert!(size_of::<Octets>() == 2 * size_of::<usize>());
    assert!(std::mem::offset_of!(Octets, length) == size_of::<usize>());
};

impl Octets {
    pub(super) const ABSENT: Octets = Octets {
        data: std::ptr::null(),
        length: 0,
    };

    /// The view that C gets of octets which their handle keeps.
    pub(super) fn of(octets: Option<&CStr>) -> Octets {
        octets.map_or(Octets::ABSENT, |octets| Octets {
            data: octets.as_ptr().cast(),
            length: octets.count_bytes(),
        })
    }
}

impl Border for Octets {
    fn panicked(_: &str) -> Octets {
        Octets::ABSENT
    }
}

impl Text {
    pub(super) const ABSENT: Text = Text {
        data: std::ptr::null(),
        length: 0,
    };

    /// The view that C gets of a text which its handle keeps.
    pub(super) fn of(text: Option<&CStr>) -> Text {
        text.map_or(Text::ABSENT, |text| Text {
            data: text.as_ptr(),
            length: text.count_bytes(),
        })
    }
}

impl Border for Text {
    fn panicked(_: &str) -> Text {
        Text::ABSENT
    }
}

/// A text to keep for C. A C string cannot hold the octet 0: it becomes U+FFFD, which is what UTF-8 has for octets
/// that are not text.
pub(super) fn keep(text: impl Into<String>) -> CString {
    let text = text.into();
    CString::new(text).unwrap_or_else(|error| {
        let octets = error.into_vec();
        let text = String::from_utf8_lossy(&octets).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}

/// Reads octets that C lends.
///
/// # Safety
/// `data` is NULL or points to `length` octets that nobody changes during `'a`.
pub(super) unsafe fn lent<'a, T>(what: &str, data: *const T, length: usize) -> Result<&'a [u8], Fault> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Fault::null(what));
    }
    if isize::try_from(length).is_err() {
        return Err(Fault::invalid(format!(
            "{what}: {length} octets are more than memory can hold"
        )));
    }
    // SAFETY: not NULL, `length` octets that are not changed by the caller's promise, no more than isize::MAX.
    Ok(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) })
}

/// Reads a text that C lends, which must be UTF-8.
///
/// # Safety
/// As [`lent`].
pub(super) unsafe fn lent_text<'a>(what: &str, data: *const c_char, length: usize) -> Result<&'a str, Fault> {
    // SAFETY: the same promise.
    let octets = unsafe { lent(what, data, length) }?;
    std::str::from_utf8(octets).map_err(|_| {
        Fault::invalid(format!(
            "{what} '{}' is not UTF-8",
            crate::error::printable(octets)
        ))
    })
}

/// Reads an optional C string; NULL is none.
///
/// # Safety
/// `text` is NULL or a string closed by 0 that nobody changes during `'a`.
pub(super) unsafe fn lent_string<'a>(what: &str, text: *const c_char) -> Result<Option<&'a str>, Fault> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: a string closed by 0, by the caller.
    let octets = unsafe { CStr::from_ptr(text) }.to_bytes();
    std::str::from_utf8(octets).map(Some).map_err(|_| {
        Fault::invalid(format!(
            "{what} '{}' is not UTF-8",
            crate::error::printable(octets)
        ))
    })
}

/// Reads a list of C strings.
///
/// # Safety
/// `list` is NULL or an array of `count` pointers, each NULL or a string closed by 0, that nobody changes meanwhile.
pub(super) unsafe fn lent_strings(
    what: &str,
    list: *const *const c_char,
    count: usize,
    most: usize,
) -> Result<Vec<String>, Fault> {
    if count > most {
        return Err(Fault::invalid(format!(
            "{what}: {count} are given; at most {most} can be used"
        )));
    }
    if count > 0 && list.is_null() {
        return Err(Fault::null(what));
    }
    let one = |at| {
        let what = format!("{what}[{at}]");
        // SAFETY: by the caller.
        let text = unsafe { lent_string(&what, list.add(at).read()) }?;
        text.map(str::to_owned).ok_or_else(|| Fault::null(&what))
    };
    (0..count).map(one).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::status::{MAILREP_INVALID, MAILREP_NULL};
    use super::*;

    #[test]
    fn null_without_octets_is_nothing_and_with_octets_a_fault() {
        // SAFETY: NULL may be given.
        unsafe {
            assert_eq!(lent::<u8>("data", std::ptr::null(), 0).unwrap(), b"");
            assert_eq!(
                lent::<u8>("data", std::ptr::null(), 1).unwrap_err().status,
                MAILREP_NULL
            );
        }
    }

    #[test]
    fn a_length_beyond_memory_is_refused_before_anything_is_read() {
        // SAFETY: the length is refused, nothing is read.
        let fault = unsafe { lent("data", b"x".as_ptr(), usize::MAX) }.unwrap_err();
        assert_eq!(fault.status, MAILREP_INVALID);
        assert!(fault.message.starts_with("data: "));
    }

    #[test]
    fn a_zero_inside_a_text_does_not_cut_it() {
        assert_eq!(keep("a\0b").to_str().unwrap(), "a\u{fffd}b");
    }
}
