//! State that a forked child begins anew.

use std::sync::OnceLock;

/// State of which every process has its own. What the parent left is neither read nor dropped in a child: another thread of the
/// parent may have held a lock in it at the moment of the fork. Looking up the own state takes no lock.
#[derive(Debug)]
pub(crate) struct PerProcess<T>(Generation<T>);

#[derive(Debug)]
struct Generation<T> {
    process: u32,
    /// Always there, until it is dropped.
    state: Option<T>,
    next: OnceLock<Box<Generation<T>>>,
}

impl<T: Default> Generation<T> {
    fn new(process: u32) -> Self {
        Generation {
            process,
            state: Some(T::default()),
            next: OnceLock::new(),
        }
    }
}

impl<T: Default> PerProcess<T> {
    /// The state of this process.
    pub(crate) fn here(&self) -> &T {
        self.of(std::process::id())
    }

    fn of(&self, process: u32) -> &T {
        let mut generation = &self.0;
        loop {
            match &generation.state {
                Some(state) if generation.process == process => return state,
                _ => {
                    generation = generation.next.get_or_init(|| Box::new(Generation::new(process)));
                }
            }
        }
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        PerProcess(Generation::new(std::process::id()))
    }
}

impl<T> Drop for Generation<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget(self.state.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_child_has_its_own_state_and_drops_none_of_the_parents() {
        #[derive(Default)]
        struct Counted(Cell<u32>);
        impl Drop for Counted {
            fn drop(&mut self) {
                assert_ne!(self.0.get(), 7, "the parent's was dropped");
            }
        }
        let mut state = PerProcess::<Counted>::default();
        let (parent, child) = (std::process::id(), std::process::id().wrapping_add(1));
        state.here().0.set(7);
        state.of(child).0.set(8);
        assert_eq!((state.of(parent).0.get(), state.of(child).0.get()), (7, 8));
        // As it is in a child: this process is not the one that began.
        state.0.process = child;
        if let Some(next) = state.0.next.get_mut() {
            next.process = parent;
        }
        assert_eq!(state.here().0.get(), 8);
    }
}
