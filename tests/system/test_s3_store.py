"""The S3 store against real servers: every verb of store.h by tests/s3/s3_verbs.c, and keys of any
characters by tests/s3/s3_keys.c.  By hand with more keys:

    CASMAND_S3_KEYS=1000 CASMAND_S3_SEED=7 pytest test_s3_store.py -k keys
"""
import os
import subprocess

import pytest

import s3
from conftest import BUILD

KEYS = os.environ.get("CASMAND_S3_KEYS", "3")
SEED = os.environ.get("CASMAND_S3_SEED", "1")


def passes(server, program, *args):
    bucket = server.bucket()
    environment = {
        **os.environ,
        "CASMAND_S3_ENDPOINT": server.endpoint,
        "CASMAND_S3_BUCKET": bucket.name,
        "CASMAND_S3_REGION": server.region,
        "CASMAND_S3_ACCESS": s3.ACCESS,
        "CASMAND_S3_SECRET": s3.SECRET,
        "CASMAND_S3_CA": server.ca or "",
    }
    done = subprocess.run([BUILD / "tests" / "s3" / program, *args], env=environment, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    assert s3.SECRET not in done.stdout + done.stderr  # P10
    return bucket


@pytest.mark.parametrize("tls", [False, True], ids=["http", "tls"])
@pytest.mark.parametrize("name", s3.KINDS)
def test_p5_p9_p10_every_verb_does_what_store_h_says(name, tls):
    passes(s3.shared(name, tls), "s3_verbs")


@pytest.mark.parametrize("name", s3.KINDS)
def test_keys_of_any_characters_come_back_as_they_went(name):
    bucket = passes(s3.shared(name), "s3_keys", KEYS, SEED)
    assert bucket.names() == []
