"""P1: a scan that was acknowledged is counted, once."""
import json
import multiprocessing
import re

import pytest

from conftest import Failure
from trouble import frozen, injected, needs_strace, traced


@pytest.fixture
def counting(site):
    """casmand that only counts: no number of scans, and no first backup, makes a version."""
    site.database()
    site.configure(sync="backup_on_scan_count = 0\nbackup_on_hours = 0")
    site.start()
    return site


def total(site):
    return site.status()["scans"]["total"]


def post_fifty(site, numbers):
    with site.connect() as line:
        for _ in range(50):
            numbers.put(line.call("scan", database="parts.db")["scan"])


def test_p1_four_processes_post_fifty_scans_each_and_200_are_counted(counting):
    fork = multiprocessing.get_context("fork")
    numbers = fork.Queue()
    processes = [fork.Process(target=post_fifty, args=(counting, numbers)) for _ in range(4)]
    for process in processes:
        process.start()
    assert sorted(numbers.get(timeout=60) for _ in range(200)) == list(range(1, 201))
    for process in processes:
        process.join(60)
    assert total(counting) == 200


def test_p1_the_same_uid_counts_once_also_over_a_restart_and_a_kill(counting):
    first = counting.call("scan", database="parts.db", uid="gun-1")
    assert first["scan"] == 1 and "again" not in first
    ends = [None, counting.restart, lambda: (counting.stop(9), counting.start())]
    for end in ends:
        if end:
            end()
        again = counting.call("scan", database="parts.db", uid="gun-1")
        assert (again["scan"], again["state"], again["again"]) == (1, "counted", True)
        assert total(counting) == 1
    assert counting.call("scan", database="parts.db", uid="gun-2")["scan"] == 2


def test_p1_a_uid_posted_for_another_database_or_with_another_count_is_still_the_same(counting):
    counting.database("other.db")
    counting.configure(sync="backup_on_scan_count = 0")
    counting.call("reload")
    counting.wait_log("^<6>reloaded ")
    counting.call("scan", database="parts.db", uid="x", count=5)
    assert counting.call("scan", database="other.db", uid="x", count=2)["scan"] == 5
    assert total(counting) == 5


def test_p1_one_uid_in_the_same_instant_on_two_connections_counts_once(counting):
    with counting.connect() as one, counting.connect() as other:
        with frozen(counting):
            asked = [(line, line.post("scan", database="parts.db", uid="gun-1")) for line in (one, other)]
        receipts = [line.answer(id) for line, id in asked]
    assert [r["scan"] for r in receipts] == [1, 1]
    assert sorted("again" in r for r in receipts) == [False, True]
    assert total(counting) == 1


def test_p1_one_uid_twice_in_one_write_counts_once(counting):
    with counting.connect() as line:
        with frozen(counting):
            ids = [line.post("scan", database="parts.db", uid="gun-1") for _ in range(2)]
        assert [line.answer(id)["scan"] for id in ids] == [1, 1]
    assert total(counting) == 1


def test_p1_a_wrong_scan_among_good_ones_takes_none_of_them_with_it(counting):
    with counting.connect() as line:
        with frozen(counting):
            good = [line.post("scan", database="parts.db"), line.post("scan", count=3)]
            bad = line.post("scan", database="nobody.db")
            good.append(line.post("scan", database="parts.db"))
        assert [line.answer(id)["scan"] for id in good[:2]] == [1, 4]
        with pytest.raises(Failure, match="nobody.db"):
            line.answer(bad)
        assert line.answer(good[2])["scan"] == 5
    assert total(counting) == 5


def trace_of(site):
    """The daemon's calls, after it ended: (name, rest of the line)."""
    lines = site.folder.joinpath("trace").read_text().splitlines()
    return [m.groups() for m in (re.match(r"\d+ +(\w+)\((.*)", line) for line in lines) if m]


def start_traced(site, calls):
    site.database()
    site.configure(sync="backup_on_scan_count = 0")
    site.start(**traced(site.folder / "trace", calls))


@needs_strace
@pytest.mark.parametrize("connections, each", [(1, 64), (32, 2)])
def test_p1_scans_that_arrive_together_are_committed_together(site, connections, each):
    start_traced(site, "fsync,fdatasync,sendto,sendmsg,write,writev")
    lines = [site.connect() for _ in range(connections)]
    lines[-1].call("status", refresh=True)  # nothing that comes with a start goes on now
    with frozen(site):
        asked = [(line, line.post("scan", database="parts.db")) for line in lines for _ in range(each)]
    assert sorted(line.answer(id)["scan"] for line, id in asked) == list(range(1, 65))
    for line in lines:
        line.close()
    assert site.stop() == 0
    calls = trace_of(site)
    begin = max(i for i, (_, rest) in enumerate(calls) if "keep_versions" in rest)
    end = next(i for i, (_, rest) in enumerate(calls) if "stopping" in rest)
    syncs = [name for name, _ in calls[begin:end] if name in ("fsync", "fdatasync")]
    assert 1 <= len(syncs) <= 4, syncs


@needs_strace
def test_p1_a_scan_is_answered_only_after_it_is_durable(site):
    start_traced(site, "fsync,fdatasync,sendto,sendmsg,write,writev")
    for i in range(3):
        assert site.call("scan", database="parts.db")["scan"] == i + 1
    assert site.stop() == 0
    calls = trace_of(site)
    answers = [i for i, (_, rest) in enumerate(calls) if "since_backup" in rest]
    assert len(answers) == 3
    for before, answer in zip([0] + answers, answers):
        assert any(name in ("fsync", "fdatasync") for name, _ in calls[before:answer])


@needs_strace
def test_p1_a_scan_whose_sync_fails_is_answered_with_an_error_and_counts_when_posted_again(counting):
    counting.call("scan", database="parts.db")
    with injected(counting, "fdatasync,fsync:error=EIO"):
        with pytest.raises(Failure, match="the scan was not counted"):
            counting.call("scan", database="parts.db", uid="gun-1")
    assert total(counting) == 1
    assert counting.call("scan", database="parts.db", uid="gun-1")["scan"] == 2
    counting.restart()
    assert total(counting) == 2


@needs_strace
def test_p1_a_daemon_killed_before_a_scan_is_durable_has_not_answered_it(counting):
    counting.call("scan", database="parts.db")
    with counting.connect() as line, injected(counting, "fdatasync,fsync:signal=KILL"):
        asked = line.post("scan", database="parts.db", uid="gun-1")
        with pytest.raises(ConnectionError):
            line.answer(asked)
    counting.stop(9)
    counting.start()
    assert counting.call("scan", database="parts.db", uid="gun-1")["scan"] == 2
    assert total(counting) == 2


def test_p1_scans_are_counted_while_the_configuration_is_reloaded(counting):
    with counting.connect() as line:
        with frozen(counting):
            ids = [line.post("scan", database="parts.db") for _ in range(3)]
            reload = line.post("reload")
            ids += [line.post("scan", database="parts.db") for _ in range(3)]
        numbers = [line.answer(id)["scan"] for id in ids[:3]]
        line.answer(reload)
        assert numbers + [line.answer(id)["scan"] for id in ids[3:]] == [1, 2, 3, 4, 5, 6]
    counting.wait_log("^<6>reloaded ")
    assert counting.status()["scans"]["total"] == counting.status()["scans"]["since_backup"] == 6


def test_p1_casmanctl_posts_scans_and_its_uid_counts_once(counting):
    counting.ctl("scan", "parts.db", "--count", "3")
    counting.ctl("scan", "parts.db", "--uid", "gun-1")
    again = json.loads(counting.ctl("--json", "scan", "parts.db", "--uid", "gun-1").stdout)
    assert again["scan"] == 4 and total(counting) == 4


def test_a_database_that_is_not_there_yet_does_not_make_each_scan_a_version_of_the_others(site):
    site.database("parts.db")
    site.database("assembled_casm.db")
    site.make("parts.db")
    site.configure(sync="backup_on_scan_count = 4")
    site.start()
    site.call("backup")
    for count in range(1, 9):
        site.sql("parts.db", "INSERT INTO parts(part) VALUES('new')")
        assert site.call("scan", database="parts.db")["until_backup"] == -count % 4
        if count % 4 == 0:
            site.wait_log('^<6>stored db=parts.db ', count=1 + count // 4)
    assert [site.metadata(key)["operation"] for key in site.keys()] == [
        "Manual CLI backup", "Scan-triggered backup (4 scans)", "Scan-triggered backup (4 scans)"]
