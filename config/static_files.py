"""Which files are collected for the pages."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """Leaves out what no page asks for: Django Ninja's other documentation and its maps, most of all bytes."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "redoc*", "swagger-ui-bundle.js.map"]
