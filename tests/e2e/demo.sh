#!/bin/sh
# Runs the demo in a private network namespace. usage: demo.sh STAGE
here=$(cd "$(dirname "$0")" && pwd)
exec timeout -k 10 120 "$here/../netns.sh" /usr/bin/python3 "$here/demo.py" "$1/bin"
