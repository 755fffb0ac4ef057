package register

import (
	"strconv"
	"strings"
)

// object writes a JSON object.
type object struct{ out strings.Builder }

// String returns the object.
func (o *object) String() string { return "{" + o.out.String() + "}" }

func (o *object) key(name string) {
	if o.out.Len() > 0 {
		o.out.WriteByte(',')
	}
	quote(&o.out, name)
	o.out.WriteByte(':')
}

func (o *object) text(name, text string) {
	o.key(name)
	quote(&o.out, text)
}

func (o *object) integer(name string, n int64) {
	o.key(name)
	o.out.WriteString(strconv.FormatInt(n, 10))
}

// json writes a member that is JSON already.
func (o *object) json(name, text string) {
	o.key(name)
	o.out.WriteString(text)
}
