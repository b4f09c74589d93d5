"""From a scan or a commit to a version in a bucket: the tests of test_versions.py and others, word by
word, on real S3 servers."""
import pytest

import s3
from test_first_day import (  # noqa: F401 (run here again)
    test_a_database_that_is_not_made_yet_does_not_make_every_scan_a_backup_of_the_others,
    test_p11_a_reload_by_signal_logs_what_only_a_start_can_change)
from test_versions import *  # noqa: F401,F403


@pytest.fixture(params=[("radosgw", False), ("swift", True), ("r2", False)], ids=["radosgw", "swift-tls", "r2"])
def site(request, cloud):
    return cloud(s3.shared(*request.param))
