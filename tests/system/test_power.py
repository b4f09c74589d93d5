"""P1, P2, P4, P5: what a power cut leaves."""
import pathlib
import sys
import tempfile

import pytest

from trouble import needs_root

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "power"))
from lab import missing  # noqa: E402
from power_cut import cut_power  # noqa: E402

CUTS = 30  # hundreds by hand: see power_cut.py
SECONDS = 6


@needs_root
@pytest.mark.skipif(bool(missing()), reason=str(missing()))
def test_p1_p2_p4_p5_after_a_power_cut_at_any_moment_of_a_busy_day_nothing_is_lost_half_or_twice():
    with tempfile.TemporaryDirectory(prefix="casmand-power-") as folder:
        print(cut_power(folder, CUTS, SECONDS, seed=30))
