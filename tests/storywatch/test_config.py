"""What a configuration says beyond its cases: secrets, paths, identity, and files that are no configuration."""

import itertools
from pathlib import Path

import pytest

from alerts.types import ChannelKind
from news.errors import ConfigError
from storywatch.config import Config, load

HEAD = '[service]\ncontact = "desk@example.org"\n'
MAIL = '[smtp]\nhost = "127.0.0.1"\nsecurity = "none"\nsender = "watch@example.org"\n'


def written(folder: Path, text: str, name: str = "storywatch.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    return load(written(folder, text), environ or {})


def problems(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        loaded(folder, text, environ)
    return [line.removeprefix(f"{folder}/storywatch.toml: ") for line in refused.value.problems]


# ── secrets ──────────


def test_a_secret_comes_from_the_environment_alone_or_within_a_longer_value(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'database = "postgresql+psycopg://watch:${DB_PASSWORD}@db.example.org/watch"\n'
        + MAIL
        + 'username = "watch"\npassword = "${SMTP_PASSWORD}"\n'
    )
    config = loaded(tmp_path, text, {"DB_PASSWORD": "one", "SMTP_PASSWORD": "two"})
    assert config.service.database == "postgresql+psycopg://watch:one@db.example.org/watch"
    assert config.smtp is not None
    assert config.smtp.password == "two"


def test_an_unset_variable_is_named(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + MAIL + 'username = "watch"\npassword = "${SMTP_PASSWORD}"\n')
    assert found == [
        (
            "smtp.password: the value names the environment variable SMTP_PASSWORD, which is not set; "
            "accepted: text, or ${ENV_NAME}"
        )
    ]


def test_a_secret_file_ends_before_its_final_line_break(tmp_path: Path) -> None:
    secret = written(tmp_path, " blanks count \n", "smtp.password")
    secret.chmod(0o600)
    config = loaded(tmp_path, HEAD + MAIL + 'username = "watch"\npassword_file = "smtp.password"\n')
    assert config.smtp is not None
    assert config.smtp.password == " blanks count "
    assert config.exposed == ()


def test_a_secret_file_that_every_user_can_read_is_remembered_for_doctor(tmp_path: Path) -> None:
    secret = written(tmp_path, "open", "smtp.password")
    secret.chmod(0o644)
    config = loaded(tmp_path, HEAD + MAIL + 'username = "watch"\npassword_file = "smtp.password"\n')
    assert config.exposed == (secret,)
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "is empty"), (b"one\ntwo\n", "holds a line break"), (b"\xff\xfe", "is not UTF-8")]
)
def test_a_secret_file_holds_one_line_of_text(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "smtp.password").write_bytes(content)
    found = problems(tmp_path, HEAD + MAIL + 'username = "watch"\npassword_file = "smtp.password"\n')
    assert len(found) == 1
    assert found[0].startswith("smtp.password_file: ")
    assert why in found[0]


def test_userinfo_in_a_feeds_address_becomes_its_credentials(tmp_path: Path) -> None:
    text = HEAD + '[[feeds]]\nurl = "https://reader:p%40ss@news.example.org/feed?x=1#top"\n'
    config = loaded(tmp_path, text)
    [feed] = config.feeds
    assert feed.url == "https://news.example.org/feed?x=1"
    assert config.credentials[feed.url].username == "reader"
    assert config.credentials[feed.url].password == "p@ss"


def test_headers_of_a_feed_stand_a_line_each(tmp_path: Path) -> None:
    written(tmp_path, "X-Reader: me\n\nX-Token:  a b \n", "headers")
    config = loaded(tmp_path, HEAD + '[[feeds]]\nurl = "https://news.example.org/feed"\nheaders_file = "headers"\n')
    credentials = config.credentials["https://news.example.org/feed"]
    assert credentials.headers == (("X-Reader", "me"), ("X-Token", "a b"))


# ── paths ──────────


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    desk = tmp_path / "desks"
    desk.mkdir()
    written(desk, "s3cret", "hook.secret")
    included = """
        [[watchlists]]
        name = "Ports"
        query = "port"
        [[watchlists.alerts]]
        channel = "webhook"
        url = "https://hooks.example.org/"
        secret_file = "hook.secret"
    """
    written(desk, included, "ports.toml")
    config = loaded(tmp_path, 'include = ["desks/*.toml"]\n' + HEAD)
    assert config.alerts[0].target.secret == "s3cret"
    assert config.service.database == f"sqlite:///{tmp_path}/storywatch.db"


def test_a_database_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    [found] = problems(tmp_path, HEAD + 'database = "sqlite:///var/watch.db"\n')
    assert found.startswith("service.database: its folder ")


# ── where alerts go ──────────


@pytest.mark.parametrize(
    ("host", "security", "more", "good"),
    [
        ("127.0.0.1", "none", "", True),
        ("localhost", "none", "", True),
        ("::1", "none", "", True),
        ("mail.example.org", "none", "", False),
        ("mail.example.org", "none", "allow_plaintext = true", True),
        ("mail.example.org", "starttls", "", True),
    ],
)
def test_plain_mail_goes_to_this_machine_or_by_permission(
    tmp_path: Path, host: str, security: str, more: str, *, good: bool
) -> None:
    text = f'{HEAD}[smtp]\nhost = "{host}"\nsecurity = "{security}"\nsender = "a@example.org"\n{more}\n'
    if good:
        assert loaded(tmp_path, text).smtp is not None
    else:
        [found] = problems(tmp_path, text)
        assert found.startswith("smtp.security: ")


def test_an_alert_by_email_needs_smtp(tmp_path: Path) -> None:
    text = HEAD + '[[watchlists]]\nname = "Ports"\nquery = "port"\n[[watchlists.alerts]]\nto = ["a@example.org"]\n'
    [found] = problems(tmp_path, text)
    assert found.startswith("smtp: is missing")
    assert loaded(tmp_path, text + MAIL).smtp is not None


def test_a_webhook_is_listed_without_what_may_be_secret(tmp_path: Path) -> None:
    text = HEAD + '[[watchlists]]\nname = "Ports"\nquery = "port"\n[[watchlists.alerts]]\nchannel = "webhook"\n'
    config = loaded(tmp_path, text + 'url = "https://u:p@hooks.example.org/in?token=t"\n')
    [target] = config.targets
    assert target.name == "https://hooks.example.org/in"
    assert target.channel is ChannelKind.WEBHOOK
    assert target.recipients == ("https://u:p@hooks.example.org/in?token=t",)


def test_a_signing_secret_of_standard_webhooks_is_base64(tmp_path: Path) -> None:
    text = HEAD + '[targets.hook]\nchannel = "webhook"\nurl = "https://hooks.example.org/"\n'
    [found] = problems(tmp_path, text + 'secret = "whsec_a"\n')
    assert found.startswith("targets.hook.secret: begins with whsec_")
    assert loaded(tmp_path, text + 'secret = "whsec_YWJj"\n').targets[0].secret == "whsec_YWJj"


def test_addresses_beyond_ascii_become_what_mail_servers_take(tmp_path: Path) -> None:
    config = loaded(tmp_path, HEAD + MAIL + '[operator]\nto = ["ops@münchen.example"]\n')
    assert [target.name for target in config.operator] == ["ops@xn--mnchen-3ya.example"]


# ── identity ──────────

BLOCKS = [
    '[[watchlists]]\nname = "Ports"\nquery = "port"\n[[watchlists.alerts]]\nto = ["desk"]\n',
    '[[watchlists]]\nname = "Rails"\nquery = "rail"\n[[watchlists.alerts]]\nto = ["a@example.org", "desk"]\n',
    '[[digests]]\nname = "all"\nto = ["desk"]\n',
    '[targets.desk]\nchannel = "email"\nto = ["desk@example.org"]\n',
]


def test_reordering_the_file_changes_no_alerts_identity(tmp_path: Path) -> None:
    ids = {
        frozenset(alert.id for alert in loaded(tmp_path, HEAD + MAIL + "".join(order)).alerts)
        for order in itertools.permutations(BLOCKS)
    }
    assert ids == {
        frozenset(
            {
                "ports/email desk/desk",
                "rails/email a@example.org/a@example.org",
                "rails/email desk/desk",
                "digest/all/desk",
            }
        )
    }


# ── files that are no configuration ──────────


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"[service]\ncontact = \n", "line 2, column 11: Invalid value"),
        (b'[service]\ncontact = "\xff"\n', "line 2: is not UTF-8"),
        (b"x = " + b"[" * 5000, "is nested too deeply"),
        (b"x = 2022-02-30\n", "Invalid date or datetime"),
        (b"[a]\n[a]\n", "Cannot declare ('a',) twice"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "storywatch.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load(path, {})
    [found] = refused.value.problems
    assert found.startswith(f"{path}: ")
    assert why in found


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "storywatch.toml", {})
    assert "storywatch init" in str(refused.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, {})
    assert "cannot be read" in str(refused.value)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "storywatch.toml").write_bytes(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode())
    assert load(tmp_path / "storywatch.toml", {}).service.contact == "desk@example.org"
