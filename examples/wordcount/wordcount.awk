# Reads {"action": "count", "text": "..."} and prints {"lines": n, "words": n}.

{ input = input $0 "\n" }

END {
  if (!find_text(input)) {
    print "{\"status\": \"error\", \"message\": \"There is no text: send some.\"}"
    exit
  }
  # In JSON a backslash is \\, a line break \n, and every other blank may be written as an escape, too.
  gsub(/\\\\/, "x", text)
  gsub(/\\r\\n|\\r/, "\\n", text)
  unfinished = text != "" && text !~ /\\n$/
  lines = gsub(/\\n/, " ", text) + unfinished
  gsub(/\\[tfb]|\\u00(0[0-9a-dA-D]|20|[aA]0)/, " ", text)
  printf "{\"lines\": %d, \"words\": %d}\n", lines, split(text, words, " ")
}

# Takes the object apart token by token, so that "text" inside another value is not mistaken for ours.
function find_text(json,    token, key, depth) {
  while (match(json, /"([^"\\]|\\.)*"|[{}\[\]:,]/)) {
    token = substr(json, RSTART, RLENGTH)
    json = substr(json, RSTART + RLENGTH)
    if (token ~ /^[{[]/) depth++
    else if (token ~ /^[]}]/) depth--
    else if (depth == 1 && token == ":" && key == "\"text\"") return take_string(json)
    else if (depth == 1 && token ~ /^"/) key = token
  }
  return 0
}

# The string at the start of json, without its quotes.
function take_string(json) {
  if (!match(json, /^[ \t\n]*"([^"\\]|\\.)*"/)) return 0
  text = substr(json, 1, RLENGTH - 1)
  sub(/^[ \t\n]*"/, "", text)
  return 1
}
