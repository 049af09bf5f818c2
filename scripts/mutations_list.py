"""What must never go unnoticed: faults put into Core on purpose, each with the tests that are to find it."""

from __future__ import annotations

from typing import Final, NamedTuple

CORE: Final = "kernel/faceforge_core"
BUILTINS: Final = "builtin_plugins/faceforge_builtins"
SDK: Final = "sdk/faceforge_sdk"

ORDER: Final = "tests/faults/test_upload_order.py"
SITES: Final = "tests/kernel/web/test_web_sites.py"
CREDENTIALS: Final = "tests/kernel/web/test_web_credentials.py"
SESSIONS: Final = "tests/kernel/web/test_web_sessions.py"
ENGINE: Final = "tests/kernel/test_db_engine.py"
MIGRATIONS: Final = "tests/kernel/test_db_migrate.py"
BACKUPS: Final = "tests/kernel/backup/test_backups.py"
PURGE: Final = "tests/kernel/storage/test_storage_purge_faults.py"
RESTARTS: Final = "tests/kernel/jobs/test_jobs_restarts.py"
INSTALLING: Final = "tests/contract/test_plugin_install.py"


class Mutation(NamedTuple):
    """`text`, which stands in `file` exactly once, becomes `instead`; one of `tests` has to fail then."""

    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]


MUTATIONS: Final = (
    # --- Bytes first, and on the disk, then their row -----------------------------------------------------------------
    Mutation(
        "an upload's bytes are not flushed",
        f"{CORE}/storage/upload.py",
        "            flush(self._descriptor)\n",
        "            pass\n",
        (f"{ORDER}::test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer",),
    ),
    Mutation(
        "an upload's name is not flushed",
        f"{BUILTINS}/storage_fs/provider.py",
        "                source.unlink()\n            flush_folder(target.parent)\n",
        "                source.unlink()\n",
        (f"{ORDER}::test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer",),
    ),
    Mutation(
        "a new shard's name is not flushed",
        f"{BUILTINS}/storage_fs/shards.py",
        "                flush_folder(folder.parent)\n",
        "",
        (f"{ORDER}::test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer",),
    ),
    Mutation(
        "a batch is not flushed",
        f"{BUILTINS}/storage_fs/provider.py",
        "            self._flush([target for _, target in moved], folders)\n",
        "            pass\n",
        (
            "tests/builtin_plugins/test_storage_fs.py::test_each_file_and_each_folder_is_flushed_once_before_a_batch_counts",
        ),
    ),
    Mutation(
        "a row is committed before its bytes are in their place",
        f"{CORE}/storage/intake.py",
        "            places = dict(zip(files, self._placement.place([*files.values()]), strict=True))\n"
        "            if before_recording is not None:\n"
        "                before_recording()\n"
        "            return self._database.write(lambda tx: record(tx, places))\n",
        '            guessed = {name: Place("fs", f"files/{name[:2]}/{name}", "ok") for name in files}\n'
        "            answer = self._database.write(lambda tx: record(tx, guessed))\n"
        "            self._placement.place([*files.values()])\n"
        "            return answer\n",
        (f"{ORDER}::test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer",),
    ),
    Mutation(
        "what a former upload left is adopted unread",
        f"{BUILTINS}/storage_fs/provider.py",
        "            if sha256_of(file) != content_hash:\n",
        "            if False:\n",
        ("tests/builtin_plugins/test_storage_fs.py::test_d09_d10_what_is_not_the_file_is_quarantined_and_replaced",),
    ),
    Mutation(
        "a file that is shorter than its row says ends as if it were whole",
        f"{SDK}/files.py",
        "        if not found:\n            raise _short()\n",
        "",
        ("tests/kernel/storage/test_storage_reading.py::test_a_file_cut_while_it_is_read_never_looks_complete",),
    ),
    Mutation(
        "the reserve of free space is not watched",
        f"{CORE}/storage/staging.py",
        "        if usage.free < byte_size + reserve:\n",
        "        if False:\n",
        ("tests/contract/test_uploads.py::test_r03_without_space_the_body_is_not_even_read",),
    ),
    # --- The trash ----------------------------------------------------------------------------------------------------
    Mutation(
        "a purge removes bytes before their row",
        f"{CORE}/storage/service.py",
        "            if not forget():\n"
        "                return False\n"
        "            if provider is not None and not needed():\n"
        "                discard(provider, stored)\n"
        "            return True\n",
        "            if provider is not None:\n"
        "                discard(provider, stored)\n"
        "            return forget()\n",
        (f"{PURGE}::test_a_row_that_cannot_be_removed_keeps_its_bytes",),
    ),
    Mutation(
        "a purge goes on while the disk of the files is away",
        f"{CORE}/storage/trash.py",
        "        if marker is None or marker.uuid != identity.home_uuid(self._database):\n",
        "        if False:\n",
        (f"{PURGE}::test_d08_nothing_is_purged_while_the_disk_of_the_files_is_not_there",),
    ),
    # --- The database -------------------------------------------------------------------------------------------------
    Mutation(
        "transactions begin as readers",
        f"{CORE}/db/engine.py",
        'connection.execute("BEGIN IMMEDIATE")',
        'connection.execute("BEGIN")',
        (f"{ENGINE}::test_c02_a_lock_of_another_program_makes_writes_busy_within_six_seconds_and_reads_go_on",),
    ),
    Mutation(
        "foreign keys are not kept",
        f"{CORE}/db/sqlite.py",
        '"foreign_keys=ON"',
        '"foreign_keys=OFF"',
        (f"{ENGINE}::test_the_writer_is_durable_and_careful",),
    ),
    Mutation(
        "commits are not flushed",
        f"{CORE}/db/sqlite.py",
        '        "journal_mode=WAL",\n        "synchronous=FULL",\n',
        '        "journal_mode=WAL",\n        "synchronous=OFF",\n',
        (
            f"{ENGINE}::test_the_writer_is_durable_and_careful",
            f"{ORDER}::test_d02_bytes_and_names_are_on_the_disk_before_the_row_and_the_row_before_the_answer",
        ),
    ),
    Mutation(
        "work that raises is committed all the same",
        f"{CORE}/db/pieces.py",
        '                self.connection.execute("ROLLBACK TO piece")\n',
        "                pass\n",
        (f"{ENGINE}::test_work_that_raises_is_undone_alone_and_only_its_caller_hears_of_it",),
    ),
    Mutation(
        "a step of a migration has no transaction",
        f"{CORE}/db/history.py",
        '        connection.exec_driver_sql("BEGIN IMMEDIATE")\n',
        "        pass\n",
        (f"{MIGRATIONS}::test_a_step_that_breaks_a_reference_is_rolled_back_with_its_marker",),
    ),
    Mutation(
        "a database is upgraded without a copy of it",
        f"{CORE}/db/migrate.py",
        "            backup = _copy(database_path, backups_dir, version)\n",
        "            pass\n",
        (f"{MIGRATIONS}::test_the_backup_is_private_whole_and_of_the_old_schema",),
    ),
    Mutation(
        "a newer schema is opened",
        f"{CORE}/db/migrate.py",
        "        if stored is not None:\n            raise StartRefused(",
        "        if stored is not None:\n            return HEAD\n            raise StartRefused(",
        (f"{MIGRATIONS}::test_m03_a_newer_schema_is_refused_and_the_file_stays_as_it_is",),
    ),
    Mutation(
        "an event is told after the change's own transaction",
        f"{CORE}/events/log.py",
        "        tx.run(\n            _APPEND,\n            type=event_type,\n            subject=subject,\n"
        "            at=now(),\n            payload=_encode(payload),\n        )\n",
        "        import threading\n\n"
        '        row = {"type": event_type, "subject": subject, "at": now(), "payload": _encode(payload)}\n'
        "        later = partial(self._database.write, lambda other: other.run(_APPEND, **row))\n"
        "        tx.after_commit(threading.Timer(1, later).start)\n",
        ("tests/kernel/test_events.py::test_a_change_and_its_event_are_there_at_the_same_moment",),
    ),
    Mutation(
        "a cursor leaves out the ties behind it",
        f"{CORE}/catalog/paging.py",
        "        behind = and_(self.column <= key, or_(self.column < key, tie))\n",
        "        behind = self.column < key\n",
        ("tests/kernel/test_catalog_entities.py::test_pages_by_cursor_and_by_offset_equal_one_sorted_list",),
    ),
    Mutation(
        "of two changes of one version the second wins",
        f"{BUILTINS}/entities_api/preconditions.py",
        "    return int(revisions[-1])\n",
        "    return None\n",
        ("tests/contract/test_entities.py::test_c06_of_two_clients_that_change_the_same_version_the_second_gets_412",),
    ),
    # --- Jobs ---------------------------------------------------------------------------------------------------------
    Mutation(
        "who lost a job may still change it",
        f"{CORE}/jobs/statements.py",
        '_HELD = [_THIS, _RUNNING, table.c.attempts == bindparam("attempt")]',
        '_HELD = [_THIS, _RUNNING, bindparam("attempt") >= 0]',
        (f"{RESTARTS}::test_who_lost_a_job_changes_it_no_more",),
    ),
    Mutation(
        "a job that is over may end again",
        f"{CORE}/jobs/statements.py",
        '_HELD = [_THIS, _RUNNING, table.c.attempts == bindparam("attempt")]',
        '_HELD = [_THIS, table.c.attempts == bindparam("attempt")]',
        (f"{RESTARTS}::test_i6_an_ended_job_never_changes_again",),
    ),
    Mutation(
        "what a dead Core left running runs for ever",
        f"{CORE}/jobs/runner.py",
        "        self._queue.recover()\n",
        "",
        (f"{RESTARTS}::test_a_running_job_of_v019_fails_as_interrupted",),
    ),
    # --- Who may ask --------------------------------------------------------------------------------------------------
    Mutation(
        "any Host header is served",
        f"{CORE}/web/guard.py",
        "        if not allowed:\n",
        "        if False:\n",
        (f"{SITES}::test_b01_a_foreign_host_is_forbidden_even_with_the_token",),
    ),
    Mutation(
        "other sites may send a browser's cookie",
        f"{CORE}/web/guard.py",
        "    if not own:\n",
        "    if False:\n",
        (f"{SITES}::test_b04_a_cookie_from_another_site_is_refused",),
    ),
    Mutation(
        "any token opens",
        f"{CORE}/auth.py",
        "        return bool(token) and compare_digest(candidate, token)\n",
        "        return True\n",
        (f"{CREDENTIALS}::test_a04_a_token_that_is_almost_right_is_wrong",),
    ),
    Mutation(
        "a token that begins right opens",
        f"{CORE}/auth.py",
        "compare_digest(candidate, token)\n",
        "compare_digest(candidate[: len(token)], token)\n",
        (f"{CREDENTIALS}::test_a04_a_token_that_is_almost_right_is_wrong",),
    ),
    Mutation(
        "what merely begins like a public path is public",
        f"{CORE}/web/public_paths.py",
        "    return path in PUBLIC_PATHS or path.startswith(PUBLIC_FOLDERS)\n",
        '    return path.startswith((*PUBLIC_PATHS - {"/"}, *PUBLIC_FOLDERS)) or path == "/"\n',
        (f"{CREDENTIALS}::test_a01_what_merely_resembles_a_public_path_is_closed",),
    ),
    Mutation(
        "scripts of a page may read the session's cookie",
        f"{SDK}/sign_ins.py",
        "        httponly=True,\n        samesite",
        "        httponly=False,\n        samesite",
        ("tests/contract/test_differences.py::test_18_b21_the_cookie_is_a_session_and_never_the_token",),
    ),
    Mutation(
        "the session's cookie goes along from other sites",
        f"{SDK}/sign_ins.py",
        '        samesite="lax",\n',
        '        samesite="none",\n',
        ("tests/contract/test_differences.py::test_18_b21_the_cookie_is_a_session_and_never_the_token",),
    ),
    Mutation(
        "sessions outlive their token",
        f"{CORE}/web/sessions.py",
        "        return compare_digest(fingerprint, self._token.fingerprint()) and expires_at",
        "        return expires_at",
        (f"{SESSIONS}::test_a16_a_new_token_ends_every_session_also_those_in_memory",),
    ),
    Mutation(
        "sessions never end by themselves",
        f"{CORE}/web/sessions.py",
        " and expires_at > _text(self._clock())\n",
        "\n",
        (f"{SESSIONS}::test_a_session_lives_thirty_days_and_its_row_goes_with_a_later_sign_in",),
    ),
    Mutation(
        "a body of unknown length has no limit",
        f"{CORE}/web/request_bodies.py",
        "            if self._limit is not None and self._count > self._limit:\n",
        "            if False:\n",
        (
            "tests/kernel/web/test_web_bodies.py::test_v05_a_json_body_of_exactly_the_limit_passes_and_one_byte_more_does_not",
        ),
    ),
    # --- Secrets ------------------------------------------------------------------------------------------------------
    Mutation(
        "secrets are logged",
        f"{CORE}/log_lines.py",
        "        return self.without_secrets(super().format(record))\n",
        "        return super().format(record)\n",
        ("tests/kernel/test_logs.py::test_a13_secrets_are_hidden_in_message_arguments_and_traceback",),
    ),
    Mutation(
        "the support bundle tells what it finds",
        f"{CORE}/health/bundle.py",
        "        return without(self._secrets(), content)\n",
        "        return content\n",
        (
            "tests/contract/test_operations.py::"
            "test_a13_a_secret_that_a_failed_job_or_the_log_told_is_not_in_the_bundle",
        ),
    ),
    Mutation(
        "a private file that others could read stays so",
        f"{CORE}/private_files.py",
        "            os.fchmod(descriptor, 0o600)\n",
        "            pass\n",
        ("tests/kernel/test_private_files.py::test_opening_tightens_a_file_that_others_could_read",),
    ),
    # --- What comes from strangers ------------------------------------------------------------------------------------
    Mutation(
        "an import follows links",
        f"{BUILTINS}/bulk_import/scan.py",
        "        if entry.is_file(follow_symlinks=False):\n            return None if is_sidecar",
        "        if entry.is_file():\n            return None if is_sidecar",
        ("tests/contract/test_bulk_import.py::test_j11_links_pipes_and_sockets_are_passed_over_with_a_counted_reason",),
    ),
    Mutation(
        "a small file that changes while it is read is believed",
        f"{CORE}/storage/small_files_process.py",
        "if len(content) == found[0] and _is_still(descriptor, found) else None",
        "if len(content) == found[0] else None",
        ("tests/kernel/storage/test_small_files.py::test_a_file_that_changes_while_it_is_read_is_not_copied",),
    ),
    Mutation(
        "what a process that died had copied is left lying about",
        f"{CORE}/storage/small_files.py",
        "                    target.unlink(missing_ok=True)\n",
        "                    pass\n",
        ("tests/kernel/storage/test_small_files.py::test_a_process_that_dies_leaves_nothing_behind_and_all_to_others",),
    ),
    Mutation(
        "a link that took a file's place is imported",
        f"{BUILTINS}/bulk_import/intake.py",
        "os.O_RDONLY | _SAFELY",
        "os.O_RDONLY | os.O_NONBLOCK",
        (
            "tests/builtin_plugins/test_bulk_import_intake.py::"
            "test_what_took_a_files_place_since_it_was_found_is_not_read",
        ),
    ),
    Mutation(
        "an archive's names may lead out of its folder",
        f"{CORE}/plugins/portable_names.py",
        '        "leads out of its folder": part in {".", ".."},\n',
        "",
        (f"{INSTALLING}::test_a_name_that_leads_out_or_is_none_everywhere_is_refused_by_name",),
    ),
    Mutation(
        "an archive may hold links",
        f"{CORE}/plugins/packing.py",
        "    if kind == stat.S_IFLNK or info.external_attr & _REPARSE_POINT:\n",
        "    if False:\n",
        (f"{INSTALLING}::test_what_is_no_plain_file_is_refused",),
    ),
    Mutation(
        "an archive's own word on sizes is believed",
        f"{CORE}/plugins/packing.py",
        "                if self.byte_size > MAX_BYTES:\n",
        "                if False:\n",
        (f"{INSTALLING}::test_what_is_written_is_counted_whatever_was_said",),
    ),
    Mutation(
        "a damaged file of a backup is restored",
        f"{CORE}/backup/restoring.py",
        "    if found.hexdigest() != digest:\n",
        "    if False:\n",
        (f"{BACKUPS}::test_a_file_damaged_in_the_backup_is_never_restored",),
    ),
    Mutation(
        "a damaged database of a backup is restored",
        f"{CORE}/backup/restoring.py",
        "    if not whole:\n",
        "    if False:\n",
        (f"{BACKUPS}::test_a_damaged_database_in_a_backup_is_refused_before_anything_is_written",),
    ),
    Mutation(
        "a backup may write outside of the home",
        f"{CORE}/backup/restoring.py",
        '        if below not in folders or not rest or ".." in rest:\n',
        "        if below not in folders:\n",
        (f"{BACKUPS}::test_names_that_lead_out_of_the_home_are_refused",),
    ),
)
