"""Scales that everybody may use: PHQ-9 and GAD-7 (Spitzer, Williams, Kroenke and colleagues; Pfizer: "no permission
required to reproduce, translate, display or distribute"). The English wording is the published one."""

from __future__ import annotations

from typing import Any

from server.intake.forms import ALERT, BANDS, ORDINAL

_HOW_OFTEN = ("Not at all", "Several days", "More than half the days", "Nearly every day")
_LEAD = "Over the last 2 weeks, how often have you been bothered by the following problems?"


def _scale(name: str, title: str, bands: str, questions: tuple[str, ...], alert: int | None = None) -> dict[str, Any]:
    options = [
        {"extension": [{"url": ORDINAL, "valueDecimal": n}], "valueCoding": {"code": str(n), "display": words}}
        for n, words in enumerate(_HOW_OFTEN)
    ]
    items: list[dict[str, Any]] = [{"linkId": f"{name}-lead", "type": "display", "text": _LEAD}]
    for number, text in enumerate(questions, 1):
        item = {"linkId": f"{name}-{number}", "type": "choice", "required": True, "text": text, "answerOption": options}
        if number == alert:
            item["extension"] = [{"url": ALERT, "valueCode": "self-harm"}]
        items.append(item)
    return {
        "resourceType": "Questionnaire", "status": "active", "language": "en", "name": name, "title": title,
        "extension": [{"url": BANDS, "valueString": bands}], "item": items,
    }  # fmt: skip


PHQ9 = _scale(
    "phq-9",
    "How have you been feeling? (PHQ-9)",
    "0=minimal;5=mild;10=moderate;15=moderately severe;20=severe",
    (
        "Little interest or pleasure in doing things",
        "Feeling down, depressed, or hopeless",
        "Trouble falling or staying asleep, or sleeping too much",
        "Feeling tired or having little energy",
        "Poor appetite or overeating",
        "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
        "Trouble concentrating on things, such as reading the newspaper or watching television",
        "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so fidgety or "
        "restless that you have been moving around a lot more than usual",
        "Thoughts that you would be better off dead or of hurting yourself in some way",
    ),
    alert=9,
)
GAD7 = _scale(
    "gad-7",
    "How anxious have you been? (GAD-7)",
    "0=minimal;5=mild;10=moderate;15=severe",
    (
        "Feeling nervous, anxious or on edge",
        "Not being able to stop or control worrying",
        "Worrying too much about different things",
        "Trouble relaxing",
        "Being so restless that it is hard to sit still",
        "Becoming easily annoyed or irritable",
        "Feeling afraid as if something awful might happen",
    ),
)
LIBRARY = {"phq-9": PHQ9, "gad-7": GAD7}
