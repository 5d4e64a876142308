//! Several threads that work through a list of tasks.

use std::sync::{Mutex, PoisonError};

/// Does each of these, by so many threads: each takes the next that nobody has taken.
pub(crate) fn in_parallel<T: Send>(threads: usize, tasks: Vec<T>, work: impl Fn(T) + Sync) {
    if threads == 1 || tasks.len() < 2 {
        return tasks.into_iter().for_each(work);
    }
    let tasks = Mutex::new(tasks.into_iter());
    let work_on = || {
        // Nothing panics while this is locked, but a panic elsewhere may have poisoned it.
        let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).next();
        while let Some(task) = next() {
            work(task);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work_on);
        }
        work_on();
    });
}
