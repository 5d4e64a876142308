//! What of the specification contains a text.

use blockexc_model::Deviation;
use blockexc_model::dialect::DIALECTS;
use blockexc_model::requirement::REQUIREMENTS;

use super::glossary;
use super::selection::Selection;
use crate::suite::scenarios;

/// Everything with this text in it; letters of either case are the same.
pub(super) fn containing(text: &str) -> Selection {
    let text = text.to_lowercase();
    let any = |texts: &[&str]| texts.iter().any(|one| one.to_lowercase().contains(&text));
    let requirements = REQUIREMENTS.iter();
    let deviations = Deviation::ALL.iter().copied();
    Selection {
        requirements: requirements
            .filter(|known| any(&[known.id, known.text, known.rationale]))
            .collect(),
        deviations: deviations
            .filter(|known| any(&[known.name(), known.summary()]))
            .collect(),
        dialects: DIALECTS
            .iter()
            .filter(|known| any(&[known.name, known.about]))
            .collect(),
        scenarios: scenarios::all()
            .filter(|known| any(&[known.id, known.summary, known.expects]))
            .collect(),
        terms: glossary::terms()
            .into_iter()
            .filter(|known| any(&[known.term, known.meaning]))
            .collect(),
    }
}
