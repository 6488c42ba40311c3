#!/bin/sh
# Make sure there is a Chromium for the browser tests.
set -e
for name in chromium chromium-browser google-chrome; do
    # The system decides which version there is: it is said, so that a failure can be traced to it.
    command -v "$name" >/dev/null 2>&1 && { "$name" --version --no-sandbox 2>/dev/null | sed 's/^/Browser tests use /'; exit 0; }
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq chromium >/dev/null
    chromium --version --no-sandbox 2>/dev/null | sed 's/^/Browser tests use /'
    exit 0
fi
echo "The browser tests need Chromium. Install it, on Debian or Ubuntu: sudo apt-get install chromium" >&2
exit 1
