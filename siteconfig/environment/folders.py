"""The folders of the installation. Importing it reads `.env`, which may name the one for data."""

import os
from pathlib import Path
from typing import Final

from siteconfig.environment.reader import env

BASE_DIR: Final = Path(__file__).resolve().parents[2]
env.read_file(BASE_DIR / ".env")
DATA_DIR: Final = Path(env.text("PARLEY_DATA", str(BASE_DIR / ".parley"))).resolve()
for _name in ("DATABASE_URL", "REDIS_URL", "LOCAL_MODEL_URL"):
    if not env.text(_name):  # an empty line in `.env` means: the embedded part
        os.environ.pop(_name, None)
