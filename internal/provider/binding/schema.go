package binding

import (
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
)

var bindingSchema = schema.Schema{
	Version: 1,
	MarkdownDescription: "Ties an asset to its holder: who holds it, what is wrong with the record or the owner, and how far the record can be trusted.\n\n" +
		"Every computed attribute is known in the plan whenever the arguments are. Facts are read during refresh and again while planning, from one snapshot, " +
		"so that drift shows in a plain plan, with `-refresh=false` and with `-refresh-only` alike. An asset or a person that is gone never fails the plan: it is a finding. " +
		"A system that does not answer is never taken for an asset that is gone: the plan stops, or holds the last known facts (`on_unavailable`).",
	Attributes: attributes(),
}

func attributes() map[string]schema.Attribute {
	all := facts.Resource()
	maps.Copy(all, schemaOf(arguments))
	all[factsName] = schema.StringAttribute{Computed: true, MarkdownDescription: factsDescription}
	return all
}
