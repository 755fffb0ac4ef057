package httpclient_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

func TestRedirects(t *testing.T) {
	var stolen []http.Header
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { stolen = append(stolen, r.Header) })
	for location, want := range map[string]string{
		elsewhere.URL + "/steal?x=" + url.QueryEscape(canary): "redirected to " + elsewhere.URL,
		"https://SELF/x":          "redirected to https://127.0.0.1",
		"http://u:p@SELF/x":       "redirected to http://127.0.0.1",
		"//\u202eevil.example/x":  "redirected to http://",
		"http://localhost:1/x":    "redirected to http://localhost:1",
		"/loop":                   "more than 5 times",
		"/%zz":                    "could not be reached",
		"gopher://evil.example/x": "redirected to gopher://evil.example",
	} {
		var server *httptest.Server
		n := 0
		server = serve(t, func(w http.ResponseWriter, _ *http.Request) {
			n++
			w.Header()["Location"] = []string{strings.Replace(location, "SELF", strings.TrimPrefix(server.URL, "http://"), 1)}
			w.WriteHeader(http.StatusFound)
		})
		_, err := open(t, server.URL).Get(t.Context(), []string{"x"}, nil)
		unavailable(t, err, want)
	}
	if len(stolen) != 0 {
		t.Errorf("another host was sent %v", stolen)
	}
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new?"+r.URL.RawQuery, http.StatusMovedPermanently)
			return
		}
		fmt.Fprint(w, r.Method, r.URL, r.Header.Get("Authorization"))
	})
	r, err := open(t, server.URL).Get(t.Context(), []string{"old"}, url.Values{"q": {"1"}})
	if err != nil || string(r.Body) != "GET/new?q=1Bearer "+canary {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err = open(t, server.URL).PostJSON(t.Context(), []string{"old"}, nil, 1)
	unavailable(t, err, "a POST so that it would become a GET")
}

func TestLinks(t *testing.T) {
	var asked []string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.RequestURI) })
	client := open(t, server.URL+"/api")
	first, err := client.Get(t.Context(), []string{"list"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"?page=2", "/api/list?page=3#x", server.URL + "/api/list?page=4"} {
		if _, err := client.Follow(t.Context(), first, link); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"/api/list", "/api/list?page=2", "/api/list?page=3", "/api/list?page=4"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v", asked)
	}
	asked = nil
	for link, want := range map[string]string{
		"https://evil.example/x?t=" + url.QueryEscape(canary): "link to https://evil.example,", "//evil.example": "link to http://evil.example",
		"http://u:p@127.0.0.1": "link to", "file:///etc/passwd": "link to file://", ":": "not a URL",
	} {
		_, err := client.Follow(t.Context(), first, link)
		unavailable(t, err, want)
	}
	if len(asked) > 0 {
		t.Errorf("asked for %v", asked)
	}
}

func TestCertificates(t *testing.T) {
	n := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n++ }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	_, err := open(t, server.URL).Get(t.Context(), []string{"x"}, nil)
	unavailable(t, err, "does not verify")
	if n != 0 {
		t.Error("a request was sent all the same")
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, server.URL, func(c *httpclient.Config) { c.CAFile = ca }).Get(t.Context(), []string{"x"}, nil); err != nil || n != 1 {
		t.Errorf("got %v", err)
	}
	plain := serve(t, func(http.ResponseWriter, *http.Request) { n++ })
	_, err = open(t, strings.Replace(plain.URL, "http:", "https:", 1)).Get(t.Context(), []string{"x"}, nil)
	unavailable(t, err, "could not be reached")
}
