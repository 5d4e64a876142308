//! [`HashIndex`]: where states stand, by their hashes.

/// An open-addressed hash table of a power of two slots, at a load of at most four fifths. A slot
/// is empty, or holds some bits of a hash and the place of a state.
pub(super) struct HashIndex {
    slots: Vec<u32>,
    count: usize,
}

const EMPTY: u32 = u32::MAX;
const PLACE_BITS: u32 = 27;
/// So many places there are.
pub(super) const PLACES: usize = 1 << PLACE_BITS;

impl HashIndex {
    pub fn new() -> Self {
        HashIndex {
            slots: vec![EMPTY; 1 << 4],
            count: 0,
        }
    }

    /// The slot in which the search for this hash begins.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    /// What a slot for this hash holds beside the place.
    #[inline]
    fn tag(hash: u64) -> u32 {
        (hash >> (u64::BITS + PLACE_BITS - u32::BITS)) as u32
    }

    /// What the first slot for this hash holds.
    #[inline]
    pub fn first_slot(&self, hash: u64) -> u32 {
        self.slots[self.home(hash)]
    }

    /// The place that a slot holds when it may be one for this hash.
    #[inline]
    pub fn place_in(slot: u32, hash: u64) -> Option<usize> {
        (slot >> PLACE_BITS == Self::tag(hash)).then_some((slot & (PLACES as u32 - 1)) as usize)
    }

    /// The place of the state of this hash for which `is_same` says so; or else the slot for it.
    #[inline]
    pub fn find(&self, hash: u64, is_same: impl Fn(usize) -> bool) -> Result<usize, usize> {
        let mut slot = self.home(hash);
        loop {
            let found = self.slots[slot];
            if found == EMPTY {
                return Err(slot);
            }
            if let Some(place) = Self::place_in(found, hash)
                && is_same(place)
            {
                return Ok(place);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    /// Puts a state into a slot that [`Self::find`] gave for it.
    #[inline]
    pub fn put(&mut self, slot: usize, hash: u64, place: usize) {
        // The search stops before there are more places than fit. The last place, which would look
        // like an empty slot, is never reached.
        self.slots[slot] = Self::tag(hash) << PLACE_BITS | place as u32;
        self.count += 1;
    }

    /// Makes room for so many more. The states' hashes are worked out again.
    pub fn reserve(&mut self, more: usize, hash_of: impl Fn(usize) -> u64) {
        let needed = (self.count + more) * 5 / 4 + 1;
        if needed <= self.slots.len() {
            return;
        }
        self.slots = Vec::new();
        self.slots = vec![EMPTY; needed.next_power_of_two()];
        let count = std::mem::take(&mut self.count);
        for place in 0..count {
            let hash = hash_of(place);
            // All are different.
            if let Err(slot) = self.find(hash, |_| false) {
                self.put(slot, hash, place);
            }
        }
    }

    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }
}
