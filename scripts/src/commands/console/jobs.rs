//! Pages that take long: what is not there in time goes on, and is waited for again by whoever asks for
//! the same page.

use crate::console::answer::Body;
use crate::console::request::PageRequest;
use hyper::Response;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::timeout;

/// How long a page is waited for.
const ANSWER: Duration = Duration::from_millis(700);
/// Pages that are being read at once, at most: of more, the one that was asked for first ends.
const JOBS_MAX: usize = 16;
/// How long nobody may ask for a page that is being read. What is read then is too old to be shown.
const ABANDONED: Duration = Duration::from_secs(120);

/// Pages that are being read, by path and query.
pub(super) struct Jobs {
    all: RefCell<BTreeMap<String, Job>>,
    /// How long one is waited for.
    answer: Duration,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            all: RefCell::default(),
            answer: ANSWER,
        }
    }
}

struct Job {
    page: JoinHandle<Response<Body>>,
    begun: Instant,
    last: Instant,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.page.abort();
    }
}

impl Jobs {
    /// The page that is being read for such a request, or the one that `reading` reads; when it began,
    /// where it is not there in time.
    pub(super) async fn run(
        &self,
        request: &PageRequest,
        reading: impl Future<Output = Response<Body>> + 'static,
    ) -> Result<Response<Body>, Instant> {
        let key = format!("{} {:?}", request.path, request.query);
        let known = self.all.borrow_mut().remove(&key);
        let known = known.filter(|job| job.last.elapsed() < ABANDONED);
        let mut job = known.unwrap_or_else(|| Job {
            page: spawn_local(reading),
            begun: Instant::now(),
            last: Instant::now(),
        });
        match timeout(self.answer, &mut job.page).await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(failed)) => match failed.try_into_panic() {
                // The server answers a defect.
                Ok(defect) => resume_unwind(defect),
                Err(_) => Err(job.begun),
            },
            Err(_) => {
                let begun = job.begun;
                job.last = Instant::now();
                self.keep(key, job);
                Err(begun)
            }
        }
    }

    fn keep(&self, key: String, job: Job) {
        let mut all = self.all.borrow_mut();
        all.retain(|_, job| job.last.elapsed() < ABANDONED);
        if all.len() >= JOBS_MAX {
            let first = all.iter().min_by_key(|(_, job)| job.last);
            let first = first.map(|(key, _)| key.clone());
            first.and_then(|first| all.remove(&first));
        }
        all.insert(key, job);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::answer::answer;
    use hyper::StatusCode;
    use tokio::task::LocalSet;
    use tokio::time::sleep;

    fn request(path: &str) -> PageRequest {
        PageRequest {
            is_post: false,
            path: path.into(),
            query: BTreeMap::new(),
        }
    }

    async fn after(duration: Duration) -> Response<Body> {
        sleep(duration).await;
        answer(StatusCode::OK, "text/plain", "read")
    }

    async fn never() -> Response<Body> {
        unreachable!("it is being read already")
    }

    #[tokio::test]
    async fn a_page_that_takes_long_is_read_once_and_waited_for_again() {
        LocalSet::new()
            .run_until(async {
                let short = Duration::from_millis(100);
                let jobs = Jobs {
                    answer: short,
                    ..Jobs::default()
                };
                assert!(jobs.run(&request("/a"), after(short / 10)).await.is_ok());
                let late = jobs.run(&request("/b"), after(short * 5 / 2)).await;
                assert!(late.is_err());
                assert!(jobs.run(&request("/b"), never()).await.is_err());
                assert!(jobs.run(&request("/b"), never()).await.is_ok());
                assert!(jobs.all.borrow().is_empty());
                let jobs = Jobs {
                    answer: Duration::from_millis(1),
                    ..Jobs::default()
                };
                for count in 0..2 * JOBS_MAX {
                    let path = format!("/{count}");
                    assert!(jobs.run(&request(&path), after(short * 900)).await.is_err());
                }
                assert_eq!(jobs.all.borrow().len(), JOBS_MAX);
            })
            .await;
    }
}
