#!/bin/sh
# A post_check: runs when all bytes of an upload are here, before it is accepted. In hooks.toml:
#
#   [[post_check]]
#   path = "/usr/local/lib/veza/post-check.sh"
#   paths = ["*.rar"]
#
# $1 the name, $2 the directory as members see it, $3 the CRC32; VEZA_FILE is where the bytes lie.
# exit 0 takes the file, a code above 1 deletes it without credits; 1 and 127 say that this script
# itself is at fault, and the file is kept.

magic=$(head -c 4 -- "$VEZA_FILE") || exit 1
if [ "$magic" != "Rar!" ]; then
  echo "$1 is no rar, $USER."
  exit 2
fi
echo "$1: a rar of $VEZA_SIZE bytes at $SPEED KiB/s."
