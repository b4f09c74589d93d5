"""The network, cut for real, and a store in all its moods.  Each runs longer by hand: tests/storm/."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import BUILD

STORMS = pathlib.Path(__file__).parents[1] / "storm"
sys.path.insert(0, str(STORMS))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: network namespaces")
@pytest.mark.skipif(not shutil.which("nft"), reason="needs nft (package nftables)")
def test_p1_p4_p11_a_network_that_is_cut_loses_and_doubles_nothing_and_is_used_at_once_when_it_is_back():
    """In a process of its own, which leaves this machine's network."""
    done = subprocess.run([sys.executable, STORMS / "cut_storm.py", "0", ".5", "1"], capture_output=True, text=True,
                          env={**os.environ, "CASMAND_BUILD": str(BUILD)}, timeout=400, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_p4_p5_p11_whatever_the_store_does_all_is_in_it_once_when_it_is_well_again(radosgw, tmp_path):
    from fault_storm import storm

    print(storm(tmp_path, radosgw, 10, 1))
