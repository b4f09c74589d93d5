"""The log: one line for each event that is worth one, and nothing while all is well."""
import contextlib
import re
import subprocess

import pytest

from conftest import end_site, new_site
from trouble import give_to_nobody, needs_root, run

# An undisturbed day at log_level = info: words that differ are left out.
DAY = """\
<6>started version=… pid=… databases=1 store=…
<6>store place=… name=…
<6>captured db=parts.db key=… size=… records=3 operation="…"
<6>stored db=parts.db key=… size=…
<6>captured db=parts.db key=… size=… records=13 operation="Scan-triggered backup (10 scans)"
<6>stored db=parts.db key=… size=…
<6>stopping signal=15
<6>stopped pid=…
<end>""".split("\n")
VARIES = re.compile(r"((?:version|pid|store|place|name|key|size)=)\S+|(operation=)\"(?:First|Manual)[^\"]*\"")


@pytest.fixture
def well():
    """A machine about which the doctor finds nothing: no root, a store on another disk, a clock that is
    kept right."""
    site = new_site()
    with contextlib.ExitStack() as stack:
        stack.callback(end_site, site)
        site.store.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=100m", "casmand-test", str(site.store))
        stack.callback(subprocess.run, ["umount", "-l", site.store], check=True)
        site.database()
        site.make()
        site.configure()
        site.config.write_text(site.config.read_text().replace("log_level = debug", "log_level = info"))
        yield site


def line(text):
    return VARIES.sub(lambda m: f"{m[1]}…" if m[1] else f'{m[2]}"…"', text)


@needs_root
def test_an_undisturbed_day_logs_what_happened_and_no_more(well):
    site = well
    site.start(**give_to_nobody(site))
    site.call("backup")
    for number in range(10):
        site.sql("parts.db", f"INSERT INTO parts(part) VALUES('scan {number}')")
        site.call("scan", database="parts.db")
    site.wait_log("^<6>stored ", count=2)
    for ask in ("status", "list", "history", "doctor"):
        site.ctl(ask, check=False)
    site.call("backup")  # finds nothing new
    assert site.stop() == 0
    clock = [one for one in site.log if one.startswith('<4>doctor topic="clock"')]  # a container's may be anything
    assert [line(one) for one in site.log if one not in clock] == DAY


def test_control_characters_do_not_reach_the_log(site):
    """A terminal obeys what it is shown, and a line break would forge a line."""
    site.database()
    site.make()
    site.start()
    site.call("backup", operation="\x1b[2Jred\n<3>forged error=\"no\"\r\x7f")
    said = site.wait_log("^<6>captured ")
    assert "red" in said and "forged" in said
    assert not any(re.search("[\x00-\x1f\x7f]", one) for one in site.log)
    assert not any(one.startswith("<3>forged") for one in site.log)
