"""Whom to ring for an ambulance, by country (ISO 3166-1 alpha-2): only where the number is known for sure.

112 is the one European number (Directive (EU) 2018/1972, article 109); the others are the countries' own, as their
governments publish them. A country that is not here has the practice's number, and the page says so.
"""

from __future__ import annotations

_BY_NUMBER = {
    "112": "AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS TR UA IN ZA AD SM VA",
    "999": "GB GG JE IM HK MO MY BD",
    "911": "US CA PR GU VI AS MX CR PA DO EC UY PY PH JO",
    "000": "AU",
    "111": "NZ",
    "113": "NO",
    "144": "CH LI",
    "192": "BR",
    "123": "CO EG",
    "131": "CL",
    "101": "IL",
    "119": "JP KR TW",
    "120": "CN",
    "995": "SG",
    "998": "AE",
    "140": "LB",
    "190": "TN",
    "1669": "TH",
    "1990": "LK",
}
_NUMBERS = {country: number for number, countries in _BY_NUMBER.items() for country in countries.split()}


def of_region(region: str) -> str | None:
    """The number for an ISO 3166-1 or 3166-2 code; None when it is not known."""
    return _NUMBERS.get(region.partition("-")[0].upper())
