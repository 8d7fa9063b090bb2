# Works, and has a child that works, too.
cat >/dev/null
sh -c 'while :; do :; done' &
while :; do :; done
