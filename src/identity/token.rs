//! Who can read a projected token (Kubernetes `pkg/volume/projected/projected.go`, `pkg/volume/util/util.go` `FsUserFrom`).
//!
//! The kubelet writes 0644 unless the volume asks for another mode. When every container runs as one user, the file belongs to that user
//! and is 0600; with an `fsGroup` it is 0640 for that group besides. A process that changes its user after the start may lose the file;
//! that is not seen here.

use super::record::{Container, Details, Readers};

/// The bits of a mode that let everyone read.
const WORLD_READABLE: i64 = 0o004;

/// Who may read, by what the pod declares. The proxy's container that the webhook adds declares no user, so no user is common then.
pub(super) fn readers(containers: &[Container], fs_group: Option<i64>, proxy: bool) -> Readers {
    let first = containers.first().and_then(|container| container.run_as_user);
    let common = first.filter(|user| !proxy && containers.iter().all(|container| container.run_as_user == Some(*user)));
    match (fs_group, common) {
        (Some(group), _) => Readers::Group(group),
        (None, Some(user)) => Readers::User(user),
        (None, None) => Readers::Mode,
    }
}

/// Says of each container whether it can read the Azure token that is mounted there, by the webhook or by the chart.
pub(super) fn judge(details: &mut Details) {
    let Details { containers, token_volumes, injection, token_readers, .. } = details;
    for container in containers {
        let own = |name: &str| token_volumes.iter().find(|volume| volume.volume == name && volume.is_azure());
        let mode = container.mounts.iter().find_map(|(volume, _)| own(volume)).map(|volume| volume.mode);
        let injected = injection.mounts.contains_key(&container.name).then_some(None);
        container.token_readable = mode.or(injected).and_then(|mode| readable(mode, *token_readers, container.run_as_user));
    }
}

fn readable(mode: Option<i64>, readers: Readers, user: Option<i64>) -> Option<bool> {
    match (readers, mode, user) {
        (Readers::Group(_) | Readers::User(_), _, _) | (Readers::Mode, None, _) | (_, _, Some(0)) => Some(true),
        (Readers::Mode, Some(mode), _) if mode & WORLD_READABLE != 0 => Some(true),
        (Readers::Mode, Some(_), Some(_)) => Some(false),
        (Readers::Mode, Some(_), None) => None,
    }
}
