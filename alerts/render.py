"""Digest → what is sent or shown. Pure.

::

    Digest ──┬─ email ───▶ Message …   one mail for one recipient
             ├─ webhook ─▶ Message …   JSON, in parts
             └─ text, html, subject    for a preview
"""

from alerts.layout import html, subject, text
from alerts.render_email import email, notice
from alerts.render_webhook import webhook

__all__ = ["email", "html", "notice", "subject", "text", "webhook"]
