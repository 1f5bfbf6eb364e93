//! Pages that are being read: each by a thread of its own, so that requests are answered meanwhile, and
//! once for all who ask for it.

mod job;
#[cfg(test)]
mod tests;

use job::{Ended, Job, State};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Pages that are kept at once, at most: of more, the one that was asked for first ends.
const JOBS_MAX: usize = 16;
/// How long nobody may ask for a page that is being read. What is read then is too old to be shown.
const ABANDONED: Duration = Duration::from_secs(120);
/// How long a page that was read is kept for those who were told that it follows: they ask for it at once
/// or every second, and nobody is shown what is older.
const KEPT: Duration = Duration::from_secs(5);

/// A request for what may be read already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JobRequest<'a> {
    /// What is read: equal keys are read once.
    pub(super) key: &'a str,
    /// Whether it was asked for before, and is asked for again because it was not there in time.
    pub(super) is_again: bool,
    /// How long it is waited for.
    pub(super) wait: Duration,
}

/// What is being read, by its key.
pub(super) struct Jobs<T>(RefCell<BTreeMap<String, Rc<Job<T>>>>);

impl<T> Default for Jobs<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone + Send + Sync + 'static> Jobs<T> {
    /// What `reading` reads, for this request alone.
    ///
    /// # Panics
    /// As [`Self::run`].
    pub(super) async fn alone<F: Future<Output = T>>(
        reading: impl FnOnce() -> F + Send + 'static,
    ) -> T {
        match Job::begin(reading).ended().await {
            Ended::Read(found) => found,
            Ended::Defect => defect(),
        }
    }

    /// What is being read for such a request, or what `reading` reads; when it began, where it is not
    /// there in time.
    ///
    /// # Panics
    /// Where reading it did: the server answers a defect.
    pub(super) async fn run<F: Future<Output = T>>(
        &self,
        request: JobRequest<'_>,
        reading: impl FnOnce() -> F + Send + 'static,
    ) -> Result<T, Instant> {
        let job = self.job(request, reading);
        // Whoever waits holds the job: it goes on though it may have left the map.
        let ended = timeout(request.wait, job.ended()).await;
        match ended {
            Ok(Ended::Read(found)) => {
                self.leave(request.key, &job);
                Ok(found)
            }
            Ok(Ended::Defect) => {
                self.0.borrow_mut().retain(|_, one| !Rc::ptr_eq(one, &job));
                defect()
            }
            Err(_) => {
                job.owed.set(job.owed.get() + 1);
                Err(job.begun)
            }
        }
    }

    /// The job for a request, begun where there is none.
    fn job<F: Future<Output = T>>(
        &self,
        request: JobRequest<'_>,
        reading: impl FnOnce() -> F + Send + 'static,
    ) -> Rc<Job<T>> {
        let mut all = self.0.borrow_mut();
        all.retain(|_, job| match job.state() {
            State::Reading => job.last.get().elapsed() < ABANDONED,
            State::Read(at) => at.elapsed() < KEPT,
            State::Defect => false,
        });
        let mut owed = 0;
        if let Some(job) = all.get(request.key) {
            owed = job.owed.get();
            // Nobody but who was told that it follows is answered with what was read before the request.
            if job.state() == State::Reading || (request.is_again && owed > 0) {
                job.owed.set(owed.saturating_sub(request.is_again.into()));
                job.last.set(Instant::now());
                return job.clone();
            }
        }
        if all.len() >= JOBS_MAX && !all.contains_key(request.key) {
            let first = all.iter().min_by_key(|(_, job)| job.last.get());
            let first = first.map(|(key, _)| key.clone());
            first.and_then(|first| all.remove(&first));
        }
        let job = Rc::new(Job::begin(reading));
        job.owed.set(owed.saturating_sub(request.is_again.into()));
        all.insert(request.key.to_owned(), job.clone());
        job
    }

    /// Somebody has what was read. It leaves the map once nobody else was told to ask for it again.
    fn leave(&self, key: &str, job: &Rc<Job<T>>) {
        let mut all = self.0.borrow_mut();
        let is_there = all.get(key).is_some_and(|one| Rc::ptr_eq(one, job));
        if is_there && job.owed.get() == 0 {
            all.remove(key);
        }
    }
}

/// The thread has said what it was; whoever waited ends as it did.
fn defect() -> ! {
    resume_unwind(Box::new("a defect ended what was being read"))
}
