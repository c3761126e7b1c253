"""From samples of a probe to outages, by named conventions, with how far the truth can be from them.

A probe looks at a service every so often and sees it up or down. What happened between two looks is not known: an
outage began after the last good sample and by the first failed one, and ended after the last failed one and by the
first good one. Contracts and monitoring tools differ in which of these instants they take, and in how many failures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import polars as pl

from slakit.arguments import checked
from slakit.policy.quantities import PlainDuration
from slakit.problems import InputError, Problem

Start = Literal["first_failure", "confirmed", "last_good"]
End = Literal["first_success", "confirmed", "last_failure"]
Missing = Literal["unknown", "hold", "down"]
Bound = Literal["lower", "usual", "upper"]
BOUND_EDGES = ["lower_started", "lower_ended", "upper_started", "upper_ended"]
"""Columns of outages: what can have been down at least, and at most."""
BATCH, GROUP = 2_000_000, 10_000_000
"""Samples that are condensed at a time, and samples of some targets that are sorted at a time."""
CONDENSED: dict[str, Any] = {
    "component": pl.String, "at": pl.Int64, "up": pl.Boolean, "count": pl.Int64, "piece": pl.Int64,
}  # fmt: skip


class ProbedOutages(NamedTuple):
    """What samples show.

    Attributes
    ----------
    outages
        One row for each outage: `component`, `started`, `ended` (null while it goes on at the last sample), `detected`
        (the failure that confirmed it), `failures` (failed samples), and the bounds of what can have happened:
        `lower_started` and `lower_ended` from the first to the last failed sample, `upper_started` and `upper_ended`
        from the last good to the first good one.
    coverage
        The times in which samples came: `component`, `started`, `ended`. Outside of them nothing is known.
    """

    outages: pl.DataFrame
    coverage: pl.DataFrame

    def evidence(self, subscription: str, bound: Bound = "usual") -> pl.DataFrame:
        """Write the outages as rows of the evidence table `outages`.

        Parameters
        ----------
        subscription
            Whose outages they are.
        bound
            As the conventions say (`usual`), or the least (`lower`) or the most (`upper`) that can have happened. The
            usual ones have their bounds beside them, and a review says where these decide.

        Returns
        -------
        pl.DataFrame
            `outage`, `subscription`, `component`, `started`, `ended`, `detected`; of the usual ones also
            `lower_started`, `lower_ended`, `upper_started`, `upper_ended`.
        """
        prefix = "" if bound == "usual" else f"{bound}_"
        edges = [pl.col(f"{prefix}{edge}").alias(edge) for edge in ("started", "ended")]
        number = pl.format("{}-{}", pl.lit(subscription), pl.int_range(1, pl.len() + 1)).alias("outage")
        whose = pl.lit(subscription).alias("subscription")
        beside = BOUND_EDGES if bound == "usual" else []
        return self.outages.select(number, whose, "component", *edges, "detected", *beside)


@checked
def outages_from(
    samples: pl.DataFrame | pl.LazyFrame,
    *,
    every: str,
    failures: int = 1,
    successes: int = 1,
    start: Start = "first_failure",
    end: End = "first_success",
    missing: Missing = "unknown",
    hold: str = "5m",
    agree: int | Literal["any", "all"] = "any",
) -> ProbedOutages:
    """Find the outages that samples of a probe show.

    Parameters
    ----------
    samples
        `measured` (instants with a time zone), `up` (boolean), and, where there are several, `component` (what was
        looked at) and `place` (from where). More of them than memory holds are read from files, by
        `pl.scan_parquet` or `pl.scan_csv`: fast where the samples of each component come in order of time, by component
        or taking turns; else, and from several places, with one reading of the files for every ten million.
    every
        Time between two samples, like `1m`.
    failures, successes
        Samples in a row that make it down, and up again.
    start
        An outage begins with the first of the failures in a row, with the one that confirms them, or with the last good
        sample before them.
    end
        It ends with the first good sample, with the one that confirms the good ones, or with the last failed one.
    missing
        Where no sample came for one and a half times the interval: nothing is known (`unknown`; an outage ends with
        what is known, and the gap is no coverage), the last sample holds for as long as `hold` says, or the service
        was `down`.
    hold
        For how long a sample holds, like `5m`.
    agree
        Of samples from several places in one interval: `any` failed, `all` failed, or so many failed. A place
        without a sample in an interval has no say in it.

    Returns
    -------
    ProbedOutages
        The outages by component and time, and what the samples cover.

    Raises
    ------
    InputError
        Columns are missing or of another type, or a convention is impossible.

    Notes
    -----
    For samples at an interval s with a random phase and an outage of length d, first failure to first success is right
    on average for every d and s. To count from the last of n failures in a row loses (n-1)s of every outage.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> begin = datetime(2026, 9, 1, tzinfo=UTC)
    >>> looks = pl.DataFrame({
    ...     "measured": [begin + timedelta(minutes=minute) for minute in range(6)],
    ...     "up": [True, False, False, False, True, True],
    ... })
    >>> found = outages_from(looks, every="1m", failures=3).outages.row(0, named=True)
    >>> for name in ("started", "detected", "lower_ended", "ended"):
    ...     print(name, found[name].strftime("%H:%M"))
    started 00:01
    detected 00:03
    lower_ended 00:03
    ended 00:04
    """
    interval, held = (_length(name, text) for name, text in (("every", every), ("hold", hold)))
    known = _checked_samples(samples)
    has_places = "place" in samples.collect_schema()
    places = known.select("place").unique().collect(engine="streaming").height if has_places else 1
    problems = [
        Problem(name, number, "no number of samples", "write 1 or more")
        for name, number in (("failures", failures), ("successes", successes), ("agree", agree))
        if isinstance(number, int) and number < 1
    ]
    if isinstance(agree, int) and agree > places:
        problems.append(Problem("agree", agree, f"more places than there are ({places})", "name fewer"))
    if missing == "hold" and held < interval:
        problems.append(Problem("hold", hold, f"shorter than the interval of {every}", "hold a sample for longer"))
    if problems:
        raise InputError("outages_from", problems)
    # a sample that comes within one and a half intervals is late; after that, one is missing
    tolerated = held if missing == "hold" else interval * 3 // 2
    kept = max(failures, successes)
    condensed = None if places > 1 else _condensed_in_order(known, tolerated, kept)
    parts: Iterable[pl.DataFrame] = [] if condensed is None else [condensed]
    if condensed is None:
        groups = _groups_of_targets(known)
        looks = (_agreed(group, interval, agree) if places > 1 else group for group in groups)
        parts = (_condensed(_sorted(each), tolerated, kept) for each in looks)
    found = []
    for part in parts:
        if missing == "down":
            part = _with_failures_in_gaps(part, interval, tolerated)
        part = part.with_columns(_begins(None if missing == "down" else tolerated).cum_sum().alias("stretch"))
        stretches = _runs(part, pl.col("stretch").ne_missing(pl.col("stretch").shift(1))).select(
            "component",
            "stretch",
            pl.col("first").alias("started"),
            (pl.col("last") + (held if missing == "hold" else interval)).alias("ended"),
        )
        is_last = pl.col("stretch") == pl.col("stretch").max().over("component")
        until = stretches.select("stretch", "ended", is_last.alias("is_last"))
        coverage = stretches.select("component", _instant("started"), _instant("ended"))
        found.append((_outages(part, until, failures, successes, start, end), coverage))
    outages, coverages = (pl.concat(tables) for tables in zip(*found, strict=True))
    return ProbedOutages(outages.sort("component", "lower_started"), coverages.sort("component", "started"))


def _length(name: str, text: str) -> int:
    try:
        length = PlainDuration.parse(text).microseconds
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise InputError("outages_from", [Problem(name, text, wrong, remedy)]) from None
    if length == 0:
        raise InputError("outages_from", [Problem(name, text, "no time at all", "write a length, like 1m")])
    return length


def _checked_samples(samples: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
    """Select from samples: `component`, `place`, `at` (µs), `up`."""
    schema = samples.collect_schema()
    problems = []
    needed = {"measured": "instants with a time zone", "up": "true or false"}
    for name, what in needed.items():
        if name not in schema:
            problems.append(Problem(f"samples {name}", None, "there is no such column", f"give {what}"))
        elif name == "up" and schema[name] != pl.Boolean:
            problems.append(Problem("samples up", str(schema[name]), "not true or false", "compare, like status == 1"))
        elif name == "measured" and not (isinstance(kind := schema[name], pl.Datetime) and kind.time_zone):
            problems.append(Problem("samples measured", str(kind), "no instants", f"give {what}"))
    if problems:
        raise InputError("outages_from", problems)
    words = (pl.String, pl.Categorical, pl.Enum)
    names = [
        pl.lit(None, dtype=pl.String).alias(name)
        if name not in schema
        else pl.col(name)
        if isinstance(schema[name], words)
        else pl.col(name).cast(pl.String)
        for name in ("component", "place")
    ]
    return samples.lazy().select(*names, pl.col("measured").dt.epoch("us").alias("at"), "up")


def _condensed_in_order(known: pl.LazyFrame, tolerated: int, kept: int) -> pl.DataFrame | None:
    """Condense samples batch by batch; None where batches of one target overlap in time."""
    pieces: list[pl.DataFrame] = []
    empty = done = waiting = 0
    enough = BATCH
    for batch in known.select("component", "at", "up").collect_batches(chunk_size=BATCH, maintain_order=True):
        empty += batch.select(_is_empty().sum()).item() if any(batch[name].null_count() for name in ("at", "up")) else 0
        if empty:
            continue  # refused below, with all of them
        batch = batch.rechunk()
        if _changes(batch["component"].head(1_000)).sum() > 250:
            batch = _by_target(batch)
        pieces.append(_condensed(batch, tolerated, kept).with_columns(pl.col("piece") + done))
        done += batch.height
        waiting += pieces[-1].height
        if waiting > enough:
            joined = _joined(pieces)
            if joined is None:
                return None
            pieces = [_condensed(joined, tolerated, kept)]
            waiting = pieces[0].height
            enough = max(BATCH, 2 * waiting)
    _refuse_empty(empty)
    joined = _joined(pieces)
    return None if joined is None else _condensed(joined, tolerated, kept)


def _joined(pieces: list[pl.DataFrame]) -> pl.DataFrame | None:
    """Join what pieces say of each target, in order; None where two of them overlap in time."""
    together = _sorted(pl.concat([pl.DataFrame(schema=CONDENSED), *pieces]))
    follows = pl.col("component").eq_missing(pl.col("component").shift(1))
    another = pl.col("piece") != pl.col("piece").shift(1)
    returns = ~pl.struct("component", "piece").is_first_distinct()
    overlaps = follows & another & (returns | (pl.col("at") == pl.col("at").shift(1)))
    return None if together.select(overlaps.any()).item() else together


def _groups_of_targets(known: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Read the samples of some targets at a time: the source is read once for each group of targets."""
    count, empty = known.select(pl.len(), _is_empty().sum()).collect(engine="streaming").row(0)
    _refuse_empty(empty)
    groups = -(-count // GROUP)
    for group in range(groups):
        own = known.filter(pl.col("component").hash(0) % groups == group) if groups > 1 else known
        yield own.collect(engine="streaming")


def _is_empty() -> pl.Expr:
    return pl.any_horizontal(pl.col("at", "up").is_null())


def _refuse_empty(count: int) -> None:
    if count:
        wrong = f"{count} of them have no instant, or neither up nor down"
        raise InputError("outages_from", [Problem("samples", None, wrong, "give only samples that came")])


def _agreed(known: pl.DataFrame, interval: int, agree: int | str) -> pl.DataFrame:
    """Let several places agree on each interval: `component`, `at`, `up`."""
    slot = (pl.col("at") // interval * interval).alias("at")
    last = (
        known.sort("at", ~pl.col("up"))
        .group_by("component", slot, "place", maintain_order=True)
        .agg(pl.col("up").last())
    )
    failed = (~pl.col("up")).sum()
    enough = failed >= (pl.len() if agree == "all" else 1 if agree == "any" else agree)
    return last.group_by("component", "at").agg((~enough).alias("up"))


def _by_target(batch: pl.DataFrame) -> pl.DataFrame:
    """Gather the samples of each target, where targets take turns."""
    target = batch["component"]
    if target.null_count():
        return _sorted(batch)
    turns = ((target.slice(1) == target[0]).arg_max() or 0) + 1
    if (target.slice(turns) == target.head(target.len() - turns)).all():  # in one order, and none is missing
        places = pl.int_ranges(pl.int_range(turns), batch.height, turns, dtype=pl.UInt32)
        groups = target.head(turns).to_frame().with_columns(places.alias("place"))
    else:
        groups = target.to_frame().with_row_index("place").group_by("component").agg("place")
    order = groups.with_columns(pl.col("component").cast(pl.Categorical)).explode("place")
    return order.select("component").hstack(batch.select("at", "up")[order["place"]])


def _sorted(looks: pl.DataFrame) -> pl.DataFrame:
    """Sort by target and time. Of two samples at one instant the failed one counts: the other does not undo it."""
    names = looks["component"].cast(pl.String).drop_nulls().unique().sort()
    by_name = pl.col("component").cast(pl.String).cast(pl.Enum(names))
    looks = looks.with_columns(by_name).sort("component", "at", ~pl.col("up"), nulls_last=False)
    again = (pl.col("at") == pl.col("at").shift(-1)) & pl.col("component").eq_missing(pl.col("component").shift(-1))
    if "piece" not in looks.columns:
        looks = looks.filter(~again.fill_null(value=False))
    return looks.with_columns(pl.col("component").cast(pl.String))


def _condensed(looks: pl.DataFrame, tolerated: int, kept: int) -> pl.DataFrame:
    """Keep of each run of samples that say the same the first few and the last.

    A run ends where another target follows, or where a sample is missing. Of those that are not kept, the last one has
    the `count`. That is all that outages depend on, and of a year of samples it is very little. `piece` numbers the
    rows in a row that are of one target.
    """
    target, at, up = looks["component"], looks["at"], looks["up"]
    others, since = _changes(target), at.slice(1) - at.head(max(at.len() - 1, 0))
    if not ((since > 0) | others).all():
        return _condensed(_sorted(looks), tolerated, kept)
    late = since > tolerated
    if "count" in looks.columns:
        late &= looks["count"].slice(1) == 1  # after more than one, the time is theirs
    first = _positions(others | late | _changes(up), looks.height)
    following = first.shift(-1, fill_value=looks.height)
    places = [(first + n).filter(first + n < following) for n in range(kept)]
    place = pl.concat([*places, following - 1]).unique().sort()
    upto = looks["count"].cum_sum().gather(place) if "count" in looks.columns else place + 1
    piece = _positions(others, looks.height).search_sorted(place, side="right").cast(pl.Int64)
    return looks.select("component", "at", "up")[place].with_columns(
        pl.col("component").cast(pl.String), upto.diff().fill_null(1).alias("count"), piece.alias("piece")
    )


def _changes(values: pl.Series) -> pl.Series:
    """Mark the values, from the second on, that differ from the one before."""
    before, after = values.head(max(values.len() - 1, 0)), values.slice(1)
    return after.ne_missing(before) if values.null_count() else after != before


def _positions(changes: pl.Series, height: int) -> pl.Series:
    """Return where runs begin."""
    return pl.concat([pl.Series([0] if height else [], dtype=pl.Int64), changes.arg_true().cast(pl.Int64) + 1])


def _begins(tolerated: int | None) -> pl.Expr:
    """Mark the first sample of each target, and, if `tolerated` is given, the first one after a gap."""
    begins = pl.col("component").ne_missing(pl.col("component").shift(1)) | (pl.int_range(pl.len()) == 0)
    if tolerated is None:
        return begins
    return begins | ((pl.col("at").diff() > tolerated) & (pl.col("count") == 1)).fill_null(value=False)


def _with_failures_in_gaps(looks: pl.DataFrame, interval: int, tolerated: int) -> pl.DataFrame:
    """Take every sample that did not come as a failed one."""
    following = {"next": pl.col("at").shift(-1), "following": pl.col("count").shift(-1)}
    lost = looks.with_columns(value.over("component").alias(name) for name, value in following.items())
    lost = lost.filter((pl.col("next") - pl.col("at") > tolerated) & (pl.col("following") == 1))
    lost = lost.with_columns(pl.int_ranges(pl.col("at") + interval, "next", interval).alias("at")).explode("at")
    missed = lost.select("component", "at", pl.lit(value=False).alias("up"), pl.lit(1, dtype=pl.Int64).alias("count"))
    return pl.concat([looks.drop("piece"), missed]).sort("component", "at", nulls_last=False)


def _runs(looks: pl.DataFrame, begins: pl.Expr, **nth: int) -> pl.DataFrame:
    """Gather samples in a row: as their first one is, with `length`, `first` and `last` (µs).

    And by each name of `nth` the time of the n-th of them, or of the last where they are fewer.
    """
    places = looks.select(begins.arg_true()).to_series().cast(pl.Int64)
    length = places.extend_constant(looks.height, 1).diff(null_behavior="drop")
    places, at = places.head(length.len()), looks["at"]
    counts = {**nth, "last": looks.height}
    reached = {name: at.gather(places + length.clip(upper_bound=count) - 1) for name, count in counts.items()}
    upto = looks["count"].cum_sum()
    count = upto.gather(places + length - 1) - upto.gather(places) + looks["count"].gather(places)
    return looks[places].rename({"at": "first"}).with_columns(length.alias("length"), count.alias("count"), **reached)


def _outages(
    looks: pl.DataFrame, until: pl.DataFrame, failures: int, successes: int, start: Start, end: End
) -> pl.DataFrame:
    """Find outages in runs of samples that say the same."""
    changes = (pl.col("up") != pl.col("up").shift(1)) | (pl.col("stretch") != pl.col("stretch").shift(1))
    runs = _runs(looks, changes.fill_null(value=True), failed_enough=failures, good_enough=successes)
    needed = pl.when("up").then(successes).otherwise(failures)
    runs = runs.with_columns(
        _in_stretch("last", 1).alias("before"),  # the last sample that said otherwise
        (pl.col("length") >= needed).alias("decides"),
        pl.when(~pl.col("up")).then("count").otherwise(0).cum_sum().alias("failed"),
    )
    says_anew = (pl.col("up") != _in_stretch("up", 1)).fill_null(value=True)
    turns = runs.filter("decides").filter(says_anew)
    following = ("first", "good_enough", "before", "failed")
    last_failure = runs.filter(~pl.col("up")).group_by("stretch").agg(
        pl.col("last").last().alias("last_failure"), pl.col("failed").last().alias("all_failed")
    )  # fmt: skip
    found = (
        turns.with_columns(_in_stretch(name, -1).alias(f"next_{name}") for name in following)
        .filter(~pl.col("up"))
        .join(until, on="stretch", how="left", maintain_order="left")
        .join(last_failure, on="stretch", how="left", maintain_order="left")
    )
    has_end, goes_on = pl.col("next_first").is_not_null(), pl.col("is_last")
    known_until = pl.when(~goes_on).then("ended")  # what is not known any more is no downtime
    before = pl.coalesce("before", "first")
    began = {"first_failure": pl.col("first"), "confirmed": pl.col("failed_enough"), "last_good": before}[start]
    over = {"first_success": "next_first", "confirmed": "next_good_enough", "last_failure": "next_before"}[end]
    failed = pl.coalesce("next_failed", "all_failed") - pl.col("failed") + pl.col("count")
    return found.select(
        "component",
        _instant(began).alias("started"),
        _instant(pl.when(has_end).then(over).otherwise(known_until)).alias("ended"),
        _instant("failed_enough").alias("detected"),
        failed.cast(pl.Int64).alias("failures"),
        _instant("first").alias("lower_started"),
        _instant(pl.when(has_end).then("next_before").when(~goes_on).then("last_failure")).alias("lower_ended"),
        _instant(before).alias("upper_started"),
        _instant(pl.when(has_end).then("next_first").otherwise(known_until)).alias("upper_ended"),
    )


def _in_stretch(name: str, places: int) -> pl.Expr:
    """Return the value some rows before, if it is of the same stretch."""
    return pl.when(pl.col("stretch") == pl.col("stretch").shift(places)).then(pl.col(name).shift(places))


def _instant(time: str | pl.Expr) -> pl.Expr:
    column = pl.col(time) if isinstance(time, str) else time
    return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
