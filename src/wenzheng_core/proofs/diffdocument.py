"""A diff as plain values, ready for JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from wenzheng_core.domain.instants import local
from wenzheng_core.proofs.differing import FORM, PolicyDiff
from wenzheng_core.proofs.impacts import Effect, Impact
from wenzheng_core.proofs.meanings import Example
from wenzheng_core.proofs.pathways import Pathway, Way
from wenzheng_core.proofs.regions import Region
from wenzheng_core.proofs.seams import Seam


def document(found: PolicyDiff) -> dict[str, Any]:
    """The diff as plain values, in the form that :data:`FORM` names."""
    return {
        "form": FORM,
        "old": {**attrs.asdict(found.old), "valid_from": found.old.valid_from.isoformat()},
        "new": {**attrs.asdict(found.new), "valid_from": found.new.valid_from.isoformat()},
        "calendar": {
            "name": found.calendar,
            "digest": found.calendar_digest,
            "first": found.first.isoformat(),
            "until": found.until.isoformat(),
            "days": found.days,
        },
        "equal": found.equal,
        "same_rules": found.same_rules,
        "structure": [
            {
                "kind": change.kind,
                "id": change.id,
                "title": change.title,
                "what": change.what.value,
                "fields": [attrs.asdict(field) for field in change.fields],
                "text": str(change),
            }
            for change in found.structure
        ],
        "meaning": list(map(_region, found.meaning)),
        "ladder": list(map(_region, found.ladder)),
        "workflow": list(map(_pathway, found.workflow)),
        "dead_ends": list(found.dead_ends),
        "seams": list(map(_seam, found.seams)),
        "impact": _impact(found.impact),
    }


def _region(region: Region) -> dict[str, Any]:
    compared = region.comparison
    return {
        "aspect": region.aspect.value,
        "id": region.id,
        "title": region.title,
        "rectangles": _rectangles(region),
        "cells": region.cells,
        "old": region.old,
        "new": region.new,
        "start": region.start,
        "facts": dict(region.facts),
        "verdict": region.verdict.value,
        "earlier": compared.earlier,
        "later": compared.later,
        "same": compared.same,
        "beyond_horizon": compared.beyond,
        "moments": compared.moments,
        "first_earlier": _example(compared.first_earlier),
        "first_later": _example(compared.first_later),
        "largest": _example(compared.largest),
    }


def _rectangles(one: Region | Pathway | Seam) -> list[dict[str, list[str]]]:
    return [{name: list(values) for name, values in x.items()} for x in one.rectangles]


def _example(example: Example | None) -> dict[str, str | None] | None:
    if example is None:
        return None
    return {"start": _at(example.start), "old": _at(example.old), "new": _at(example.new)}


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else local(instant).isoformat()


def _pathway(way: Pathway) -> dict[str, Any]:
    return {
        "rectangles": _rectangles(way),
        "cells": way.cells,
        "verdict": way.verdict.value,
        "gained": list(way.gained),
        "lost": list(way.lost),
        "old": _way(way.old),
        "new": _way(way.new),
    }


def _way(way: Way | None) -> dict[str, Any] | None:
    if way is None:
        return None
    return {**attrs.asdict(way), "gates": list(way.gates), "beside": list(way.beside)}


def _seam(seam: Seam) -> dict[str, Any]:
    return {
        "clock": seam.clock,
        "title": seam.title,
        "rectangles": _rectangles(seam),
        "facts": dict(seam.facts),
        "before": _at(seam.before),
        "due_before": _at(seam.due_before),
        "after": _at(seam.after),
        "due_after": _at(seam.due_after),
        "days": seam.days,
    }


def _impact(found: Impact | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "as_of": _at(found.as_of),
        "cases": found.cases,
        "elsewhere": found.elsewhere,
        "clocks": {effect.value: found.clocks[effect] for effect in Effect},
        "breaches": found.breaches,
        "examples": [
            {
                **attrs.asdict(moved),
                "effect": moved.effect.value,
                "started": _at(moved.started),
                "old": _at(moved.old),
                "new": _at(moved.new),
            }
            for moved in found.examples
        ],
    }
