//! PAY: accounts and payments.

use super::script::check;

#[test]
fn pay_1_the_later_account_replaces_the_earlier() {
    check(
        "join 1; join 2
         1: account=1 =>
         1: account=2 =>
         ? 1          => account=2
         ? 2          => empty",
    );
}

#[test]
fn pay_2_a_payment_is_recorded() {
    check(
        "join 1
         1: payment=4 =>
         ? 1          => payment=4",
    );
}
