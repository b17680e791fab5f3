"""What makes a message itself: the same alert, due time or story, part and recipient are the same message.

And what an alert is called where people read it: ids stay as they are.
"""

import hashlib
import json


def identity(alert_id: str, due_key: str, part: int, recipient: str) -> str:
    """Return 40 hexadecimal digits: the webhook-id, and the local part of the Message-ID."""
    parts = json.dumps([alert_id, due_key, part, recipient], ensure_ascii=True)
    return hashlib.sha256(parts.encode("ascii")).hexdigest()[:40]


def label(alert_id: str, target: str) -> str:
    """Return an alert's id as people read it: with its target once, where its name ends with the target already."""
    short = alert_id.removesuffix(f"/{target}")
    return short if short.endswith(f" {target}") else alert_id
