//! [`Interner`]: components of states as numbers, so that a state can be a row of numbers.
//! [`Memo`]: what becomes of one number by another, worked out once.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::space::TableFull;

/// The number of what was not interned, or not worked out.
pub const UNKNOWN: u16 = u16::MAX;

/// Values with their numbers: equal values have the same number.
///
/// Where states are the same that differ in names alone, it also has the number of each value's
/// image under each renaming.
pub struct Interner<T> {
    values: IndexSet<T, FxBuildHasher>,
    /// The number of each value's image, for each renaming.
    images: Vec<Vec<u16>>,
    what: &'static str,
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// An interner whose values are called so, and in which these have the first numbers.
    pub fn new(what: &'static str, first: impl IntoIterator<Item = T>) -> Self {
        Interner {
            values: first.into_iter().collect(),
            images: Vec::new(),
            what,
        }
    }

    /// The number of this value.
    ///
    /// # Errors
    ///
    /// When there are more values than numbers.
    pub fn intern(&mut self, value: T) -> Result<u16, TableFull> {
        let (number, _) = self.values.insert_full(value);
        match u16::try_from(number) {
            Ok(number) if number != UNKNOWN => Ok(number),
            _ => Err(TableFull {
                what: self.what,
                most: usize::from(UNKNOWN),
            }),
        }
    }

    /// The number of this value; nothing when it was not interned.
    pub fn find(&self, value: &T) -> Option<u16> {
        u16::try_from(self.values.get_index_of(value)?).ok()
    }

    /// The value of this number.
    pub fn get(&self, number: u16) -> &T {
        &self.values[usize::from(number)]
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values from this number on.
    pub fn from(&self, number: usize) -> impl Iterator<Item = &T> {
        self.values.iter().skip(number)
    }

    /// Interns the image of each value under each of these renamings, until every image is among
    /// the values.
    ///
    /// # Errors
    ///
    /// When there are more values than numbers.
    pub fn intern_images<R>(
        &mut self,
        renamings: &[R],
        image: impl Fn(&R, &T) -> T,
    ) -> Result<(), TableFull> {
        self.images.resize_with(renamings.len(), Vec::new);
        // One renaming's images may be new to another.
        while self
            .images
            .iter()
            .any(|images| images.len() < self.values.len())
        {
            for (place, renaming) in renamings.iter().enumerate() {
                while let Some(next) = self.values.get_index(self.images[place].len()) {
                    let image = image(renaming, next);
                    let number = self.intern(image)?;
                    self.images[place].push(number);
                }
            }
        }
        Ok(())
    }

    /// The number of the image of the value of this number, under the renaming of this place.
    #[inline]
    pub fn image(&self, renaming: usize, number: u16) -> u16 {
        self.images[renaming][usize::from(number)]
    }
}

/// A table of what becomes of one number by another.
#[derive(Default)]
pub struct Memo {
    /// A column for each number that something becomes of, a line for each by which it does.
    cells: Vec<u16>,
    /// The number of columns is two to the power of this.
    column_bits: u32,
}

impl Memo {
    /// What becomes of one number by another, or [`UNKNOWN`].
    #[inline]
    pub fn get(&self, of: u16, by: u16) -> u16 {
        let [of, by] = [of, by].map(usize::from);
        if of >> self.column_bits != 0 {
            return UNKNOWN;
        }
        let cell = by << self.column_bits | of;
        self.cells.get(cell).copied().unwrap_or(UNKNOWN)
    }

    /// Notes what becomes of one number by another.
    pub fn set(&mut self, of: u16, by: u16, outcome: u16) {
        let [of, by] = [of, by].map(usize::from);
        while of >> self.column_bits != 0 {
            let columns = 1 << self.column_bits;
            self.cells = self
                .cells
                .chunks(columns)
                .flat_map(|line| {
                    line.iter()
                        .copied()
                        .chain(std::iter::repeat_n(UNKNOWN, columns))
                })
                .collect();
            self.column_bits += 1;
        }
        let lines = (by + 1) << self.column_bits;
        if self.cells.len() < lines {
            self.cells.resize(lines, UNKNOWN);
        }
        self.cells[by << self.column_bits | of] = outcome;
    }

    /// How many bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<u16>()
    }
}
