//! What each kind of error means at each edge, side by side.

use wareroom_app_api::status_of;
use wareroom_app_worker::Verdict;
use wareroom_application::ErrorCode;

#[test]
fn the_edges_agree_on_whose_fault_an_error_is() {
    for code in ErrorCode::ALL {
        let ((status, problem), verdict) = (status_of(code), Verdict::on(code));
        println!("{code:?}: {status} {problem} | {verdict:?}");
        // A conflict of two writers passes by itself; what else is 409 is a client's, and no job ever meets it.
        let ours = matches!(status, 503 | 507) || code == ErrorCode::Conflict;
        assert_eq!(verdict == Verdict::Hold, ours, "{code:?}: {status}, but a job is {verdict:?}");
        assert!((400..600).contains(&status), "{code:?} is answered with {status}");
    }
}
