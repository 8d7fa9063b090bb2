#!/bin/sh
# Ends the process groups of a node that died without a chance to do so itself.
# Standard input is a pipe that only the node holds. A line `+N` adds group N, `-N` removes it; at end of file every
# group that is left gets TERM, up to two seconds, then KILL.
trap '' HUP INT TERM

groups=' '
while read -r line; do
  group=${line#?}
  # Only a plain number above 1: `kill -- -1` would reach every process of the user.
  case $group in '' | *[!0-9]* | 0 | 1) continue ;; esac
  case $line in
    +*) groups="$groups$group " ;;
    -*)
      case $groups in
        *" $group "*) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
      esac
      ;;
  esac
done

for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
tries=0
while [ "$tries" -lt 20 ]; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=yes; done
  [ -z "$alive" ] && exit 0
  tries=$((tries + 1))
  sleep 0.1
done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
