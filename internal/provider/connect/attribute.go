package connect

import (
	"os"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	document "github.com/custodyhq/terraform-provider-custody/internal/policy"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// The attributes of connected systems, by their type.

func setting(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: description}
}

func secretSetting(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: description}
}

func waiting(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Validators: []validator.String{value.Duration()}, MarkdownDescription: description}
}

func flag(description string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: description}
}

func number(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Optional: true, MarkdownDescription: description}
}

func several(description string) schema.ListAttribute {
	return schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
}

func mapping(description string) schema.MapAttribute {
	return schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: description}
}

// The attributes that are the same for several kinds.
var (
	allowHTTP         = flag("Send the token without encryption to a server that is not this machine. Default `false`.")
	requestsPerMinute = number("The largest number of requests a minute. Default: no limit.")
	requestTimeout    = waiting("How long one request may take. Default `30s`.")
	probe             = several("Keys that must resolve before any answer is used. They detect an account that lacks the right to see some people.")
)

// caFile is the attribute of every kind that uses TLS.
var caFile = setting("A PEM file of the certificate authorities that are trusted for this system, instead of those of the machine. Verification cannot be turned off.")

// secret returns a secret of a system: the configured one, else that of the
// environment variable CUSTODY_<SYSTEM>_<FIELD>.
func secret(configured types.String, name, field string) string {
	if !configured.IsNull() {
		return configured.ValueString()
	}
	return os.Getenv(httpclient.Variable(name, field))
}

// span reads a duration; the schema has checked its form, and zero leaves the
// kind's default.
func span(v types.String) time.Duration {
	d, err := document.ParseDuration(v.ValueString())
	if err != nil {
		return 0
	}
	return d
}
