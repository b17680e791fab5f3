"""What makes a message itself: the same alert, due time or story, part and recipient are the same message."""

import hashlib
import json


def identity(alert_id: str, due_key: str, part: int, recipient: str) -> str:
    """Return 40 hexadecimal digits: the webhook-id, and the local part of the Message-ID."""
    parts = json.dumps([alert_id, due_key, part, recipient], ensure_ascii=True)
    return hashlib.sha256(parts.encode("ascii")).hexdigest()[:40]
