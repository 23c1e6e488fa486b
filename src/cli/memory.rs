//! How the process gets its memory from the kernel.

/// Asks for memory in small pages. With transparent huge pages the kernel clears two megabytes wherever a stack or heap is touched first,
/// which for runs of some milliseconds doubles memory and more than doubles the time. A kernel that can't is no failure.
pub(super) fn use_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
