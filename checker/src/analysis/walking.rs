//! Random walks through configurations, and what came of them: [`Walk`].

use std::ops::ControlFlow;
use std::time::Instant;

use blockexc_model::deviating::Setup;
use serde::Serialize;

use crate::network::closed::Network;
use crate::properties::{self, properties_of};
use crate::search::checkable::Checkable;
use crate::search::exploration::Trail;
use crate::search::property::Property;
use crate::search::walks::{Walked, Walks, walk};
use crate::show::counterexample::Counterexample;

use super::configuration::Configuration;
use super::wide;

/// What walks through one configuration have shown.
#[derive(Serialize)]
pub struct Walk<'a> {
    /// The configuration's name.
    pub name: &'a str,
    /// What it is made of, in words.
    pub description: String,
    /// How many walks were made.
    pub walks: u64,
    /// How many steps they had together.
    pub steps: u64,
    /// How many steps the longest had.
    pub longest: usize,
    /// How many ended where nothing can happen any more; the others were ended.
    pub ended: u64,
    /// How long they took, in seconds.
    pub seconds: f64,
    /// How many properties were looked at in every state.
    pub properties: usize,
    /// What was violated.
    pub violations: Vec<Violation<'a>>,
}

/// A property that a walk has violated.
#[derive(Serialize)]
pub struct Violation<'a> {
    /// The property.
    pub name: &'static str,
    /// The requirements that it stands for.
    pub requirements: &'static [&'static str],
    /// After so many steps; there may be a shorter way.
    pub steps: usize,
    /// The walk.
    #[serde(skip)]
    pub walk: Counterexample<'a>,
}

/// The networks to walk through when nothing else is said: those that are too large to be searched.
pub fn wide_set(setup: &Setup) -> Vec<Configuration> {
    let wide = wide::to_be_walked(setup).into_iter();
    wide.map(Configuration::Closed).collect()
}

impl Configuration {
    /// Walks through it. `progress` is told how many walks were made, and says whether to go on.
    pub fn walk(&self, how: Walks, progress: &mut dyn FnMut(u64) -> ControlFlow<()>) -> Walk<'_> {
        let begun = Instant::now();
        match self {
            Configuration::Closed(network) | Configuration::Progress(network) => {
                let list = properties_of(network);
                let walked = walk(network, &list, how, progress);
                self.walked(begun, walked, list, |trail, property: Property<Network>| {
                    Counterexample::Closed {
                        network,
                        trail,
                        property: Some(property),
                        round: 0,
                    }
                })
            }
            Configuration::Open(network) => {
                let list = properties::open(network);
                let walked = walk(network, &list, how, progress);
                self.walked(begun, walked, list, |trail, property| {
                    Counterexample::Open {
                        network,
                        trail,
                        property,
                    }
                })
            }
        }
    }

    fn walked<'a, M: Checkable>(
        &'a self,
        begun: Instant,
        walked: Walked<M>,
        list: Vec<Property<M>>,
        shown: impl Fn(Trail<M>, Property<M>) -> Counterexample<'a>,
    ) -> Walk<'a> {
        let properties = list.len();
        let violated = list.into_iter().zip(walked.violations);
        let violations = violated.filter_map(|(property, trail)| {
            let trail = trail?;
            Some(Violation {
                name: property.name,
                requirements: property.requirements,
                steps: trail.steps.len(),
                walk: shown(trail, property),
            })
        });
        Walk {
            name: self.name(),
            description: self.description(),
            walks: walked.walks,
            steps: walked.steps,
            longest: walked.longest,
            ended: walked.ended,
            properties,
            violations: violations.collect(),
            seconds: begun.elapsed().as_secs_f64(),
        }
    }
}
