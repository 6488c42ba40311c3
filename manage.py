#!/usr/bin/env python3
"""Every command of Parley; `manage.py up` runs the whole system."""

import sys


def main() -> None:
    if len(sys.argv) > 1:  # `create-user` as well as `create_user`
        sys.argv[1] = sys.argv[1].replace("-", "_") if sys.argv[1][0] != "-" else sys.argv[1]
    from config.start import explain, load_settings

    load_settings()
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        explain(fault)
    except KeyboardInterrupt:
        sys.exit(130)  # a Ctrl-C is no fault to explain


if __name__ == "__main__":
    main()
