from typing import Any

import pytest

from single_sign_on.claims import person_of

SAM = {"sub": "1", "email": "Sam@Acme.example", "email_verified": True, "name": " Sam "}


@pytest.mark.parametrize(
    ("claims", "path", "groups"),
    [
        ({"groups": ["a", "b", 7]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://acme.example/groups": ["a"]}, "https://acme.example/groups", {"a"}),
        ({"realm_access": ["a"]}, "realm_access.roles", None),
        ({}, "groups", None),
        ({"groups": {"a": True}}, "groups", None),
        ({"groups": []}, "groups", set()),
    ],
)
def test_groups_are_found_by_name_or_path(claims: dict[str, Any], path: str, groups: set[str] | None) -> None:
    assert person_of("https://login.example", SAM | claims, path).groups == groups


@pytest.mark.parametrize("word", [True, "true", 1, "1"])
def test_a_verified_address_is_taken_in_lower_case(word: object) -> None:
    person = person_of("https://login.example", SAM | {"email_verified": word}, "groups")
    assert (person.email, person.name) == ("sam@acme.example", "Sam")


@pytest.mark.parametrize("word", [False, "false", 0, None, "yes please", [True]])
def test_an_address_that_is_not_verified_is_left_out(word: object) -> None:
    assert person_of("https://login.example", SAM | {"email_verified": word}, "groups").email == ""
