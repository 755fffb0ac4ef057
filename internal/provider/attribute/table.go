// Package attribute describes the attributes of an object once. A row of a table
// says how one attribute is named, described and written, for Terraform and as JSON;
// the object's types, its schema and its values all come from the table.
package attribute

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Row is one computed attribute of an object that shows a T.
type Row[T any] struct {
	Column
	// Write returns the attribute's value.
	Write func(*T) attr.Value
	// Put returns what the attribute says as a value for JSON, nil if it says nothing.
	// It is nil for an attribute that is only shown.
	Put func(*T) any
	// Take puts what Put returned, as JSON, back into a T.
	Take func(json.RawMessage, *T) error
}

// Column is what a schema says of an attribute.
type Column struct {
	Name        string
	Description string
	Type        attr.Type
	// Elements are the attributes of each element, if the attribute is a list of
	// objects.
	Elements []Column
}

// Table is the attributes of an object that shows a T.
type Table[T any] []Row[T]

// Types returns the attributes' types by name.
func (t Table[T]) Types() map[string]attr.Type {
	out := make(map[string]attr.Type, len(t))
	for i := range t {
		out[t[i].Name] = t[i].Type
	}
	return out
}

// Write puts the values of all attributes into the map.
func (t Table[T]) Write(values map[string]attr.Value, from *T) {
	for i := range t {
		values[t[i].Name] = t[i].Write(from)
	}
}

// Unknown puts an unknown value of every attribute into the map.
func (t Table[T]) Unknown(values map[string]attr.Value) {
	for i := range t {
		values[t[i].Name] = unknown(t[i].Type)
	}
}

// Put adds what the attributes say to an object that is to be written as JSON.
func (t Table[T]) Put(object map[string]any, from *T) {
	for i := range t {
		if t[i].Put == nil {
			continue
		}
		if v := t[i].Put(from); v != nil {
			object[t[i].Name] = v
		}
	}
}

// Take fills in what such an object says, and takes it out of the object. An error
// names the attribute.
func (t Table[T]) Take(object map[string]json.RawMessage, into *T) error {
	for i := range t {
		raw, stated := object[t[i].Name]
		if t[i].Take == nil || !stated {
			continue
		}
		if err := t[i].Take(raw, into); err != nil {
			return fmt.Errorf("%s: %w", t[i].Name, err)
		}
		delete(object, t[i].Name)
	}
	return nil
}

// Resource returns the attributes as a resource's schema describes them.
func (t Table[T]) Resource() map[string]resource.Attribute { return resourceSchema(t.columns()) }

// DataSource returns the attributes as a data source's schema describes them.
func (t Table[T]) DataSource() map[string]datasource.Attribute {
	out := make(map[string]datasource.Attribute, len(t))
	for i := range t {
		out[t[i].Name] = dataSourceAttribute(&t[i].Column)
	}
	return out
}

func (t Table[T]) columns() []Column {
	out := make([]Column, len(t))
	for i := range t {
		out[i] = t[i].Column
	}
	return out
}

func resourceSchema(columns []Column) map[string]resource.Attribute {
	out := make(map[string]resource.Attribute, len(columns))
	for i := range columns {
		out[columns[i].Name] = resourceAttribute(&columns[i])
	}
	return out
}

func resourceAttribute(c *Column) resource.Attribute {
	if c.Elements != nil {
		return resource.ListNestedAttribute{Computed: true, MarkdownDescription: c.Description,
			NestedObject: resource.NestedAttributeObject{Attributes: resourceSchema(c.Elements)}}
	}
	switch t := c.Type.(type) {
	case types.ListType:
		return resource.ListAttribute{Computed: true, ElementType: t.ElemType, MarkdownDescription: c.Description}
	case types.MapType:
		return resource.MapAttribute{Computed: true, ElementType: t.ElemType, MarkdownDescription: c.Description}
	}
	switch c.Type {
	case types.BoolType:
		return resource.BoolAttribute{Computed: true, MarkdownDescription: c.Description}
	case types.Float64Type:
		return resource.Float64Attribute{Computed: true, MarkdownDescription: c.Description}
	case types.StringType:
		return resource.StringAttribute{Computed: true, MarkdownDescription: c.Description}
	}
	panic("no attribute of a resource is known for " + c.Type.String())
}

func dataSourceAttribute(c *Column) datasource.Attribute {
	switch t := c.Type.(type) {
	case types.ListType:
		return datasource.ListAttribute{Computed: true, ElementType: t.ElemType, MarkdownDescription: c.Description}
	}
	switch c.Type {
	case types.BoolType:
		return datasource.BoolAttribute{Computed: true, MarkdownDescription: c.Description}
	case types.Int64Type:
		return datasource.Int64Attribute{Computed: true, MarkdownDescription: c.Description}
	case types.StringType:
		return datasource.StringAttribute{Computed: true, MarkdownDescription: c.Description}
	}
	panic("no attribute of a data source is known for " + c.Type.String())
}

// unknown returns the unknown value of a type.
func unknown(t attr.Type) attr.Value {
	ctx := context.Background()
	v, err := t.ValueFromTerraform(ctx, tftypes.NewValue(t.TerraformType(ctx), tftypes.UnknownValue))
	if err != nil {
		panic(err) // a type of the framework has an unknown value
	}
	return v
}
