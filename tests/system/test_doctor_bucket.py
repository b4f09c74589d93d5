"""The doctor before a bucket: each thing that keeps casmand from it is found with its mend, and is gone
when that is done."""
import json

import pytest

import moods
from conftest import casmand


@pytest.fixture
def patient(cloud, unruly, radosgw):
    """casmand is down, and its store is a bucket behind a proxy."""
    site = cloud(radosgw)
    site.proxy = unruly(radosgw)
    site.database()
    site.make()
    site.configure(endpoint=site.proxy.endpoint)
    (site.folder / "state").mkdir(mode=0o700)
    return site


def store(site):
    """The worst finding about it: its grade, and its text with its mend."""
    done = casmand("--config", site.config, "--doctor", "--json")
    found = [(f["grade"], f"{f['text']} {f['mend']}") for f in json.loads(done.stdout)["findings"]
             if f["topic"] == "store"]
    return max(found, key=lambda f: ["well", "odd", "wrong"].index(f[0]))


def secret(site, text):
    (site.folder / "secret").write_text(f"{text}\n")


def greet(site, greeting):
    site.proxy.greeting = greeting


def feel(site, mood):
    site.proxy.mood = mood


def call(site, host):
    site.configure(endpoint=site.proxy.endpoint.replace("127.0.0.1", host))


FINDINGS = {
    "the secret is wrong": (lambda site: secret(site, "not it"), "check access_key_id and secret_access_key"),
    "the keys may not do it": (lambda site: feel(site, moods.error(403, "AccessDenied")), "allow it"),
    "there is no bucket": (lambda site: site.configure(bucket_name="no-such-bucket"), "check bucket_name"),
    "the name is unknown": (lambda site: call(site, "no..such..name"), "no..such..name"),
    "nobody listens": (lambda site: greet(site, moods.refused), "connect"),
    "a captive portal": (lambda site: feel(site, moods.portal()), "want a login"),
    "keys are missing": (lambda site: site.configure(access_key_id=None), "access_key_id"),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_keeps_casmand_from_its_bucket_is_found_until_it_is_mended(patient, name):
    make, words = FINDINGS[name]
    settings = dict(patient.settings)
    kept = (patient.folder / "secret").read_text().strip()
    assert store(patient)[0] == "well"
    make(patient)
    grade, text = store(patient)
    assert (grade, words in text) == ("wrong", True), text
    patient.proxy.mood, patient.proxy.greeting = moods.passing, moods.welcome
    secret(patient, kept)
    patient.settings = settings
    patient.configure()
    assert store(patient)[0] == "well"
