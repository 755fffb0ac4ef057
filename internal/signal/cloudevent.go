package signal

import (
	"encoding/json"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"
)

// TypePrefix begins the type of every CloudEvent; the kind and the version follow it.
const TypePrefix = "org.custodyhq."

// CloudEvent writes something that happened as a CloudEvent in JSON. The data is a JSON
// text.
func CloudEvent(m *Envelope, data string) ([]byte, error) {
	e := event.New(event.CloudEventsVersionV1)
	e.SetID(m.ID)
	e.SetSource(m.Source)
	e.SetType(TypePrefix + m.Kind + ".v1")
	e.SetSubject(m.Subject)
	e.SetTime(m.At)
	if err := e.SetData(event.ApplicationJSON, json.RawMessage(data)); err != nil {
		return nil, fmt.Errorf("data of the event: %w", err)
	}
	if err := e.Validate(); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return json.Marshal(e)
}
