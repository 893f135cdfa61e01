package webchat

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxConditionDepth bounds how deep label conditions nest.
const maxConditionDepth = 10

// Permissions builds query metadata in the form the service documents: which
// knowledge bases may be used for a person, and a filter on file labels.
type Permissions struct {
	// KnowledgeBases that may be used. Nil leaves the key out; an empty,
	// non-nil slice states that there are none.
	KnowledgeBases []KnowledgeBase

	// Labels that a file must have. Nil leaves the key out.
	Labels *Condition
}

// KnowledgeBase names what may be used of one knowledge base. All ids are UUIDs.
type KnowledgeBase struct {
	ID      string
	FileIDs []string // files of it that may be used
	FAQIDs  []string // FAQ entries of it that may be used
	All     bool     // the whole knowledge base
}

// Operator joins label conditions.
type Operator string

// The operators of the service.
const (
	And Operator = "AND" // all conditions
	Or  Operator = "OR"  // any condition
)

// Condition is either one label, or conditions joined by an operator.
type Condition struct {
	LabelID string // a UUID; empty when Operator and Conditions are set

	Operator   Operator
	Conditions []Condition
}

// Label is the condition that a file has the label with this UUID.
func Label(id string) Condition { return Condition{LabelID: id} }

// AllOf is the condition that all of the conditions hold.
func AllOf(conditions ...Condition) Condition {
	return Condition{Operator: And, Conditions: conditions}
}

// AnyOf is the condition that at least one of the conditions holds.
func AnyOf(conditions ...Condition) Condition {
	return Condition{Operator: Or, Conditions: conditions}
}

// The wire form: snake_case keys, and strings where one expects booleans.
type (
	wirePermissions struct {
		KnowledgeBases []wireKnowledgeBase `json:"knowledge_bases,omitzero"`
		Labels         *wireCondition      `json:"label_relations,omitempty"`
	}
	wireKnowledgeBase struct {
		ID      string   `json:"knowledge_base_id"`
		FileIDs []string `json:"chatbot_file_ids"`
		FAQIDs  []string `json:"faq_ids"`
		All     string   `json:"has_user_selected_all"`
	}
	wireCondition struct {
		LabelID    string          `json:"label_id,omitempty"`
		Operator   Operator        `json:"operator,omitempty"`
		Conditions []wireCondition `json:"conditions,omitempty"`
	}
)

// NoAccess returns query metadata that allows nothing: no knowledge base at all.
func NoAccess() QueryMetadata { return QueryMetadata{object: `{"knowledge_bases":[]}`} }

// QueryMetadata returns the permissions as query metadata. It is an error when
// an id is not a UUID, a knowledge base is named twice, a condition is
// incomplete or nested more than 10 levels deep, or when nothing is set at
// all: what the service makes of an empty object is not documented.
func (p Permissions) QueryMetadata() (QueryMetadata, error) {
	wire, err := p.wire()
	if err != nil {
		return QueryMetadata{}, fmt.Errorf("webchat: permissions: %w", err)
	}
	object, err := json.Marshal(wire)
	if err != nil {
		return QueryMetadata{}, fmt.Errorf("webchat: permissions: %w", err)
	}
	return RawQueryMetadata(object)
}

func (p Permissions) wire() (wirePermissions, error) {
	var wire wirePermissions
	if p.KnowledgeBases == nil && p.Labels == nil {
		return wire, errors.New("nothing is set; use an empty KnowledgeBases for none, or no query metadata for the service's default")
	}
	if p.KnowledgeBases != nil {
		wire.KnowledgeBases = make([]wireKnowledgeBase, 0, len(p.KnowledgeBases))
	}
	seen := map[string]bool{}
	for i, base := range p.KnowledgeBases {
		entry, err := base.wire()
		if err != nil {
			return wire, fmt.Errorf("knowledge base %d: %w", i, err)
		}
		if seen[entry.ID] {
			return wire, fmt.Errorf("knowledge base %d is named twice", i)
		}
		seen[entry.ID] = true
		wire.KnowledgeBases = append(wire.KnowledgeBases, entry)
	}
	if p.Labels != nil {
		labels, err := p.Labels.group()
		if err != nil {
			return wire, fmt.Errorf("labels: %w", err)
		}
		wire.Labels = &labels
	}
	return wire, nil
}

func (b KnowledgeBase) wire() (wireKnowledgeBase, error) {
	id, ok := parseUUID(b.ID)
	if !ok {
		return wireKnowledgeBase{}, errors.New("id is not a UUID")
	}
	files, err := parseUUIDs(b.FileIDs)
	if err != nil {
		return wireKnowledgeBase{}, fmt.Errorf("file %w", err)
	}
	faqs, err := parseUUIDs(b.FAQIDs)
	if err != nil {
		return wireKnowledgeBase{}, fmt.Errorf("FAQ %w", err)
	}
	entry := wireKnowledgeBase{ID: id, FileIDs: files, FAQIDs: faqs, All: "False"}
	if b.All {
		entry.All = "True"
	}
	return entry, nil
}

// group returns the top condition. The service documents only a group there,
// so one label alone is put in a group of one.
func (c Condition) group() (wireCondition, error) {
	if c.LabelID != "" {
		c = AllOf(c)
	}
	return c.wire(1)
}

func (c Condition) wire(depth int) (wireCondition, error) {
	switch {
	case c.LabelID != "" && (c.Operator != "" || len(c.Conditions) > 0):
		return wireCondition{}, errors.New("a condition is a label or a group, not both")
	case c.LabelID != "":
		id, ok := parseUUID(c.LabelID)
		if !ok {
			return wireCondition{}, errors.New("label id is not a UUID")
		}
		return wireCondition{LabelID: id}, nil
	case depth > maxConditionDepth:
		return wireCondition{}, fmt.Errorf("groups nest more than %d levels deep", maxConditionDepth)
	case c.Operator != And && c.Operator != Or:
		return wireCondition{}, errors.New("operator is neither AND nor OR")
	case len(c.Conditions) == 0:
		return wireCondition{}, errors.New("a group has no conditions")
	}
	wire := wireCondition{Operator: c.Operator}
	for _, inner := range c.Conditions {
		condition, err := inner.wire(depth + 1)
		if err != nil {
			return wireCondition{}, err
		}
		wire.Conditions = append(wire.Conditions, condition)
	}
	return wire, nil
}

func parseUUIDs(ids []string) ([]string, error) {
	parsed := make([]string, 0, len(ids))
	for i, id := range ids {
		uuid, ok := parseUUID(id)
		if !ok {
			return nil, fmt.Errorf("id %d is not a UUID", i)
		}
		parsed = append(parsed, uuid)
	}
	return parsed, nil
}
