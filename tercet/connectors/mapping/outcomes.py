"""Words of sources for what Tercet keeps in a few: outcomes, types, states, directions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from tercet.connectors.mapping.fields import words

_LOST = (
    r"lost|dead|disqualified|rejected|abandoned|no decision|verloren|abgelehnt|perdu|perdue|perdida"
    r"|perdido|perso|persa|closedlost|churned|cancelled|canceled|gone|declined|abgesagt|afgewezen"
)
_WON = (
    r"won|gewonnen|gagne|gagnee|ganado|ganada|ganho|ganha|vinto|closedwon|signed|unterzeichnet"
    r"|contract signed"
)
_KNOWN = {
    "type": {
        "renewal": r"renew\w*|verlangerung|renouvellement|renovacion|renovacao|verlenging",
        "expansion": r"existing\w*|up ?sell\w*|cross ?sell\w*|expansion|upgrade|add ?on"
        r"|bestand\w*|extension"
        r"|erweiterung|existingbusiness|ampliacion|expansao|uitbreiding",
        "new": r"new|newbusiness|neu\w*|nouveau|nouvelle|nuevo|nueva|novo|nova|nieuw\w*|first",
    },
    "state": {
        "former": r"former|churned|ex|ehemalig\w*|ancien|antiguo|antigo|voormalig\w*|cancelled"
        r"|inactive",
        "customer": r"customer|client|kunde|cliente|klant|evangelist|active",
        "prospect": r"prospect|lead|subscriber|opportunity|mql|sql|marketingqualifiedlead"
        r"|salesqualifiedlead"
        r"|marketing qualified lead|sales qualified lead|interessent|other",
    },
    "kind": {
        "automatic": r"auto\w*|marketing email|bulk|sequence|workflow|system|newsletter|bot"
        r"|true|yes|ja|1",
        "human": r"human|manual\w*|person\w*|call|meeting|sales|false|no|nein|0",
    },
    "direction": {
        "in": r"in|inbound|incoming|received|eingehend|entrant\w*|entrante|inkomend",
        "out": r"out|outbound|outgoing|sent|ausgehend|sortant\w*|saliente|uitgaand",
    },
}


@lru_cache(maxsize=10_000)
def outcome_of(stage: str) -> str | None:
    """won or lost where a stage's name says so; None where it does not."""
    bare = words(stage)
    if re.search(rf"\b(?:{_LOST})\b", bare):
        return "lost"
    if re.search(rf"\b(?:{_WON})\b", bare) and not re.search(r"\b(?:not|nicht|to be)\b", bare):
        return "won"
    return None


def outcome(stage: str, pipeline: str | None, stages: Mapping[str, str]) -> str | None:
    """What a stage means under a plan: its pipeline's own meaning goes before the name's."""
    for name in (f"{pipeline}: {stage}", stage):
        if name in stages:
            return stages[name]
    return outcome_of(stage)


@lru_cache(maxsize=10_000)
def choice(field: str, text: str) -> str | None:
    """The known word for what a source wrote; None when it is none of them."""
    bare = words(text)
    for known, pattern in _KNOWN.get(field, {}).items():
        if bare == known or re.search(rf"\b(?:{pattern})\b", bare):
            return known
    return None
