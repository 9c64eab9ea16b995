# SPDX-License-Identifier: MIT
# Compares what a command has printed, standard input, with what a document says: -v expected=FILE.
# Numbers, times and blanks may differ. There, a line "…" stands for any lines, and "…" at the begin
# or the end of a line for the rest of it.

# A line as it is compared.
function plain(line) {
	gsub(/[0-9]+([.,:][0-9]+)*/, "N", line)
	gsub(/N (ms|s|min|h|d)\>/, "N", line)
	gsub(/[ \t]+/, " ", line)
	sub(/ $/, "", line)
	return line
}

function begins(line, part) {
	return substr(line, 1, length(part)) == part
}

function ends(line, part) {
	return length(line) >= length(part) && substr(line, length(line) - length(part) + 1) == part
}

# Whether a line is as the document has it. "→ …" at an end is as the program prints it, or not.
function alike(line, pattern,    rest) {
	if (line == pattern)
		return 1
	if (begins(pattern, more))
		return ends(line, substr(pattern, length(more) + 1))
	if (ends(pattern, more)) {
		rest = substr(pattern, 1, length(pattern) - length(more))
		return begins(line, rest)
	}
	rest = index(pattern, more)
	return rest > 0 && begins(line, substr(pattern, 1, rest - 1)) &&
	    ends(line, substr(pattern, rest + length(more)))
}

# Whether the lines from i on are the patterns from j on.
function matches(i, j) {
	for (; j <= patterns && pattern[j] != more; i++ && j++)
		if (i > lines || !alike(line[i], pattern[j]))
			return 0
	if (j > patterns)
		return i > lines
	for (; i <= lines + 1; i++)
		if (matches(i, j + 1))
			return 1
	return 0
}

BEGIN {
	more = "…"
	while ((getline text <expected) > 0)
		pattern[++patterns] = plain(text)
}

{ line[++lines] = plain($0) }

END { exit !matches(1, 1) }
