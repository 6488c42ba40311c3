#!/usr/bin/env python3
"""Every command of Parley; `manage.py up` runs the whole system."""

import sys


def main() -> None:
    if len(sys.argv) > 1:  # `create-user` as well as `create_user`
        sys.argv[1] = sys.argv[1].replace("-", "_") if sys.argv[1][0] != "-" else sys.argv[1]
    from django.core.exceptions import ImproperlyConfigured

    from config.start import explain, load_settings

    try:
        if sys.argv[1:] == ["up"]:
            from deploy.embedded.start import start

            sys.exit(start())
        load_settings()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        explain(fault)
    except KeyboardInterrupt:
        sys.exit(130)  # a Ctrl-C is no fault to explain


if __name__ == "__main__":
    main()
