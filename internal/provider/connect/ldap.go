package connect

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/attribute"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

var ldapSchema = schema.SingleNestedAttribute{
	Optional: true,
	MarkdownDescription: "A directory over LDAP: people, teams with nested members; accounts. OpenLDAP and Active Directory by preset; others by naming their attributes. " +
		"The account needs to bind, to read and to search. Nothing is written, except to accounts that a `custody_account` names.",
	Attributes: map[string]schema.Attribute{
		"preset":             setting("The preset that gives the defaults of all other arguments: one of " + attribute.Words(ldap.Presets()) + ". Default `openldap`."),
		"url":                setting("`ldaps://host[:port]` or `ldap://host[:port]`. Required. Plain `ldap://` is accepted to this machine, with `start_tls`, or with `insecure_plaintext`."),
		"start_tls":          flag("Protect an `ldap://` connection before anything else is sent; it never falls back to plaintext."),
		"ca_file":            caFile,
		"insecure_plaintext": flag("Send the password and the answers without encryption."),
		"bind_dn":            setting("The account that reads: a DN or, in Active Directory, a user principal name. Required unless `anonymous`."),
		"password":           secretSetting("The account's password. Default: the environment variable `CUSTODY_<SYSTEM>_PASSWORD`."),
		"anonymous":          flag("Read without an account; excludes `bind_dn` and `password`."),
		"timeout":            waiting("How long one request may take. Default `30s`, at most `10m`."),
		"page_size":          number("How many entries are asked for at a time (RFC 2696), 1 to 1000. Default 500."),
		"base_dn":            setting("Where people and groups are. This or `base_dns` is required."),
		"base_dns":           several("Several such places."),
		"group_base_dns":     several("Where groups are, if not below the base. Keep it narrow: a change of teams raises `owner.moved`."),
		"left_base_dns":      several("A person below one of these has left. Each must be below the base."),
		"people_filter":      setting("The entries that are people, as an LDAP filter. Default: the preset's."),
		"group_filter":       setting("The entries that are groups, as an LDAP filter. Default: the preset's."),

		"id_attribute":        setting("The attribute that gives the part after `<directory>/`. Default `uid`, in Active Directory `sAMAccountName`; `entryUUID` and `objectGUID` (as a UUID) are accepted too."),
		"username_attributes": several("Further attributes by which an owner may be named. Default: the preset's."),
		"email_attributes":    several("Attributes that hold email addresses. Default `mail`."),
		"name_attribute":      setting("The attribute of the display name. Default `cn`, in Active Directory `displayName`, else `cn`."),
		"manager_attribute":   setting("The manager, as a DN. Default `manager`."),
		"group_id_attribute":  setting("The id of a group. Default `cn`, in Active Directory `sAMAccountName`."),
		"member_attribute":    setting("The members of a group: `member` (default), `uniqueMember` or `memberUid`."),
		"teams_attribute":     setting("An attribute of a person that lists the teams, such as `memberOf` or `department`. Default: groups that name the person are searched for."),
		"nested_groups":       setting("How nested members are found: `walk`, or `chain` (Active Directory only, its default)."),
		"kind_attribute":      setting("What sort of owner a person is. Default `employeeType`."),
		"kinds":               mapping("The values of `kind_attribute`: the value = one of " + attribute.Words(lifecycle.OwnerKinds()) + "; the key `\"\"` means no value."),
		"status_attribute":    setting("An attribute that says whether a person is still here. Default: none, and the account's own state counts."),
		"states":              mapping("The values of `status_attribute`: the value = one of " + attribute.Words(lifecycle.DirectoryStatuses()) + "; the key `\"\"` means no value."),
		"disabled_status":     setting("What a disabled account means for its person: `suspended` (default), `left`, or `active`, which ignores it."),
		"password_policy_dn":  setting("OpenLDAP: the password policy of people whose entries name none (`ppolicy_default`). A lock counts only where the policy in force enforces it."),
		"end_date_attribute":  setting("The last day: generalized time, a date, RFC 3339, `accountExpires` or `shadowExpire`. Default `pwdEndTime`, in Active Directory `accountExpires`."),
		"probe":               probe,
	},
}

type ldapModel struct {
	Preset             types.String      `tfsdk:"preset"`
	URL                types.String      `tfsdk:"url"`
	StartTLS           types.Bool        `tfsdk:"start_tls"`
	CAFile             types.String      `tfsdk:"ca_file"`
	InsecurePlaintext  types.Bool        `tfsdk:"insecure_plaintext"`
	BindDN             types.String      `tfsdk:"bind_dn"`
	Password           types.String      `tfsdk:"password"`
	Anonymous          types.Bool        `tfsdk:"anonymous"`
	Timeout            types.String      `tfsdk:"timeout"`
	PageSize           types.Int64       `tfsdk:"page_size"`
	BaseDN             types.String      `tfsdk:"base_dn"`
	BaseDNs            []string          `tfsdk:"base_dns"`
	GroupBaseDNs       []string          `tfsdk:"group_base_dns"`
	LeftBaseDNs        []string          `tfsdk:"left_base_dns"`
	PeopleFilter       types.String      `tfsdk:"people_filter"`
	GroupFilter        types.String      `tfsdk:"group_filter"`
	IDAttribute        types.String      `tfsdk:"id_attribute"`
	UsernameAttributes []string          `tfsdk:"username_attributes"`
	EmailAttributes    []string          `tfsdk:"email_attributes"`
	NameAttribute      types.String      `tfsdk:"name_attribute"`
	ManagerAttribute   types.String      `tfsdk:"manager_attribute"`
	GroupIDAttribute   types.String      `tfsdk:"group_id_attribute"`
	MemberAttribute    types.String      `tfsdk:"member_attribute"`
	TeamsAttribute     types.String      `tfsdk:"teams_attribute"`
	NestedGroups       types.String      `tfsdk:"nested_groups"`
	KindAttribute      types.String      `tfsdk:"kind_attribute"`
	Kinds              map[string]string `tfsdk:"kinds"`
	StatusAttribute    types.String      `tfsdk:"status_attribute"`
	States             map[string]string `tfsdk:"states"`
	DisabledStatus     types.String      `tfsdk:"disabled_status"`
	PasswordPolicyDN   types.String      `tfsdk:"password_policy_dn"`
	EndDateAttribute   types.String      `tfsdk:"end_date_attribute"`
	Probe              []string          `tfsdk:"probe"`
}

func (m *ldapModel) open(name string) (system.System, error) {
	c := ldap.Config{
		Name: name, Preset: m.Preset.ValueString(),
		URL: m.URL.ValueString(), StartTLS: m.StartTLS.ValueBool(), CAFile: m.CAFile.ValueString(), InsecurePlaintext: m.InsecurePlaintext.ValueBool(),
		BindDN: m.BindDN.ValueString(), Anonymous: m.Anonymous.ValueBool(),
		Timeout: span(m.Timeout), PageSize: int(m.PageSize.ValueInt64()),
		BaseDN: m.BaseDN.ValueString(), BaseDNs: m.BaseDNs, GroupBaseDNs: m.GroupBaseDNs, LeftBaseDNs: m.LeftBaseDNs,
		PeopleFilter: m.PeopleFilter.ValueString(), GroupFilter: m.GroupFilter.ValueString(),
		IDAttribute: m.IDAttribute.ValueString(), UsernameAttributes: m.UsernameAttributes, EmailAttributes: m.EmailAttributes,
		NameAttribute: m.NameAttribute.ValueString(), ManagerAttribute: m.ManagerAttribute.ValueString(),
		GroupIDAttribute: m.GroupIDAttribute.ValueString(), MemberAttribute: m.MemberAttribute.ValueString(), TeamsAttribute: m.TeamsAttribute.ValueString(),
		NestedGroups: m.NestedGroups.ValueString(), KindAttribute: m.KindAttribute.ValueString(), Kinds: m.Kinds,
		StatusAttribute: m.StatusAttribute.ValueString(), States: m.States, DisabledStatus: m.DisabledStatus.ValueString(),
		PasswordPolicyDN: m.PasswordPolicyDN.ValueString(), EndDateAttribute: m.EndDateAttribute.ValueString(), Probe: m.Probe,
	}
	if !c.Anonymous {
		c.Password = secret(m.Password, name, "password")
	}
	return ldap.New(c)
}
