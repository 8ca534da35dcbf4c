"""A diff written down for officers: Chinese lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from wenzheng_core.domain.instants import show_day, show_due, show_instant
from wenzheng_core.proofs.differing import Named, PolicyDiff
from wenzheng_core.proofs.impacts import Impact, Moved
from wenzheng_core.proofs.meanings import Comparison, Example, Verdict
from wenzheng_core.proofs.pathways import Pathway, Way
from wenzheng_core.proofs.regions import Aspect, Region
from wenzheng_core.proofs.seams import Seam


def lines(found: PolicyDiff) -> Iterator[str]:
    """The whole diff, the EQUAL parts only as a number."""
    yield f"旧:{_named(found.old)}"
    yield f"新:{_named(found.new)}"
    last = show_day(found.until - timedelta(days=1))
    yield f"日历 {found.calendar}:{show_day(found.first)}至{last},共{found.days:,}日;早、晚都说新版"
    yield _verdict_line(found)
    chapters = (
        ("文字", map(str, found.structure)),
        ("时限", _regions(found.meaning)),
        ("阶梯", _regions(found.ladder)),
        ("办理步骤", _pathways(found.workflow)),
        ("新出现的死路", found.dead_ends),
        ("接缝:后收到的反而先到期", map(_seam_line, found.seams)),
        ("在办件", _impact_lines(found.impact)),
    )
    for title, told in chapters:
        listed = list(told)
        if listed:
            yield f"\n【{title}】"
            yield from listed


def _named(one: Named) -> str:
    return f"{one.title}({one.id} {one.version},自{show_day(one.valid_from)}起施行)"


def _verdict_line(found: PolicyDiff) -> str:
    if found.equal:
        return "结论:相同"
    if found.same_rules:
        return "结论:只有文字不同,时限、阶梯、步骤全都相同"
    count = Counter(r.verdict for r in (*found.meaning, *found.ladder))
    told = (f"{verdict.label}{count[verdict]}处" for verdict in Verdict if count[verdict])
    return f"结论:有变化;时限和阶梯:{'、'.join(told)}"


def _regions(regions: Iterable[Region]) -> Iterator[str]:
    equal = 0
    for region in regions:
        if region.verdict is Verdict.EQUAL:
            equal += 1
        else:
            yield from _region_lines(region)
    if equal:
        yield f"另有{equal}处相同"


def _region_lines(region: Region) -> Iterator[str]:
    aspect = "延期到顶," if region.aspect is Aspect.LONGEST else ""
    found = region.comparison
    counts = f"({_counts(found)})" if found.earlier or found.later or found.beyond else ""
    yield f"「{region.title}」{region.scope}:{aspect}{region.verdict.label}{counts}"
    yield f"  {region.old} → {region.new}"
    for title, example in _examples(found):
        yield f"  {title}:{region.start or '起算'}于 {_example_text(example, region.aspect)}"


def _counts(found: Comparison) -> str:
    parts = (
        (found.earlier, "更早"),
        (found.later, "更晚"),
        (found.same, "相同"),
        (found.beyond, "算不定"),
    )
    looked = f";每日看{found.moments}类时刻" if found.moments > 1 else ""
    return "、".join(f"{number:,}日{word}" for number, word in parts if number) + looked


def _examples(found: Comparison) -> Iterator[tuple[str, Example]]:
    if found.first_earlier:
        yield "最先更早的一例", found.first_earlier
    if found.first_later:
        yield "最先更晚的一例", found.first_later
    if found.largest and found.largest not in (found.first_earlier, found.first_later):
        yield "变动最大的一例", found.largest


def _example_text(example: Example, aspect: Aspect) -> str:
    def shown(at: datetime | None) -> str:
        if at is None:
            return "不触发"
        return show_instant(at) if aspect is Aspect.RUNG else show_due(at)

    moved = f",{write_shift(example.shift)}" if example.shift is not None else ""
    return f"{show_instant(example.start)}:原 {shown(example.old)},现 {shown(example.new)}{moved}"


def write_shift(shift: timedelta) -> str:
    """How much later or earlier: 「晚3日」, 「早2小时」."""
    minutes = int(abs(shift).total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = ((days, "日"), (hours, "小时"), (rest, "分钟"))
    length = "".join(f"{number}{word}" for number, word in parts if number)
    return f"{'晚' if shift > timedelta(0) else '早'}{length or '不足1分钟'}"


def _pathways(ways: Iterable[Pathway]) -> Iterator[str]:
    for way in ways:
        if way.verdict is not Verdict.EQUAL:
            yield f"{way.scope}:{_way_text(way)}"


def _way_text(way: Pathway) -> str:
    old, new = way.old, way.new
    if old is None or new is None:
        return way.verdict.label
    parts = []
    if way.gained:
        parts.append(f"新增关口 {'、'.join(way.gained)}")
    if way.lost:
        parts.append(f"取消关口 {'、'.join(way.lost)}")
    if not parts and (old.gates, old.beside) != (new.gates, new.beside):
        parts.append(f"关口先后或拦截不同:{_gates(old)} → {_gates(new)}")
    if old.end != new.end:
        parts.append(f"末步 {old.end} → {new.end}")
    return ";".join((*parts, f"直达归档 {old.length}步 → {new.length}步"))


def _gates(way: Way) -> str:
    return "、".join((*way.gates, *(f"{gate}(并行)" for gate in way.beside)))


def _seam_line(seam: Seam) -> str:
    return (
        f"「{seam.title}」{seam.scope}:{show_instant(seam.before)} 的 {show_due(seam.due_before)}到期,"
        f"{show_instant(seam.after)} 的反而 {show_due(seam.due_after)}到期;"
        f"施行后{seam.days}日内都是如此"
    )


def _impact_lines(found: Impact | None) -> Iterator[str]:
    if found is None:
        return
    yield f"按旧版办理的在办件 {found.cases} 件(按其他版本办理的 {found.elsewhere} 件不计)"
    yield "在办件仍按受理时的版本办理,除非明确迁移;以下说的是若迁移会怎样"
    told = (f"{effect.label} {n} 个" for effect, n in found.clocks.items() if n)
    yield f"正在运行的时限,若改按新版:{'、'.join(told) or '无'}"
    if found.breaches is not None and found.as_of is not None:
        yield f"截至 {show_instant(found.as_of)},改按新版即告逾期的 {found.breaches} 个"
    yield from map(_moved_line, found.examples)


def _moved_line(moved: Moved) -> str:
    unit = f"({moved.unit})" if moved.unit else ""
    old = show_due(moved.old) if moved.old else "无时限"
    new = f",新版 {show_due(moved.new)}" if moved.new else ""
    at_once = ",即告逾期" if moved.breaches else ""
    begun = show_instant(moved.started)
    return (
        f"  {moved.case} {moved.clock}{unit}:{moved.effect.label}{at_once}"
        f"(起算 {begun};原 {old}{new})"
    )
