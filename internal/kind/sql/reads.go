package sql

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// beginnings are the words with which a query may begin: those of statements that
// return rows and do nothing else.
var beginnings = []string{"select", "with", "values", "table"}

// Functions that reach beyond the tables, or change something in spite of a
// read-only transaction: they read and write files of the server, connect
// elsewhere, or interfere with the server itself. The list keeps a query from
// doing by mistake what its author would not want; what an account may do at all
// is for its rights to say. A name that ends in an underscore stands for all that
// begin with it.
var reaching = map[string][]string{
	driverPostgreSQL: {
		"pg_read_", "pg_ls_", "pg_stat_file", "pg_file_", "lo_import", "lo_export", "lo_from_bytea", "lo_put", "lo_unlink", "dblink", "dblink_",
		"pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf", "pg_rotate_logfile", "pg_switch_wal", "pg_promote", "pg_create_", "pg_drop_",
		"pg_replication_", "pg_logical_", "pg_notify", "nextval", "setval",
	},
	driverMySQL:  {"load_file", "sys_exec", "sys_eval", "sys_set", "nextval", "setval", "get_lock", "release_lock", "release_all_locks"},
	driverSQLite: {"load_extension", "writefile", "readfile", "edit"},
}

// beyondReading says why a query does more than read, or may: nothing if it does
// not.
func beyondReading(driver, query string) string {
	const accepted = " Write one statement that begins with SELECT, WITH, VALUES or TABLE."
	first, last := true, ""
	for w := range words(driver, query) {
		switch {
		case w.text == executed:
			return "The query has a comment that the server runs (/*! … */), so its effect is unknown." + accepted
		case w.text == another:
			return "The query holds several statements." + accepted
		case first && !slices.Contains(beginnings, w.text):
			return fmt.Sprintf("The query begins with %s.%s", strings.ToUpper(w.text), accepted)
		case driver == driverMySQL && last == "into" && (w.text == "outfile" || w.text == "dumpfile"):
			return "The query writes a file of the server (INTO " + strings.ToUpper(w.text) + ")." + accepted
		case w.called && reaches(driver, w.text):
			return fmt.Sprintf("The query calls %s, which does more than read tables.", w.text)
		}
		first, last = false, w.text
	}
	return ""
}

// word is a name or a keyword of a query.
type word struct {
	text   string // folded, without quotation marks
	called bool   // a bracket follows
}

// What stands among the words of a query besides them.
const (
	executed = "/*!" // a comment that MySQL runs
	another  = ";"   // the end of a statement behind which there is more
)

// words yields the words of a query that are not in texts or comments.
func words(driver, query string) iter.Seq[word] {
	return func(yield func(word) bool) {
		for i := 0; i < len(query); {
			rest := query[i:]
			skip := skippedLength(driver, query, i)
			var w word
			switch name := strings.IndexByte("`\"", rest[0]) >= 0 || rest[0] == '[' && driver == driverSQLite; {
			case driver == driverMySQL && executable(rest):
				w.text = executed
			case rest[0] == ';':
				if tail := code(driver, rest[1:]); tail != "" && tail[0] != ';' {
					w.text = another
				}
				skip = 1
			case name || skip == 0 && isWordByte(rest[0]):
				w.text, skip = wordAt(rest)
				w.called = strings.HasPrefix(code(driver, rest[skip:]), "(")
			}
			if w.text != "" && !yield(w) {
				return
			}
			i += max(skip, 1)
		}
	}
}

// executable reports whether a comment begins that MySQL or MariaDB runs.
func executable(s string) bool {
	return strings.HasPrefix(s, "/*!") || strings.EqualFold(s[:min(len(s), 4)], "/*M!")
}

// code returns what stands in a query behind white space and comments.
func code(driver, query string) string {
	for i := 0; i < len(query); {
		skip := 0
		if strings.HasPrefix(query[i:], "--") || strings.HasPrefix(query[i:], "/*") || query[i] == '#' {
			skip = skippedLength(driver, query, i)
		}
		switch {
		case skip > 0:
			i += skip
		case strings.IndexByte(" \t\r\n\f\v", query[i]) >= 0:
			i++
		default:
			return query[i:]
		}
	}
	return ""
}

// wordAt returns the name at the beginning of a text, folded and without its
// quotation marks, and its length.
func wordAt(s string) (word string, size int) {
	if end := strings.IndexByte("`\"[", s[0]); end >= 0 {
		stop := "`\"]"[end]
		if at := strings.IndexByte(s[1:], stop); at >= 0 {
			return strings.ToLower(s[1 : 1+at]), at + 2
		}
		return strings.ToLower(s[1:]), len(s)
	}
	for size < len(s) && isWordByte(s[size]) {
		size++
	}
	return strings.ToLower(s[:size]), size
}

func reaches(driver, word string) bool {
	return slices.ContainsFunc(reaching[driver], func(name string) bool {
		return word == name || strings.HasSuffix(name, "_") && strings.HasPrefix(word, name)
	})
}
