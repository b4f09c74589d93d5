"""Do the documents say what the product says?  Fails where a page and the source went apart.

casmand(8): its diagnostics are the events that are logged, its methods those of the table.
README.md: what its table of troubles quotes is said by the product; its verbs and options exist.
"""
import pathlib
import re
import sys

LITERALS = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CONVERSION = re.compile(r"%[-+ #0]*[\d.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z]")


def said(root):
    """All that the product can say: adjacent literals are one, conversions are a wildcard."""
    words = []
    for path in [*root.glob("daemon/**/*.c"), *root.glob("client/*.c"), *root.glob("common/*.c")]:
        text = re.sub(r'"\s*PRI\w+\s*"', "d", path.read_text())
        for name, value in re.findall(r'^#define (\w+)\s+"([^"\n]*)"$', text, re.M):
            text = re.sub(rf'"\s*{name}\s*"', lambda _: value, text)
        text = re.sub(r'(?<!\\)"\s*"', "", text)
        words += [w.replace('\\"', '"') for w in LITERALS.findall(text)]
    words += [path.read_text() for path in root.glob("systemd/*.sh")]
    return "\n".join(CONVERSION.sub("…", word) for word in words)


def differences(name, documented, real):
    return [f"{name} names {x}, the source does not" for x in sorted(documented - real)] + \
        [f"{name} does not name {x}" for x in sorted(real - documented)]


def check_manual(root):
    page = (root / "daemon/casmand.8").read_text()
    diagnostics = page.split(".Sh DIAGNOSTICS")[1].split(".Sh ")[0]
    events = {m.replace(" No", "").strip()
              for m in re.findall(r"^\.It Sy ([a-z ]+?)(?: No\b.*)?$", diagnostics, re.M)}
    methods = set(re.findall(r"^\.It Sy (\w+)", page.split(".Ss Socket")[1].split(".Ss ")[0], re.M))
    source = "".join(p.read_text() for p in root.glob("daemon/**/*.c"))
    logged = set(re.findall(r'log_(?:error|warning|info|debug)\(\s*"([^"]+)"', source))
    table = set(re.findall(r'^\t\{"(\w+)",\s*on_', (root / "daemon/verbs.c").read_text(), re.M))
    return differences("casmand(8)", events, logged) + differences("casmand(8)", methods, table)


def quoted(table):
    """What the first cells of a table quote, in pieces between the ellipses."""
    for row in re.findall(r"^\| (.*?) \|", table, re.M):
        for text in re.findall(r"`([^`]+)`", row):
            yield text, [piece.strip() for piece in text.split("…") if piece.strip()]


def check_readme(root):
    page, words = (root / "README.md").read_text(), said(root)
    troubles = page.split("## When something is wrong")[1].split("\n## ")[0]
    verbs = (root / "client/verbs.c").read_text()
    options = set(re.findall(r'"(--[\w-]+)"', verbs))
    wrong = [f"README quotes what nobody says: {text}" for text, pieces in quoted(troubles)
             if not all(piece in words for piece in pieces)]
    for line in re.findall(r"^\s*(?:\$ )?(?:\w+=)?(?:sudo )?casmanctl (.*)$", page, re.M):
        call = re.sub(r'"[^"]*"', "", line.split("|")[0].split(")")[0])
        verb = next((w for w in call.split() if not w.startswith("-")), "status")
        if f'.name = "{verb}"' not in verbs:
            wrong.append(f"README calls casmanctl {verb}")
        wrong += [f"README calls casmanctl with {o}" for o in set(re.findall(r"--[\w-]+", call)) - options]
    return wrong


def check_installed(root):
    folders = "daemon", "client", "systemd"
    pages = {p.name for folder in folders for p in root.glob(f"{folder}/*.[1-8]")}
    lists = "".join((root / folder / "meson.build").read_text() for folder in folders)
    installed = set(re.findall(r"'([^']+)'", "".join(re.findall(r"install_man\(([^)]*)\)", lists))))
    removed = set(re.findall(r"/man\d/([\w.-]+)", (root / "systemd/install.sh").read_text()))
    return differences("install_man()", installed, pages) + differences("install.sh --uninstall", removed, pages)


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = check_manual(root) + check_readme(root) + check_installed(root)
    print("\n".join(wrong) or "documents: fine")
    return 1 if wrong else 0


sys.exit(main())
