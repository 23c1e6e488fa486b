//! What the reader as a whole does.

use super::*;

fn parsed(text: &str) -> Node {
    let source = source("values.yaml", text.as_bytes()).unwrap();
    read(&source, &Limits::default()).unwrap()
}

#[test]
fn a_key_has_the_comment_block_above_it() {
    let node = parsed("# of nobody\n\n# of a\n##  and more\na: 1\nb: |\n  # text\nc:\n  # of the item\n  - d: 1\n");
    let comments: Vec<_> = node.as_map().unwrap().iter().map(|(key, entry)| (&**key, entry.comment.as_deref())).collect();
    assert_eq!(comments, [("a", Some("of a\n and more")), ("b", None), ("c", None)]);
    assert_eq!(node.get("c").unwrap().as_list().unwrap()[0].comment.as_deref(), Some("of the item"));
}
