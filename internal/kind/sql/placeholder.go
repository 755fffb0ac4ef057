package sql

import "strings"

// marks are how the drivers write a bind parameter.
var marks = map[string]string{driverPostgreSQL: "$1", driverMySQL: "?", driverSQLite: "?"}

// parameters counts the bind parameters of a query outside of texts, quoted
// names and comments. A parameter that PostgreSQL numbers counts once, and one
// that is numbered higher than the others counts as many.
func parameters(driver, query string) int {
	count, highest := 0, 0
	for i := 0; i < len(query); {
		if skip := skippedLength(driver, query, i); skip > 0 {
			i += skip
			continue
		}
		switch {
		case driver == driverPostgreSQL && query[i] == '$':
			n := 0
			for i++; i < len(query) && '0' <= query[i] && query[i] <= '9' && n < 1<<16; i++ {
				n = n*10 + int(query[i]-'0')
			}
			highest = max(highest, n)
			continue
		case driver != driverPostgreSQL && query[i] == '?':
			count++
		}
		i++
	}
	return count + highest
}

// skippedLength returns the length of the text, quoted name or comment that begins at i,
// and zero if there is none.
func skippedLength(driver, query string, i int) int {
	rest := query[i:]
	switch c := query[i]; {
	case strings.HasPrefix(rest, "--") && dashes(driver, rest), c == '#' && driver == driverMySQL:
		return until(rest, "\n", 1)
	case strings.HasPrefix(rest, "/*"):
		return until(rest, "*/", 2)
	case c == '\'' || c == '"' || c == '`':
		escapes := driver == driverMySQL && c != '`'
		if driver == driverPostgreSQL && c == '\'' && i > 0 && (query[i-1] == 'E' || query[i-1] == 'e') {
			escapes = true
		}
		return quoted(rest, escapes)
	case c == '$' && driver == driverPostgreSQL:
		tag := dollarTag(rest)
		if tag == "" || i > 0 && isWordByte(query[i-1]) {
			return 0
		}
		return until(rest, tag, len(tag))
	}
	return 0
}

// dashes reports whether two dashes begin a comment: in MySQL only before white
// space, so that 5--1 is six.
func dashes(driver, rest string) bool {
	return driver != driverMySQL || len(rest) == 2 || rest[2] <= ' '
}

// until returns the length up to and with the mark behind the first bytes.
func until(s, mark string, from int) int {
	if at := strings.Index(s[from:], mark); at >= 0 {
		return from + at + len(mark)
	}
	return len(s)
}

func quoted(s string, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

// dollarTag returns the mark of a text that is quoted with dollars.
func dollarTag(s string) string {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '$':
			return s[:i+1]
		case !isWordByte(c) || i == 1 && '0' <= c && c <= '9':
			return ""
		}
	}
	return ""
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
