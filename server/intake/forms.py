"""The part of FHIR Questionnaire that we ask: text, choice, number, date, groups; scales with scores and an alarm.

A resource with anything else is refused when it is added, so that no question is silently left out. Scores follow the
`ordinalValue` extension of FHIR; an item may carry our extension `urn:careroom:alert` with the code `self-harm`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.core.errors import Fault, Invalid

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
ALERT = "urn:careroom:alert"
BANDS = "urn:careroom:bands"
ASKED = ("string", "text", "choice", "integer", "decimal", "date")
MOST = 60  # questions in one form
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    display: str
    ordinal: int | None


@dataclass(frozen=True, slots=True)
class Item:
    link_id: str
    text: str
    type: str
    required: bool
    options: tuple[Option, ...] = ()
    alert: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    title: str
    items: tuple[Item, ...]
    bands: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class Result:
    """`score` is None while a scored question has no answer; `alerts` are the codes of alarms that answers raised."""

    score: int | None = None
    most: int = 0
    band: str = ""
    alerts: list[str] = field(default_factory=list)


def read(resource: Any) -> Form:
    """The form of a FHIR Questionnaire. Raises Invalid with a pointer at what we cannot ask."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Questionnaire":
        raise _fault("/resource/resourceType", "This is no FHIR Questionnaire.")
    title = resource.get("title")
    if not isinstance(title, str) or not 0 < len(title) <= 120:
        raise _fault("/resource/title", "A title of 1 to 120 characters is needed.")
    items = tuple(_items(resource.get("item"), "/resource/item"))
    if not items or len(items) > MOST:
        raise _fault("/resource/item", f"1 to {MOST} questions are needed.")
    if len({item.link_id for item in items}) != len(items):
        raise _fault("/resource/item", "Two questions have the same linkId.")
    return Form(title, items, tuple(_bands(resource)))


def _items(raw: Any, at: str) -> Iterator[Item]:
    if not isinstance(raw, list):
        raise _fault(at, "A list of items is needed.")
    for number, one in enumerate(raw):
        here = f"{at}/{number}"
        if not isinstance(one, dict) or not isinstance(one.get("linkId"), str) or not one["linkId"]:
            raise _fault(f"{here}/linkId", "Each item needs a linkId.")
        kind = one.get("type")
        if kind == "display":
            continue
        if kind == "group":
            yield from _items(one.get("item"), f"{here}/item")
            continue
        if kind not in ASKED:
            raise _fault(f"{here}/type", f"We cannot ask this kind; possible are {', '.join(ASKED)}, group, display.")
        if "enableWhen" in one or one.get("repeats") or one.get("item"):
            raise _fault(here, "Conditions, repeats and questions inside questions are not possible here.")
        if not isinstance(one.get("text"), str) or not one["text"]:
            raise _fault(f"{here}/text", "The question has no words.")
        options = tuple(_options(one.get("answerOption"), f"{here}/answerOption")) if kind == "choice" else ()
        yield Item(one["linkId"], one["text"], kind, bool(one.get("required")), options, str(_value(one, ALERT) or ""))


def _options(raw: Any, at: str) -> Iterator[Option]:
    if not isinstance(raw, list) or not raw:
        raise _fault(at, "A choice needs its options.")
    for number, one in enumerate(raw):
        coding = one.get("valueCoding") if isinstance(one, dict) else None
        if not isinstance(coding, dict) or not isinstance(coding.get("code"), str):
            raise _fault(f"{at}/{number}/valueCoding/code", "An option needs a code.")
        ordinal = _value(one, ORDINAL)
        if ordinal is None:
            ordinal = _value(coding, ORDINAL)
        whole = isinstance(ordinal, int | float) and not isinstance(ordinal, bool) and float(ordinal).is_integer()
        yield Option(coding["code"], str(coding.get("display") or coding["code"]), int(ordinal) if whole else None)


def _bands(resource: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for part in str(_value(resource, BANDS) or "").split(";"):
        least, _, name = part.partition("=")
        if name and least.strip().isdigit():
            yield int(least), name.strip()


def _value(owner: dict[str, Any], url: str) -> Any:
    """The value of an extension, whatever its type."""
    for extension in owner.get("extension") or ():
        if isinstance(extension, dict) and extension.get("url") == url:
            return next((value for name, value in extension.items() if name.startswith("value")), None)
    return None


def answers(form: Form, response: Sequence[Any], *, complete: bool) -> dict[str, str]:
    """linkId -> the answer as text, from the items of a FHIR QuestionnaireResponse.

    Raises Invalid with a pointer `/item/<linkId>` at each answer that does not fit its question; a required question
    may stay open until the form is completed.
    """
    asked = {item.link_id: item for item in form.items}
    given: dict[str, str] = {}
    faults: list[Fault] = []
    for one in response:
        item = asked.get(one.link_id)
        if item is None:
            faults.append(Fault(f"/item/{one.link_id}", "This question is not in the form."))
        elif one.answer:
            try:
                given[item.link_id] = _answer(item, one.answer[0])
            except ValueError as error:
                faults.append(Fault(f"/item/{item.link_id}", str(error)))
    if complete:
        open_ones = [item for item in form.items if item.required and item.link_id not in given]
        faults += [Fault(f"/item/{item.link_id}", "Please answer this question.") for item in open_ones]
    if faults:
        raise Invalid("Some answers need a look.", errors=faults)
    return given


def _answer(item: Item, value: Any) -> str:
    text = str(value.text()).strip()
    if item.type == "choice":
        if text not in {option.code for option in item.options}:
            raise ValueError("Please choose one of the answers.")
    elif item.type in {"integer", "decimal"}:
        return _number(text, whole=item.type == "integer")
    elif item.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("This is not a date in the calendar.") from None
    elif len(text) > LONGEST:
        raise ValueError(f"At most {LONGEST} characters, please.")
    if not text:
        raise ValueError("Please answer this question.")
    return text


def _number(text: str, *, whole: bool) -> str:
    """As people type it: digits of any script, a comma or a point."""
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text).replace(",", ".").replace("٫", ".")
    try:
        number = float(plain)
        if abs(number) > 1e9 or number != number or (whole and not number.is_integer()):  # noqa: PLR0124 - NaN
            raise ValueError
    except ValueError:
        raise ValueError("A whole number, please." if whole else "A number, please.") from None
    return str(int(number)) if whole else f"{number:g}"


def judge(form: Form, given: dict[str, str]) -> Result:
    """Score, band and alarms of the answers given so far."""
    result = Result()
    scored = [item for item in form.items if any(option.ordinal is not None for option in item.options)]
    total, whole = 0, bool(scored)
    for item in scored:
        result.most += max(option.ordinal or 0 for option in item.options)
        chosen = next((option for option in item.options if option.code == given.get(item.link_id)), None)
        if chosen is None:
            whole = False
            continue
        total += chosen.ordinal or 0
        if item.alert and (chosen.ordinal or 0) > 0 and item.alert not in result.alerts:
            result.alerts.append(item.alert)
    if whole:
        result.score = total
        result.band = next((name for least, name in reversed(form.bands) if total >= least), "")
    return result


def _fault(pointer: str, said: str) -> Invalid:
    return Invalid("This questionnaire cannot be used.", errors=[Fault(pointer, said)])
