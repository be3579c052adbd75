//! Numbers read from octets, little end first, and never beyond their end.

/// No counter is above this; sums of two stay far from infinity.
pub(super) const MOST_COUNT: f32 = 1e30;

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Octets<'a>(pub(super) &'a [u8]);

impl<'a> Octets<'a> {
    /// So many octets, if there are.
    pub(super) fn some(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// A number that is not negative, perhaps infinite.
    pub(super) fn limit(&mut self) -> Option<f32> {
        self.array()
            .map(f32::from_le_bytes)
            .filter(|number| *number >= 0.0)
    }

    /// The value of a counter.
    pub(super) fn count(&mut self) -> Option<f32> {
        self.limit().filter(|number| *number <= MOST_COUNT)
    }

    /// The same with twice the digits.
    pub(super) fn long_count(&mut self) -> Option<f64> {
        self.array()
            .map(f64::from_le_bytes)
            .filter(|number| (0.0..=f64::from(MOST_COUNT)).contains(number))
    }

    /// As many numbers as the array has places.
    pub(super) fn each<T: Copy + Default, const N: usize>(
        &mut self,
        read: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<[T; N]> {
        let mut all = [T::default(); N];
        for one in &mut all {
            *one = read(self)?;
        }
        Some(all)
    }
}
