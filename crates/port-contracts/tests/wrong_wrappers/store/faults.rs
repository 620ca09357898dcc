//! The faults, and which case is to notice which.

use super::Wrong;
use crate::proof::{prove, runnable};
use wareroom_port_contracts::{
    blob_refs, dead_letter_queries, dead_letters, events, idempotency, outbox, queries, retention, store, user_queries,
};
use wareroom_port_contracts::{
    blob_refs_cases, dead_letter_queries_cases, dead_letters_cases, events_cases, idempotency_cases, outbox_cases,
    queries_cases, retention_cases, store_cases, user_queries_cases,
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    // the store and its units
    HangsWhenBusy,
    IsNeverFit,
    CommitsWhatIsDropped,
    KeepsTheWriterOfACutCall,
    GoesOnAfterAnError,
    CommitsWhatCameBeforeAnError,
    ReadsWhatIsCommittedOnly,
    CommitsNothing,
    // products
    ChangesLineBreaks,
    GivesIdsAgain,
    TakesAnyOwner,
    LetsALoadedProductGo,
    SavesAllButThePrice,
    SavesWhateverTheVersion,
    SavesWhatIsDeleted,
    TouchesWithoutTheMoment,
    TouchesByLoadAndSave,
    KeepsImagesOfDeletedProducts,
    // images
    SortsRenditionsByName,
    SavesAllButTheAltText,
    TakesAnyProduct,
    ListsImagesById,
    SavesWhateverTheFence,
    SavesImagesThatAreGone,
    DeletesEveryImageOfAnOwner,
    DropsReferencesWithTheImage,
    NamesAnyImageStuck,
    NamesImagesStuckAtOnce,
    NamesTheShortestStuckFirst,
    NamesWhatWasStuck,
    // users
    SwapsNames,
    GivesOneIdToAllUsers,
    // blob references
    ForgetsClaims,
    LetsTheLastClaimWin,
    RevivesWhatIsClaimed,
    CountsOneReferenceAKey,
    DropsAllReferences,
    RegistersWhatIsHeld,
    RevivesWhatIsHeld,
    NeverCondemnsRenditions,
    CondemnsOnlyOnce,
    BuriesNothing,
    // dead letters
    LosesTracesOfDeadLetters,
    ListsDeadLettersById,
    RemovesForEveryone,
    RemovesTheOldestOfAnImage,
    DiscardsWhateverTheReason,
    MarksWhateverTheHost,
    CountsNewMarksOnly,
    GivesMarkedOnesForEver,
    // idempotency keys
    GrantsWithoutLease,
    ReservesForGood,
    IgnoresFingerprints,
    LooksForRunningFirst,
    KeepsAnswersAsText,
    IgnoresScopes,
    AnswersForWhoeverHolds,
    AnswersWhatIsGone,
    AnswersTwice,
    ForgetsNoKey,
    ForgetsForWhoeverHolds,
    ForgetsAnswers,
    ForgetsAndDoesNotLook,
    // the outbox
    CommitsWithoutTheOutbox,
    LeavesJobsBesideThemselves,
    PublishesBeforeTheCommit,
    LosesTracesOfJobs,
    LendsWithoutLease,
    LendsForGood,
    LendsBeforeTheTime,
    LendsLongAfterTheTime,
    IgnoresTheLimit,
    IgnoresWhatIsDone,
    ForgetsByMessage,
    CountsOnlyFreeRows,
    SeesOnlyFreeRows,
    CountsWaitsOfWhatIsNotDue,
    WaitsForEver,
    // the log of events
    PutsNewEventsFirst,
    SwapsNeighbours,
    LosesEveryThirdEvent,
    SequencesWithoutLock,
    LosesTracesOfEvents,
    ReadsFromThePosition,
    IsOneBehind,
    SkipsWhatWasRemoved,
    NamesTheSecondOldest,
    // retention
    CountsByRemoving,
    RemovesWhatIsOfThatMoment,
    RemovesBeyondTheLimit,
    RemovesTheNewestFirst,
    RemovesRunningKeys,
    SequencesWhatItRemoves,
    LetsPositionsFall,
    LeavesGaps,
    CompactsByRemoving,
    // queries
    AnswersAsAtFirst,
    AnswersOfTwoMoments,
    LosesAltTexts,
    ShowsImagesById,
    ShowsWhatIsDeleted,
    // lists
    LeavesOutTheHighestPrice,
    ReadsPercentAsAnything,
    PutsTiesInOneDirection,
    SkipsTiesBehindAPlace,
    BeginsAnewBehindWhatIsGone,
    GoesOnByCount,
    FindsNamesAnywhere,
    ListsTheLastAgain,
    TakesTheEndIn,
    CountsWhateverTheHost,
    PutsTheFewestFirst,
    TellsTheOldest,
}

store_cases!(runnable, (Wrong));
blob_refs_cases!(runnable, (Wrong));
dead_letters_cases!(runnable, (Wrong));
idempotency_cases!(runnable, (Wrong));
outbox_cases!(runnable, (Wrong));
events_cases!(runnable, (Wrong));
retention_cases!(runnable, (Wrong));
queries_cases!(runnable, (Wrong));
user_queries_cases!(runnable, (Wrong));
dead_letter_queries_cases!(runnable, (Wrong));

#[test]
fn every_case_of_the_store_notices_its_fault() {
    let faults = [
        ("begin_answers_busy_within_its_wait", Fault::HangsWhenBusy),
        ("check_answers_ok_for_a_store_that_is_fit", Fault::IsNeverFit),
        ("a_dropped_unit_leaves_nothing", Fault::CommitsWhatIsDropped),
        ("a_unit_dropped_with_a_call_in_flight_leaves_the_store_fit", Fault::KeepsTheWriterOfACutCall),
        ("after_an_error_every_later_call_answers_aborted", Fault::GoesOnAfterAnError),
        ("a_unit_that_failed_stores_nothing", Fault::CommitsWhatCameBeforeAnError),
        ("a_unit_sees_what_it_wrote", Fault::ReadsWhatIsCommittedOnly),
        ("a_commit_stores_everything", Fault::CommitsNothing),
        ("a_product_comes_back_as_it_was_stored", Fault::ChangesLineBreaks),
        ("ids_of_deleted_products_are_not_given_again", Fault::GivesIdsAgain),
        ("a_product_of_an_unknown_user_is_refused", Fault::TakesAnyOwner),
        ("a_loaded_product_is_not_moved_by_others", Fault::LetsALoadedProductGo),
        ("save_stores_every_field_that_may_change", Fault::SavesAllButThePrice),
        ("save_of_an_older_version_is_a_conflict", Fault::SavesWhateverTheVersion),
        ("save_of_a_deleted_product_is_a_conflict", Fault::SavesWhatIsDeleted),
        ("touch_answers_the_next_version_and_sets_the_moment", Fault::TouchesWithoutTheMoment),
        ("concurrent_touches_each_raise_the_version_by_one", Fault::TouchesByLoadAndSave),
        ("a_deleted_product_takes_its_images_along", Fault::KeepsImagesOfDeletedProducts),
        ("an_image_comes_back_as_it_was_stored", Fault::SortsRenditionsByName),
        ("an_image_comes_back_as_it_was_saved", Fault::SavesAllButTheAltText),
        ("an_image_of_an_unknown_product_is_refused", Fault::TakesAnyProduct),
        ("images_come_by_position_then_by_id", Fault::ListsImagesById),
        ("save_of_an_older_fence_is_a_conflict", Fault::SavesWhateverTheFence),
        ("save_of_an_image_that_is_gone_is_a_conflict", Fault::SavesImagesThatAreGone),
        ("a_deleted_image_is_gone_and_no_other", Fault::DeletesEveryImageOfAnOwner),
        ("deleting_an_image_leaves_the_register_of_blobs_alone", Fault::DropsReferencesWithTheImage),
        ("stuck_names_only_images_in_processing", Fault::NamesAnyImageStuck),
        ("stuck_does_not_name_an_image_saved_within_the_age", Fault::NamesImagesStuckAtOnce),
        ("stuck_names_the_longest_first", Fault::NamesTheShortestStuckFirst),
        ("of_units_that_saw_an_image_stuck_one_finds_it_so", Fault::NamesWhatWasStuck),
        ("a_user_comes_back_as_stored", Fault::SwapsNames),
        ("ids_of_users_are_not_given_twice", Fault::GivesOneIdToAllUsers),
    ];
    prove("store", store::CASES, &store(), &faults);
}

#[test]
fn every_case_of_the_blob_references_notices_its_fault() {
    let faults = [
        ("a_claimed_key_is_not_condemned", Fault::ForgetsClaims),
        ("a_shorter_claim_does_not_cut_a_longer_one", Fault::LetsTheLastClaimWin),
        ("a_claim_of_a_condemned_key_is_a_conflict", Fault::RevivesWhatIsClaimed),
        ("a_held_key_is_not_condemned_until_as_many_references_were_dropped", Fault::CountsOneReferenceAKey),
        ("dropping_a_reference_leaves_the_others_in_force", Fault::DropsAllReferences),
        ("a_hold_of_an_unregistered_key_is_a_conflict", Fault::RegistersWhatIsHeld),
        ("a_hold_of_a_condemned_key_is_a_conflict", Fault::RevivesWhatIsHeld),
        ("every_free_key_is_condemned_sooner_or_later", Fault::NeverCondemnsRenditions),
        ("what_a_dead_collector_left_is_condemned_again", Fault::CondemnsOnlyOnce),
        ("a_buried_key_can_be_claimed_again", Fault::BuriesNothing),
    ];
    prove("blob_refs", blob_refs::CASES, &blob_refs(), &faults);
}

#[test]
fn every_case_of_the_dead_letters_notices_its_fault() {
    let faults = [
        ("a_dead_letter_comes_back_with_every_field", Fault::LosesTracesOfDeadLetters),
        ("dead_letters_of_an_image_come_oldest_first", Fault::ListsDeadLettersById),
        ("of_those_who_remove_a_dead_letter_one_is_told_it_was_there", Fault::RemovesForEveryone),
        ("every_dead_letter_of_an_image_is_removed_and_no_other", Fault::RemovesTheOldestOfAnImage),
        ("discard_removes_those_that_fit_and_no_others", Fault::DiscardsWhateverTheReason),
        ("mark_marks_those_that_fit_and_no_others", Fault::MarksWhateverTheHost),
        ("those_that_are_marked_already_are_counted_again", Fault::CountsNewMarksOnly),
        ("marked_ones_are_given_until_they_are_removed", Fault::GivesMarkedOnesForEver),
        ("marked_ones_come_oldest_first", Fault::ListsDeadLettersById),
    ];
    prove("dead_letters", dead_letters::CASES, &dead_letters(), &faults);
}

#[test]
fn every_case_of_the_idempotency_keys_notices_its_fault() {
    let faults = [
        ("of_many_at_once_one_is_granted_a_key", Fault::GrantsWithoutLease),
        ("a_reservation_whose_lease_is_over_is_taken_over", Fault::ReservesForGood),
        ("another_fingerprint_is_a_mismatch", Fault::IgnoresFingerprints),
        ("another_fingerprint_is_a_mismatch_while_the_key_is_running", Fault::LooksForRunningFirst),
        ("an_answered_key_answers_the_same_bytes", Fault::KeepsAnswersAsText),
        ("keys_are_told_apart_by_scope_and_key", Fault::IgnoresScopes),
        ("who_was_taken_over_cannot_answer", Fault::AnswersForWhoeverHolds),
        ("a_reservation_that_is_gone_cannot_be_answered", Fault::AnswersWhatIsGone),
        ("a_key_is_answered_once", Fault::AnswersTwice),
        ("a_forgotten_key_is_free_at_once", Fault::ForgetsNoKey),
        ("forget_ignores_a_reservation_that_was_taken_over", Fault::ForgetsForWhoeverHolds),
        ("forget_ignores_a_key_that_was_answered", Fault::ForgetsAnswers),
        ("forget_tells_whether_the_reservation_was_still_there", Fault::ForgetsAndDoesNotLook),
        ("a_unit_that_does_not_commit_leaves_the_keys_alone", Fault::CommitsWhatIsDropped),
    ];
    prove("idempotency", idempotency::CASES, &idempotency(), &faults);
}

#[test]
fn every_case_of_the_outbox_notices_its_fault() {
    let faults = [
        ("a_commit_stores_its_jobs_and_events", Fault::CommitsWithoutTheOutbox),
        ("a_unit_that_does_not_commit_leaves_no_jobs_and_events", Fault::PublishesBeforeTheCommit),
        ("a_job_comes_back_as_it_was_left", Fault::LosesTracesOfJobs),
        ("a_job_that_is_left_again_replaces_itself_and_voids_its_loan", Fault::LeavesJobsBesideThemselves),
        ("a_row_is_not_lent_to_two_while_its_lease_lasts", Fault::LendsWithoutLease),
        ("a_row_is_lent_again_when_its_lease_is_over", Fault::LendsForGood),
        ("a_row_is_not_lent_before_it_is_due", Fault::LendsBeforeTheTime),
        ("a_row_is_lent_once_it_is_due", Fault::LendsLongAfterTheTime),
        ("claim_lends_at_most_its_limit", Fault::IgnoresTheLimit),
        ("a_row_that_is_done_is_never_lent_again", Fault::IgnoresWhatIsDone),
        ("done_ignores_rows_whose_lease_has_gone_to_another", Fault::ForgetsByMessage),
        ("the_backlog_counts_every_row_that_was_not_done", Fault::CountsOnlyFreeRows),
        ("the_backlog_tells_how_long_the_longest_waits", Fault::CountsWaitsOfWhatIsNotDue),
        ("at_least_counts_as_the_backlog_does", Fault::SeesOnlyFreeRows),
        ("wait_ends_at_its_limit_at_the_latest", Fault::WaitsForEver),
    ];
    prove("outbox", outbox::CASES, &outbox(), &faults);
}

#[test]
fn every_case_of_the_events_notices_its_fault() {
    let faults = [
        ("no_event_appears_at_or_below_a_position_already_given", Fault::PutsNewEventsFirst),
        ("events_of_a_product_keep_the_order_of_its_versions", Fault::SwapsNeighbours),
        ("every_committed_event_is_shown_exactly_once", Fault::LosesEveryThirdEvent),
        ("sequencers_at_once_give_each_event_one_position", Fault::SequencesWithoutLock),
        ("an_event_comes_back_as_it_was_left", Fault::LosesTracesOfEvents),
        ("read_gives_at_most_its_limit_after_the_position", Fault::ReadsFromThePosition),
        ("the_head_is_the_newest_position", Fault::IsOneBehind),
        ("a_reader_who_missed_what_was_removed_is_told", Fault::SkipsWhatWasRemoved),
        ("reading_goes_on_at_the_oldest_position_kept", Fault::NamesTheSecondOldest),
    ];
    prove("events", events::CASES, &events(), &faults);
}

#[test]
fn every_case_of_the_retention_notices_its_fault() {
    let faults = [
        ("expired_counts_what_would_be_removed_and_removes_nothing", Fault::CountsByRemoving),
        ("nothing_is_removed_before_its_time", Fault::RemovesWhatIsOfThatMoment),
        ("at_most_the_limit_is_removed", Fault::RemovesBeyondTheLimit),
        ("the_oldest_is_removed_first", Fault::RemovesTheNewestFirst),
        ("a_running_reservation_is_not_removed", Fault::RemovesRunningKeys),
        ("a_reservation_that_nobody_holds_is_removed", Fault::ReservesForGood),
        ("an_event_without_a_position_is_not_removed", Fault::SequencesWhatItRemoves),
        ("the_newest_position_outlives_its_time", Fault::LetsPositionsFall),
        ("a_removal_leaves_no_gap_in_the_log", Fault::LeavesGaps),
        ("compacting_leaves_everything_in_place", Fault::CompactsByRemoving),
    ];
    prove("retention", retention::CASES, &retention(), &faults);
}

#[test]
fn every_case_of_the_queries_notices_its_fault() {
    let faults = [
        ("every_acknowledged_write_is_shown", Fault::AnswersAsAtFirst),
        ("a_view_shows_one_moment", Fault::AnswersOfTwoMoments),
        ("a_view_shows_every_field_as_stored", Fault::LosesAltTexts),
        ("the_images_of_a_view_come_by_position_then_by_id", Fault::ShowsImagesById),
        ("a_missing_product_has_no_view", Fault::ShowsWhatIsDeleted),
        ("every_acknowledged_write_is_listed", Fault::AnswersAsAtFirst),
        ("a_list_shows_one_moment", Fault::AnswersOfTwoMoments),
        ("a_list_shows_every_field_as_stored", Fault::LosesAltTexts),
        ("each_product_of_a_list_has_its_own_images_in_order", Fault::ShowsImagesById),
        ("a_list_holds_just_the_products_that_fit", Fault::LeavesOutTheHighestPrice),
        ("every_character_of_a_name_is_looked_for_as_it_is", Fault::ReadsPercentAsAnything),
        ("products_come_in_each_order_in_both_directions", Fault::PutsTiesInOneDirection),
        ("a_list_has_at_most_its_limit", Fault::IgnoresTheLimit),
        ("pages_put_together_are_the_whole_list", Fault::SkipsTiesBehindAPlace),
        ("a_list_goes_on_behind_what_is_gone", Fault::BeginsAnewBehindWhatIsGone),
        ("what_stays_is_listed_exactly_once_whatever_else_is_written", Fault::GoesOnByCount),
    ];
    prove("queries", queries::CASES, &queries(), &faults);
}

#[test]
fn every_case_of_the_queries_of_users_notices_its_fault() {
    let faults = [
        ("a_user_is_read_as_stored", Fault::SwapsNames),
        ("a_list_holds_just_the_users_that_fit", Fault::FindsNamesAnywhere),
        ("every_character_of_a_beginning_is_taken_as_it_is", Fault::ReadsPercentAsAnything),
        ("users_come_by_id_page_by_page", Fault::ListsTheLastAgain),
    ];
    prove("user_queries", user_queries::CASES, &user_queries(), &faults);
}

#[test]
fn every_case_of_the_queries_of_dead_letters_notices_its_fault() {
    let faults = [
        ("a_dead_letter_is_listed_with_every_field", Fault::LosesTracesOfDeadLetters),
        ("a_list_holds_just_the_dead_letters_that_fit", Fault::TakesTheEndIn),
        ("the_newest_dead_letter_comes_first", Fault::PutsTiesInOneDirection),
        ("pages_of_dead_letters_put_together_are_the_whole_list", Fault::SkipsTiesBehindAPlace),
        ("a_list_goes_on_behind_a_dead_letter_that_is_gone", Fault::BeginsAnewBehindWhatIsGone),
        ("a_summary_counts_each_that_fits_once", Fault::CountsWhateverTheHost),
        ("a_summary_has_the_most_first", Fault::PutsTheFewestFirst),
        ("a_summary_tells_the_newest", Fault::TellsTheOldest),
    ];
    prove("dead_letter_queries", dead_letter_queries::CASES, &dead_letter_queries(), &faults);
}
