"""Wire shapes of intake."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.access.schemas import Id, Shape
from server.people.schemas import OneLine

Place = Annotated[OneLine, Field(max_length=200)]
Region = Annotated[str, Field(pattern=r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$", max_length=6)]  # ISO 3166-1 or 3166-2


class Facts(BaseModel):
    """What is sealed in `intake.facts`."""

    reason: str = ""
    place: str = ""
    region: str = ""
    phone: str = ""
    contact: str = ""  # whom to ring in an emergency: a name, and who that is
    contact_phone: str = ""


class FactsIn(Shape):
    """What is left out stays as it was. `keep` takes place and number from the last visit, seen masked."""

    reason: str | None = Field(default=None, max_length=1000)
    place: Place | None = None
    region: Region | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None
    contact: Annotated[OneLine, Field(max_length=120)] | None = None
    contact_phone: Annotated[str, Field(max_length=40)] | None = None
    keep: bool = False


class DecisionIn(Shape):
    decision: Literal["go-on", "stop"]


class LicencesIn(Shape):
    """ISO 3166 codes: a country (`GB`) holds for all of it, a part (`US-CA`) for that part."""

    regions: list[Region] = Field(max_length=80)


class LicencesOut(BaseModel):
    regions: list[str]


class Licensed(BaseModel):
    id: str
    name: str
    regions: list[str]


class AllLicencesOut(BaseModel):
    providers: list[Licensed]


class QuestionnaireIn(Shape):
    """A FHIR Questionnaire, or one of the library; `visit_types` are the kinds of visit before which it is asked."""

    resource: dict[str, Any] | None = None
    library: Literal["phq-9", "gad-7"] | None = None
    visit_types: list[Id] = Field(default_factory=list, max_length=50)
    active: bool = True


class QuestionnaireOut(BaseModel):
    id: str
    title: str
    visit_types: list[str]
    active: bool


class QuestionnairesOut(BaseModel):
    questionnaires: list[QuestionnaireOut]


class AskIn(Shape):
    questionnaire_id: Id


class Coding(BaseModel):
    model_config = ConfigDict(extra="ignore")
    code: str = Field(max_length=80)


class Answer(BaseModel):
    """FHIR QuestionnaireResponse.item.answer: one of the values."""

    model_config = ConfigDict(extra="forbid")
    valueString: str | None = None  # noqa: N815 - FHIR's names
    valueDate: str | None = None  # noqa: N815
    valueInteger: int | str | None = None  # noqa: N815
    valueDecimal: float | str | None = None  # noqa: N815
    valueCoding: Coding | None = None  # noqa: N815

    def text(self) -> str:
        if self.valueCoding is not None:
            return self.valueCoding.code
        values = (self.valueString, self.valueDate, self.valueInteger, self.valueDecimal)
        return str(next((value for value in values if value is not None), ""))


class AnsweredItem(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    link_id: str = Field(alias="linkId", max_length=120)
    answer: list[Answer] = Field(default_factory=list, max_length=1)


class ResponseIn(BaseModel):
    """A FHIR QuestionnaireResponse. `in-progress` saves what there is; `completed` wants every required answer."""

    model_config = ConfigDict(extra="ignore")
    resourceType: Literal["QuestionnaireResponse"] = "QuestionnaireResponse"  # noqa: N815
    status: Literal["in-progress", "completed"]
    item: list[AnsweredItem] = Field(max_length=100)
