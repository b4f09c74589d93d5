"""Metrics: what a scraper is given is OpenMetrics to the letter, and tells of what stands still (P11)."""
import re
import time

from conftest import LIMIT

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = NAME + r'="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?)")
TYPES = {"gauge": "", "counter": "_total"}  # and what the names of their samples end with


def parse(text):
    """Of each sample its value, by name and labels: {("casmand_up", ""): 1.0}.  As strict as
    https://prometheus.io/docs/specs/om/open_metrics_spec/ is for what casmand uses."""
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    families, samples, family, kind, helped = set(), {}, None, None, True
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert helped and family not in families and kind in TYPES and re.fullmatch(NAME, family), line
            assert not family.endswith("_total"), line
            families.add(family)
            helped = False
        elif line.startswith("# HELP "):
            assert line.split(" ", 3)[2] == family and not helped and line.split(" ", 3)[3].endswith("."), line
            helped = True
        else:
            match = SAMPLE.fullmatch(line)
            assert match and helped and match[1] == family + TYPES[kind], line
            assert (match[1], match[2] or "") not in samples, line
            samples[match[1], match[2] or ""] = float(match[3])
            assert kind == "gauge" or float(match[3]) >= 0, line
    return samples


def scrape(site):
    return parse(site.ctl("metrics").stdout)


def of_parts(samples, name):
    return samples[f"casmand_{name}", 'database="parts.db"']


def grows(site, before, value):
    """It is another scrape's, and it went up though nothing moved."""
    until = time.monotonic() + LIMIT
    while value(scrape(site)) <= value(before):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_p11_metrics_are_openmetrics_and_what_stands_still_grows(site):
    site.database()
    site.database("never.db")
    site.make()
    site.start()
    before = time.time() - 1
    assert site.call("backup", databases=["parts.db"])["versions"][0]["state"] == "stored"
    well = scrape(site)
    assert well["casmand_store_up", ""] == 1 and well["casmand_queue_versions", ""] == 0
    assert well["casmand_captures_total", 'result="captured"'] == well["casmand_uploads_total", 'result="stored"'] == 1
    assert before < of_parts(well, "database_last_stored_timestamp_seconds") <= time.time() + 1
    assert of_parts(well, "database_uncaptured_age_seconds") == 0
    assert ("casmand_database_last_stored_timestamp_seconds", 'database="never.db"') not in well
    assert well["casmand_resident_memory_bytes", ""] > 1 << 20

    site.sql("parts.db", "INSERT INTO parts(part) VALUES('seen, and not asked for')")
    site.wait_status("parts.db", dirty=True)
    grows(site, scrape(site), lambda samples: of_parts(samples, "database_uncaptured_age_seconds"))

    site.store.rename(site.folder / "away")
    site.call("scan", database="parts.db")
    assert site.call("backup", databases=["parts.db"])["queued"] == ["parts.db"]
    stuck = scrape(site)
    assert stuck["casmand_store_up", ""] == 0 and stuck["casmand_queue_versions", ""] == 1
    assert stuck["casmand_uploads_total", 'result="failed"'] >= 1 and stuck["casmand_queue_bytes", ""] > 0
    assert of_parts(stuck, "database_last_stored_timestamp_seconds") == \
        of_parts(well, "database_last_stored_timestamp_seconds")
    grows(site, stuck, lambda samples: samples["casmand_queue_age_seconds", ""])
    grows(site, stuck, lambda samples: samples["casmand_scans_unprotected_age_seconds", ""])

    (site.folder / "away").rename(site.store)
    assert site.call("backup", databases=["parts.db"])["queued"] == []
    again = scrape(site)
    assert again["casmand_queue_age_seconds", ""] == again["casmand_scans_unprotected_age_seconds", ""] == 0
    assert again["casmand_uploads_total", 'result="stored"'] == 2
