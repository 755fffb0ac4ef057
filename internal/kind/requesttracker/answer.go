package requesttracker

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// The roles of an asset that may own it.
const (
	roleOwner   = "Owner"
	roleHeldBy  = "HeldBy"
	roleContact = "Contact"
)

const (
	statusDeleted = "deleted"
	nobody        = "Nobody" // the user Nobody, who owns assets without an owner
	typeUser      = "user"
	typeGroup     = "group"
	typeTicket    = "ticket"
	refReferredTo = "referred-to-by"
)

// asset is an asset in the form of Request Tracker, alone or in a list.
type asset struct {
	ID           ident         `json:"id"`
	Name         *string       `json:"Name"`
	Status       string        `json:"Status"`
	Catalog      *reference    `json:"Catalog"`
	Owner        references    `json:"Owner"`
	HeldBy       references    `json:"HeldBy"`
	Contact      references    `json:"Contact"`
	CustomFields *customFields `json:"CustomFields"`
	Hyperlinks   []reference   `json:"_hyperlinks"`
}

// holders returns those who have a role, and false if the answer leaves the role
// out.
func (a *asset) holders(role string) (references, bool) {
	out := map[string]references{roleOwner: a.Owner, roleHeldBy: a.HeldBy, roleContact: a.Contact}[role]
	return out, out != nil
}

// tickets returns the ids of the tickets that refer to the asset. Request
// Tracker lists them even if the account may not see them, so hidden tickets
// are known.
func (a *asset) tickets() ([]int64, error) {
	var out []int64
	for _, link := range a.Hyperlinks {
		if link.Ref != refReferredTo || link.Type != typeTicket {
			continue
		}
		n, err := link.ID.number()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// ticket is a ticket in a list.
type ticket struct {
	ID    ident      `json:"id"`
	Queue *reference `json:"Queue"`
	Due   string     `json:"Due"`
}

// reference points at an object. The id of a user is the user's name.
type reference struct {
	Type         string  `json:"type"`
	ID           ident   `json:"id"`
	Ref          string  `json:"ref"`
	Name         *string `json:"Name"`
	EmailAddress *string `json:"EmailAddress"`
}

// references is one reference or a list of them. It is nil only if the answer
// does not state it.
type references []reference

// UnmarshalJSON reads one reference as a list of one.
func (r *references) UnmarshalJSON(text []byte) error {
	*r = references{}
	if text[0] == '{' {
		var one reference
		if err := json.Unmarshal(text, &one); err != nil {
			return err
		}
		*r = references{one}
		return nil
	}
	var several []reference
	if err := json.Unmarshal(text, &several); err != nil || several == nil {
		return errors.Join(err, errRole)
	}
	*r = several
	return nil
}

var (
	errRole = errors.New("a role is neither a reference nor a list of them")
	errID   = errors.New("an id is not a number")
)

// ident is an id, which Request Tracker writes as a number or as a text.
type ident string

// UnmarshalJSON reads a number as its text.
func (i *ident) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		var s string
		err := json.Unmarshal(text, &s)
		*i = ident(s)
		return err
	}
	var n json.Number
	err := json.Unmarshal(text, &n)
	*i = ident(n.String())
	return err
}

func (i ident) number() (int64, error) {
	n, err := strconv.ParseInt(string(i), 10, 64)
	if err != nil || n <= 0 {
		return 0, errID
	}
	return n, nil
}

// customFields are the custom fields that apply to an asset. If there are none,
// a list holds the empty text instead.
type customFields []customField

// UnmarshalJSON reads the empty text as no fields.
func (c *customFields) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte(`""`)) {
		*c = customFields{}
		return nil
	}
	return json.Unmarshal(text, (*[]customField)(c))
}

// customField is a custom field of an asset. The value of an image or a file is
// not a text.
type customField struct {
	Name   string            `json:"name"`
	Values []json.RawMessage `json:"values"`
}

// page is a page of a list. Total is nil if the account may not see everything.
type page[T any] struct {
	Count *int `json:"count"`
	Total *int `json:"total"`
	Items []*T `json:"items"`
}
