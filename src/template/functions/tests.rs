//! What holds for the table of functions.

use super::{FAMILIES, TABLE};

#[test]
fn no_family_has_a_name_twice() {
    for rows in FAMILIES {
        for (index, row) in rows.iter().enumerate() {
            assert!(rows[..index].iter().all(|other| other.name != row.name), "{} twice", row.name);
        }
    }
    assert!(TABLE.len() > 200, "{} functions", TABLE.len());
}
