"""Assets of the pages, collected for serving."""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class AssetStorage(CompressedManifestStaticFilesStorage):
    """Names files by their content and packs them with gzip.

    Brotli, there because answers of APIs may be packed with it, would take a start of the app a dozen seconds to save
    a few kilobytes.
    """

    def create_compressor(self, **options: Any) -> Compressor:
        return super().create_compressor(use_brotli=False, **options)
