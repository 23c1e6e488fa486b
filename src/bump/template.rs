//! Files that are a template of YAML: `{{ … }}` is made into something that YAML takes for text, so that what stands around it can be read.

use crate::value::{Data, Node};

/// What stands for `{{`, `}}` and the characters inside of them that mean something in YAML, one for one.
const MASKS: [(&str, char); 12] = [
    ("{{", '\u{E000}'),
    ("}}", '\u{E001}'),
    (":", '\u{E002}'),
    ("#", '\u{E003}'),
    ("\"", '\u{E004}'),
    ("'", '\u{E005}'),
    ("{", '\u{E006}'),
    ("}", '\u{E007}'),
    ("[", '\u{E008}'),
    ("]", '\u{E009}'),
    (",", '\u{E00A}'),
    ("\n", '\u{E00B}'),
];

/// The text with its templates masked. A line that is nothing but a template (`{{ if … }}`, `{{ end }}`) is left empty.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let end = start + length + 2;
        masked.push_str(&rest[..start]);
        let line_before = masked.rsplit('\n').next().unwrap_or_default();
        let line_behind = rest[end..].split('\n').next().unwrap_or_default();
        let template = &rest[start..end];
        if line_before.trim().is_empty() && line_behind.trim().is_empty() {
            masked.extend(template.matches('\n'));
        } else {
            masked.push(MASKS[0].1);
            masked.extend(template[2..template.len() - 2].chars().map(masked_char));
            masked.push(MASKS[1].1);
            masked.extend(template.matches('\n').map(|_| ' '));
        }
        rest = &rest[end..];
    }
    masked.push_str(rest);
    masked
}

fn masked_char(c: char) -> char {
    MASKS[2..].iter().find(|(written, _)| written.starts_with(c)).map_or(c, |(_, mask)| *mask)
}

/// The text as it was before it was masked.
pub(super) fn unmask(text: &str) -> String {
    if !text.contains(is_mask) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| MASKS.iter().find(|(_, mask)| *mask == c).map_or_else(|| c.to_string(), |(written, _)| (*written).to_owned()))
        .collect()
}

fn is_mask(c: char) -> bool {
    ('\u{E000}'..='\u{E00B}').contains(&c)
}

/// Whether a template stands anywhere in a value.
pub(super) fn is_in(node: &Node) -> bool {
    match &node.data {
        Data::Str(text) => text.contains(is_mask) || text.contains("{{"),
        Data::List(items) => items.iter().any(is_in),
        Data::Map(map) => map.iter().any(|(key, entry)| key.contains(is_mask) || key.contains("{{") || is_in(&entry.value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_templates_keep_lines_and_come_back() {
        let text = "a: {{ .Values.x | default \"1: #2\" }}\n{{ if eq 1 1 }}\nb: '{{ y }}'\n  {{- end }}\nc: {{ open";
        let masked = mask(text);
        assert_eq!(masked.lines().count(), text.lines().count());
        assert!(masked.lines().nth(1).unwrap().is_empty());
        assert_eq!(unmask(masked.lines().next().unwrap()), text.lines().next().unwrap());
        assert_eq!(unmask(masked.lines().nth(2).unwrap()), "b: '{{ y }}'");
    }
}
