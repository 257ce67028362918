"""Calendars and rotas by the rules of their documentation, on Python's zoneinfo: nothing of the code under test.

Reads {"calendars": {id: {"week": [[[start, end]] * 7], "special": {date: [[start, end]]}}}, "rota": {...}} on standard
input; times are minutes after midnight. Writes, for every change of the clocks of every zone from 2020 to 2040, a line
`zone change id spans` per calendar and per rota, where spans are those that are open, or begin, within three hours.
"""

import json
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

UTC = timezone.utc
FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
AROUND = 3 * 3600
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Names for this machine's own zone, not zones.
NO_ZONES = {"localtime", "posixrules", "Factory"}


def seconds(at):
    return int((at - EPOCH).total_seconds())


def offset(zone, second):
    return (EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()


def change_between(zone, before, after):
    """The first second at which the offset is not that of `before` any more."""
    old = offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        if offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def changes(zone):
    at, end, day = seconds(FIRST), seconds(LAST), 86400
    known = offset(zone, at)
    while at < end:
        now = offset(zone, at + day)
        if now != known:
            yield change_between(zone, at, at + day)
        known, at = now, at + day


def occurrences(zone, local):
    """The instants at which the wall clock shows a local time, in order; none when the clocks skip it."""
    found = []
    for fold in (0, 1):
        at = seconds(local.replace(tzinfo=zone, fold=fold).astimezone(UTC))
        shown = (EPOCH + timedelta(seconds=at)).astimezone(zone).replace(tzinfo=None)
        if shown == local and at not in found:
            found.append(at)
    return sorted(found)


def jump_over(zone, local):
    """The moment at which the clocks skip a local time."""
    either = [seconds(local.replace(tzinfo=zone, fold=fold).astimezone(UTC)) for fold in (0, 1)]
    return change_between(zone, min(either) - 1, max(either) + 1)


def earliest(zone, local):
    found = occurrences(zone, local)
    return found[0] if found else jump_over(zone, local)


def latest(zone, local):
    found = occurrences(zone, local)
    return found[-1] if found else jump_over(zone, local)


def wall(day, minutes):
    return datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)


def days_around(zone, change, before=3):
    first = (EPOCH + timedelta(seconds=change - AROUND)).astimezone(zone).date() - timedelta(days=before)
    last = (EPOCH + timedelta(seconds=change + AROUND)).astimezone(zone).date() + timedelta(days=2)
    while first <= last:
        yield first
        first += timedelta(days=1)


def open_spans(zone, calendar, change):
    spans = []
    for day in days_around(zone, change):
        ranges = calendar["special"].get(day.isoformat(), calendar["week"][day.weekday()])
        for start, end in ranges:
            span = earliest(zone, wall(day, start)), latest(zone, wall(day, end))
            if span[0] < span[1]:
                spans.append(span)
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    low, high = change - AROUND, change + AROUND
    return [f"{max(start, low)}-{min(end, high)}" for start, end in merged if end > low and start < high]


def turns(zone, rota, change):
    """Who has the turn at the beginning, and each that begins, within the time around a change."""
    starts, people = date.fromisoformat(rota["starts"]), rota["people"]
    begun, told = None, []
    for day in days_around(zone, change, before=3 + rota["turn_days"]):
        number, rest = divmod((day - starts).days, rota["turn_days"])
        if rest == 0 and number >= 0:
            begins, person = earliest(zone, wall(day, rota["hand_over"])), people[number % len(people)]
            if begins <= change - AROUND:
                begun = person
            elif begins < change + AROUND:
                told = [turn for turn in told if turn[0] != begins] + [(begins, person)]
    return [f"{at}-{person}" for at, person in [(change - AROUND, begun), *told]]


def told(zone, asked, change):
    calendars = [(id, open_spans(zone, calendar, change)) for id, calendar in asked["calendars"].items()]
    return calendars + [(id, turns(zone, rota, change)) for id, rota in asked["rotas"].items()]


def main():
    asked = json.load(sys.stdin)
    # Many zones change alike; what is told of a change depends on nothing but the offsets of the days around it.
    known, out = {}, []
    for name in sorted(available_timezones() - NO_ZONES):
        zone = ZoneInfo(name)
        every = list(changes(zone))
        for change in every:
            near = [other for other in every if abs(other - change) < 14 * 86400]
            key = tuple((other, offset(zone, other - 1), offset(zone, other)) for other in near), change
            if key not in known:
                known[key] = told(zone, asked, change)
            out += [f"{name} {change} {id} {','.join(spans)}" for id, spans in known[key]]
    print("\n".join(out))


main()
