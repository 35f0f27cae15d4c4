"""What ends a query, and what does not."""

import pytest
from django.db import OperationalError, connection

from tables.interruptions import watched
from tests.tables.test_view_snapshots import count_for_ever

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_query_ends_for_the_reason_that_is_given() -> None:
    with pytest.raises(KeyError, match="nobody waits"), watched(lambda: KeyError("nobody waits")):
        count_for_ever()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_an_error_of_the_query_stays_what_it_is() -> None:
    with pytest.raises(OperationalError, match="for another reason"), watched(lambda: None):
        raise OperationalError("for another reason")
