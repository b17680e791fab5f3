"""Addresses that hold another: redirectors, AMP caches and viewers, mail scanners.

A link whose target stands in the redirector's own books only holds nothing, and is left as it is.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from news.urlrules import Wrapper, wrapper

_HTTP = re.compile(r"https?:[/\\]*[^/\\?#]", re.IGNORECASE)
#: Proofpoint, "URL Defense: decode": a sign was left out, or as many as the letter says, from two on
_LEFT_OUT = re.compile(r"\*(?:\*(?P<many>[A-Za-z0-9_-]))?")
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def held_in(
    host: str, suffix: str, path: str, query: str | None, pairs: Callable[[str], Iterator[tuple[str, str, str]]]
) -> str | None:
    """The address that the address of these pieces holds, not yet cleaned; None where it holds none.

    ``pairs`` takes a query apart into (piece, decoded key, decoded value).
    """
    found = wrapper(host, suffix, path, query)
    if found is None:
        return None
    rule, match = found
    groups = match.groupdict()
    if rule.into is not None:
        return match.expand(rule.into)
    if rule.coding == "query":
        inner = unquote(query or "")
    elif rule.keys:
        held = {key: value for _, key, value in reversed(list(pairs(query or "")))}
        inner = _decoded(rule, next((held[key] for key in rule.keys if held.get(key)), ""), "")
    elif "held" in groups:
        inner = _decoded(rule, groups["held"], groups.get("marks") or "")
    else:
        scheme = "https" if groups.get("tls") else "http"
        rest = groups["rest"] + (groups.get("more") or "")
        return f"{scheme}://{rest}" + ("" if query is None else f"?{query}")
    return inner if _HTTP.match(inner) else None


def _decoded(rule: Wrapper, text: str, marks: str) -> str:
    match rule.coding:
        case "proofpoint2":
            return unquote(text.replace("-", "%").replace("_", "/"))
        case "proofpoint3":
            return _put_back(text, marks)
        case _ if rule.keys:
            return text
        case _:
            return unquote(text)


def _put_back(text: str, marks: str) -> str:
    """The address with the signs that URL Defense, version 3, took out of it, which stand behind it in base64."""
    try:
        signs = base64.urlsafe_b64decode(marks + "=" * (-len(marks) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
    at = 0

    def next_signs(match: re.Match[str]) -> str:
        nonlocal at
        count = 1 if match["many"] is None else _RUNS.index(match["many"]) + 2
        at += count
        return signs[at - count : at]

    # Of the two slashes behind the scheme, version 3 keeps one where its own address holds another.
    return re.sub(r"^(https?):/(?!/)", r"\1://", _LEFT_OUT.sub(next_signs, text))
