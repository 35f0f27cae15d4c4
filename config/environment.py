"""Secret settings, from the environment or from the file that it names, as containers and systemd are given theirs."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Returns a setting or, where NAME_FILE names a file, what that holds; empty without either.

    Raises ImproperlyConfigured for a file that can't be read, and for two values.
    """
    value, file = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if not file:
        return value
    if value:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file}, which isn't text.") from error
