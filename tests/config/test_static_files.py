from io import StringIO

from django.core.management import call_command


def test_what_no_page_asks_for_is_not_collected() -> None:
    told = StringIO()
    call_command("collectstatic", dry_run=True, interactive=False, stdout=told)
    collected = told.getvalue()
    assert "swagger-ui-bundle.js" in collected
    assert "redoc" not in collected
    assert ".js.map" not in collected
