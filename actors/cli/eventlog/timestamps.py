"""Times as logs write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime


def parse_timestamp(text: str, form: str | None = None) -> datetime:
    """Read a time and give it in UTC; without a zone it is taken as UTC.

    Args:
        text: the time, ISO 8601 unless `form` says otherwise; slashes in the date and a
            trailing "UTC" are understood too.
        form: a format for `datetime.strptime`.

    Raises:
        ValueError: it can't be read.
    """
    try:
        if form is not None:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set below
        else:
            moment = datetime.fromisoformat(text.replace("/", "-").removesuffix(" UTC"))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, re.error) as error:
        how = f"as {form!r}" if form is not None else "(give its form as timestamp_format)"
        raise ValueError(f"the time {text[:40]!r} can't be read {how}") from error
