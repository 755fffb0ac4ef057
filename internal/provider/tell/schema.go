package tell

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// The names of destinations, in the register and in messages. Those of the environment
// variables of their secrets follow from them.
const (
	nameSMTP        = "notices_smtp"
	nameWebhook     = "notices_webhook"
	nameCloudEvents = "signals_cloudevents"
	nameSSF         = "signals_ssf"
)

// Notices is the block of the provider that says how people are told.
type Notices struct {
	SMTP    *smtp      `tfsdk:"smtp"`
	Webhook *receiver  `tfsdk:"webhook"`
	Reviews types.Bool `tfsdk:"reviews"`
}

type smtp struct {
	Host     types.String `tfsdk:"host"`
	Port     types.Int64  `tfsdk:"port"`
	Security types.String `tfsdk:"security"`
	CAFile   types.String `tfsdk:"ca_file"`
	From     types.String `tfsdk:"from"`
	ReplyTo  types.String `tfsdk:"reply_to"`
	Username types.String `tfsdk:"username"`
	Password types.String `tfsdk:"password"`
	Login    types.String `tfsdk:"login"`
}

type receiver struct {
	URL    types.String `tfsdk:"url"`
	Source types.String `tfsdk:"source"`
	Secret types.String `tfsdk:"secret"`
	Token  types.String `tfsdk:"token"`
	CAFile types.String `tfsdk:"ca_file"`
}

// Signals is the block of the provider that says which systems are told.
type Signals struct {
	CloudEvents *receiver `tfsdk:"cloudevents"`
	SSF         *ssf      `tfsdk:"ssf"`
}

type ssf struct {
	URL        types.String `tfsdk:"url"`
	Issuer     types.String `tfsdk:"issuer"`
	Audience   types.String `tfsdk:"audience"`
	PrivateKey types.String `tfsdk:"private_key"`
	KeyID      types.String `tfsdk:"key_id"`
	Token      types.String `tfsdk:"token"`
	CAFile     types.String `tfsdk:"ca_file"`
}

func required(description string) schema.StringAttribute {
	return schema.StringAttribute{Required: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: description}
}

func optional(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: description}
}

func secret(description string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Sensitive: true, Validators: []validator.String{value.Stated()}, MarkdownDescription: description}
}

var caFile = optional("A PEM file of the certificate authorities that are trusted, instead of those of the machine. Verification cannot be turned off.")

func receiverOf(block, description string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"url":     required("Where requests are sent, `https://`, without a query."),
			"source":  required("Who tells: the `source` of the CloudEvents, a URI such as `https://example.org/custody`."),
			"secret":  secret("The secret that both sides know, in base64, of 24 to 64 random bytes, with `whsec_` in front or without. Or `CUSTODY_" + block + "_SECRET`."),
			"token":   secret("A bearer token, if the receiver asks for one. Or `CUSTODY_" + block + "_TOKEN`."),
			"ca_file": caFile,
		},
	}
}

// NoticesAttribute describes Notices.
var NoticesAttribute = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "How people are notified before access lapses, expires or is blocked. The notice goes to the responsible person: the reviewer where an answer is waited for, else the holder; " +
		"when is for `notices` of the policy to say. A notice is a change of the grant's `next_change_at` in the plan, and is sent when that is applied, once. Default: no notice is sent. See the guide \"Notices and signals\".",
	Attributes: map[string]schema.Attribute{
		"smtp": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "By mail, to the addresses in the directories.",
			Attributes: map[string]schema.Attribute{
				"host": required("The name of the mail server, as its certificate has it."),
				"port": schema.Int64Attribute{Optional: true, Validators: []validator.Int64{int64validator.Between(1, 65535)},
					MarkdownDescription: "The port. Default: 587, with `security = \"tls\"` 465, with `none` 25."},
				"security": optional("`starttls` (default) or `tls`, or `none` for a server on this machine."),
				"ca_file":  caFile,
				"from":     required("The sender, such as `Custody <custody@example.org>`."),
				"reply_to": optional("Where answers go."),
				"username": optional("The account, if the server asks for a login."),
				"password": secret("Its password. Or `CUSTODY_NOTICES_SMTP_PASSWORD`."),
				"login":    optional("How to log in: `plain` (default), `login`, `cram-md5` or `scram-sha-256`."),
			},
		},
		"webhook": receiverOf("NOTICES_WEBHOOK", "As CloudEvents, in requests that are signed by the rules of Standard Webhooks."),
		"reviews": schema.BoolAttribute{Optional: true,
			MarkdownDescription: "Also as a comment in the case that waits for an answer, if an answer prevents the end. It needs `reviews` of the provider. Default `false`."},
	},
}

// SignalsAttribute describes Signals.
var SignalsAttribute = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "Which systems are informed of what was done: a credential was revoked, an account was disabled or enabled, sessions were ended. " +
		"Each signal is sent at least once, in order for each subject, after it is recorded; what cannot be delivered waits in the register, and the next run tries again. It needs `register`. See the guide \"Notices and signals\".",
	Attributes: map[string]schema.Attribute{
		"cloudevents": receiverOf("SIGNALS_CLOUDEVENTS", "As CloudEvents, in requests that are signed by the rules of Standard Webhooks."),
		"ssf": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "As security event tokens (RFC 8417) of CAEP and RISC, pushed (RFC 8935) to a receiver of the OpenID Shared Signals Framework 1.0.",
			Attributes: map[string]schema.Attribute{
				"url":         required("The receiver's endpoint for push delivery, `https://`."),
				"issuer":      required("The issuer for which the receiver has set the stream up, `https://`."),
				"audience":    required("The audience of the stream."),
				"private_key": secret("The private key that signs, in PEM: EC, RSA of 2048 bits or more, or Ed25519. Or `CUSTODY_SIGNALS_SSF_PRIVATE_KEY`."),
				"key_id":      optional("How the receiver's key set names the key. Default: its thumbprint (RFC 7638)."),
				"token":       secret("The bearer token of the stream, if the receiver asks for one. Or `CUSTODY_SIGNALS_SSF_TOKEN`."),
				"ca_file":     caFile,
			},
		},
	},
}
