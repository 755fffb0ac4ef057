package rest

import (
	"net/http"
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	item := map[string]any{
		"a": map[string]any{"b": map[string]any{"c": "deep", "n": nil}, "with.dot": "dotted"}, "null": nil, "n": int64(7), "f": 1.5, "big": "123456789012345678901234567890",
		"empty": []any{}, "list": []any{"x"}, "yes": true, "text": "1,2,,3",
	}
	for source, want := range map[string]string{
		`item.dig("a.b.c")`:                    "deep",
		`item.find("a.b.c")`:                   "deep",
		`item.dig(["a", "with.dot"])`:          "dotted",
		`text(item.dig("null.x.y"))`:           "",
		`text(item.dig("a.b.n"))`:              "",
		`text(item.find("a.x.y"))`:             "",
		`text(item.find("empty.x"))`:           "",
		`item.dig("a.x")`:                      `! the answer has no field "a.x"`,
		`item.dig("empty.x")`:                  `! "empty" is a list`,
		`item.dig("list.x")`:                   `! "list" is a list`,
		`item.dig("n.x")`:                      `! "n" holds no fields`,
		`text(item.find("list.x"))`:            "",
		`text(item.find("n.x"))`:               "",
		`text(item.find("text.x.y"))`:          "",
		`text(item.find(["yes", "x"]))`:        "",
		`first([null, "", "  ", item.n, "x"])`: "7",
		`first([])`:                            "",
		`first([item.a])`:                      "! a text was expected",
		`first([{}, [], {"value": null}, {"value": "v", "label": "V"}])`: "v",
		`first([[item.n]])`:   "7",
		`first([["x", "y"]])`: "! there are several",
		`string({"x": [1], "a": {"x": [2, 3], "b": [{"x": [4]}]}, "y": [5]}.gather("x").size())`: "4",
		`string(item.gather("x").size()) + string(item.a.b.c.gather("x").size())`:                "00",
		`text(item.f) + text(item.yes)`:      "1.5true",
		`text(item.big)`:                     "123456789012345678901234567890",
		`text(item.a)`:                       "! a text was expected",
		`string(number("3.0") + number(4))`:  "7",
		`string(number("-1"))`:               "! a number of rows was expected",
		`string(number("0x10"))`:             "! a number of rows was expected",
		`string(number("NaN"))`:              "! a number of rows was expected",
		`string(number(item.a))`:             "! a number of rows was expected",
		`"a/b".split("/")[1]`:                "b",
		`string(size(item.text.split(",")))`: "4",
		`"a".split("")[0]`:                   "! split needs two texts",
		`item.text.split(",").filter(x, x != "").map(x, x + "!")[2]`: "3!",
		`settings.table`: "assets",
		`item.missing`:   "! no such key: missing",
		`string([1,2,3].map(a, [1,2,3].map(b, [1,2,3].map(c, [1,2,3].map(d, [1,2,3].map(e, [1,2,3].map(f, [1,2,3].map(g, [1,2,3].map(h, [1,2,3].map(i, [1,2,3].map(j, [1,2,3].map(k, [1,2,3].map(l, 1)))))))))))).size())`: "! cost limit exceeded",
	} {
		c := &checker{config: &Config{}, settings: map[string]settingText{"table": {}}}
		e := c.compile("here", source, inItem)
		if e == nil {
			t.Errorf("%s: %v", source, c.problems)
			continue
		}
		got, err := e.text(map[string]any{"item": item, "settings": map[string]string{"table": "assets"}, "id": ""})
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !matchesError(got, want) {
			t.Errorf("%s gives %q, want %q", source, got, want)
		}
	}
}

func matchesError(got, want string) bool {
	reason, expected := strings.CutPrefix(want, "! ")
	return expected && strings.HasPrefix(got, "here: ") && strings.Contains(got, reason)
}

func TestLinks(t *testing.T) {
	h := http.Header{"Link": {`<https://a/1>; rel="first",<?p=2&x=a,b>; title="n, m"; rel="next last"`, `<x>; REL=prev`, `junk`, `<open`, `<later>; rel=next`}}
	got := links(h)
	for rel, want := range map[string]string{"first": "https://a/1", "next": "?p=2&x=a,b", "last": "?p=2&x=a,b", "prev": "x"} {
		if got[rel] != want {
			t.Errorf("%s is %q, want %q", rel, got[rel], want)
		}
	}
	if len(got) != 4 {
		t.Errorf("got %v", got)
	}
}

func TestTemplates(t *testing.T) {
	c := &checker{config: &Config{}, settings: map[string]settingText{"t": {}, "none": {}}, values: map[string]string{"t": "{id}/.."}}
	p := c.path("at", "/a/{settings.t}/{id}.{{x}}/", "id")
	if got := p.fill(map[string]string{"id": "1/{settings.t}"}); len(c.problems) > 0 || !p.slash || len(got) != 3 || got[1] != "{id}/.." || got[2] != "1/{settings.t}.{x}" {
		t.Errorf("got %q, %v, %v", got, p.slash, c.problems)
	}
	if got := c.template("at", "{settings.t,}{settings.none,}{id}", "id").fill(map[string]string{"id": "x"}); got != "{id}/..,x" {
		t.Errorf("got %q", got)
	}
}
