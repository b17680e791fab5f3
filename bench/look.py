"""Renders what people see in headless Chromium, at 360 and 600 px, light and dark, to ``docs/pictures``.

Run by ``make look``. Needs Debian's package ``chromium``, and ``fonts-noto-core`` for every script.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from alerts import render
from bench.samples import by_event, morning

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
#: what a browser that takes one picture must not do: ask the network, wait for a person, share a profile
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
#: Blink's PreferredColorScheme
_SCHEMES = {"dark": 0, "light": 1}
_TIMEOUT_S = 60


def main() -> int:
    """Render the samples and take the pictures; 1 where there is no browser."""
    browser = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if browser is None:
        print(
            "make look needs a browser: install Debian's package chromium "
            "(apt-get install chromium fonts-noto-core) and run it again.",
            file=sys.stderr,
        )
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    base, reader = "https://watch.example.org", "desk@example.org"
    for name, digest in (("digest", morning()), ("events", by_event())):
        page = render.html(digest, public_url=base, recipient=reader)
        text = render.text(digest, public_url=base, recipient=reader)
        (PICTURES / f"{name}.txt").write_text(text, encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            for width in (360, 600):
                for scheme in _SCHEMES:
                    picture = PICTURES / f"{name}-{width}-{scheme}.png"
                    _take(browser, page, picture, width=width, scheme=scheme, folder=Path(folder))
                    print(picture)
    return 0


def _take(browser: str, page: str, picture: Path, *, width: int, scheme: str, folder: Path) -> None:
    """Take a picture of a whole page: once to learn its height, once at that height."""
    measure = "<script>document.title=document.body.scrollHeight</script></body>"
    (folder / "page.html").write_text(page.replace("</body>", measure), encoding="utf-8")
    dumped = _run(browser, folder, scheme, f"--window-size={width},400", "--dump-dom")
    height = int(dumped.partition("<title>")[2].partition("</title>")[0])
    (folder / "page.html").write_text(page, encoding="utf-8")
    _run(browser, folder, scheme, f"--window-size={width},{height}", f"--screenshot={picture}")


def _run(browser: str, folder: Path, scheme: str, *flags: str) -> str:
    settings = (f"--user-data-dir={folder / 'profile'}", f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}")
    done = subprocess.run(  # noqa: S603  # the browser that was found on the path, with arguments of ours
        [browser, *_FLAGS, *settings, *flags, (folder / "page.html").as_uri()],
        check=True,
        capture_output=True,
        timeout=_TIMEOUT_S,
        text=True,
        errors="replace",
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
