"""What one alert did with a match: why it waits, or which messages it made and what became of each. Pure."""

from collections.abc import Sequence
from datetime import datetime

from alerts.plans import Plan, Reason
from alerts.policy import upcoming
from alerts.store.dues import EXPIRED
from alerts.store.targets import TargetRow
from alerts.store.trails import DueTrail, MatchTrail, MessageTrail
from alerts.tellers import Lead
from alerts.types import Alert, ChannelKind, DeliveryState
from storywatch.why.facts import Facts
from storywatch.why.steps import AlertState, Sent, Told

_NEXT_ROUND = "it goes with the next round of a running service"


def told(facts: Facts, match: MatchTrail, alert: Alert) -> Told:
    """Return what an alert of a told match did with it."""
    due = next((one for one in match.dues if one.alert_id == alert.id), None)
    state, at, detail = AlertState.NONE, None, ""
    messages: tuple[Sent, ...] = ()
    if due is None:
        row = facts.alerts.get(alert.id)
        newer = row is None or row.created_at > match.matched_at
        detail = "the alert is newer than the match" if newer else "it has nothing to tell of it"
    elif due.told_at is None and due.urgent_told_at is None:
        state = AlertState.WAITING
        at, detail = _waits(facts, match, alert, due)
    elif due.due_key == EXPIRED:
        state, at = AlertState.EXPIRED, due.told_at
        detail = "given up: it was held back for more than 7 days by a pause, or by a target that is off"
    else:
        state, at = _state(due.messages), due.urgent_told_at or due.told_at
        detail = _digest(alert, due)
        messages = tuple(_sent(facts, one) for one in due.messages)
    if due is not None and due.due_key != EXPIRED and (lead := _lead(facts, match, alert, due)):
        detail = f"{detail}; {lead}"
    return Told(alert.name, alert.target.channel.value, alert.target.name, alert.schedule, state, at, detail, messages)


def _lead(facts: Facts, match: MatchTrail, alert: Alert, due: DueTrail) -> str:
    """Tell which article leads where several were found, and why; what is urgent leads with what made it so."""
    best = facts.tellers.get((match.watchlist_id, alert.locale))
    known = facts.matches.get(match.watchlist_id)
    if best is None or best.why is Lead.ONLY or due.urgent or known is None or known.id != match.id:
        return ""
    teller = due.teller_id if due.teller_id is not None else best.article_id
    since = f", since {best.why.sentence}" if teller == best.article_id else ""
    return f"it leads with {_article(facts, teller)}{since}"


def _article(facts: Facts, article_id: int) -> str:
    if facts.trail is None or article_id == facts.trail.article.id:
        return "this article"
    found = next((one.article for one in facts.trail.others if one.article.id == article_id), None)
    return "an article that is forgotten" if found is None else f"{found.source}, {found.url or 'without an address'}"


def _waits(facts: Facts, match: MatchTrail, alert: Alert, due: DueTrail) -> tuple[datetime | None, str]:
    """Return when an alert tells of a match, as far as is known, and what it waits for."""
    row, place = facts.lists.get(match.watchlist_id), facts.targets.get(alert.target.name)
    if place is not None and (held := _held(place, facts.now)):
        return None, f"it waits: {held}"
    if row is not None and row.is_paused(facts.now):
        return row.paused_until, "it waits: the watchlist is paused"
    plan = facts.plans.get(alert.id)
    if plan is None:
        return None, "it waits: no run has taken this alert over yet"
    if any(due.id in send.due_ids for send in plan.sends) or plan.reason is Reason.MORE:
        return facts.now, _NEXT_ROUND
    return _next(plan, alert, facts.now), plan.reason.sentence


def _next(plan: Plan, alert: Alert, now: datetime) -> datetime | None:
    if plan.wake_at is not None:
        return plan.wake_at
    return next(iter(upcoming(alert, now, 1)), None)


def _held(place: TargetRow, now: datetime) -> str:
    """Return what holds back everything for a target; empty where nothing does."""
    if place.off_at is not None:
        return f"its target switched itself off ({place.off_reason}); `storywatch targets resume` switches it on"
    return "its target is paused" if place.is_paused(now) else ""


def _digest(alert: Alert, due: DueTrail) -> str:
    """Return in which message it stands."""
    what = "a message of its own"
    if due.urgent_told_at is not None:
        what = "told at once, since it matches the urgent query"
        if due.told_at is None:
            what += "; the next digest lists it once more, as already sent"
    elif due.told_with > 1:
        what = f"with {due.told_with - 1} more {'story' if due.told_with == 2 else 'stories'}"  # noqa: PLR2004 - one more
    if alert.target.channel is ChannelKind.EMAIL and due.told_with > alert.max_items:
        what += f", of which the mail shows {alert.max_items}, as max_items says"
    if not due.messages:
        what += "; its message is not there any more"
    return what


def _state(messages: Sequence[MessageTrail]) -> AlertState:
    states = {one.state for one in messages}
    if states <= {DeliveryState.SENT}:
        return AlertState.SENT
    return AlertState.FAILED if states <= {DeliveryState.SENT, DeliveryState.FAILED, None} else AlertState.SENDING


def _sent(facts: Facts, one: MessageTrail) -> Sent:
    place = facts.targets.get(one.target) if one.target is not None else None
    at, detail = one.next_attempt_at, ""
    tries = "attempt" if one.attempts == 1 else "attempts"
    match one.state:
        case None:
            at, detail = one.created_at, "discarded by `storywatch outbox discard`, and not sent"
        case DeliveryState.SENT:
            at, detail = one.sent_at, one.reason
        case DeliveryState.FAILED:
            detail = f"failed after {one.attempts} {tries}: {one.reason}; `storywatch outbox retry {one.delivery_id}`"
        case DeliveryState.RETRYING:
            detail = f"tried again after {one.attempts} {tries}: {one.reason}"
        case DeliveryState.IN_DOUBT:
            detail = f"perhaps accepted, tried again after {one.attempts} {tries}: {one.reason}"
        case DeliveryState.WAITING:
            detail = one.reason or "waits to be sent"
    if one.state not in {None, DeliveryState.SENT, DeliveryState.FAILED} and place is not None:
        held = _held(place, facts.now)
        detail, at = (f"{detail}; {held}", place.paused_until) if held else (detail, at)
    return Sent(one.delivery_id, one.message_id, one.part, one.recipient, one.state, one.attempts, at, detail)
