package rest

import (
	"strings"
	"testing"
)

func TestShippedCompile(t *testing.T) {
	for _, name := range Shipped() {
		text, _ := Description(name)
		secrets, err := Secrets(text)
		if err != nil {
			t.Fatal(name, err)
		}
		c := Config{Name: "hq", Kind: name, URL: "https://h", Secrets: map[string]string{}}
		for _, s := range secrets {
			c.Secrets[s.Name] = "abcdef"
		}
		if _, err := New(c); err != nil {
			t.Errorf("%s: %s", name, strings.ReplaceAll(err.Error(), "; description", ";\n description"))
		}
	}
}
