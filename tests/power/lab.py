"""Disks whose power can be cut: real ext4 on loop devices on powerdisk, and what powerreplay leaves of them.

  with Disks(folder, sizes) as disks:        # {mount point: megabytes}
      ... whatever runs on them; disks.mark() each time that somebody was told that something is done
  for cut in disks.cuts(count, chance):      # rising moments
      with cut.mounted(): ...                # the same mount points, as they are after that cut
"""
import contextlib
import pathlib
import shutil
import subprocess

from conftest import BUILD
from trouble import run

FATES = ("kept", "lost", "reordered", "torn")
PROGRAMS = BUILD / "tests" / "power"


def missing():
    """What a power cut needs and this machine has not; or None."""
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not pathlib.Path(device).exists():
            return f"needs {device}"
    return None if shutil.which("mkfs.ext4") else "needs mkfs.ext4"


def make(image, megabytes):
    """All of the file system is written at once, so that it does not go on with that by itself later."""
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    run("mkfs.ext4", "-q", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", str(image))


@contextlib.contextmanager
def mounted(devices):
    """{device or image: mount point}"""
    with contextlib.ExitStack() as stack:
        for device, point in devices.items():
            run("mount", "-o", "loop", str(device), str(point))
            stack.callback(run, "umount", str(point))
        yield


class Disks:
    def __init__(self, folder, sizes):
        self.folder, self.points = folder, [pathlib.Path(point) for point in sizes]
        self.tape = folder / "tape"
        self.served = folder / "served"
        self.served.mkdir()
        self.stack = contextlib.ExitStack()
        for number, (point, megabytes) in enumerate(sizes.items()):
            point.mkdir(exist_ok=True)
            make(self.image(number), megabytes)

    def image(self, number, what="image"):
        return self.folder / f"{what}{number}"

    def images(self, what="image"):
        return [self.image(number, what) for number in range(len(self.points))]

    def __enter__(self):
        for image, before in zip(self.images(), self.images("before")):
            run("cp", "--sparse=always", str(image), str(before))
        self.server = subprocess.Popen([PROGRAMS / "powerdisk", self.tape, self.served, *self.images()],
                                       stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == "ready\n"
        self.stack.callback(self.switch_off)
        self.stack.enter_context(mounted({self.served / str(i): point for i, point in enumerate(self.points)}))
        self.marker = self.stack.enter_context(open(self.served / "mark", "wb", buffering=0))
        return self

    def __exit__(self, *why):
        return self.stack.__exit__(*why)

    def switch_off(self):
        run("umount", "--lazy", str(self.served))  # loop devices let go a little later than they are told
        assert self.server.wait(60) == 0
        self.server.stdout.close()

    def mark(self):
        self.marker.write(b"!")

    def cuts(self, count, chance):
        """So many power cuts: half of them just after somebody was told something, half at any moment."""
        pairs = [path for pair in zip(self.images("before"), self.images("after")) for path in pair]
        with subprocess.Popen([PROGRAMS / "powerreplay", self.tape, *pairs], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as replay:
            *marks, end = map(int, replay.stdout.readline().split())
            moments = chance.choices(marks, k=count // 2) + chance.choices(range(marks[0], end + 1), k=count - count // 2)
            for moment in sorted(moments):
                fate = chance.choice(FATES)
                replay.stdin.write(f"{moment} {fate} {chance.randrange(1 << 32)}\n")
                replay.stdin.flush()
                assert replay.stdout.readline() == "ready\n"
                yield Cut(self, moment, fate, sum(mark <= moment for mark in marks))


class Cut:
    def __init__(self, disks, moment, fate, marks):
        self.disks, self.moment, self.fate = disks, moment, fate
        self.marks = marks  # how many came before it

    def __str__(self):
        return f"cut after record {self.moment} (mark {self.marks}), later writes {self.fate}"

    def mounted(self):
        return mounted(dict(zip(self.disks.images("after"), self.disks.points)))
