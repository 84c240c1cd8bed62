#!/bin/sh
# SPDX-License-Identifier: MIT
# man_page.sh PROGRAM VERSION: a manual page, made of what PROGRAM --help prints (and of the help of each
# of its subcommands).
set -eu
program=$1
version=$2
name=$(basename "$program")

# One help text as roff: a heading per block, a tagged paragraph per option.
format() {
  awk -v heading="$1" '
    function roff(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); return text }
    function say(text) { text = roff(text); print (text ~ /^[.\047]/ ? "\\\&" : "") text }
    NR == 1 { about = $0; next }
    /^Usage: / {
      sub(/^Usage: /, "")
      if (heading == "") print ".SH SYNOPSIS"; else print ".SH COMMAND " roff(toupper(heading))
      print ".B " roff($0)
      if (heading == "") print ".SH DESCRIPTION"; else print ".PP"
      say(about); next
    }
    /^[A-Za-z]+:$/ { sub(/:$/, ""); print ".SS " $0; next }
    /^  [^ ]/ {
      line = substr($0, 3); split_at = match(line, /  +/)
      print ".TP"
      if (split_at) { print ".B " roff(substr(line, 1, split_at - 1)); say(substr(line, split_at + RLENGTH)) }
      else print ".B " roff(line)
      next
    }
    /^ +[^ ]/ { sub(/^ +/, ""); say($0) }'
}

# Built for another processor, it cannot tell; under a launcher, its MPI may hang. The page then says where to ask.
if ! help=$(timeout 60 "$program" --help 2>/dev/null); then
  help="See $name --help.
Usage: $name [OPTIONS]"
fi
printf '.TH %s 1 "" "Tally %s" "Tally"\n' "$(echo "$name" | tr '[:lower:]' '[:upper:]')" "$version"
printf '.SH NAME\n%s \\- %s\n' "$(echo "$name" | sed 's/-/\\-/')" "$(printf '%s\n' "$help" | sed 's/\.$//; q')"
printf '%s\n' "$help" | format ""
for command in $(printf '%s\n' "$help" | sed -n '/^Subcommands:/,$ s/^  \([a-z][a-z-]*\) .*/\1/p'); do
  "$program" "$command" --help | format "$command"
done
cat <<'END'
.SH EXIT STATUS
0 done, 1 failure, 2 wrong command, configuration or data, 3 run directory in use, 4 checkpoint unusable,
75 stopped early and resumable.
.SH SEE ALSO
.BR tally\-train (1),
.BR tally\-evaluate (1),
.BR tally\-predict (1),
.BR tally\-data (1),
.BR tally\-checkpoint (1),
.BR tally\-status (1),
.BR tally\-sweep (1),
.BR tally\-sbatch (1);
README.md and docs/ in the folder
.I share/doc/tally
of this installation.
END
