//! Every property that the model checker knows, with the requirements that it stands for.

use std::collections::BTreeSet;

use blockexc_checker::analysis::configuration::{Configuration, OBTAINED, OBTAINED_FOR};
use blockexc_checker::analysis::standard::standard_set;
use blockexc_checker::properties::{open, open_activity, properties_of};
use blockexc_model::deviating::Setup;

/// A property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KnownProperty {
    /// What it says.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
}

/// The properties of the standard set's configurations, each once.
pub(super) fn properties() -> BTreeSet<KnownProperty> {
    let mut all = BTreeSet::new();
    let mut add = |name, requirements| {
        all.insert(KnownProperty { name, requirements });
    };
    for configuration in standard_set(&Setup::default()) {
        match configuration {
            Configuration::Closed(network) => {
                for property in properties_of(&network) {
                    add(property.name, property.requirements);
                }
            }
            Configuration::Progress(_) => add(OBTAINED, OBTAINED_FOR),
            Configuration::Open(network) => {
                for property in open(&network).into_iter().chain(open_activity()) {
                    add(property.name, property.requirements);
                }
            }
        }
    }
    all
}
