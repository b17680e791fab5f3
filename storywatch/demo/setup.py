"""The demo's configuration: an ordinary ``storywatch.toml`` with short intervals, and its watchlists."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from storywatch.demo.newsroom import Newsroom

#: at ten minutes past an hour that is not near: the demo has this digest sent by command
_FAR = timedelta(hours=6)

_SETTINGS = """\
# What the demo runs on: an ordinary configuration, but for its short intervals and its addresses on this machine.

[service]
database = "sqlite:///demo.db"
contact  = "demo@example.org"
timezone = "Asia/Jakarta"

[fetch]
min_interval = "1s"
max_interval = "1m"
delay = "0s"
allow_addresses = ["127.0.0.0/8"]

[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
sender = "Storywatch <watch@example.org>"

[operator]
to = ["ops@example.org"]

[targets.desk]
channel = "email"
to = ["desk@example.org"]
"""

_WATCHLISTS = """
# Names that are one, used as @almaty; @country:KZ and the other countries are built in.
[aliases]
almaty = ["Almaty", "Алматы", "Alma-Ata", "Алма-Ата"]

# A plain word finds its forms in the language of each text: rusuh finds kerusuhan and perusuh, казахстан finds
# Казахстане. kazakhstan~ forgives one typing slip. Operators are in capitals.
[[watchlists]]
id = "kz"
name = "Kazakhstan unrest"
query = '''
(kazakhstan~ OR казахстан OR қазақстан OR @almaty)
AND (unrest OR protest OR protes OR rusuh OR протест OR беспорядки OR наразылық)
'''
exclude = ["football"]
events = ["new", "spike"]

  [[watchlists.alerts]]
  channel = "email"
  to = ["desk"]
  schedule = "every 5s"

  [[watchlists.alerts]]
  channel = "webhook"
  url = "{hook}"
  secret_file = "webhook.secret"
  schedule = "immediately"

[[watchlists]]
id = "consulates"
name = "Consulates and citizens"
query = '''
(consulate OR embassy OR konsulat OR kedutaan OR KBRI OR консульство)
AND (@country:KZ OR @almaty)
'''

  [[watchlists.alerts]]
  name = "duty"
  channel = "email"
  to = ["duty@example.org"]
  schedule = "daily at {far}"
  urgent = "leave OR evacuat* OR выехать"

[[watchlists]]
id = "energy"
name = "Energy prices"
query = "(LPG OR elpiji OR gas OR fuel OR газ) NEAR/6 (price OR harga OR цена OR баға)"
events = ["new", "copies"]

  [[watchlists.alerts]]
  channel = "email"
  to = ["desk"]
  schedule = "every 5s"

# Each keyword is a query of its own. Neither finds Roman, or what is merely important.
[[watchlists]]
id = "oman"
name = "Trade with Oman"
keywords = ["oman import", "oman export"]

  [[watchlists.alerts]]
  channel = "email"
  to = ["desk"]
  schedule = "every 5s"

# The stories about one event under one heading, in whatever language.
[[digests]]
name = "All watchlists"
watchlists = ["*"]
to = ["desk"]
group = "thread"
schedule = "daily at {far}"
"""

_FEED = """
[[feeds]]
url = "{url}"
name = "{name}"
language = "{language}"
tags = [{tags}]
interval = "1s"
"""


def write(
    folder: Path, newsroom: Newsroom, bases: Mapping[str, str], *, smtp_port: int, hook: str, secret: str, now: datetime
) -> Path:
    """Write the configuration into ``folder`` and return its path."""
    feeds = "".join(
        _FEED.format(
            url=f"{bases[outlet.key]}/feed",
            name=outlet.name,
            language=outlet.language,
            tags=", ".join(f'"{tag}"' for tag in outlet.tags),
        )
        for outlet in newsroom.outlets
    )
    # In the service's zone, Jakarta has no daylight saving to land in.
    far = (now + _FAR + timedelta(hours=7)).strftime("%H:%M")
    text = _SETTINGS.format(smtp_port=smtp_port) + feeds + _WATCHLISTS.format(hook=hook, far=far)
    path = folder / "storywatch.toml"
    path.write_text(text, "utf-8")
    secret_file = folder / "webhook.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret, "utf-8")
    return path
