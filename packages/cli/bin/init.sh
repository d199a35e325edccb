#!/bin/sh
# What PID 1 of a container has to do besides running something: hand signals on, and fetch the ends of processes whose parents died
# before them. No program of Node can do the second; a shell does, since wait fetches every child there is.
#   sh init.sh COMMAND [ARGUMENT …]      ends with the command's code
exec 3<&0
"$@" <&3 3<&- &
child=$!
exec 3<&-
for name in TERM INT HUP QUIT USR1 USR2; do trap "kill -$name $child 2>/dev/null" $name; done
while :; do
  wait $child
  code=$?
  kill -0 $child 2>/dev/null || exit $code
done
