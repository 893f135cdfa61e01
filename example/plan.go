package main

import (
	"github.com/maicontact/maicontact/contacts"
	"github.com/maicontact/maicontact/webchat"
)

// The plans of the shop. Who is on none has no permissions of their own at
// MaiAgent, so that its default holds.
const (
	basicPlan = "basic"
	vipPlan   = "vip"
	nonePlan  = "none"
)

// What an account may be.
const (
	activeStatus    = "active"
	suspendedStatus = "suspended"
)

// planOf is that of the person; visitors see the shelf as the basic plan does.
func planOf(a *account) string {
	if a == nil {
		return basicPlan
	}
	return a.Plan
}

// What the assistant knows. A real shop has the ids from MaiAgent's console.
const (
	publicBase    = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f00" // what everybody may know
	catalogueBase = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f01" // what the shop sells
	reserveBase   = "5b0d7c6e-1f5a-4f3c-9a53-0c2d6a1e7f02" // the shelf at the back
	publicLabel   = "9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a01"
	vipLabel      = "9c1f2a34-7b8d-4e5f-8a6b-3d4c5e6f7a02"
)

// permissionsOf says which documents a contact of that plan may be told of.
func permissionsOf(plan string) (webchat.QueryMetadata, error) {
	bases := []webchat.KnowledgeBase{{ID: catalogueBase, All: true}}
	labels := webchat.AllOf(webchat.Label(publicLabel))
	switch plan {
	case nonePlan:
		return webchat.QueryMetadata{}, nil
	case vipPlan:
		bases = append(bases, webchat.KnowledgeBase{ID: reserveBase, All: true})
		labels = webchat.AnyOf(webchat.Label(publicLabel), webchat.Label(vipLabel))
	}
	return webchat.Permissions{KnowledgeBases: bases, Labels: &labels}.QueryMetadata()
}

// visitorPermissions says which documents visitors may be told of.
func visitorPermissions() (webchat.QueryMetadata, error) {
	labels := webchat.AllOf(webchat.Label(publicLabel))
	return webchat.Permissions{KnowledgeBases: []webchat.KnowledgeBase{{ID: publicBase, All: true}}, Labels: &labels}.QueryMetadata()
}

// held says in words what MaiAgent is known to answer a contact from.
func held(row contacts.Row) string {
	for plan, text := range map[string]string{
		basicPlan: "what is on the shelves", vipPlan: "the shelf at the back, too", nonePlan: "whatever MaiAgent says itself",
	} {
		if permissions, err := permissionsOf(plan); err == nil && row.Confirmed.Access == (webchat.Profile{QueryMetadata: permissions}).AccessFingerprint() {
			return text
		}
	}
	if row.Confirmed.Access == (webchat.Profile{QueryMetadata: webchat.NoAccess()}).AccessFingerprint() {
		return "nothing"
	}
	return "not known yet"
}
