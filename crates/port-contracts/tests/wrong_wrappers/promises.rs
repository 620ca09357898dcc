//! Every sentence with MUST in the ports has a case: read from the sources themselves, so that a promise cannot be added
//! without one.

use std::fs;
use std::path::{Path, PathBuf};
use wareroom_port_contracts::{
    blob_refs, blobs, cache, clock, codec, dead_letter_queries, dead_letters, events, idempotency, ids, image_source,
    invalidations, media_links, outbox, queries, queue, retention, space, store, transfer, user_queries,
};

const SUITES: [(&str, &[&str]); 21] = [
    ("blob_refs", blob_refs::CASES),
    ("blobs", blobs::CASES),
    ("cache", cache::CASES),
    ("clock", clock::CASES),
    ("codec", codec::CASES),
    ("dead_letter_queries", dead_letter_queries::CASES),
    ("dead_letters", dead_letters::CASES),
    ("events", events::CASES),
    ("idempotency", idempotency::CASES),
    ("ids", ids::CASES),
    ("image_source", image_source::CASES),
    ("invalidations", invalidations::CASES),
    ("media_links", media_links::CASES),
    ("outbox", outbox::CASES),
    ("queries", queries::CASES),
    ("queue", queue::CASES),
    ("retention", retention::CASES),
    ("space", space::CASES),
    ("store", store::CASES),
    ("transfer", transfer::CASES),
    ("user_queries", user_queries::CASES),
];

/// The module of the port, how the line of the promise goes on after MUST, the suite, and the cases that hold to it.
type Promise = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const PROMISES: &[Promise] = &[
    ("blob_refs", "keep each key from being condemned while", "blob_refs",
        &["a_claimed_key_is_not_condemned", "a_shorter_claim_does_not_cut_a_longer_one"]),
    ("blob_refs", "answer `Conflict` when a key is condemned", "blob_refs", &["a_claim_of_a_condemned_key_is_a_conflict"]),
    ("blob_refs", "keep each key from being condemned until", "blob_refs",
        &["a_held_key_is_not_condemned_until_as_many_references_were_dropped"]),
    ("blob_refs", "answer `Conflict` for a key that is not registered", "blob_refs",
        &["a_hold_of_an_unregistered_key_is_a_conflict", "a_hold_of_a_condemned_key_is_a_conflict"]),
    ("blob_refs", "leave other references", "blob_refs", &["dropping_a_reference_leaves_the_others_in_force"]),
    ("blob_refs", "answer every such key", "blob_refs",
        &["every_free_key_is_condemned_sooner_or_later", "what_a_dead_collector_left_is_condemned_again"]),
    ("blob_refs", "make the key fit to be claimed again", "blob_refs", &["a_buried_key_can_be_claimed_again"]),
    ("blobs", "be all or nothing", "blobs",
        &["nobody_ever_sees_a_part_of_a_blob", "a_put_dropped_half_way_leaves_all_or_nothing"]),
    ("blobs", "be durable", "blobs", &["a_blob_is_kept_when_put_answers_ok"]),
    ("blobs", "cut a range", "blobs", &["a_range_is_cut_at_the_end", "a_range_that_begins_at_the_end_is_empty"]),
    ("blobs", "answer `Ok` for a blob that is not there", "blobs", &["deleting_a_missing_blob_is_ok"]),
    ("blobs", "list each blob once", "blobs",
        &["every_blob_is_listed_once_with_its_size", "what_is_there_all_the_while_is_listed_once"]),
    ("blobs", "list them in the order of their names", "blobs", &["blobs_are_listed_in_the_order_of_their_names"]),
    ("blobs", "list only those behind", "blobs",
        &["a_listing_goes_on_behind_a_name", "a_listing_goes_on_behind_a_name_that_is_gone"]),
    ("blobs", "NOT list anything that is not a blob", "blobs", &["what_is_no_blob_is_not_listed"]),
    ("blobs", "give a link by which", "media_links", &["a_link_gives_the_bytes_to_whoever_has_it"]),
    ("blobs", "answer `None` for a source", "media_links", &["a_source_has_no_link"]),
    ("blobs", "be what each link begins with", "media_links", &["every_link_leads_to_the_origin"]),
    ("blobs", "count all of it", "blobs",
        &["what_was_left_behind_is_counted_and_removed", "leftovers_are_removed_only_when_told"]),
    ("blobs", "NOT count or touch a blob", "blobs", &["a_blob_is_no_leftover"]),
    ("blobs", "NOT count or touch what a put", "blobs",
        &["what_was_left_within_the_age_is_not_touched", "a_put_that_goes_on_is_not_disturbed"]),
    ("cache", "NOT answer with anything older", "cache", &["nothing_is_read_after_its_time"]),
    ("cache", "refuse, atomically", "cache", &[
        "a_version_below_the_values_is_refused",
        "a_version_below_the_tombstones_is_refused",
        "puts_at_once_leave_the_newest_version",
    ]),
    ("cache", "NOT be read any more", "cache", &[
        "an_invalidated_value_is_not_read",
        "a_version_below_the_tombstones_is_refused",
        "a_later_invalidation_does_not_weaken_a_tombstone",
        "a_tombstone_outlives_pressure",
    ]),
    ("cache", "leave a value of that version", "cache", &["an_invalidation_leaves_a_newer_value_in_place"]),
    ("codec", "NOT allocate", "codec", &["a_tiny_file_that_declares_a_huge_picture_is_too_many_pixels_at_once"]),
    ("codec", "tell what is no image", "codec",
        &["what_is_no_image_is_told_by_content", "what_is_an_image_of_a_format_not_read_is_told_by_content"]),
    ("codec", "answer one rendition", "codec",
        &["renditions_come_in_order_in_the_size_that_fits", "nothing_is_enlarged"]),
    ("codec", "tell the source's media type", "codec", &["a_rendering_tells_the_media_type"]),
    ("codec", "apply the orientation", "codec", &["the_orientation_is_applied"]),
    ("codec", "NOT carry any metadata", "codec", &["no_metadata_is_carried_over"]),
    ("codec", "give the same bytes", "codec", &["the_same_input_gives_the_same_bytes"]),
    ("codec", "answer `TooManyPixels` before", "codec", &["too_many_pixels_are_refused_before_decoding"]),
    ("codec", "survive any input", "codec", &["any_input_is_survived"]),
    ("dead_letters", "give back every field", "dead_letters", &["a_dead_letter_comes_back_with_every_field"]),
    ("dead_letters", "answer whether it was there", "dead_letters",
        &["of_those_who_remove_a_dead_letter_one_is_told_it_was_there"]),
    ("dead_letters", "remove those that fit", "dead_letters", &["discard_removes_those_that_fit_and_no_others"]),
    ("dead_letters", "mark those that fit", "dead_letters", &["mark_marks_those_that_fit_and_no_others"]),
    ("dead_letters", "give marked ones only", "dead_letters", &["marked_ones_are_given_until_they_are_removed"]),
    ("environment", "never answer an earlier instant", "clock", &["now_is_never_earlier_than_before"]),
    ("environment", "answer whole microseconds", "clock", &["now_is_in_whole_microseconds"]),
    ("environment", "never answer the same twice", "ids", &["an_id_is_never_given_twice"]),
    ("environment", "answer ids of version 7 that sort", "ids",
        &["ids_are_of_version_7", "ids_sort_in_the_order_they_were_given"]),
    ("environment", "answer what is free at the moment", "space",
        &["what_is_written_is_missing_at_the_next_call", "what_is_deleted_is_free_at_a_later_call"]),
    ("events", "NOT ever show an event", "events", &["no_event_appears_at_or_below_a_position_already_given"]),
    ("events", "keep a product's events in the order", "events", &["events_of_a_product_keep_the_order_of_its_versions"]),
    ("events", "show every committed event", "events", &["every_committed_event_is_shown_exactly_once"]),
    ("events", "answer [`LogPage::Pruned`]", "events", &[
        "a_reader_who_missed_what_was_removed_is_told",
        "reading_goes_on_at_the_oldest_position_kept",
    ]),
    ("events", "be safe to run in any number", "events", &["sequencers_at_once_give_each_event_one_position"]),
    ("idempotency", "be rolled back with its unit", "idempotency", &["a_unit_that_does_not_commit_leaves_the_keys_alone"]),
    ("idempotency", "grant a key to one of many", "idempotency", &["of_many_at_once_one_is_granted_a_key"]),
    ("idempotency", "grant a key again", "idempotency", &["a_reservation_whose_lease_is_over_is_taken_over"]),
    ("idempotency", "answer `Mismatch`", "idempotency", &[
        "another_fingerprint_is_a_mismatch",
        "another_fingerprint_is_a_mismatch_while_the_key_is_running",
    ]),
    ("idempotency", "answer what was answered first", "idempotency", &["an_answered_key_answers_the_same_bytes"]),
    ("idempotency", "answer `Conflict`", "idempotency", &[
        "who_was_taken_over_cannot_answer",
        "a_reservation_that_is_gone_cannot_be_answered",
        "a_key_is_answered_once",
    ]),
    ("idempotency", "make the key free at once", "idempotency", &["a_forgotten_key_is_free_at_once"]),
    ("idempotency", "ignore a reservation", "idempotency", &[
        "forget_ignores_a_reservation_that_was_taken_over",
        "forget_ignores_a_key_that_was_answered",
    ]),
    ("idempotency", "tell one that was still there", "idempotency",
        &["forget_tells_whether_the_reservation_was_still_there"]),
    ("image_source", "NOT open a connection", "image_source",
        &["a_blocked_address_is_not_connected_to", "a_redirect_to_a_blocked_address_is_not_followed"]),
    ("image_source", "follow three redirects", "image_source",
        &["three_redirects_are_followed", "a_fourth_redirect_is_too_many"]),
    ("image_source", "answer `TooLarge`", "image_source", &[
        "one_byte_beyond_the_limit_is_too_large",
        "a_body_without_end_is_too_large",
        "what_unpacks_to_more_than_the_limit_is_too_large",
    ]),
    ("image_source", "end within `limits.total`", "image_source",
        &["a_slow_server_is_given_up_in_time", "a_silent_server_is_given_up_in_time"]),
    ("image_source", "answer a body in full", "image_source",
        &["a_body_comes_in_full_with_its_hash", "a_body_that_breaks_off_is_an_error"]),
    ("image_source", "answer any status but success", "image_source",
        &["a_status_is_told", "when_to_come_again_is_told"]),
    ("image_source", "tell a name", "image_source",
        &["a_name_that_nobody_knows_is_dns", "a_server_that_is_not_there_is_unreachable"]),
    ("image_source", "NOT make calls wait", "image_source", &["a_slow_server_holds_up_no_other_fetch"]),
    ("invalidations", "have called every listener of this process when", "invalidations",
        &["every_listener_was_called_when_announce_returns"]),
    ("invalidations", "have called every listener of this process, too", "invalidations",
        &["every_listener_was_called_when_repeat_returns"]),
    ("invalidations", "be told every announcement", "invalidations", &["a_listener_is_told_everything_in_order"]),
    ("outbox", "be stored with the unit's rows", "outbox",
        &["a_commit_stores_its_jobs_and_events", "a_unit_that_does_not_commit_leaves_no_jobs_and_events"]),
    ("outbox", "replace it and void its loan", "outbox",
        &["a_job_that_is_left_again_replaces_itself_and_voids_its_loan"]),
    ("outbox", "never lend one row to two", "outbox", &["a_row_is_not_lent_to_two_while_its_lease_lasts"]),
    ("outbox", "lend a row again", "outbox", &["a_row_is_lent_again_when_its_lease_is_over"]),
    ("outbox", "NOT lend a row before", "outbox", &["a_row_is_not_lent_before_it_is_due"]),
    ("outbox", "ignore rows whose lease", "outbox", &["done_ignores_rows_whose_lease_has_gone_to_another"]),
    ("outbox", "count every row", "outbox", &["the_backlog_counts_every_row_that_was_not_done"]),
    ("outbox", "count as `backlog` does", "outbox", &["at_least_counts_as_the_backlog_does"]),
    ("queries", "show every write that was acknowledged, and", "queries", &["every_acknowledged_write_is_shown"]),
    ("queries", "show one moment", "queries", &["a_view_shows_one_moment"]),
    ("queries", "show every write that was acknowledged before", "queries",
        &["every_acknowledged_write_is_listed", "a_list_shows_one_moment"]),
    ("queries", "give just those that fit", "queries", &[
        "a_list_holds_just_the_products_that_fit",
        "every_character_of_a_name_is_looked_for_as_it_is",
        "products_come_in_each_order_in_both_directions",
        "pages_put_together_are_the_whole_list",
    ]),
    ("queries", "go on behind the place", "queries", &[
        "a_list_goes_on_behind_what_is_gone",
        "what_stays_is_listed_exactly_once_whatever_else_is_written",
    ]),
    ("queries", "give just the users that fit", "user_queries", &[
        "a_list_holds_just_the_users_that_fit",
        "every_character_of_a_beginning_is_taken_as_it_is",
        "users_come_by_id_page_by_page",
    ]),
    ("queries", "give just the dead letters that fit", "dead_letter_queries", &[
        "a_list_holds_just_the_dead_letters_that_fit",
        "the_newest_dead_letter_comes_first",
        "pages_of_dead_letters_put_together_are_the_whole_list",
    ]),
    ("queries", "count each that fits once", "dead_letter_queries", &["a_summary_counts_each_that_fits_once"]),
    ("queue", "mean that it is kept", "queue", &["a_published_message_is_delivered"]),
    ("queue", "lend it at most `prefetch`", "queue", &["a_consumer_holds_at_most_its_prefetch"]),
    ("queue", "lend a message to one consumer", "queue", &["a_message_is_lent_to_one_consumer_at_a_time"]),
    ("queue", "be safe to cancel", "queue", &["a_cancelled_receive_loses_nothing"]),
    ("queue", "go back at once", "queue", &["stop_gives_back_what_was_not_received"]),
    ("queue", "stay fit to be settled", "queue", &["what_was_received_is_settled_after_its_consumer_is_gone"]),
    ("queue", "make it available again", "queue", &["a_dropped_delivery_is_available_again"]),
    ("queue", "be safe in any order", "queue", &["deliveries_are_acked_in_any_order"]),
    ("queue", "answer [`QueueError::Lost`]", "queue", &["an_ack_is_lost_when_the_message_was_lent_to_another_since"]),
    ("queue", "NOT be delivered again", "queue", &["an_acked_message_is_not_delivered_again"]),
    ("repositories", "give an id that was never committed before, not even", "store",
        &["ids_of_deleted_products_are_not_given_again"]),
    ("repositories", "answer `UnknownReference(\"user\")`", "store", &["a_product_of_an_unknown_user_is_refused"]),
    ("repositories", "keep its version from being moved", "store", &["a_loaded_product_is_not_moved_by_others"]),
    ("repositories", "answer `Conflict` unless the stored version", "store",
        &["save_of_an_older_version_is_a_conflict", "save_of_a_deleted_product_is_a_conflict"]),
    ("repositories", "be atomic", "store", &["concurrent_touches_each_raise_the_version_by_one"]),
    ("repositories", "answer `UnknownReference(\"product\")`", "store", &["an_image_of_an_unknown_product_is_refused"]),
    ("repositories", "give them by position", "store", &["images_come_by_position_then_by_id"]),
    ("repositories", "answer `Conflict` when a newer fence", "store",
        &["save_of_an_older_fence_is_a_conflict", "save_of_an_image_that_is_gone_is_a_conflict"]),
    ("repositories", "name only images in `Processing`", "store", &["stuck_names_only_images_in_processing"]),
    ("repositories", "NOT name one that was saved within", "store", &["stuck_does_not_name_an_image_saved_within_the_age"]),
    ("repositories", "tell how it stands since then", "store", &["of_units_that_saw_an_image_stuck_one_finds_it_so"]),
    ("repositories", "give an id that was never committed before.", "store", &["ids_of_users_are_not_given_twice"]),
    ("retention", "count just those", "retention", &["expired_counts_what_would_be_removed_and_removes_nothing"]),
    ("retention", "NOT remove anything whose moment", "retention", &["nothing_is_removed_before_its_time"]),
    ("retention", "remove at most `limit`", "retention",
        &["at_most_the_limit_is_removed", "the_oldest_is_removed_first"]),
    ("retention", "NOT remove an idempotency key", "retention",
        &["a_running_reservation_is_not_removed", "a_reservation_that_nobody_holds_is_removed"]),
    ("retention", "NOT remove an event that has no position", "retention",
        &["an_event_without_a_position_is_not_removed"]),
    ("retention", "NOT remove the newest event", "retention", &["the_newest_position_outlives_its_time"]),
    ("retention", "remove events from the beginning", "retention", &["a_removal_leaves_no_gap_in_the_log"]),
    ("retention", "leave everything that is kept", "retention", &["compacting_leaves_everything_in_place"]),
    ("store", "answer [`StoreError::Busy`]", "store", &["begin_answers_busy_within_its_wait"]),
    ("store", "roll everything back", "store", &["a_dropped_unit_leaves_nothing"]),
    ("store", "leave the store fit", "store", &["a_unit_dropped_with_a_call_in_flight_leaves_the_store_fit"]),
    ("store", "answer [`StoreError::Aborted`]", "store", &["after_an_error_every_later_call_answers_aborted"]),
    ("store", "be visible to the later calls", "store", &["a_unit_sees_what_it_wrote"]),
    ("store", "have stored all of it, outbox included", "store",
        &["a_commit_stores_everything", "a_unit_that_failed_stores_nothing"]),
    ("transfer", "show everything that was committed", "transfer", &["a_snapshot_shows_what_was_committed_before"]),
    ("transfer", "NOT show anything that was written", "transfer", &["a_snapshot_does_not_show_what_is_written_later"]),
    ("transfer", "give each row once", "transfer", &["pages_put_together_are_the_whole_table"]),
    ("transfer", "count every row", "transfer", &["a_census_counts_every_row"]),
    ("transfer", "tell the newest ids", "transfer", &["a_census_tells_the_newest_ids_of_what_is_gone"]),
    ("transfer", "answer [`TransferError::NotEmpty`]", "transfer", &["a_store_that_holds_anything_takes_nothing_in"]),
    ("transfer", "leave in place what an unfinished copy", "transfer", &["an_unfinished_copy_is_taken_up"]),
    ("transfer", "have stored all of them", "transfer", &["a_batch_is_stored_whole_or_not_at_all"]),
    ("transfer", "leave a row alone", "transfer", &["what_is_there_already_is_left_alone"]),
    ("transfer", "keep a [portable]", "transfer",
        &["a_portable_row_comes_back_equal", "what_was_taken_in_is_what_units_of_work_read"]),
    ("transfer", "answer [`TransferError::NotBegun`]", "transfer", &["nothing_is_taken_in_unless_a_copy_was_begun"]),
    ("transfer", "have the store go on behind", "transfer", &["ids_go_on_behind_those_of_the_source"]),
    ("transfer", "have events go on behind", "transfer", &["events_go_on_behind_the_newest_position"]),
    ("transfer", "tell it until the copy", "transfer", &["an_unfinished_copy_is_told_until_it_is_finished"]),
];

/// The sources in a folder and in those within it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the sources of the ports").map(|entry| entry.expect("a source").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The lines with MUST, with the module that they stand in. `lib.rs` only says what MUST means.
fn lines() -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../ports/src")) {
        let module = path.file_stem().and_then(|stem| stem.to_str()).expect("a module").to_owned();
        let text = fs::read_to_string(&path).expect("a source");
        if module != "lib" {
            lines.extend(text.lines().filter(|l| l.contains("MUST")).map(|l| (module.clone(), l.trim().to_owned())));
        }
    }
    lines
}

#[test]
fn every_promise_of_the_ports_has_a_case() {
    let lines = lines();
    let says = |(module, begin, ..): &Promise, line: &(String, String)| {
        line.0 == *module && line.1.contains(&format!("MUST {begin}"))
    };
    for line in &lines {
        let found = PROMISES.iter().filter(|promise| says(promise, line)).count();
        assert_eq!(found, 1, "{found} entries instead of one for the promise {line:?}");
    }
    for promise @ (module, begin, suite, cases) in PROMISES {
        let found = lines.iter().filter(|line| says(promise, line)).count();
        assert_eq!(found, 1, "{found} promises of {module} go on with {begin:?}");
        let names = SUITES.iter().find(|(name, _)| name == suite).expect("a suite").1;
        assert!(!cases.is_empty() && cases.iter().all(|case| names.contains(case)), "{cases:?} are not of {suite}");
    }
    let cases: usize = SUITES.iter().map(|(_, names)| names.len()).sum();
    let kept = format!("{} of {} promises of the ports have a case; {cases} cases in all", PROMISES.len(), lines.len());
    wareroom_test_kit::report(&kept);
}
