//! Where in the source a requirement is met: functions are found by what they say.

use blockexc_model::source::{DEVIATIONS, Function, SourceFile, replaced_by, that_meet, that_use};

const FILE: SourceFile = SourceFile {
    path: "a/file.rs",
    text: "\
/// What it is. WANT-1: at its end.
#[inline]
pub(super) fn short() -> u8 { 1 }

/// WANT-10: of a type, which is no function.
struct Type;

impl Type {
    fn long(
        &self,
    ) {
        // WANT-10
        if self.deviates(Some) {
            return;
        }
    }

    /// Not WANT-100.
    pub const fn last(&self) {
        // Some
    }
}

#[cfg(test)]
mod tests {
    /// WANT-10
    fn test() {}
}
",
};

fn names(functions: &[Function]) -> Vec<(&'static str, usize)> {
    functions.iter().map(|one| (one.name, one.line)).collect()
}

#[test]
fn a_function_is_found_by_its_comments() {
    assert_eq!(names(&that_meet(&[FILE], "WANT-1")), [("short", 3)]);
    assert_eq!(names(&that_meet(&[FILE], "WANT-10")), [("long", 9)]);
    assert_eq!(names(&that_meet(&[FILE], "WANT-100")), [("last", 19)]);
    assert_eq!(names(&that_meet(&[FILE], "WANT-1000")), []);
}

#[test]
fn a_rule_is_found_by_what_replaces_it() {
    let [account] = that_use(DEVIATIONS, "FirstAccountStays")[..] else {
        panic!("one function asks for it");
    };
    let rule = replaced_by(&account).unwrap();
    assert_eq!((rule.file, rule.name), ("model/src/node/pay.rs", "account"));
}

#[test]
fn a_function_is_found_by_its_code() {
    assert_eq!(names(&that_use(&[FILE], "Some")), [("long", 9)]);
}
