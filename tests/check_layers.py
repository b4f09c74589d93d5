"""Which file may know what.  Fails when an include crosses a layer or a circle closes.

A module is foo.h with foo.c.  Layers are listed top first: a file includes its own layer and
those its row names.  Outside libraries are named file by file.
"""
import pathlib
import re
import sys

LAYERS = {  # folder: folders it may include besides itself
    "tests": {"daemon/core", "daemon/io", "daemon", "client", "common", "tests"},
    "tests/fuzz": {"tests", "daemon/core", "daemon/io", "common"},
    "tests/s3": {"tests", "daemon/core", "daemon/io", "common"},
    "tests/storm": {"tests", "daemon/core", "daemon/io", "common"},
    "tests/model": {"daemon/core", "common"},
    "tests/bench": {"tests/s3", "daemon/core", "daemon/io", "daemon", "common"},
    "daemon": {"daemon/core", "daemon/io", "common"},
    "daemon/io": {"daemon/core", "common"},
    "daemon/core": {"common"},
    "client": {"common"},
    "common": set(),
}
LIBRARIES = {  # outside header: files that may include it
    r"uv\.h": r"daemon/io/(work|alarm|child|link|watch|http\w*|inbox|ipc\w*|signals|store_maker)\b|daemon/(daemon|doctor_alone)\.c|tests/",
    r"sqlite3\.h": r"daemon/io/(state\w*|snapshot|pages|rows|live|check|look|sql)\.[ch]|tests/",
    r"linux/(rt)?netlink\.h": r"daemon/(io/link|core/linknews)\.c|tests/",
    r"openssl/": r"daemon/io/digest\.c",
    r"ini\.h": r"daemon/core/config\w*\.c",
    r"curl/": r"daemon/io/http\w*\.c",
    r"jansson\.h": r"common/doc\.c",
    r"expat\.h": r"daemon/core/s3xml\.c",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)


def includes(root, path):
    for ours, theirs in INCLUDE.findall((root / path).read_text()):
        if ours:
            local = path.parent / ours
            yield "ours", local if (root / local).exists() else pathlib.PurePosixPath(ours)
        else:
            yield "theirs", theirs


def circle(graph):
    state, trail = {}, []

    def visit(node):
        state[node] = "open"
        trail.append(node)
        for nxt in sorted(graph.get(node, ())):
            if state.get(nxt) == "open":
                return trail[trail.index(nxt):] + [nxt]
            if nxt not in state and (found := visit(nxt)):
                return found
        state[node] = "closed"
        trail.pop()

    for node in sorted(graph):
        if node not in state and (found := visit(node)):
            return found


def main(root):
    wrong, graph = [], {}
    for full in sorted(p for d in ("common", "daemon", "client", "tests") for p in (root / d).rglob("*.[ch]")):
        path = full.relative_to(root)
        layer = str(path.parent)
        for whose, inc in includes(root, path):
            if whose == "ours":
                target = str(inc.parent)
                if target != layer and target not in LAYERS.get(layer, ()):
                    wrong.append(f"{path}: {layer} may not include {inc}")
                if inc.with_suffix("") != path.with_suffix(""):
                    graph.setdefault(str(path.with_suffix("")), set()).add(str(inc.with_suffix("")))
            else:
                for pattern, who in LIBRARIES.items():
                    if re.match(pattern, inc) and not re.match(who, str(path)):
                        wrong.append(f"{path}: may not include <{inc}>")
    if found := circle(graph):
        wrong.append("circle: " + " -> ".join(found))
    print("\n".join(wrong) or "layers hold")
    return bool(wrong)


sys.exit(main(pathlib.Path(sys.argv[1])))
