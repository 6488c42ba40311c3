"""A pytest plugin, named by `-p`: the servers must run before Django reads its settings.

Run the tests as `python -m pytest`, which puts this folder on the path in time.
"""

import os

from tests import servers

for name in list(os.environ):
    if name.endswith(("_API_KEY", "_KEY", "_MODELS")) or name in {"CONFIG_PATH", "DATABASE_URL", "REDIS_URL"}:
        del os.environ[name]  # no key of the machine's owner may reach a test
os.environ["LOCAL_MODEL"] = "off"
# A test writes in a second what nobody writes in a minute; `tests/security/test_write_limits.py` sets them again.
os.environ |= dict.fromkeys(("WRITE_USER_MAX", "WRITE_IP_MAX", "WRITE_MEGABYTES_MAX"), "0")
servers.start()
