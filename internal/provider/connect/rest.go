package connect

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// restCommon are the attributes of a system that a description reads, by what it
// reads.
func restCommon(about rest.About) map[string]schema.Attribute {
	all := map[string]schema.Attribute{
		"url":                 setting("The server's address. Required."),
		"ca_file":             caFile,
		"allow_http":          flag("Send secrets without encryption to a server that is not this machine. Default `false`."),
		"page_size":           number("How many records one request for a list returns. Default: the description's."),
		"requests_per_minute": number("The largest number of requests a minute, -1 for no limit. Default: the description's."),
		"timeout":             requestTimeout,
	}
	words := func(of string, known []string) schema.Attribute {
		return mapping("The words of the system: the value in the system = " + of + attribute.Words(known) + ". They override those of the description.")
	}
	if about.Assets {
		all["states"] = words("custody's state, one of ", lifecycle.States())
		all["min_records"] = number("The fewest assets that a list may hold; fewer is unavailable. Default 1; -1 turns the check off. An account that sees no assets has most likely lost its rights.")
	}
	if about.Tasks {
		all["task_kinds"] = words("one of ", lifecycle.TaskKinds())
	}
	if about.People {
		all["kinds"] = words("custody's kind of owner, one of ", lifecycle.OwnerKinds())
		all["statuses"] = words("custody's status of an owner, one of ", lifecycle.DirectoryStatuses())
		all["probe"] = probe
	}
	if about.Reviews {
		all["reviewers"] = mapping("How the queue of reviews names people, where it is not by the user name or address in the directory: an address, a user name or an id in the directory = the name in the queue.")
	}
	return all
}

// describedKind is a system whose description comes with the provider. The
// texts of its block are in the description.
func describedKind(descriptions fs.FS, name string) (kind, error) {
	description, err := rest.Description(descriptions, name)
	if err != nil {
		return kind{}, err
	}
	about, err := rest.AboutOf(description)
	if err != nil {
		return kind{}, err
	}
	all := restCommon(about)
	names := make([]string, len(about.Settings))
	for i, s := range about.Settings {
		names[i] = "`" + s.Name + "` (" + s.About + byDefault(s) + ")"
	}
	all["settings"] = mapping("What the description lets you set: " + strings.Join(names, ", ") + ".")
	for _, s := range about.Secrets {
		text := "A secret that the account authenticates with."
		if s.Key {
			text = "The private key of the account, in PEM or in the file that the system issued."
		}
		text += " Default: the environment variable `CUSTODY_<SYSTEM>_" + strings.ToUpper(s.Name) + "`."
		if s.Optional {
			text += " Not needed by every way to authenticate."
		}
		if _, taken := all[s.Name]; taken {
			return kind{}, fmt.Errorf("the secret %s has the name of an attribute", s.Name)
		}
		all[s.Name] = secretSetting(text)
	}
	block := schema.SingleNestedAttribute{Optional: true, MarkdownDescription: about.Title + ". " + about.Text, Attributes: all}
	return kind{name, block, openDescribed(name, description)}, nil
}

func byDefault(s rest.Setting) string {
	switch {
	case s.Default != "":
		return "; default `" + s.Default + "`"
	case s.Required:
		return "; required"
	default:
		return ""
	}
}

// restSchema is the block of a system that the user describes.
func restSchema() schema.Attribute {
	all := restCommon(rest.About{Assets: true, Tasks: true, People: true, Reviews: true})
	all["description"] = setting("The description of the system, as YAML or JSON: paths, paging, fields in CEL, words. Use `file()`. Required.")
	all["settings"] = mapping("What the description lets you set.")
	all["secrets"] = schema.MapAttribute{Optional: true, Sensitive: true, ElementType: types.StringType,
		MarkdownDescription: "The secrets that the description authenticates with, by its names. Default: the environment variables `CUSTODY_<SYSTEM>_<NAME>`."}
	return schema.SingleNestedAttribute{Optional: true, Attributes: all,
		MarkdownDescription: "An asset system or a directory with a REST API, read by a description of your own."}
}

// openDescribed opens a system with a description; if that is empty, the
// description is in the block. Which secrets a block has depends on its
// description, so the block is read by name.
func openDescribed(kind, description string) func(context.Context, string, types.Object, *record.Run) (system.System, error) {
	return func(_ context.Context, name string, block types.Object, _ *record.Run) (system.System, error) {
		values := block.Attributes()
		c := rest.Config{
			Name: name, Kind: kind, URL: value.TextOf(values["url"]), CAFile: value.TextOf(values["ca_file"]),
			Settings: mapOf(values, "settings"), States: mapOf(values, "states"), TaskKinds: mapOf(values, "task_kinds"),
			Kinds: mapOf(values, "kinds"), Statuses: mapOf(values, "statuses"), Probe: listOf(values, "probe"), Reviewers: mapOf(values, "reviewers"),
			MinRecords: numberOf(values, "min_records"), PageSize: numberOf(values, "page_size"),
			RequestsPerMinute: numberOf(values, "requests_per_minute"),
			Description:       description, Secrets: make(map[string]string),
		}
		if allow, ok := values["allow_http"].(types.Bool); ok {
			c.AllowHTTP = allow.ValueBool()
		}
		if timeout, ok := values["timeout"].(types.String); ok {
			c.Timeout = span(timeout)
		}
		if c.Description == "" {
			c.Description = value.TextOf(values["description"])
		}
		about, err := rest.AboutOf(c.Description)
		if err != nil {
			return rest.New(c) // which says all that is wrong
		}
		given := mapOf(values, "secrets")
		for _, s := range about.Secrets {
			configured := value.Text(given[s.Name])
			if own, ok := values[s.Name].(types.String); ok {
				configured = own
			}
			if v := secret(configured, name, s.Name); v != "" {
				c.Secrets[s.Name] = v
			}
		}
		return rest.New(c)
	}
}

func numberOf(values map[string]attr.Value, name string) int {
	n, _ := values[name].(types.Int64)
	return int(n.ValueInt64())
}

func listOf(values map[string]attr.Value, name string) []string {
	list, _ := values[name].(types.List)
	return value.TextsOf(list.Elements())
}

func mapOf(values map[string]attr.Value, name string) map[string]string {
	m, _ := values[name].(types.Map)
	return value.TextMapOf(m)
}
