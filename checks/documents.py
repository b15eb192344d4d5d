"""Every relative link in a Markdown file leads somewhere, to a heading too if it names one."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def main() -> int:
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    pages = [ROOT / name for name in answer.stdout.decode().split("\0")[:-1]]
    pages = [page for page in pages if page.is_file()]
    problems = [problem for page in pages for problem in broken_links(page)]
    problems += _missing_pages()
    print("\n".join(problems) or f"{len(pages)} documents, every link leads somewhere.")
    return bool(problems)


def broken_links(page: Path) -> list[str]:
    problems = []
    for target in LINK.findall(CODE.sub("", FENCE.sub("", page.read_text()))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, heading = unquote(target).partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            problems.append(f"{page.relative_to(ROOT)}: {target} is not there.")
        elif heading and file.suffix == ".md" and heading not in _headings(file):
            problems.append(f"{page.relative_to(ROOT)}: {target} names no heading of that page.")
    return problems


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+\s+(.+?)\s*#*$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _missing_pages() -> list[str]:
    expected = ["README.md", "LICENSE", "SECURITY.md", "CONTRIBUTING.md", "STYLE.md"]
    expected += ["CHANGELOG.md", "docs/words.md", "docs/map.md", "docs/decisions/dependencies.md"]
    return [f"{name} is missing." for name in expected if not (ROOT / name).is_file()]


if __name__ == "__main__":
    sys.exit(main())
