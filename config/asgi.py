"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

from enrichment.mcp.mounting import Mounted

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = Mounted(get_asgi_application())
