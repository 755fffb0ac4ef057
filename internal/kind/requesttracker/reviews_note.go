package requesttracker

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// note returns what somebody has written with an answer. A text that cannot be read is
// left out: it decides nothing.
func (s *System) note(ctx context.Context, history []transaction, by person, at time.Time) (string, error) {
	var remarks []system.Remark
	for _, x := range history {
		written, err := parseDate(x.Created, false)
		if x.Type == "Comment" || x.Type == "Correspond" {
			// The id stands for the text, which takes further requests.
			remarks = append(remarks, system.Remark{By: personOf(x.Creator).name, At: written, Text: string(x.ID)})
		}
		if err != nil {
			return "", s.reviewClient.Unusable(fmt.Sprintf("a history has the time %s", quote(x.Created)), adviceServer)
		}
	}
	slices.Reverse(remarks) // of several in one second, the newest is meant
	id := system.NoteOf(remarks, by.name, at)
	if id == "" {
		return "", ctx.Err()
	}
	text, err := s.messageOf(ctx, ident(id))
	return system.NoteOf([]system.Remark{{By: by.name, At: at, Text: text}}, by.name, at), err
}

// messageOf reads the text of a transaction: of the first attachment that has one.
func (s *System) messageOf(ctx context.Context, id ident) (string, error) {
	r, err := s.reviewClient.Get(ctx, api("transaction", string(id)), nil)
	if err != nil {
		return "", err
	}
	var t struct {
		Links []struct {
			Ref string `json:"ref"`
			URL string `json:"_url"`
		} `json:"_hyperlinks"`
	}
	if r.Status != http.StatusOK || r.JSON(&t) != nil {
		return "", nil
	}
	const most = 5
	rich := ""
	for i, link := range t.Links {
		address, err := url.Parse(link.URL)
		if link.Ref != "attachment" || err != nil || i > most {
			continue
		}
		text, kind, err := s.attachment(ctx, path.Base(address.Path))
		switch {
		case err != nil:
			return "", err
		case kind == "text/plain" && text != "":
			return text, nil
		case kind == "text/html" && rich == "":
			rich = withoutMarkup(text)
		}
	}
	return rich, nil
}

// attachment reads one part of a message.
func (s *System) attachment(ctx context.Context, id string) (text, kind string, err error) {
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return "", "", nil //nolint:nilerr // a link to something else is no attachment
	}
	r, err := s.reviewClient.Get(ctx, api("attachment", id), nil)
	if err != nil {
		return "", "", err
	}
	var a struct{ Content, ContentType string }
	if r.Status != http.StatusOK || r.JSON(&a) != nil {
		return "", "", nil
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Map(withoutSpace, a.Content))
	if err != nil {
		return "", "", nil //nolint:nilerr // a part that cannot be read is no note
	}
	return string(raw), a.ContentType, nil
}

func withoutSpace(r rune) rune {
	if r == '\n' || r == '\r' || r == ' ' {
		return -1
	}
	return r
}

var markup = regexp.MustCompile(`(?s)<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]*>`)

func withoutMarkup(text string) string {
	return html.UnescapeString(markup.ReplaceAllString(text, " "))
}

func requestPut(id int64, fields map[string]any) httpclient.Request {
	return httpclient.Request{Method: http.MethodPut, Path: api(typeTicket, strconv.FormatInt(id, 10)), Body: fields}
}
