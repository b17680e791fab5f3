"""What the operator is told of troubles: one message for all that are new, to each recipient.

Pure. A notice's identity is what it tells, so that a round that is repeated after a crash repeats the message.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from alerts import render_email
from alerts.cleaning import shown
from alerts.compose import Voice
from alerts.identity import identity
from alerts.types import ChannelKind, Message, Target
from news.store.troubles import Trouble

#: the alert that notices belong to, and what listings show for it
ALERT_ID = "operator"
LISTED = "(troubles)"
#: lines of one notice; the rest is counted, and stands in ``feeds health`` and ``targets list``
_MOST = 50
#: code points of a subject that says what one trouble is
_LONGEST_SUBJECT = 100


def compose(found: Sequence[Trouble], target: Target, voice: Voice, *, now: datetime) -> list[Message]:
    """Return the messages that tell one target of these troubles."""
    due_key = _due_key(found)
    if target.channel is ChannelKind.WEBHOOK:
        body = _payload(found, identity(ALERT_ID, due_key, 1, target.name), now)
        message_id = identity(ALERT_ID, due_key, 1, target.name)
        return [Message(message_id, ALERT_ID, due_key, 1, target.name, body, target.channel)]
    many = f"{len(found)} troubles" if len(found) > 1 else shown(found[0].text)[:_LONGEST_SUBJECT]
    return [
        render_email.notice(
            subject=f"Storywatch: {many}",
            text=_text(found),
            sender=voice.sender or "",
            recipient=recipient,
            alert_id=ALERT_ID,
            due_key=due_key,
            at=now,
            version=voice.version,
        )
        for recipient in target.recipients
    ]


def _due_key(found: Sequence[Trouble]) -> str:
    """Return the same key for the same troubles, begun at the same times."""
    told = json.dumps(sorted([one.subject, one.began_at.isoformat()] for one in found))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _text(found: Sequence[Trouble]) -> str:
    lines = ["Storywatch goes on, and needs a look at this:", ""]
    lines += [f"- since {one.began_at:%Y-%m-%d %H:%M} UTC: {shown(one.text)}" for one in found[:_MOST]]
    if len(found) > _MOST:
        lines.append(f"- and {len(found) - _MOST} more")
    lines += ["", "Each is told once. As long as they last they stand in `storywatch feeds health`,"]
    lines += ["`storywatch targets list` and `storywatch outbox list`."]
    return "\n".join(lines)


def _payload(found: Sequence[Trouble], message_id: str, now: datetime) -> bytes:
    troubles = [{"subject": one.subject, "text": one.text, "since": one.began_at.isoformat()} for one in found]
    payload = {"type": "notice", "version": 1, "id": message_id, "at": now.isoformat(), "troubles": troubles}
    return json.dumps(payload, ensure_ascii=False).encode()
