"""All classes of attacks that the core answers for, in order."""

from __future__ import annotations

from tests.core.hostile import bodies, framing, headers, paths
from tests.core.hostile.attack import Threat

# Proven by other means than one request and its answer.
OTHERS = [
    Threat(
        7,
        "Response splitting",
        proofs=(
            "core/http/test_response.py::test_what_cannot_stand_in_a_header_is_refused_where_it_is_set",
            "core/http/test_response.py::test_nothing_that_is_set_can_split_the_answer",
            "core/http/test_response.py::test_no_filename_can_split_the_answer",
            "core/http/test_response.py::test_an_injection_is_a_500_with_nothing_of_it_on_the_wire",
            "core/http/test_writer.py::test_framing_is_the_writers_alone",
            "core/http/test_writer.py::test_a_trailer_cannot_split_the_answer",
            "core/http/test_sse.py::test_a_line_break_or_nul_cannot_smuggle_a_field",
        ),
    ),
    Threat(
        8,
        "Cookies that say more than they should",
        proofs=(
            "core/http/test_cookies.py::test_a_character_that_separates_or_cannot_be_sent_is_refused_everywhere",
            "core/http/test_cookies.py::test_a_host_prefix_needs_the_root_path_and_no_domain",
            "core/http/test_cookies.py::test_what_browsers_accept_only_over_tls_needs_secure",
            "core/http/test_cookies.py::test_a_name_and_value_of_4096_bytes_is_the_most",
            "core/http/test_cookies.py::test_whatever_is_accepted_reads_back_as_one_cookie",
        ),
    ),
    Threat(
        20,
        "Caches that grow with what clients send",
        proofs=(
            "core/hostile/test_memory.py::test_no_cache_grows_with_what_clients_send",
            "core/http/test_framing.py::test_what_is_remembered_of_requests_is_bounded",
            "core/http/test_framing.py::test_whole_headers_are_remembered_by_each_application_and_not_for_ever",
        ),
    ),
    Threat(
        21,
        "Clients that stall or leave",
        proofs=(
            "core/hostile/test_memory.py::test_a_reader_that_stalls_costs_less_than_a_megabyte",
            "cli/test_clients.py::test_a_reader_that_stalls_costs_less_than_a_megabyte_and_one_that_leaves_nothing",
            "cli/test_clients.py::test_an_upload_whose_client_leaves_ends_and_is_no_error",
            "core/http/test_streaming.py::test_a_stream_is_closed_when_its_client_leaves",
            "core/http/test_files.py::test_a_client_that_leaves_closes_the_file",
            "core/http/test_writer.py::test_a_closed_connection_is_no_error_and_everything_is_closed",
        ),
    ),
    Threat(
        22,
        "Clients that are slow",
        proofs=(
            "core/http/test_body.py::test_a_body_that_stalls_is_408",
            "core/hostile/test_time.py::test_a_million_chunks_of_one_byte_let_others_run",
        ),
    ),
    Threat(
        24,
        "Requests that crash their reader",
        proofs=(
            "core/hostile/test_any_request.py::test_no_request_is_an_error_of_ours",
            "core/hostile/test_table.py::test_every_attack_is_answered_as_the_table_says",
            "core/hostile/test_optimized.py::test_nothing_depends_on_assertions",
        ),
    ),
    Threat(
        47,
        "One request that changes another",
        proofs=(
            "core/hostile/test_isolation.py::test_after_any_requests_an_application_answers_as_a_fresh_one",
            "core/hostile/test_isolation.py::test_five_hundred_requests_at_once_never_see_each_other",
            "core/hostile/test_isolation.py::test_the_scope_the_server_made_is_not_changed",
        ),
    ),
]

THREATS = sorted(
    [*framing.THREATS, *paths.THREATS, *bodies.THREATS, *headers.THREATS, *OTHERS], key=lambda threat: threat.number
)
