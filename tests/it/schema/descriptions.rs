//! The descriptions of the schema: every element has one that explains more than its name.

use super::sdl::{Element, PRINTED, elements};

const WORDS_MIN: usize = 4;

/// Words that a description cannot begin with, because they refer to something that it has not named yet.
const UNCLEAR_BEGINNINGS: [&str; 24] = [
    "Anybody", "By", "He", "How", "It", "Its", "Nobody", "Of", "Somebody", "Such", "Their", "Them", "These",
    "They", "This", "Those", "What", "When", "Where", "Which", "Who", "Whoever", "Whom", "Why",
];

/// Returns what is wrong with a description, if anything.
fn fault(description: &str) -> Option<&'static str> {
    let mut words = description.split_whitespace();
    if words.clone().count() < WORDS_MIN {
        return Some("has fewer than four words");
    }
    let first = words.next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
    UNCLEAR_BEGINNINGS.contains(&first).then_some("does not begin with its meaning")
}

/// Returns the elements whose description is that of the element before them or of the sibling before them.
fn repeated(described: &[(&Element, &str)]) -> Vec<String> {
    let previous_sibling =
        |n: usize| described[..n].iter().rev().find(|(element, _)| element.parent == described[n].0.parent);
    let mut repeated = Vec::new();
    for (n, (element, description)) in described.iter().enumerate().skip(1) {
        let is_repeated = described[n - 1].1 == *description
            || previous_sibling(n).is_some_and(|(_, previous)| previous == description);
        if is_repeated {
            repeated.push(format!("{} repeats the description before it: {description:?}", element.path));
        }
    }
    repeated
}

#[test]
fn every_description_explains_its_element() {
    let elements = elements(PRINTED);
    let described: Vec<_> =
        elements.iter().filter_map(|element| Some((element, element.description.as_deref()?))).collect();
    assert!(described.len() > 600, "{}", described.len());
    let mut faults: Vec<_> = described
        .iter()
        .filter_map(|(element, description)| {
            fault(description).map(|fault| format!("{} {fault}: {description:?}", element.path))
        })
        .collect();
    faults.extend(repeated(&described));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
