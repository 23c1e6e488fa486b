//! Argo CD: ApplicationSets.

use super::read::Reading;
use super::side::Side;
use crate::error::Result;
use crate::value::Node;

pub(super) fn read(_side: &Side<'_>, _path: &str, _object: &Node, _into: &mut Reading) -> Result<()> {
    Ok(())
}
