//! Accounts by their keys, in no more memory than they need.

use super::account::Account;
use hashbrown::HashTable;

/// Accounts are kept in blocks of so many, so that growing copies none.
const BLOCK: usize = 16;

/// A bounded set of accounts.
#[derive(Debug)]
pub(super) struct Table {
    /// The place of each account in `blocks`.
    places: HashTable<u32>,
    blocks: Vec<Vec<Account>>,
    most: usize,
    /// When it was last looked for idle accounts, in milliseconds since 1970.
    pub(super) searched: i64,
}

impl Table {
    /// Keeps `most` accounts.
    pub(super) fn new(most: usize) -> Table {
        Table {
            places: HashTable::new(),
            blocks: Vec::new(),
            most: most.min(u32::MAX as usize),
            searched: i64::MIN,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How many accounts it keeps.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        let accounts: usize = self.blocks.iter().map(Vec::capacity).sum();
        accounts * size_of::<Account>() + self.places.allocation_size()
    }

    /// Octets of memory without the room that is free: a table of places is seven eighths full at most.
    pub(super) fn used(&self) -> usize {
        const PLACE: usize = (size_of::<u32>() + 1) * 8 / 7 + 1;
        self.len() * (size_of::<Account>() + PLACE)
    }

    /// All accounts, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.blocks.iter().flatten()
    }

    pub(super) fn get(&self, key: u64) -> Option<&Account> {
        let place = *self
            .places
            .find(key, |&place| at(&self.blocks, place).key == key)?;
        Some(at(&self.blocks, place))
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut Account> {
        let blocks = &self.blocks;
        let place = *self.places.find(key, |&place| at(blocks, place).key == key)?;
        Some(at_mut(&mut self.blocks, place))
    }

    /// The account of this key, a new one if there is none yet. None if there is no room: `idle` milliseconds make room.
    pub(super) fn get_or_add(&mut self, key: u64, time: i64, idle: i64) -> Option<&mut Account> {
        let blocks = &self.blocks;
        if let Some(&place) = self.places.find(key, |&place| at(blocks, place).key == key) {
            return Some(at_mut(&mut self.blocks, place));
        }
        if self.len() >= self.most {
            self.forget(time, idle);
        }
        if self.len() >= self.most {
            return None;
        }
        self.add(Account::new(key, time))
    }

    /// Adds an account that is not there yet, whether there is room for it or not. None if there are 2^32 already.
    pub(super) fn add(&mut self, account: Account) -> Option<&mut Account> {
        let place = u32::try_from(self.len()).ok()?;
        let key = account.key;
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        self.blocks.last_mut()?.push(account);
        let blocks = &self.blocks;
        self.places
            .insert_unique(key, place, |&place| at(blocks, place).key);
        Some(at_mut(&mut self.blocks, place))
    }

    /// Forgets an account. Says whether it was there.
    pub(super) fn remove(&mut self, key: u64) -> bool {
        let blocks = &self.blocks;
        let Ok(entry) = self.places.find_entry(key, |&place| at(blocks, place).key == key) else {
            return false;
        };
        let (place, _) = entry.remove();
        let Some(last) = self.blocks.last_mut().and_then(Vec::pop) else {
            return false;
        };
        if self.blocks.last().is_some_and(Vec::is_empty) {
            self.blocks.pop();
        }
        if last.key != key {
            // The last one takes the place that has become free.
            let end = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
            if let Some(moved) = self.places.find_mut(last.key, |&other| other == end) {
                *moved = place;
            }
            *at_mut(&mut self.blocks, place) = last;
        }
        true
    }

    /// Forgets the accounts that sent nothing for `idle` milliseconds. It looks at all of them, and so no more than once a day.
    fn forget(&mut self, time: i64, idle: i64) {
        if time < self.searched.saturating_add(super::account::DAY) {
            return;
        }
        self.searched = time;
        let old = self
            .blocks
            .iter()
            .flatten()
            .filter(|account| account.last() < time - idle);
        let keys: Vec<u64> = old.map(|account| account.key).collect();
        for key in keys {
            self.remove(key);
        }
    }
}

fn at(blocks: &[Vec<Account>], place: u32) -> &Account {
    let place = place as usize;
    &blocks[place / BLOCK][place % BLOCK]
}

fn at_mut(blocks: &mut [Vec<Account>], place: u32) -> &mut Account {
    let place = place as usize;
    &mut blocks[place / BLOCK][place % BLOCK]
}
