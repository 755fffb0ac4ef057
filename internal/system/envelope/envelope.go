// Package envelope reads what surrounds the rows of an answer, to detect that there
// are more rows than the answer holds. Such an answer is only a part of a list, so
// a row that is not in it may exist.
package envelope

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Advice says how to export a complete list.
const Advice = "Export all pages into one list: follow the link or cursor to the next page until there is none, or raise the number of rows of a page."

// maxDepth limits the depth at which objects inside an envelope are read.
const maxDepth = 5

// sense is what a member of an envelope means.
type sense uint8

const (
	isFurther sense = iota + 1 // a link, a cursor or a number of the next page
	isLinks                    // a list of links, each with its relation
	isFlag                     // true: there is more
	isLast                     // false: there is more
	isTotal                    // how many rows there are
	isCount                    // how many rows there are, but some servers give the size of a page
	isRest                     // how many rows are missing
	isPages                    // how many pages there are
	isEarlier                  // a link to the page before
	isSkipped                  // how many rows come before
	isNumber                   // the number of the page, or of its first row, from 0 or 1 on
)

// Members that have one meaning at any place, by their folded names.
var anywhere = map[string]sense{
	"@odatanextlink": isFurther, "odatanextlink": isFurther, "@nextlink": isFurther, "nextlink": isFurther,
	"nextcursor": isFurther, "nextpagecursor": isFurther, "nextpagetoken": isFurther, "nexttoken": isFurther, "nextmarker": isFurther,
	"nextpageurl": isFurther, "nexturl": isFurther, "nexthref": isFurther, "nextrecordsurl": isFurther, "nextpagelink": isFurther,
	"nextpage": isFurther, "_next": isFurther, "@next": isFurther, "continuationtoken": isFurther, "nextcursorstr": isFurther, "nextoffset": isFurther, "nextpageid": isFurther,

	"hasmore": isFlag, "hasnext": isFlag, "hasnextpage": isFlag, "hasmorerows": isFlag, "hasmoreitems": isFlag, "hasmoreresults": isFlag,
	"exceededtransferlimit": isFlag, "moreresults": isFlag, "moreavailable": isFlag, "istruncated": isFlag, "incompleteresults": isFlag,
	"islast": isLast, "islastpage": isLast,

	"@odatacount": isTotal, "odatacount": isTotal, "@count": isTotal,
	"totalcount": isTotal, "totalresults": isTotal, "totalitems": isTotal, "totalrecords": isTotal, "totalelements": isTotal,
	"numfound": isTotal, "recordsfiltered": isTotal, "totalrecordcount": isTotal, "_count": isTotal,
	"totalrows": isTotal, "totalsize": isTotal, "totalentries": isTotal, "totalhits": isTotal,
	"totalavailable": isTotal, "totalmatches": isTotal, "xtotalcount": isTotal, "totalnumber": isTotal, "totalresultssize": isTotal,
	"totalusers": isTotal, "totalmembers": isTotal, "totalemployees": isTotal, "totalworkers": isTotal, "totalpeople": isTotal,
	"totalassets": isTotal, "totaldevices": isTotal, "totalcomputers": isTotal, "totalhosts": isTotal, "totalobjects": isTotal,
	"remainingitemcount": isRest,
}

// Members with common names, which are read only at the usual places.
var atUsualPlaces = map[string]sense{
	"next": isFurther, "continue": isFurther, "links": isLinks, "_links": isLinks, "link": isLinks,
	"more": isFlag, "truncated": isFlag, "incomplete": isFlag, "partial": isFlag, "last": isLast,
	"done": isLast, "complete": isLast, "finished": isLast,
	"total": isTotal, "count": isCount,
	"itemcount": isCount, "recordcount": isCount, "rowcount": isCount, "numresults": isCount, "resultcount": isCount, "resultscount": isCount,
	"offset": isSkipped, "skip": isSkipped, "skipped": isSkipped, "startat": isSkipped, "firstresult": isSkipped,
	"startindex": isNumber, "page": isNumber, "pagenumber": isNumber, "currentpage": isNumber, "pageindex": isNumber,
	"pages": isPages, "totalpages": isPages, "pagecount": isPages, "lastpage": isPages, "numpages": isPages,
	"prev": isEarlier, "previous": isEarlier, "previouspage": isEarlier, "prevpage": isEarlier, "prevpageurl": isEarlier,
	"previouslink": isEarlier, "previouscursor": isEarlier, "prevcursor": isEarlier, "previouspageurl": isEarlier,
}

// places are the members in which envelopes describe their pages.
var places = map[string]bool{
	"meta": true, "metadata": true, "paging": true, "pagination": true, "pager": true, "page": true, "pageinfo": true, "pages": true,
	"links": true, "_links": true, "link": true, "responsemetadata": true, "response": true, "result": true, "results": true,
	"data": true, "info": true, "listinfo": true, "cursor": true, "cursors": true, "_metadata": true, "_meta": true,
	"resultset": true, "header": true, "hits": true, "collection": true, "list": true,
}

// targets are the members in which an object holds the address of a page.
var targets = []string{"href", "url", "uri", "link", "cursor", "after", "token", "page", "offset", "start"}

// More returns a clause about the rows that an answer announces beyond those that
// were found, or the empty text. The answer is decoded JSON, with or without its
// rows: lists are not searched, except lists of links. rows is how many were found,
// on this page and on those before it. The subject of the clause is "it".
//
// These announce nothing: a total that is not larger, and a next that is null, false,
// empty or 0. A count beside a total is ignored, because some servers give the size
// of a page under that name, and so is a number of pages beside a total.
func More(answer map[string]any, rows int) string {
	r := &reader{rows: rows}
	r.object(answer, "", true, 0)
	switch {
	case r.found != "":
		return r.found
	case !r.total && r.count != "":
		return r.count
	case !r.total:
		return r.pages
	}
	return ""
}

// Earlier returns a clause about rows before those that the answer holds, or the empty
// text. It is for an answer that is not preceded by others, such as a file: the last
// page of a list that is read page by page also has earlier rows. Joined pages may
// have the number of the last one, and then hold the total.
func Earlier(answer map[string]any, rows int) string {
	r := &reader{rows: rows}
	r.object(answer, "", true, 0)
	if r.earlier == "" && !r.total {
		return r.start
	}
	return r.earlier
}

// Failed returns a clause if an answer reports a failure, or the empty text: a list
// beside an error holds only what was read before the error, or nothing.
func Failed(answer map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(answer)) {
		folded, value := fold(name), answer[name]
		truth, isTruth := flag(value)
		switch {
		case IsErrors(name) && holds(value):
			return fmt.Sprintf("its member %q reports an error", name)
		case (folded == "success" || folded == "ok") && isTruth && !truth:
			return fmt.Sprintf("its member %q reports a failure", name)
		}
	}
	return ""
}

// IsErrors reports whether a member of that name holds errors, so that a list in it
// does not hold rows.
func IsErrors(name string) bool {
	folded := fold(name)
	return folded == "error" || folded == "errors"
}

// holds reports whether a value is not empty, null, false or 0.
func holds(value any) bool {
	switch v := value.(type) {
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return leads(value)
}

// IsLinks reports whether a list in a member of that name holds links, and not
// rows.
func IsLinks(name string) bool { return atUsualPlaces[fold(name)] == isLinks }

type reader struct {
	rows    int
	total   bool // a total was stated
	found   string
	earlier string
	start   string
	count   string
	pages   string
}

// object searches an object at a path. usual says that each name of the path is a
// usual place.
func (r *reader) object(o map[string]any, path string, usual bool, depth int) {
	if depth > maxDepth {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		folded, value := fold(name), o[name]
		if folded == "" {
			folded, name = "…", "…"
		}
		what, known := anywhere[folded]
		if !known && usual {
			what, known = atUsualPlaces[folded]
		}
		if known {
			r.member(what, path+name, value)
		}
		if inner, ok := value.(map[string]any); ok {
			next := usual && places[folded]
			at := path + name + "."
			if !next {
				at = "…." // the name is the server's own
			}
			r.object(inner, at, next, depth+1)
		}
	}
}

// member reads a member that describes other pages.
func (r *reader) member(what sense, path string, value any) {
	switch what {
	case isFurther:
		if leads(value) {
			set(&r.found, "its member %q points to a further page", path)
		}
	case isEarlier:
		if leads(value) {
			set(&r.earlier, "its member %q points to an earlier page", path)
		}
	case isLinks:
		if related(value, "next") {
			set(&r.found, "its member %q holds a link to a further page", path)
		}
		if related(value, "prev") || related(value, "previous") {
			set(&r.earlier, "its member %q holds a link to an earlier page", path)
		}
	case isFlag:
		if truth, ok := flag(value); ok && truth {
			set(&r.found, "its member %q says that there is more", path)
		}
	case isLast:
		if truth, ok := flag(value); ok && !truth {
			set(&r.found, "its member %q says that it is not the last page", path)
		}
	case isTotal, isCount, isRest, isPages, isSkipped, isNumber:
		if number, ok := whole(value); ok {
			r.number(what, path, number)
		}
		if value == false && what == isPages { // "lastPage": false
			set(&r.found, "its member %q says that it is not the last page", path)
		}
	}
}

// number reads a member that counts rows or pages.
func (r *reader) number(what sense, path string, number float64) {
	more := number > float64(r.rows)
	switch {
	case what == isTotal:
		if r.total = true; more {
			set(&r.found, "its member %q says %.0f and it holds %d", path, number, r.rows)
		}
	case what == isCount && more:
		set(&r.count, "its member %q says %.0f and it holds %d", path, number, r.rows)
	case what == isRest && number > 0:
		set(&r.found, "its member %q says that %.0f more are missing", path, number)
	case what == isSkipped && number > 0:
		set(&r.start, "its member %q says that it begins after %.0f others", path, number)
	case what == isNumber && number > 1:
		set(&r.start, "its member %q says %.0f, and a list that begins at its start has 0 or 1", path, number)
	case what == isPages && number > 1:
		set(&r.pages, "its member %q says that there are %.0f pages", path, number)
	}
}

// set keeps the first clause that was found.
func set(to *string, format string, args ...any) {
	if *to == "" {
		*to = fmt.Sprintf(format, args...)
	}
}

// fold returns the name of a member as it is compared: hasMore, has_more and Has-More
// are the same. A name that no interface uses gives the empty text.
func fold(name string) string {
	const longest = 64
	if len(name) > longest {
		return ""
	}
	out := make([]byte, 0, len(name))
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c == '_' && i > 0, c == '-', c == '.', c == ' ':
		case '!' <= c && c <= '~':
			out = append(out, c)
		default:
			return ""
		}
	}
	return string(out)
}

// leads reports whether a value points to another page: a text, a number above 0,
// true, or an object that holds one of these.
func leads(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case map[string]any:
		for name, inner := range v {
			if _, deep := inner.(map[string]any); !deep && slices.Contains(targets, fold(name)) && leads(inner) {
				return true
			}
		}
		return false
	case bool:
		return v
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "", "null", "none", "false", "0", "-1":
			return false
		}
		return true
	}
	number, ok := whole(value)
	return ok && number > 0
}

// related reports whether a list holds a link of the relation.
func related(value any, relation string) bool {
	list, _ := value.([]any)
	for _, item := range list {
		link, _ := item.(map[string]any)
		is := false
		for name, v := range link {
			if s, ok := v.(string); ok && slices.Contains([]string{"rel", "relation", "ref"}, fold(name)) {
				is = is || strings.EqualFold(strings.TrimSpace(s), relation)
			}
		}
		if is && leads(map[string]any(link)) {
			return true
		}
	}
	return false
}

// flag reads true and false, also where they were written as a text.
func flag(value any) (truth, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	}
	return false, false
}

// whole reads a whole number that is not negative, also where it was written as a
// text, or as the value of an object with its relation.
func whole(value any) (float64, bool) {
	var f float64
	var err error
	switch v := value.(type) {
	case json.Number:
		f, err = v.Float64()
	case string:
		f, err = strconv.ParseFloat(strings.TrimSpace(v), 64)
	case float64:
		f = v
	case int64:
		f = float64(v)
	case int:
		f = float64(v)
	case map[string]any:
		inner, ok := v["value"]
		if _, deep := inner.(map[string]any); !ok || deep {
			return 0, false
		}
		return whole(inner)
	default:
		return 0, false
	}
	if err != nil || f < 0 || math.IsInf(f, 0) || f != math.Trunc(f) {
		return 0, false
	}
	return f, true
}
