use super::*;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

/// Readings that go on when they are let go, and how many were begun.
#[derive(Clone)]
struct Readings {
    go: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
}

impl Readings {
    fn new() -> Self {
        Self {
            go: Arc::new(Semaphore::new(0)),
            begun: Arc::default(),
        }
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Gives which of them it was, from 1 on.
    fn next(
        &self,
    ) -> impl FnOnce() -> futures::future::LocalBoxFuture<'static, usize> + Send + 'static {
        let own = self.clone();
        move || {
            async move {
                let which = own.begun.fetch_add(1, Ordering::SeqCst) + 1;
                own.go.acquire().await.expect("open").forget();
                which
            }
            .boxed_local()
        }
    }
}

fn request(key: &str, is_again: bool, wait: Duration) -> JobRequest<'_> {
    JobRequest {
        key,
        is_again,
        wait,
    }
}

#[tokio::test]
async fn two_who_wait_for_one_page_both_get_what_is_read_once() {
    let (jobs, readings) = (Jobs::default(), Readings::new());
    let first = jobs.run(request("a", false, LONG), readings.next());
    let second = jobs.run(request("a", false, LONG), readings.next());
    let go = async { readings.go.add_permits(1) };
    let (first, second, ()) = tokio::join!(first, second, go);
    assert_eq!((first, second), (Ok(1), Ok(1)));
    assert_eq!(readings.begun(), 1);
    assert!(jobs.0.borrow().is_empty());
}

#[tokio::test]
async fn what_was_not_there_in_time_is_read_once_and_kept_for_everybody_who_waits() {
    let (jobs, readings) = (Jobs::default(), Readings::new());
    for _ in 0..2 {
        let late = jobs.run(request("a", false, Duration::ZERO), readings.next());
        assert!(late.await.is_err());
    }
    assert!(
        jobs.run(request("a", true, Duration::ZERO), readings.next())
            .await
            .is_err()
    );
    readings.go.add_permits(1);
    assert_eq!(
        jobs.run(request("a", true, LONG), readings.next()).await,
        Ok(1)
    );
    assert_eq!(
        jobs.0.borrow().len(),
        1,
        "another one was told that it follows"
    );
    assert_eq!(
        jobs.run(request("a", true, LONG), readings.next()).await,
        Ok(1)
    );
    assert_eq!(readings.begun(), 1);
    assert!(jobs.0.borrow().is_empty());
}

#[tokio::test]
async fn who_asks_for_the_first_time_gets_nothing_that_was_read_before() {
    let (jobs, readings) = (Jobs::default(), Readings::new());
    let late = jobs.run(request("a", false, Duration::ZERO), readings.next());
    assert!(late.await.is_err());
    readings.go.add_permits(1);
    let job = jobs.0.borrow()["a"].clone();
    job.ended().await;
    readings.go.add_permits(1);
    assert_eq!(
        jobs.run(request("a", false, LONG), readings.next()).await,
        Ok(2)
    );
    // Who was told that the first one follows gets the newer one.
    assert_eq!(
        jobs.run(request("a", true, LONG), readings.next()).await,
        Ok(2)
    );
    assert!(jobs.0.borrow().is_empty());
}

#[tokio::test]
async fn a_page_that_is_waited_for_is_there_though_newer_ones_took_its_place() {
    let (jobs, readings) = (Jobs::default(), Readings::new());
    let others = Readings::new();
    let first = jobs.run(request("first", false, LONG), readings.next());
    let rest = async {
        for count in 0..2 * JOBS_MAX {
            let key = count.to_string();
            let late = jobs.run(request(&key, false, Duration::ZERO), others.next());
            assert!(late.await.is_err());
        }
        assert_eq!(jobs.0.borrow().len(), JOBS_MAX);
        assert!(!jobs.0.borrow().contains_key("first"));
        readings.go.add_permits(1);
    };
    let (first, ()) = tokio::join!(first, rest);
    assert_eq!(first, Ok(1));
}

#[tokio::test]
async fn a_defect_ends_whoever_waits_and_the_next_one_reads_anew() {
    let (jobs, readings) = (Jobs::default(), Readings::new());
    let defect = || async { panic!("a defect, on purpose") };
    let waits = jobs.run(request("a", false, LONG), defect);
    assert!(AssertUnwindSafe(waits).catch_unwind().await.is_err());
    readings.go.add_permits(2);
    assert_eq!(
        jobs.run(request("a", false, LONG), readings.next()).await,
        Ok(1)
    );
    assert_eq!(Jobs::alone(readings.next()).await, 2);
}
