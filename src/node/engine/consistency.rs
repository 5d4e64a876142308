//! What must hold between the engine's tables after every step, whatever it says and does: a fault
//! in an index may cost memory for hours before it shows in a message.

use std::collections::BTreeSet;

use blockexc_model::node::First;

use super::Engine;
use crate::suite::random::generate::Dice;
use crate::suite::random::stimulus::Few;

impl Engine<Few> {
    fn assert_consistent(&self) {
        let places = self.addresses.places();
        let peers = self.contexts.places();
        let mut holders = BTreeSet::new();
        let mut wanting = BTreeSet::new();
        let mut unanswered = BTreeSet::new();
        let mut held = BTreeSet::new();
        let mut own_wants = BTreeSet::new();
        for (number, known) in &places {
            assert_eq!(self.addresses.find(&known.address), Some(*number));
            holders.extend(known.holders.iter().map(|peer| (peer, *number)));
            wanting.extend(known.wanting.iter().map(|peer| (peer, *number)));
            held.extend(known.held_as.map(|cid| (cid, *number)));
            if let Some(want) = &known.own_want {
                own_wants.insert((want.request, *number));
                unanswered.extend(want.unanswered.iter().map(|peer| (peer, *number)));
                // ASK-4, ASK-5
                assert!(want.asked.is_none_or(|peer| {
                    known.holders.iter().any(|holder| holder == peer)
                        && want.unanswered.iter().any(|asked| asked == peer)
                }));
            } else {
                assert!(known.holders.is_empty(), "PRES-1");
            }
            assert!(
                known.own_want.is_some() || known.held_as.is_some() || !known.wanting.is_empty(),
                "{:?} is of no use, and has a number",
                known.address
            );
        }
        let mut expected_holders = BTreeSet::new();
        let mut expected_wanting = BTreeSet::new();
        let mut expected_unanswered = BTreeSet::new();
        for (number, context) in &peers {
            assert_eq!(self.contexts.find(&context.peer), Some(*number));
            expected_holders.extend(context.presence.keys().map(|address| (*number, *address)));
            expected_wanting.extend(context.wants.keys().map(|address| (*number, *address)));
            expected_unanswered
                .extend(context.unanswered.iter().map(|address| (*number, *address)));
        }
        assert_eq!(holders, expected_holders);
        assert_eq!(wanting, expected_wanting);
        assert_eq!(unanswered, expected_unanswered);
        let listed = self
            .own_wants
            .iter()
            .map(|(request, number)| (*request, *number));
        assert_eq!(own_wants, listed.collect());
        let mut expected_held = BTreeSet::new();
        for (cid, numbers) in &self.held_under {
            assert!(!numbers.is_empty(), "block {cid} is held under no address");
            expected_held.extend(numbers.iter().map(|number| (*cid, *number)));
        }
        assert_eq!(held, expected_held);
    }
}

#[test]
#[allow(clippy::unwrap_used)]
fn the_tables_agree_after_every_step() {
    let mut dice = Dice::new(0);
    for _ in 0..300 {
        let trace = dice.trace(100);
        let mut engine = Engine::<Few>::new(trace.config());
        for step in &trace.steps {
            engine.step_among_deviating(step.event(), &mut First);
            engine.assert_consistent();
        }
    }
}
