"""Promise P6: what retention deletes, and what it never does."""
import json
import re

import pytest

from conftest import Failure
from trouble import leftovers


def version(site, rows=1, **wanted):
    """One more version, which has more rows."""
    site.sql("parts.db", *["INSERT INTO parts(part) VALUES('more')"] * rows)
    return site.call("backup", databases=["parts.db"], **wanted)["versions"][0]


def emptied(site):
    site.sql("parts.db", "DELETE FROM parts", "CREATE TABLE IF NOT EXISTS log(t)", "INSERT INTO log VALUES(1)")
    (one,) = site.call("backup", databases=["parts.db"])["versions"]
    assert one["suspect"], one
    return one["key"]


def deleted(site, count, since=0):
    """Waits until so many versions are gone, and nothing of them is left; their keys."""
    site.wait_log("^<6>deleted ", count=count, since=since)
    lines = [line for line in site.log[since:] if line.startswith("<6>deleted ")]
    assert len(lines) == count, lines
    assert leftovers(site.store) == []
    return [re.search(r" key=(\S+)", line)[1] for line in lines]


@pytest.fixture
def three(site):
    """A machine that keeps three versions."""
    site.database()
    site.make()
    site.configure(sync="keep_versions = 3\nkeep_daily = 0\nbackup_on_hours = 0")
    site.start()
    return site


def listed(site):
    return [v["key"] for v in reversed(site.call("list")["versions"])]


def test_p6_the_oldest_goes_when_a_newer_one_is_confirmed(three):
    keys = [version(three)["key"] for _ in range(6)]
    assert deleted(three, 3) == keys[:3]
    assert three.keys() == listed(three) == keys[3:]
    assert three.status()["retention"] == {"error": None, "error_name": None, "python_client": False}
    events = [(e["event"], e["key"]) for e in three.call("history")["events"] if e["event"] == "deleted"]
    assert events == [("deleted", key) for key in reversed(keys[:3])]


def test_p6_three_emptied_versions_push_no_good_one_out(three):
    good = [version(three)["key"] for _ in range(3)]
    bad = [emptied(three) for _ in range(3)]
    assert three.keys() == good + bad
    worst = emptied(three)  # of four suspect ones the oldest and the two newest stay
    assert deleted(three, 1) == [bad[1]]
    assert three.keys() == [*good, bad[0], bad[2], worst]
    pinned = {v["key"] for v in three.call("list")["versions"] if v["pinned"]}
    assert pinned == {good[2]}


def test_p6_an_accepted_version_is_what_later_ones_are_compared_with(three):
    good = version(three)["key"]
    bad = emptied(three)
    assert "is pinned" not in three.ctl("list", "--table").stdout
    assert three.ctl("accept", bad).stdout == f"{bad} is accepted: later versions are compared with it\n"
    marks = {v["key"]: (v["suspect"], v["pinned"]) for v in three.call("list")["versions"]}
    assert marks == {good: (False, False), bad: (False, False)}
    assert not version(three)["suspect"]
    with pytest.raises(Failure, match="is not suspect"):
        three.call("accept", key=good)


def test_p6_a_pinned_version_stays_until_it_is_unpinned(three):
    first = version(three)["key"]
    assert three.ctl("pin", first).stdout == f"{first} is pinned: retention keeps it\n"
    others = [version(three)["key"] for _ in range(4)]
    assert deleted(three, 1) == others[:1]
    assert three.keys() == [first, *others[1:]]
    assert three.ctl("unpin", first).stdout == f"{first} is not pinned any more\n"
    version(three)
    assert deleted(three, 3)[1:] == [first, others[1]]


def test_a_dry_run_tells_of_each_version_why(three):
    keys = [version(three)["key"] for _ in range(3)]
    three.call("pin", key=keys[0])
    three.configure(sync="keep_versions = 1\nkeep_daily = 0")
    place = three.here()
    three.call("reload")
    three.wait_log("^<6>reloaded ", since=place)
    plan = json.loads(three.ctl("prune", "--dry-run", "--json").stdout)
    why = {v["key"]: (v["stays"], v["why"]) for v in plan["versions"]}
    assert why == {keys[2]: (True, "the newest"), keys[0]: (True, "pinned"),
                   keys[1]: (False, "neither one of the 1 newest nor the newest of one of the last 0 days")}
    assert (plan["stay"], plan["go"]) == (2, 1)
    text = three.ctl("prune", "--dry-run").stdout
    assert f"goes   {keys[1]}\n" in text and text.endswith("\n1 go, 2 stay\n")
    pages = [three.call("prune", dry_run=True, limit=2)]
    pages.append(three.call("prune", dry_run=True, limit=2, cursor=pages[0]["cursor"]))
    assert [v["key"] for page in pages for v in page["versions"]] == [v["key"] for v in plan["versions"]]
    assert three.keys() == keys
    assert three.ctl("prune").stdout == "1 versions deleted\n"
    assert three.keys() == [keys[0], keys[2]]
